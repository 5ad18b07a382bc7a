//! Conditioner and headers.

use std::collections::HashMap;

use candle_core::{D, DType, Device, Result, Tensor, Var};

use super::Features;
use super::edges::Edges;
use super::linear::{Linear, activation};
use super::self_interaction::{SelfInteraction, VectorReadout};
use super::trunk::Trunk;
use super::weights::WeightGroup;
use super::weights::{WeightError, Weights};
use crate::network::inputs::carried::{CARRIED_SCALARS, CARRIED_VECTORS, CarriedFeatures};
use crate::network::inputs::strain::{STRAIN_SCALARS, STRAIN_VECTORS, StrainFeatures};
use crate::network::inputs::{
    CHAIN_FRAME_SCALARS, CloudFeatures, DISPLACEMENT_FRAME_SCALARS, DISPLACEMENTS, DisplacementFeatures,
    ESTIMATE_SCALARS, ESTIMATE_VECTORS, EstimateFeatures, FEATURES, LatentBatch, SOURCE_FRAME_SCALARS,
    TORSION_SCALARS, chain_frame_scalars, displacement_frame_scalars, source_frame_scalars, time_embedding,
    torsion_scalars,
};
use crate::network::parameters::has_skip;
use crate::network::parameters::header_outputs;
use crate::network::{CloudBatch, NeighborGraph, NetworkConfig, ParameterLayout, SequenceBatch};
use crate::structure::{ResidueType, SLOTS};

/// Output of the conditioner: what the headers know about X^t.
#[derive(Clone, Debug)]
pub struct ConditionedTensors {
    /// Scalars, `[R, H]`.
    pub scalars: Tensor,
    /// Vectors, `[R, 3, H]`.
    pub vectors: Tensor,
}

/// Prediction of one header network.
#[derive(Clone, Debug)]
pub struct HeaderOutput {
    /// Name of the header, as in [`header_outputs`].
    pub name: &'static str,
    /// `[R, 3, outputs]`, Å: the 13 vectors (unused slots exactly zero), the position, or both.
    pub values: Tensor,
}

/// The gated connection from a header's input vectors to its outputs.
#[derive(Clone, Debug)]
struct Skip {
    gate: Linear,
    vectors: Linear,
}

impl Skip {
    fn load(group: &WeightGroup) -> Result<Self> {
        Ok(Self { gate: Linear::load(group, "gate")?, vectors: Linear::load(group, "vectors")? })
    }

    fn forward(&self, scalars: &Tensor, vectors: &Tensor) -> Result<Tensor> {
        let gate = activation(&self.gate.forward(scalars)?)?.unsqueeze(2)?;
        self.vectors.forward(&vectors.broadcast_mul(&gate)?)
    }
}

/// The network's modules with their weights in the form in which they compute.
#[derive(Clone, Debug)]
struct Modules {
    conditioner: Trunk,
    conditioner_readout: SelfInteraction,
    headers: Trunk,
    header_readouts: Vec<VectorReadout>,
    header_skips: Vec<Skip>,
}

impl Modules {
    fn load(config: &NetworkConfig, weights: &Weights) -> Result<Self> {
        let names: Vec<&str> = header_outputs(config).iter().map(|&(name, _)| name).collect();
        let conditioner = weights.group(&["conditioner"]);
        Ok(Self {
            conditioner: Trunk::load(&conditioner, config.conditioner_layers, config.residual)?,
            conditioner_readout: SelfInteraction::load(&conditioner.child("readout"))?,
            headers: Trunk::load(&weights.group(&names), config.header_layers, config.residual)?,
            header_readouts: names
                .iter()
                .map(|name| VectorReadout::load(&weights.group(&[name]).child("readout")))
                .collect::<Result<_>>()?,
            header_skips: if has_skip(config, (0, 1)) {
                names
                    .iter()
                    .map(|name| Skip::load(&weights.group(&[name]).child("skip")))
                    .collect::<Result<_>>()?
            } else {
                Vec::new()
            },
        })
    }
}

/// The whole network in candle tensors. Number type and device are those of the weights.
#[derive(Clone, Debug)]
pub struct CandleModel {
    config: NetworkConfig,
    weights: Weights,
    /// Kept for constant weights; variables may have changed since the last call.
    modules: Option<Modules>,
    dtype: DType,
    device: Device,
}

