//! What a protein is made of: residues, atoms in canonical order, and bonds. Positions live elsewhere.

use serde::{Deserialize, Serialize};

use super::bonds::residue_bonds;
use super::residue::ResidueType;

/// Chemical elements that occur among the heavy atoms of proteins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Element {
    Carbon,
    Nitrogen,
    Oxygen,
    Sulfur,
}

impl Element {
    /// The element of a canonical heavy atom, which its first letter tells.
    pub fn of_atom_name(name: &str) -> Self {
        match name.as_bytes().first() {
            Some(b'N') => Element::Nitrogen,
            Some(b'O') => Element::Oxygen,
            Some(b'S') => Element::Sulfur,
            _ => Element::Carbon,
        }
    }

    /// Chemical symbol.
    pub fn symbol(self) -> &'static str {
        match self {
            Element::Carbon => "C",
            Element::Nitrogen => "N",
            Element::Oxygen => "O",
            Element::Sulfur => "S",
        }
    }

    /// Van der Waals radius (Bondi 1964).
    pub fn vdw_radius_angstrom(self) -> f32 {
        match self {
            Element::Carbon => 1.70,
            Element::Nitrogen => 1.55,
            Element::Oxygen => 1.52,
            Element::Sulfur => 1.80,
        }
    }

    /// Standard atomic mass in unified atomic mass units.
    pub fn mass_da(self) -> f64 {
        match self {
            Element::Carbon => 12.011,
            Element::Nitrogen => 14.007,
            Element::Oxygen => 15.999,
            Element::Sulfur => 32.06,
        }
    }
}

/// One residue of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Residue {
    /// Type, after substitutions such as MSE → MET.
    pub kind: ResidueType,
    /// Author's residue number in the file it came from.
    pub number: i32,
    /// Author's insertion code, if any.
    pub insertion_code: Option<char>,
}

impl Residue {
    /// `TYR 2` or `GLY 52A`, as shown to users.
    pub fn label(&self) -> String {
        match self.insertion_code {
            Some(code) => format!("{} {}{code}", self.kind.code3(), self.number),
            None => format!("{} {}", self.kind.code3(), self.number),
        }
    }
}

/// One heavy atom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Atom {
    /// Index into [`Topology::residues`].
    pub residue: usize,
    /// Canonical PDB name.
    pub name: &'static str,
    /// Chemical element.
    pub element: Element,
}

/// One protein chain: residues, and all their canonical heavy atoms, residue by residue in the order of
/// [`ResidueType::atom_names`]. Every frame of this protein holds its positions in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topology {
    /// Display name, usually the file stem.
    pub name: String,
    /// Author's chain identifier.
    pub chain_id: String,
    residues: Vec<Residue>,
    atoms: Vec<Atom>,
    first_atom: Vec<usize>,
    bonds: Vec<[usize; 2]>,
}

impl Topology {
    /// Builds atoms and bonds from the residue templates.
    pub fn new(name: impl Into<String>, chain_id: impl Into<String>, residues: Vec<Residue>) -> Self {
        let mut atoms = Vec::new();
        let mut first_atom = Vec::with_capacity(residues.len() + 1);
        for (index, residue) in residues.iter().enumerate() {
            first_atom.push(atoms.len());
            for &name in residue.kind.atom_names() {
                atoms.push(Atom { residue: index, name, element: Element::of_atom_name(name) });
            }
        }
        first_atom.push(atoms.len());
        let mut topology = Self {
            name: name.into(),
            chain_id: chain_id.into(),
            residues,
            atoms,
            first_atom,
            bonds: Vec::new(),
        };
        topology.bonds = bonds_of(&topology);
        topology
    }

    /// Residues along the chain.
    pub fn residues(&self) -> &[Residue] {
        &self.residues
    }

    /// Atoms in canonical order.
    pub fn atoms(&self) -> &[Atom] {
        &self.atoms
    }

    /// Covalent bonds as pairs of atom indices, `a < b`, from residue templates and the peptide bonds
    /// between consecutive residues; never from distances.
    pub fn bonds(&self) -> &[[usize; 2]] {
        &self.bonds
    }

    /// Number of residues, `N`.
    pub fn residue_count(&self) -> usize {
        self.residues.len()
    }

    /// Number of heavy atoms.
    pub fn atom_count(&self) -> usize {
        self.atoms.len()
    }

    /// Range of atom indices of residue `residue`.
    pub fn atom_range(&self, residue: usize) -> std::ops::Range<usize> {
        self.first_atom[residue]..self.first_atom[residue + 1]
    }

    /// Index of the atom `name` of residue `residue`, if its type has one.
    pub fn find_atom(&self, residue: usize, name: &str) -> Option<usize> {
        let kind = self.residues.get(residue)?.kind;
        let offset = kind.atom_names().iter().position(|&n| n == name)?;
        Some(self.first_atom[residue] + offset)
    }

    /// Atom index of the Cα of residue `residue`.
    pub fn ca(&self, residue: usize) -> usize {
        self.first_atom[residue] + 1
    }

    /// Atom indices of all Cα.
    pub fn ca_atoms(&self) -> Vec<usize> {
        (0..self.residue_count()).map(|r| self.ca(r)).collect()
    }

    /// One-letter sequence; norleucine is `X`.
    pub fn sequence(&self) -> String {
        self.residues.iter().map(|r| r.kind.code1()).collect()
    }

    /// `TYR 2 CA`, as shown to users.
    pub fn atom_label(&self, atom: usize) -> String {
        let atom = &self.atoms[atom];
        format!("{} {}", self.residues[atom.residue].label(), atom.name)
    }
}

/// All bonds of a chain, `a < b`, sorted.
fn bonds_of(topology: &Topology) -> Vec<[usize; 2]> {
    let mut bonds = Vec::new();
    for (index, residue) in topology.residues().iter().enumerate() {
        for (a, b) in residue_bonds(residue.kind) {
            if let (Some(a), Some(b)) = (topology.find_atom(index, a), topology.find_atom(index, b)) {
                bonds.push([a.min(b), a.max(b)]);
            }
        }
        if index > 0
            && let (Some(c), Some(n)) = (topology.find_atom(index - 1, "C"), topology.find_atom(index, "N"))
        {
            bonds.push([c, n]);
        }
    }
    bonds.sort_unstable();
    bonds
}
