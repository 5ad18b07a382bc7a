//! Which networks and proteins are measured.

use std::sync::Arc;

use equijump_engine::network::{Heads, NetworkConfig, Residual};
use equijump_engine::structure::{ReadOptions, Topology, read_structure_bytes};

use crate::shared::examples::EXAMPLES;

/// One of the bundled proteins.
pub(super) struct Protein {
    pub topology: Arc<Topology>,
    pub atoms_angstrom: Arc<Vec<[f32; 3]>>,
}

/// The first bundled protein of that many residues.
pub(super) fn protein(residues: usize) -> anyhow::Result<Protein> {
    let example = EXAMPLES.iter().find(|e| e.residues == residues).ok_or_else(|| {
        let mut sizes: Vec<usize> = EXAMPLES.iter().map(|e| e.residues).collect();
        sizes.sort_unstable();
        sizes.dedup();
        let sizes: Vec<String> = sizes.iter().map(usize::to_string).collect();
        anyhow::anyhow!(
            "no bundled protein has {residues} residues; give --residues one of {}",
            sizes.join(", ")
        )
    })?;
    let read = read_structure_bytes(example.file_name, example.bytes, &ReadOptions::default())?;
    Ok(Protein { topology: read.topology, atoms_angstrom: read.positions_angstrom })
}

/// The networks to measure, each at every multiplicity. Where neither `residuals` nor `heads` says anything they are
/// that of the paper and the shipped one; for training also the shipped head on the paper's trunk.
pub(super) fn networks(
    residuals: &[Residual],
    heads: &[Heads],
    multiplicities: &[usize],
    training: bool,
) -> anyhow::Result<Vec<NetworkConfig>> {
    const BOTH_RESIDUALS: &[Residual] = &[Residual::Concat, Residual::Sum];
    const BOTH_HEADS: &[Heads] = &[Heads::Paper, Heads::Endpoint];
    let mut forms = Vec::new();
    if residuals.is_empty() && heads.is_empty() {
        forms.push((Residual::Concat, Heads::Paper));
        if training {
            forms.push((Residual::Concat, Heads::Endpoint));
        }
        forms.push((Residual::Sum, Heads::Endpoint));
    } else {
        let residuals = if residuals.is_empty() { BOTH_RESIDUALS } else { residuals };
        let heads = if heads.is_empty() { BOTH_HEADS } else { heads };
        forms.extend(residuals.iter().flat_map(|&residual| heads.iter().map(move |&head| (residual, head))));
    }
    let mut networks = Vec::new();
    for (residual, heads) in forms {
        for &multiplicity in multiplicities {
            let extra = heads == Heads::Endpoint;
            let config = NetworkConfig {
                multiplicity,
                residual,
                heads,
                strain_inputs: extra,
                displacement_inputs: extra,
                ..NetworkConfig::basic()
            };
            config.check()?;
            networks.push(config);
        }
    }
    Ok(networks)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use equijump_engine::network::ParameterLayout;

    #[test]
    fn the_defaults_are_the_network_of_table_4_and_the_shipped_one() {
        let [paper, shipped] = networks(&[], &[], &[32], false).unwrap().try_into().unwrap();
        let millions = ParameterLayout::new(&paper).total() as f64 / 1e6;
        assert!((millions - 6.5).abs() < 0.1, "{millions} M parameters");
        assert_eq!(shipped, NetworkConfig::basic());
    }

    #[test]
    fn flags_select_and_what_does_not_exist_is_refused() {
        let heads = |all: &[NetworkConfig]| all.iter().map(|n| (n.residual, n.heads)).collect::<Vec<_>>();
        let selected = networks(&[Residual::Sum], &[], &[16], false).unwrap();
        assert_eq!(heads(&selected), [(Residual::Sum, Heads::Paper), (Residual::Sum, Heads::Endpoint)]);
        assert!(networks(&[], &[], &[0], false).is_err());
        assert_eq!(protein(10).unwrap().topology.residue_count(), 10);
        let refusal = protein(11).err().unwrap().to_string();
        assert!(refusal.contains("one of 10, 20, 28"), "{refusal}");
    }
}
