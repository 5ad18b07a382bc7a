//! From the records of one residue to its canonical atoms.

use super::alternates::{Conformer, belongs};
use super::bond_limits::BOND_ANGSTROM;
use super::bonds::residue_bonds;
use super::cell::separation_angstrom;
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
    /// Names of atoms that the residue has more than once, of which the first was taken.
    pub repeated: Vec<&'static str>,
    /// Whether a second oxygen of a terminal carboxyl group was left out.
    pub terminal_oxygen_left_out: bool,
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

/// Reads records, given with their indices in the file, as one residue in the chosen conformer; `None` if its
/// name is outside the vocabulary.
pub(super) fn read_residue(
    records: &[(usize, &AtomRecord)],
    conformer: &Conformer,
    number: i32,
) -> Option<RawResidue> {
    let name = conformer.name.as_str();
    let ResidueName::Protein { kind, renamed } = residue_name(name) else { return None };
    let count = kind.atom_count();
    let mut residue = RawResidue {
        residue: Residue { kind, number, insertion_code: records[0].1.insertion_code },
        renamed_from: renamed.then(|| name.to_owned()),
        records: vec![None; count],
        positions_angstrom: vec![None; count],
        had_alternates: records.iter().any(|(_, a)| a.altloc.is_some()),
        foreign: Vec::new(),
        repeated: Vec::new(),
        terminal_oxygen_left_out: false,
    };
    let mut terminal_oxygen = None;
    let of_name = || records.iter().filter(|(_, a)| a.residue_name == name);
    for &(index, record) in of_name() {
        let chosen = belongs(record, conformer, records);
        match atom_name(kind, &record.name, record.hydrogen) {
            AtomName::Canonical(offset) => {
                if chosen && residue.records[offset].is_none() {
                    residue.records[offset] = Some(index);
                    residue.positions_angstrom[offset] = Some(record.position_angstrom);
                } else if chosen {
                    residue.repeated.push(kind.atom_names()[offset]);
                }
            }
            AtomName::TerminalOxygen => {
                if chosen {
                    terminal_oxygen = terminal_oxygen.or(Some((index, record)));
                }
            }
            AtomName::Hydrogen => {}
            AtomName::Foreign => residue.foreign.push(record.name.clone()),
        }
    }
    residue.foreign.sort_unstable();
    residue.foreign.dedup();
    residue.repeated.sort_unstable();
    residue.repeated.dedup();
    // A lone carboxyl oxygen may carry either name.
    if let (Some((index, record)), Some(offset)) = (terminal_oxygen, oxygen_offset(kind))
        && residue.positions_angstrom[offset].is_none()
    {
        residue.records[offset] = Some(index);
        residue.positions_angstrom[offset] = Some(record.position_angstrom);
    } else {
        residue.terminal_oxygen_left_out = terminal_oxygen.is_some();
    }
    fill_gaps(&mut residue, of_name().copied());
    Some(residue)
}

/// An atom that the chosen conformer lacks comes from another one, if it fits to its bonded neighbors.
fn fill_gaps<'a>(residue: &mut RawResidue, records: impl Iterator<Item = (usize, &'a AtomRecord)> + Clone) {
    let kind = residue.residue.kind;
    for (offset, name) in kind.atom_names().iter().enumerate() {
        if residue.records[offset].is_some() {
            continue;
        }
        let fits = |position: [f64; 3]| {
            residue_bonds(kind).filter(|(a, b)| a == name || b == name).all(|(a, b)| {
                let other = if a == *name { b } else { a };
                residue
                    .position_angstrom(other)
                    .is_none_or(|p| BOND_ANGSTROM.contains(&separation_angstrom(p, position, None)))
            })
        };
        let found = records
            .clone()
            .filter(|(_, a)| atom_name(kind, &a.name, a.hydrogen) == AtomName::Canonical(offset))
            .filter(|(_, a)| a.position_angstrom.iter().all(|x| x.is_finite()) && fits(a.position_angstrom))
            .max_by(|a, b| a.1.occupancy.total_cmp(&b.1.occupancy));
        if let Some((index, record)) = found {
            residue.records[offset] = Some(index);
            residue.positions_angstrom[offset] = Some(record.position_angstrom);
        }
    }
}

