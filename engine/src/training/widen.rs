//! Starting a training from the weights of a model that sees less than the network to be trained, or has fewer
//! channels ([`super::multiply`]).
//!
//! New input scalars are heard by nothing at first: the network computes what the model computes, and learns from
//! there. Every matrix keeps its entries for what was there, scaled by the root of its new number of inputs over
//! the old one, since matrices are divided by the root of that number; what leads from new inputs to old results is
//! zero, what leads to new gates is drawn like any first weight.

use std::ops::Range;
use std::path::Path;

use crate::difference::SettingDifference;
use crate::network::inputs::carried::{CARRIED_SCALARS, CARRIED_VECTORS};
use crate::network::inputs::{
    self, CHAIN_FRAME_SCALARS, DISPLACEMENT_FRAME_SCALARS, ESTIMATE_SCALARS, ESTIMATE_VECTORS, FEATURES,
    SOURCE_FRAME_SCALARS, TORSION_SCALARS,
};
use crate::network::{Model, NetworkConfig, ParameterLayout, ParameterSpec};
use crate::structure::ResidueType;

use super::multiply::multiplied;
use super::weights::initial_weights;
use super::{TrainError, TrainSettingsError};

/// The weights of the model at `path` for the network `config`, which may see internal coordinates that the model
/// does not, have several times as many channels and other noise; `seed` draws what is new.
///
/// # Errors
/// [`TrainError`] when the model cannot be read or has another network.
pub(super) fn weights_of(path: &Path, config: &NetworkConfig, seed: u64) -> Result<Vec<f32>, TrainError> {
    let model = Model::load(path)?;
    let old = model.config();
    let copies = if config.multiplicity.is_multiple_of(old.multiplicity) {
        config.multiplicity / old.multiplicity
    } else {
        1
    };
    // Weights do not depend on σ; inputs may be added, not taken away. Refused before anything large is made.
    let like_model = NetworkConfig {
        multiplicity: copies * old.multiplicity,
        sigma_position_angstrom: config.sigma_position_angstrom,
        sigma_vector_angstrom: config.sigma_vector_angstrom,
        torsion_inputs: old.torsion_inputs || config.torsion_inputs,
        source_torsion_inputs: old.source_torsion_inputs || config.source_torsion_inputs,
        source_frame_inputs: old.source_frame_inputs || config.source_frame_inputs,
        carried_inputs: old.carried_inputs || config.carried_inputs,
        estimate_inputs: old.estimate_inputs || config.estimate_inputs,
        frame_inputs: old.frame_inputs || config.frame_inputs,
        ..old.clone()
    };
    if let Some(difference) = SettingDifference::first(&like_model, config) {
        return Err(TrainSettingsError::OtherNetwork { model: path.to_owned(), difference }.into());
    }
    let several = (copies > 1).then(|| multiplied(old, &model.parameters, copies, seed));
    let (old, parameters) = match &several {
        Some((wide, parameters)) => (wide, &parameters[..]),
        None => (old, &model.parameters[..]),
    };
    let (from, to) = (ParameterLayout::new(old), ParameterLayout::new(config));
    let mut out = initial_weights(&to, seed);
    for spec in to.specs() {
        let Some(was) = from.get(&spec.name) else { continue };
        let values = &parameters[was.range.clone()];
        let out = &mut out[spec.range.clone()];
        if was.shape == spec.shape {
            out.copy_from_slice(values);
        } else {
            widen(old, config, was, spec, values, out);
        }
    }
    Ok(out)
}