impl CandleModel {
    /// A network from named parameters.
    ///
    /// # Errors
    /// [`WeightError`] if `weights` do not fit `config`.
    pub fn new(config: NetworkConfig, weights: Weights) -> std::result::Result<Self, WeightError> {
        weights.check(&ParameterLayout::new(&config))?;
        let (dtype, device) = weights.dtype_and_device();
        let modules = if weights.trainable() { None } else { Some(Modules::load(&config, &weights)?) };
        Ok(Self { config, weights, modules, dtype, device })
    }

    /// A network from the flat parameter vector of [`ParameterLayout`].
    ///
    /// # Errors
    /// [`WeightError`] if `flat` does not fit `config`.
    pub fn from_flat(
        config: NetworkConfig,
        flat: &[f32],
        device: &Device,
    ) -> std::result::Result<Self, WeightError> {
        let weights = Weights::from_flat(&ParameterLayout::new(&config), flat, device)?;
        Self::new(config, weights)
    }

    /// A network whose parameters are variables: `loss.backward()?.get(&vars[name])` is the gradient by the
    /// parameter `name`, and changed variables act from the next call on.
    ///
    /// # Errors
    /// [`WeightError`] if `vars` do not fit `config`.
    pub fn from_vars(
        config: NetworkConfig,
        vars: &HashMap<String, Var>,
    ) -> std::result::Result<Self, WeightError> {
        Self::new(config, Weights::from_vars(vars))
    }

    /// The hyperparameters.
    pub fn config(&self) -> &NetworkConfig {
        &self.config
    }

    /// Where it computes.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Runs the conditioner on X^t; once per frame.
    ///
    /// # Errors
    /// If `sequence` and `source` have different numbers of rows, or the device fails.
    pub fn condition(&self, sequence: &SequenceBatch, source: &CloudBatch) -> Result<ConditionedTensors> {
        check_rows(sequence, source)?;
        let rows = sequence.rows();
        let mut features = CloudFeatures::default();
        features.update(sequence, source);
        let mut labels = vec![0.0f32; rows * ResidueType::COUNT];
        for (row, residue) in sequence.residues.iter().enumerate() {
            labels[row * ResidueType::COUNT + residue.index()] = (ResidueType::COUNT as f32).sqrt();
        }
        let labels = self.upload(labels, &[1, rows, ResidueType::COUNT])?;
        let lengths = self.upload(features.lengths.clone(), &[1, rows, FEATURES])?;
        let mut scalars = vec![labels, lengths];
        if self.config.torsion_inputs {
            let mut torsions = Vec::new();
            torsion_scalars(sequence, source, &mut torsions);
            scalars.push(self.upload(torsions, &[1, rows, TORSION_SCALARS])?);
        }
        if self.config.frame_inputs {
            let mut frame = Vec::new();
            source_frame_scalars(source, &features, &mut frame);
            scalars.push(self.upload(frame, &[1, rows, SOURCE_FRAME_SCALARS])?);
        }
        let input = Features {
            scalars: Tensor::cat(&scalars, D::Minus1)?,
            vectors: self.upload(features.vectors, &[1, rows, 3, FEATURES])?,
        };
        let edges = self.edges(sequence, source, 1)?;
        let output = self.with_modules(|modules| {
            modules.conditioner_readout.forward(&modules.conditioner.forward(&input, &edges)?)
        })?;
        Ok(ConditionedTensors { scalars: output.scalars.squeeze(0)?, vectors: output.vectors.squeeze(0)? })
    }

