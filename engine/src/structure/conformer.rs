//! Alternate locations: one conformer per residue, that of the highest occupancy.

use super::naming::{AtomName, ResidueName, atom_name, residue_name};
use super::records::AtomRecord;
use super::{Residue, ResidueType};

/// One residue of the chain, with what the file holds of it.
#[derive(Clone, Debug)]
pub(super) struct RawResidue {
    /// Type, number, insertion code.
    pub residue: Residue,
    /// Name in the file, where it differs from the type's.
    pub renamed_from: Option<String>,
    /// Per canonical atom, the index of its record.
    pub records: Vec<Option<usize>>,
    /// Per canonical atom, its position in Å; NaN coordinates stay NaN.
    pub positions_angstrom: Vec<Option<[f64; 3]>>,
    /// Whether a choice among alternate locations was made.
    pub had_alternates: bool,
    /// Names of heavy atoms that the residue type does not have.
    pub foreign: Vec<String>,
}

impl RawResidue {
    /// Canonical names of the atoms `wanted` that are missing.
    pub fn missing(&self, wanted: impl Fn(&str) -> bool) -> Vec<&'static str> {
        let names = self.residue.kind.atom_names();
        names
            .iter()
            .zip(&self.positions_angstrom)
            .filter(|&(name, position)| position.is_none() && wanted(name))
            .map(|(&name, _)| name)
            .collect()
    }

    /// Position of the canonical atom `name`, Å.
    pub fn position_angstrom(&self, name: &str) -> Option<[f64; 3]> {
        let offset = self.residue.kind.atom_names().iter().position(|&known| known == name)?;
        self.positions_angstrom[offset]
    }
}

/// Reads records, given with their indices in the file, as one residue; `None` if its name in the chosen
/// conformer is outside the vocabulary.
pub(super) fn read_residue(records: &[(usize, &AtomRecord)]) -> Option<RawResidue> {
    let chosen = chosen_altloc(records);
    let name = records
        .iter()
        .find(|(_, a)| a.altloc == chosen && a.altloc.is_some())
        .or_else(|| records.first())
        .map(|(_, a)| a.residue_name.as_str())?;
    let ResidueName::Protein { kind, renamed } = residue_name(name) else { return None };
    let count = kind.atom_count();
    let mut residue = RawResidue {
        residue: Residue { kind, number: records[0].1.number, insertion_code: records[0].1.insertion_code },
        renamed_from: renamed.then(|| name.to_owned()),
        records: vec![None; count],
        positions_angstrom: vec![None; count],
        had_alternates: chosen.is_some(),
        foreign: Vec::new(),
    };
    let mut best: Vec<Option<(bool, f64)>> = vec![None; count];
    let mut terminal_oxygen = None;
    for &(index, record) in records.iter().filter(|(_, a)| a.residue_name == name) {
        match atom_name(kind, &record.name, record.hydrogen) {
            AtomName::Canonical(offset) => {
                // The chosen conformer first; an atom it lacks comes from the fullest of the others.
                let rank = (record.altloc.is_none() || record.altloc == chosen, record.occupancy);
                if best[offset].is_none_or(|best| !best.0 && (rank.0 || rank.1 > best.1)) {
                    best[offset] = Some(rank);
                    residue.records[offset] = Some(index);
                    residue.positions_angstrom[offset] = Some(record.position_angstrom);
                }
            }
            AtomName::TerminalOxygen => terminal_oxygen = terminal_oxygen.or(Some((index, record))),
            AtomName::Hydrogen => {}
            AtomName::Foreign => residue.foreign.push(record.name.clone()),
        }
    }
    residue.foreign.sort_unstable();
    residue.foreign.dedup();
    // A lone carboxyl oxygen may carry either name.
    if let (Some((index, record)), Some(offset)) = (terminal_oxygen, oxygen_offset(kind))
        && residue.positions_angstrom[offset].is_none()
    {
        residue.records[offset] = Some(index);
        residue.positions_angstrom[offset] = Some(record.position_angstrom);
    }
    Some(residue)
}