/// The weights that a training from nothing starts from would be noise where the old network had no say: here they
/// are zero where they lead to old results.
fn widen(
    old: &NetworkConfig,
    new: &NetworkConfig,
    was: &ParameterSpec,
    is: &ParameterSpec,
    values: &[f32],
    out: &mut [f32],
) {
    let scalars = input_map(old, new, is.name.starts_with("conditioner"));
    let vectors = vector_map(old, new);
    let of =
        |kinds: &[&str]| if kinds.iter().any(|kind| is.name.ends_with(kind)) { &vectors } else { &scalars };
    let row_map = of(&["linear.vectors", "mix.vectors", "skip.vectors"]);
    let column_map = of(&["gate.vectors", "skip.gate"]);
    // Rows or columns that are not inputs follow after them and keep their order.
    let place = |map: &[usize], index: usize, before: usize, after: usize| {
        if before == after { index } else { map.get(index).copied().unwrap_or(index + after - before) }
    };
    let (&[old_rows, old_columns], &[rows, columns]) = (&was.shape[..], &is.shape[..]) else { return };
    let scale = (rows as f32 / old_rows as f32).sqrt();
    let kept_columns: Vec<usize> =
        (0..old_columns).map(|c| place(column_map, c, old_columns, columns)).collect();
    let kept_rows: Vec<usize> = (0..old_rows).map(|r| place(row_map, r, old_rows, rows)).collect();
    for row in 0..rows {
        for &column in &kept_columns {
            out[row * columns + column] = 0.0;
        }
    }
    for (row, values) in kept_rows.iter().zip(values.chunks_exact(old_columns)) {
        for (column, value) in kept_columns.iter().zip(values) {
            out[row * columns + column] = scale * value;
        }
    }
}

/// Where each input vector of the old header is in the new one's, but for the last ones, which stay the last.
fn vector_map(old: &NetworkConfig, new: &NetworkConfig) -> Vec<usize> {
    let carried = if old.carried_inputs { CARRIED_VECTORS } else { 0 };
    let estimate = if old.estimate_inputs { ESTIMATE_VECTORS } else { 0 };
    let first = inputs::header_vectors(old) - old.multiplicity - 1 - estimate - carried;
    let added = if new.source_frame_inputs && !old.source_frame_inputs { FEATURES } else { 0 };
    (0..first).chain(first + added..first + added + carried).collect()
}