    /// Runs all headers on X_τ (`latent`), given X^t (`source`) and what the conditioner made of it.
    /// `tau_per_protein` has one latent time per protein of the batch, `estimate` the jump that the evaluation before
    /// gave. Outputs are in the order of [`header_outputs`].
    ///
    /// # Errors
    /// If the batch, the clouds and `tau_per_protein` do not fit together, or the device fails.
    pub fn headers(
        &self,
        sequence: &SequenceBatch,
        source: &CloudBatch,
        latent: &CloudBatch,
        tau_per_protein: &[f32],
        estimate: Option<&CloudBatch>,
        conditioned: &ConditionedTensors,
    ) -> Result<Vec<HeaderOutput>> {
        check_rows(sequence, source)?;
        check_rows(sequence, latent)?;
        if tau_per_protein.len() != sequence.proteins() {
            candle_core::bail!(
                "{} latent times were given for {} proteins",
                tau_per_protein.len(),
                sequence.proteins()
            );
        }
        let names = header_outputs(&self.config);
        let batch = LatentBatch { config: &self.config, sequence, source, latent, tau: tau_per_protein };
        let input = self.header_input(batch, estimate, conditioned)?;
        let input = Features {
            scalars: input.scalars.repeat((names.len(), 1, 1))?,
            vectors: input.vectors.repeat((names.len(), 1, 1, 1))?,
        };
        let edges = self.edges(sequence, latent, names.len())?;
        self.with_modules(|modules| {
            let features = modules.headers.forward(&input, &edges)?;
            names
                .iter()
                .zip(&modules.header_readouts)
                .enumerate()
                .map(|(group, (&(name, outputs), readout))| {
                    let own = Features {
                        scalars: features.scalars.narrow(0, group, 1)?,
                        vectors: features.vectors.narrow(0, group, 1)?,
                    };
                    let scale = self.output_scale(sequence, outputs)?;
                    let mut values = readout.forward(&own)?;
                    if let Some(skip) = modules.header_skips.get(group) {
                        values =
                            (values + skip.forward(&own.scalars, &input.vectors.narrow(0, group, 1)?)?)?;
                    }
                    let values = values.squeeze(0)?.broadcast_mul(&scale)?;
                    Ok(HeaderOutput { name, values })
                })
                .collect()
        })
    }

    /// Input features of every header, `[1, R, ..]`.
    fn header_input(
        &self,
        batch: LatentBatch<'_>,
        estimate: Option<&CloudBatch>,
        conditioned: &ConditionedTensors,
    ) -> Result<Features> {
        let LatentBatch { sequence, source, latent, tau, .. } = batch;
        let rows = sequence.rows();
        let bins = self.config.time_bins;
        let mut features = CloudFeatures::default();
        features.update(sequence, latent);
        let mut time = vec![0.0f32; rows * bins];
        let mut displacement = latent.positions.clone();
        for (pair, &tau) in sequence.starts.windows(2).zip(tau) {
            let embedding = time_embedding(bins, self.config.transport.clock_at(tau));
            let still = self.config.transport.still_scale(tau);
            for row in pair[0]..pair[1] {
                for (bin, value) in embedding {
                    time[row * bins + bin] += value;
                }
                for at in row * 3..row * 3 + 3 {
                    displacement[at] -= still * source.positions[at];
                }
            }
        }
        let time = self.upload(time, &[1, rows, bins])?;
        let lengths = self.upload(features.lengths.clone(), &[1, rows, FEATURES])?;
        let vectors = self.upload(features.vectors.clone(), &[1, rows, 3, FEATURES])?;
        let displacement = self.upload(displacement, &[1, rows, 3, 1])?;
        let mut scalars = vec![time, conditioned.scalars.unsqueeze(0)?, lengths];
        let mut all_vectors = vec![vectors];
        let mut frame = Vec::new();
        if self.config.strain_inputs {
            let mut strain = StrainFeatures::default();
            strain.update(sequence, latent);
            scalars.push(self.upload(strain.scalars, &[1, rows, STRAIN_SCALARS])?);
            all_vectors.push(self.upload(strain.vectors, &[1, rows, 3, STRAIN_VECTORS])?);
        }
        if self.config.displacement_inputs {
            let mut scaled = DisplacementFeatures::default();
            scaled.update(batch);
            if self.config.frame_inputs {
                displacement_frame_scalars(source, &scaled, &mut frame);
            }
            scalars.push(self.upload(scaled.lengths, &[1, rows, DISPLACEMENTS])?);
            all_vectors.push(self.upload(scaled.vectors, &[1, rows, 3, DISPLACEMENTS])?);
        }
        if self.config.torsion_inputs {
            let mut torsions = Vec::new();
            torsion_scalars(sequence, latent, &mut torsions);
            scalars.push(self.upload(torsions, &[1, rows, TORSION_SCALARS])?);
        }
        if self.config.frame_inputs {
            scalars.push(self.upload(frame, &[1, rows, DISPLACEMENT_FRAME_SCALARS])?);
        }
        if self.config.source_torsion_inputs {
            let mut torsions = Vec::new();
            torsion_scalars(sequence, source, &mut torsions);
            scalars.push(self.upload(torsions, &[1, rows, TORSION_SCALARS])?);
        }
        if self.config.source_frame_inputs {
            let mut source_features = CloudFeatures::default();
            source_features.update(sequence, source);
            let (mut own, mut chain) = (Vec::new(), Vec::new());
            source_frame_scalars(source, &source_features, &mut own);
            let both = (&source_features, &features);
            chain_frame_scalars(batch, both, &mut chain);
            scalars.push(self.upload(own, &[1, rows, SOURCE_FRAME_SCALARS])?);
            scalars.push(self.upload(chain, &[1, rows, CHAIN_FRAME_SCALARS])?);
            all_vectors.push(self.upload(source_features.vectors, &[1, rows, 3, FEATURES])?);
        }
        if self.config.carried_inputs {
            let mut carried = CarriedFeatures::default();
            carried.update(batch);
            scalars.push(self.upload(carried.scalars, &[1, rows, CARRIED_SCALARS])?);
            all_vectors.push(self.upload(carried.vectors, &[1, rows, 3, CARRIED_VECTORS])?);
        }
        if self.config.estimate_inputs {
            let mut features = EstimateFeatures::default();
            features.update(sequence, source, estimate);
            scalars.push(self.upload(features.scalars, &[1, rows, ESTIMATE_SCALARS])?);
            all_vectors.push(self.upload(features.vectors, &[1, rows, 3, ESTIMATE_VECTORS])?);
        }
        all_vectors.push(displacement);
        all_vectors.push(conditioned.vectors.unsqueeze(0)?);
        Ok(Features {
            scalars: Tensor::cat(&scalars, D::Minus1)?,
            vectors: Tensor::cat(&all_vectors, D::Minus1)?,
        })
    }