fn oxygen_offset(kind: ResidueType) -> Option<usize> {
    kind.atom_names().iter().position(|&name| name == "O")
}

/// The altloc of the highest mean occupancy, the first in the file among equals.
fn chosen_altloc(records: &[(usize, &AtomRecord)]) -> Option<String> {
    let mut sums: Vec<(&str, f64, f64)> = Vec::new();
    for (_, record) in records {
        let Some(altloc) = record.altloc.as_deref() else { continue };
        match sums.iter_mut().find(|(known, ..)| *known == altloc) {
            Some((_, sum, count)) => {
                *sum += record.occupancy;
                *count += 1.0;
            }
            None => sums.push((altloc, record.occupancy, 1.0)),
        }
    }
    let mut best: Option<(&str, f64)> = None;
    for (altloc, sum, count) in sums {
        if best.is_none_or(|(_, occupancy)| sum / count > occupancy + 1e-6) {
            best = Some((altloc, sum / count));
        }
    }
    best.map(|(altloc, _)| altloc.to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    fn record(name: &str, altloc: Option<&str>, residue: &str, occupancy: f64, x: f64) -> AtomRecord {
        AtomRecord {
            hetero: false,
            polymer: None,
            name: name.to_owned(),
            altloc: altloc.map(str::to_owned),
            residue_name: residue.to_owned(),
            chain: "A".to_owned(),
            part: 0,
            number: 7,
            insertion_code: None,
            hydrogen: false,
            position_angstrom: [x, 0.0, 0.0],
            occupancy,
        }
    }

    fn read(records: &[AtomRecord]) -> RawResidue {
        read_residue(&records.iter().enumerate().collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn the_fuller_conformer_wins_as_a_whole() {
        let records = [
            record("N", None, "SER", 1.0, 0.0),
            record("CA", Some("A"), "SER", 0.4, 1.0),
            record("CA", Some("B"), "SER", 0.6, 2.0),
            record("CB", Some("A"), "SER", 0.4, 3.0),
            record("CB", Some("B"), "SER", 0.6, 4.0),
            record("OG", Some("A"), "SER", 0.4, 5.0), // B has none: taken from A
        ];
        let residue = read(&records);
        let x = |name| residue.position_angstrom(name).map(|p| p[0]);
        assert_eq!(
            (x("N"), x("CA"), x("CB"), x("OG"), x("C")),
            (Some(0.0), Some(2.0), Some(4.0), Some(5.0), None)
        );
        assert_eq!(residue.records[1], Some(2));
        assert!(residue.had_alternates);
        assert_eq!(residue.missing(|_| true), ["C", "O"]);
    }

    #[test]
    fn equal_occupancies_take_the_first() {
        let records = [record("CA", Some("B"), "SER", 0.5, 1.0), record("CA", Some("A"), "SER", 0.5, 2.0)];
        assert_eq!(read(&records).position_angstrom("CA"), Some([1.0, 0.0, 0.0]));
    }

    #[test]
    fn two_residue_types_at_one_place() {
        let records = [
            record("CA", Some("A"), "PRO", 0.3, 1.0),
            record("CG", Some("A"), "PRO", 0.3, 1.5),
            record("CA", Some("B"), "SER", 0.7, 2.0),
        ];
        let residue = read(&records);
        assert_eq!(residue.residue.kind, ResidueType::Ser);
        assert_eq!(residue.position_angstrom("CA"), Some([2.0, 0.0, 0.0]));
        assert!(residue.foreign.is_empty());
    }

    #[test]
    fn a_lone_terminal_oxygen_serves_as_o() {
        let residue = read(&[record("OXT", None, "GLY", 1.0, 9.0)]);
        assert_eq!(residue.position_angstrom("O"), Some([9.0, 0.0, 0.0]));
    }
}