/// Where each input scalar of the old network is in the new one's.
fn input_map(old: &NetworkConfig, new: &NetworkConfig, conditioner: bool) -> Vec<usize> {
    let (first, frame) = if conditioner {
        (ResidueType::COUNT + FEATURES, SOURCE_FRAME_SCALARS)
    } else {
        let plain = NetworkConfig {
            torsion_inputs: false,
            source_torsion_inputs: false,
            source_frame_inputs: false,
            carried_inputs: false,
            estimate_inputs: false,
            frame_inputs: false,
            ..new.clone()
        };
        (inputs::header_scalars(&plain), DISPLACEMENT_FRAME_SCALARS)
    };
    let mut map: Vec<usize> = (0..first).collect();
    let mut next = first;
    let parts: [(bool, bool, usize); 6] = [
        (old.torsion_inputs, new.torsion_inputs, TORSION_SCALARS),
        (old.frame_inputs, new.frame_inputs, frame),
        (
            old.source_torsion_inputs && !conditioner,
            new.source_torsion_inputs && !conditioner,
            TORSION_SCALARS,
        ),
        (
            old.source_frame_inputs && !conditioner,
            new.source_frame_inputs && !conditioner,
            SOURCE_FRAME_SCALARS + CHAIN_FRAME_SCALARS,
        ),
        (old.carried_inputs && !conditioner, new.carried_inputs && !conditioner, CARRIED_SCALARS),
        (old.estimate_inputs && !conditioner, new.estimate_inputs && !conditioner, ESTIMATE_SCALARS),
    ];
    for (had, has, width) in parts {
        let range: Range<usize> = next..next + width;
        if had {
            map.extend(range);
        }
        if has {
            next += width;
        }
    }
    map
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::network::candle_model::tests::jump;
    use crate::network::fused::{Conditioned, HeaderContext, Workspace};
    use crate::network::{CloudBatch, Heads, ModelCard, Residual, SequenceBatch};
    use crate::structure::TensorCloud;
    use crate::test_support::bundled;

    /// Outputs of the headers for chignolin, at a cloud that is not its source.
    fn outputs(model: &Model) -> Vec<f32> {
        let opened = bundled("chignolin");
        let sequence = SequenceBatch::replicate(&opened.topology, 1);
        let mut source = CloudBatch::default();
        source.push(&TensorCloud::from_atoms(&opened.topology, &opened.positions_angstrom));
        let mut latent = source.clone();
        for (index, x) in latent.positions.iter_mut().chain(&mut latent.vectors).enumerate() {
            *x += 0.3 * (index as f32).sin();
        }
        let (mut workspace, mut conditioned) = (Workspace::default(), Conditioned::default());
        let (network, weights) = (&model.network, &model.parameters);
        network.condition(weights, &mut workspace, &sequence, &source, &mut conditioned, false);
        let tau = [0.4];
        let context = HeaderContext {
            sequence: &sequence,
            source: &source,
            latent: &latent,
            tau: &tau,
            estimate: Some(&jump(&source, &latent)),
            conditioned: &conditioned,
        };
        network.headers(weights, &mut workspace, &context, false);
        workspace.outputs.concat()
    }

    fn assert_alike(model: &Model, other: &Model, what: &str) {
        let (before, after) = (outputs(model), outputs(other));
        let size = before.iter().fold(0.0f32, |most, x| most.max(x.abs()));
        let worst = before.iter().zip(&after).fold(0.0f32, |most, (a, b)| most.max((a - b).abs()));
        assert!(size > 0.1 && worst < 1e-4 * size, "{what}: {worst} of {size}");
    }

    #[test]
    fn more_channels_start_as_the_model_and_are_not_alike() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        for (residual, heads) in [(Residual::Sum, Heads::Endpoint), (Residual::Concat, Heads::Paper)] {
            let narrow = NetworkConfig {
                multiplicity: 8,
                conditioner_layers: 2,
                header_layers: 2,
                residual,
                heads,
                carried_inputs: false,
                ..NetworkConfig::default()
            };
            let mut weights = initial_weights(&ParameterLayout::new(&narrow), 3);
            weights.iter_mut().enumerate().for_each(|(i, w)| *w += 0.1 * (i as f32).sin());
            let model = Model::new(&narrow, weights, ModelCard::default());
            model.save(&path).unwrap();
            for copies in [2, 3] {
                // Inputs may join in the same step.
                let wide =
                    NetworkConfig { multiplicity: copies * 8, carried_inputs: copies == 3, ..narrow.clone() };
                let widened = Model::new(&wide, weights_of(&path, &wide, 9).unwrap(), ModelCard::default());
                assert_alike(&model, &widened, &format!("{residual:?} {copies}"));
                let read = ParameterLayout::new(&wide);
                let read = &read.get("conditioner.aggregate.scalars").unwrap().range;
                let rows: Vec<&[f32]> = widened.parameters[read.clone()].chunks(copies * 8).collect();
                let apart = rows[0].iter().zip(rows[8]).map(|(a, b)| (a - b).powi(2)).sum::<f32>();
                assert!(apart > 0.1, "copies of a channel are read alike: {apart}");
            }
        }
    }

    #[test]
    fn a_wider_network_starts_as_the_model_that_it_is_made_from() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        let wide = NetworkConfig {
            multiplicity: 8,
            conditioner_layers: 1,
            header_layers: 1,
            estimate_inputs: true,
            ..NetworkConfig::default()
        };
        for (torsion_inputs, frame_inputs, estimate_inputs) in [
            (false, false, false),
            (true, false, false),
            (false, true, false),
            (true, true, false),
            (false, false, true),
            (true, false, true),
            (true, true, true),
        ] {
            let narrow = NetworkConfig {
                torsion_inputs,
                source_torsion_inputs: torsion_inputs && !frame_inputs,
                source_frame_inputs: frame_inputs && !torsion_inputs,
                carried_inputs: torsion_inputs && frame_inputs,
                estimate_inputs,
                frame_inputs,
                ..wide.clone()
            };
            let mut weights = initial_weights(&ParameterLayout::new(&narrow), 3);
            // Skip connections start as zero and would hide what they do.
            weights.iter_mut().enumerate().for_each(|(i, w)| *w += 0.1 * (i as f32).sin());
            let model = Model::new(&narrow, weights, ModelCard::default());
            model.save(&path).unwrap();
            let widened = Model::new(&wide, weights_of(&path, &wide, 9).unwrap(), ModelCard::default());
            assert_alike(&model, &widened, &format!("{torsion_inputs} {frame_inputs} {estimate_inputs}"));
        }
        let other = NetworkConfig { multiplicity: 12, ..wide };
        let refusal = weights_of(&path, &other, 9).err().unwrap().to_string();
        assert!(refusal.contains("multiplicity"), "{refusal}");
    }
}