    /// σ_V for used slots, 0 for unused ones, σ_P for the position: `[R, 1, outputs]`.
    fn output_scale(&self, sequence: &SequenceBatch, outputs: usize) -> Result<Tensor> {
        let mut scale = Vec::with_capacity(sequence.rows() * outputs);
        for &used in &sequence.used_slots {
            scale.extend((0..outputs).map(|output| {
                // A header has 13 vectors, a position, or both in this order.
                if outputs < SLOTS || output >= SLOTS {
                    self.config.sigma_position_angstrom
                } else if output < used {
                    self.config.sigma_vector_angstrom
                } else {
                    0.0
                }
            }));
        }
        self.upload(scale, &[sequence.rows(), 1, outputs])
    }

    fn edges(&self, sequence: &SequenceBatch, cloud: &CloudBatch, groups: usize) -> Result<Edges> {
        let graph = NeighborGraph::new(&self.config, &cloud.positions, &sequence.starts);
        Edges::new(&graph, groups, self.dtype, &self.device)
    }

    fn upload(&self, values: Vec<f32>, shape: &[usize]) -> Result<Tensor> {
        Tensor::from_vec(values, shape, &self.device)?.to_dtype(self.dtype)
    }

    fn with_modules<T>(&self, run: impl FnOnce(&Modules) -> Result<T>) -> Result<T> {
        match &self.modules {
            Some(modules) => run(modules),
            None => run(&Modules::load(&self.config, &self.weights)?),
        }
    }
}

fn check_rows(sequence: &SequenceBatch, cloud: &CloudBatch) -> Result<()> {
    let rows = sequence.rows();
    if rows == 0 || cloud.positions.len() != rows * 3 || cloud.vectors.len() != rows * 3 * SLOTS {
        candle_core::bail!(
            "a cloud of {} positions and {} vector components does not belong to {rows} residues",
            cloud.positions.len() / 3,
            cloud.vectors.len()
        );
    }
    Ok(())
}