fn oxygen_offset(kind: ResidueType) -> Option<usize> {
    kind.atom_names().iter().position(|&name| name == "O")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::structure::alternates::choose;

    fn record(name: &str, altloc: Option<&str>, residue: &str, occupancy: f64, x: f64) -> AtomRecord {
        AtomRecord {
            name: name.to_owned(),
            altloc: altloc.map(str::to_owned),
            residue_name: residue.to_owned(),
            chain: "A".to_owned(),
            number: Some(7),
            position_angstrom: [x, 0.0, 0.0],
            occupancy,
            ..AtomRecord::default()
        }
    }

    fn read(records: &[AtomRecord]) -> RawResidue {
        let records: Vec<_> = records.iter().enumerate().collect();
        let conformer = &choose(std::slice::from_ref(&records), None)[0];
        read_residue(&records, conformer, 7).unwrap()
    }

    #[test]
    fn a_whole_conformer_wins_over_a_fuller_one_that_lacks_an_atom() {
        let records = [
            record("N", None, "SER", 1.0, 0.0),
            record("CA", Some("A"), "SER", 0.4, 1.0),
            record("CA", Some("B"), "SER", 0.6, 2.0),
            record("CB", Some("A"), "SER", 0.4, 3.0),
            record("CB", Some("B"), "SER", 0.6, 4.0),
            record("OG", Some("A"), "SER", 0.4, 5.0), // B has none
        ];
        let residue = read(&records);
        let x = |name| residue.position_angstrom(name).map(|p| p[0]);
        assert_eq!(
            (x("N"), x("CA"), x("CB"), x("OG"), x("C")),
            (Some(0.0), Some(1.0), Some(3.0), Some(5.0), None)
        );
        assert_eq!(residue.records[1], Some(1));
        assert!(residue.had_alternates);
        assert_eq!(residue.missing(|_| true), ["C", "O"]);
    }

    #[test]
    fn an_atom_of_another_conformer_fills_a_gap_only_where_it_fits() {
        let mut records = vec![
            record("CA", Some("A"), "LYS", 0.4, 0.0),
            record("CB", Some("A"), "LYS", 0.4, 1.5),
            record("CG", Some("B"), "LYS", 0.6, 3.0),
            record("CD", Some("B"), "LYS", 0.6, 9.0),
        ];
        let residue = read(&records);
        let x = |residue: &RawResidue, name| residue.position_angstrom(name).map(|p| p[0]);
        // Both are half conformers; B comes with the higher occupancy, and CB of A fits to its CG.
        assert_eq!(
            (x(&residue, "CG"), x(&residue, "CD"), x(&residue, "CB")),
            (Some(3.0), Some(9.0), Some(1.5))
        );
        records[1].position_angstrom[0] = -3.0;
        assert_eq!(x(&read(&records), "CB"), None);
    }

    #[test]
    fn of_atoms_with_one_name_the_first_is_taken_and_the_others_are_told() {
        let records = [
            record("CA", None, "SER", 1.0, 1.0),
            record("CB", None, "SER", 1.0, 2.0),
            record("CB", None, "SER", 1.0, 2.5),
            record("CB", None, "SER", 1.0, 2.6),
        ];
        let residue = read(&records);
        assert_eq!(residue.position_angstrom("CB"), Some([2.0, 0.0, 0.0]));
        assert_eq!(residue.repeated, ["CB"]);
        // Alternate locations are no repetition.
        let records = [record("CA", Some("A"), "SER", 0.5, 1.0), record("CA", Some("B"), "SER", 0.5, 2.0)];
        assert!(read(&records).repeated.is_empty());
    }

    #[test]
    fn equal_occupancies_take_the_first() {
        let records = [record("CA", Some("B"), "SER", 0.5, 1.0), record("CA", Some("A"), "SER", 0.5, 2.0)];
        assert_eq!(read(&records).position_angstrom("CA"), Some([1.0, 0.0, 0.0]));
    }

    #[test]
    fn unmarked_atoms_are_a_conformer_where_marked_ones_have_their_names() {
        let records = [
            record("CA", None, "SER", 0.6, 1.0),
            record("CA", Some("B"), "SER", 0.4, 2.0),
            record("C", None, "SER", 1.0, 2.5),
        ];
        assert_eq!(read(&records).position_angstrom("CA"), Some([1.0, 0.0, 0.0]));
        let records = [record("CA", None, "SER", 0.4, 1.0), record("CA", Some("B"), "SER", 0.6, 2.0)];
        assert_eq!(read(&records).position_angstrom("CA"), Some([2.0, 0.0, 0.0]));
    }

    #[test]
    fn of_two_residue_types_at_one_place_the_standard_one_is_read() {
        let records = [
            record("CA", Some("A"), "PRO", 0.3, 1.0),
            record("CG", Some("A"), "PRO", 0.3, 1.5),
            record("CA", Some("B"), "SEP", 0.7, 2.0),
        ];
        let residue = read(&records);
        assert_eq!(residue.residue.kind, ResidueType::Pro);
        assert_eq!(residue.position_angstrom("CA"), Some([1.0, 0.0, 0.0]));
        assert!(residue.foreign.is_empty());
    }

    #[test]
    fn a_lone_terminal_oxygen_serves_as_o() {
        let residue = read(&[record("OXT", None, "GLY", 1.0, 9.0)]);
        assert_eq!(residue.position_angstrom("O"), Some([9.0, 0.0, 0.0]));
    }
}
