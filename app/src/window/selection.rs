//! The atoms that the user has selected by the language of [`equijump_engine::analysis::selection`], and how they
//! stand out in the 3D view.

use std::collections::BTreeMap;

use equijump_engine::structure::Topology;
use serde::{Deserialize, Serialize};

use super::measurements::MeasurementTool;
use crate::viewport::{Highlight, palette};

/// Colors that a selection may have, with their names: no element and no class of residues has them.
pub const COLORS: [(&str, palette::Srgb); 4] = [
    ("Magenta", [214, 64, 190]),
    ("Cyan", [32, 178, 200]),
    ("Green", [92, 172, 60]),
    ("Gold", [224, 158, 24]),
];

/// Up to so many selected atoms are labeled each for itself, more by residue.
const ATOMS_LABELED: usize = 12;

/// How the selected atoms stand out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SelectionLook {
    /// Nothing else is drawn.
    pub isolated: bool,
    /// They are drawn as sticks along with a ribbon.
    pub sticks: bool,
    /// Names are written at them.
    #[serde(alias = "labelled")]
    pub labeled: bool,
}

/// What is selected.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Selected {
    /// The selection as it was typed; empty where nothing is.
    pub text: String,
    /// How it stands out.
    pub look: SelectionLook,
    /// Its atoms in the frame that is shown, ascending.
    #[serde(skip)]
    pub atoms: Vec<usize>,
    /// Atoms that were given a color, selected or not, and its place in [`COLORS`].
    pub painted: BTreeMap<usize, usize>,
}

impl Selected {
    /// What is written at which atoms.
    pub(super) fn labels(&self, topology: &Topology) -> Vec<(usize, String)> {
        let atoms = self.atoms.iter().copied().filter(|&atom| atom < topology.atom_count());
        if self.atoms.len() <= ATOMS_LABELED {
            return atoms.map(|atom| (atom, topology.atom_label(atom))).collect();
        }
        let mut labels: Vec<(usize, String)> = Vec::new();
        let mut last = None;
        for atom in atoms {
            let residue = topology.atoms()[atom].residue;
            if last.replace(residue) != Some(residue) {
                // At the Cα where that is selected, else at the first atom of the residue that is.
                let ca = topology.ca(residue);
                let at = if self.atoms.binary_search(&ca).is_ok() { ca } else { atom };
                labels.push((at, topology.residues()[residue].label()));
            }
        }
        labels
    }

    pub(super) fn highlight(&self) -> Highlight {
        Highlight {
            atoms: self.atoms.clone(),
            alone: self.look.isolated,
            sticks: self.look.sticks,
            colors: self
                .painted
                .iter()
                .filter_map(|(atom, place)| Some((*atom, COLORS.get(*place)?.1)))
                .collect(),
        }
    }

    /// Gives the selected atoms a color, or takes theirs.
    pub(super) fn paint(&mut self, color: Option<usize>) {
        for &atom in &self.atoms {
            match color {
                Some(place) => self.painted.insert(atom, place),
                None => self.painted.remove(&atom),
            };
        }
    }

    /// The color that all selected atoms have.
    pub fn color(&self) -> Option<usize> {
        let color = *self.painted.get(self.atoms.first()?)?;
        self.atoms.iter().all(|atom| self.painted.get(atom) == Some(&color)).then_some(color)
    }

    /// The tool that measures so many atoms.
    pub fn measurement_tool(&self) -> Option<MeasurementTool> {
        [MeasurementTool::Distance, MeasurementTool::Angle, MeasurementTool::Dihedral]
            .into_iter()
            .find(|tool| tool.atom_count() == self.atoms.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use equijump_engine::structure::{Residue, ResidueType};

    #[test]
    fn few_atoms_are_labeled_each_and_many_by_residue() {
        let residue = |kind, number| Residue { kind, number, insertion_code: None };
        let residues = vec![residue(ResidueType::Trp, 5), residue(ResidueType::Gly, 6)];
        let topology = Topology::new("test", "A", residues);
        let two = Selected { atoms: vec![0, 1], ..Selected::default() };
        assert_eq!(two.labels(&topology), [(0, "TRP 5 N".to_owned()), (1, "TRP 5 CA".to_owned())]);
        let all = Selected { atoms: (0..topology.atom_count()).collect(), ..Selected::default() };
        let glycine = topology.ca(1);
        assert_eq!(all.labels(&topology), [(1, "TRP 5".to_owned()), (glycine, "GLY 6".to_owned())]);
    }
}
