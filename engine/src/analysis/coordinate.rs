//! Observables by name, as numbers of a frame: what weighted-ensemble programs call progress coordinates.

use super::error::{AnalysisError, CoordinateError};
use super::measurement::Measurement;
use super::observables::{NativeContacts, gdt_ts, radius_of_gyration_angstrom};
use super::reference::ReferenceData;
use super::superposition::ca_rmsd_angstrom;
use super::tica::TicaBasis;
use crate::structure::Topology;

/// The names that [`Coordinates::new`] takes, for help texts.
pub const COORDINATE_NAMES: &str = "rmsd (Cα RMSD to the native structure, Å), gdt (0 to 1), rg (mass-weighted radius of gyration, Å), native-contacts (fraction, 0 to 1), tic1, tic2 … (slow coordinates of molecular dynamics, where the program has them for the protein), distance:1.CA/10.CA (Å), angle:1.CA/5.CA/10.CA and dihedral:2.N/2.CA/2.C/3.N (degrees), atoms by the number of their residue and their name";

/// Observables of one protein that were chosen by name.
#[derive(Clone, Debug)]
pub struct Coordinates {
    kinds: Vec<Kind>,
    names: Vec<String>,
    native_angstrom: Vec<[f32; 3]>,
    contacts: NativeContacts,
    basis: Option<TicaBasis>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Rmsd,
    Gdt,
    RadiusOfGyration,
    NativeContacts,
    SlowComponent(usize),
    Measurement(Measurement),
}

impl Coordinates {
    /// Finds what the names stand for ([`COORDINATE_NAMES`]). `native_angstrom` is what RMSD, GDT and native contacts
    /// refer to, in canonical order.
    ///
    /// # Errors
    /// [`AnalysisError::Coordinate`]: a name that there is not, an atom that the protein does not have, or a protein
    /// without slow coordinates; [`AnalysisError::AtomCount`] when the native structure is of another protein.
    pub fn new(
        names: &[String],
        topology: &Topology,
        native_angstrom: &[[f32; 3]],
    ) -> Result<Self, AnalysisError> {
        super::error::check_positions(topology, native_angstrom, 0, 0)?;
        let slow = |name: &str| name.strip_prefix("tic").is_some_and(|rest| rest.parse::<usize>().is_ok());
        let basis = names.iter().any(|name| slow(name)).then(|| ReferenceData::bundled(topology)).flatten();
        let basis = basis.map(|reference| reference.basis);
        let contacts = NativeContacts::new(topology, native_angstrom);
        let kinds = names
            .iter()
            .map(|name| match parse(name, topology)? {
                Kind::SlowComponent(index) => {
                    let held = basis.as_ref().map_or(0, TicaBasis::len);
                    match held {
                        0 => Err(CoordinateError::NoneSlow {
                            name: name.clone(),
                            protein: topology.name.clone(),
                        }),
                        _ if index >= held => Err(CoordinateError::FewSlow { name: name.clone(), held }),
                        _ => Ok(Kind::SlowComponent(index)),
                    }
                }
                Kind::NativeContacts if contacts.is_empty() => Err(CoordinateError::NoContacts),
                kind => Ok(kind),
            })
            .collect::<Result<_, CoordinateError>>()?;
        Ok(Self { kinds, names: names.to_vec(), native_angstrom: native_angstrom.to_vec(), contacts, basis })
    }

    /// The names, as they were given.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// `Å`, `°` or nothing, for each.
    pub fn units(&self) -> Vec<&'static str> {
        let unit = |kind: &Kind| match kind {
            Kind::Rmsd | Kind::RadiusOfGyration => "Å",
            Kind::Measurement(measurement) => measurement.unit(),
            Kind::Gdt | Kind::NativeContacts | Kind::SlowComponent(_) => "",
        };
        self.kinds.iter().map(unit).collect()
    }

    /// Their values in one frame; NaN where one is not defined.
    ///
    /// # Panics
    /// When the positions do not belong to the topology, which is a programming error.
    pub fn values(&self, topology: &Topology, positions_angstrom: &[[f32; 3]]) -> Vec<f64> {
        let slow = self.basis.as_ref().map(|basis| basis.project(topology, positions_angstrom));
        let value = |kind: &Kind| match kind {
            Kind::Rmsd => ca_rmsd_angstrom(topology, positions_angstrom, &self.native_angstrom),
            Kind::Gdt => gdt_ts(topology, positions_angstrom, &self.native_angstrom),
            Kind::RadiusOfGyration => radius_of_gyration_angstrom(topology, positions_angstrom),
            Kind::NativeContacts => self.contacts.fraction(positions_angstrom).unwrap_or(f64::NAN),
            Kind::SlowComponent(index) => {
                slow.as_ref().and_then(|slow| slow.get(*index)).copied().unwrap_or(f64::NAN)
            }
            Kind::Measurement(measurement) => measurement.value(positions_angstrom),
        };
        self.kinds.iter().map(value).collect()
    }
}

fn parse(name: &str, topology: &Topology) -> Result<Kind, CoordinateError> {
    if let Some(number) = name.strip_prefix("tic").and_then(|rest| rest.parse::<usize>().ok()) {
        return match number.checked_sub(1) {
            Some(index) => Ok(Kind::SlowComponent(index)),
            None => Err(CoordinateError::FromOne),
        };
    }
    let count = match name.split_once(':').map(|(kind, _)| kind) {
        Some("distance") => 2,
        Some("angle") => 3,
        Some("dihedral") => 4,
        _ => {
            return match name {
                "rmsd" => Ok(Kind::Rmsd),
                "gdt" => Ok(Kind::Gdt),
                "rg" => Ok(Kind::RadiusOfGyration),
                "native-contacts" => Ok(Kind::NativeContacts),
                _ => Err(CoordinateError::Unknown { name: name.to_owned(), known: COORDINATE_NAMES }),
            };
        }
    };
    let atoms = name.split_once(':').map_or("", |(_, atoms)| atoms).split('/');
    let atoms = atoms.map(|atom| find_atom(atom, topology)).collect::<Result<Vec<_>, _>>()?;
    match Measurement::of_atoms(&atoms) {
        Some(measurement) if atoms.len() == count => Ok(Kind::Measurement(measurement)),
        _ => Err(CoordinateError::Atoms { name: name.to_owned(), count }),
    }
}

/// `10.CA`, or `52B.CA` with an insertion code.
fn find_atom(text: &str, topology: &Topology) -> Result<usize, CoordinateError> {
    let found = text.rsplit_once('.').and_then(|(residue, atom)| {
        let of = |r: &crate::structure::Residue| {
            format!("{}{}", r.number, r.insertion_code.map(String::from).unwrap_or_default())
        };
        let index = topology.residues().iter().position(|r| of(r) == residue)?;
        topology.find_atom(index, atom)
    });
    found.ok_or_else(|| CoordinateError::NoAtom { protein: topology.name.clone(), atom: text.to_owned() })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::test_support::bundled;

    #[test]
    fn names_become_numbers_or_a_sentence() {
        let chignolin = bundled("chignolin");
        let native = &chignolin.positions_angstrom;
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let all = names(&["rmsd", "gdt", "rg", "native-contacts", "tic1", "tic2", "distance:1.CA/10.CA"]);
        let coordinates = Coordinates::new(&all, &chignolin.topology, native).unwrap();
        let values = coordinates.values(&chignolin.topology, native);
        assert!(values[0].abs() < 1e-5 && (values[1], values[3]) == (1.0, 1.0), "{values:?}");
        let [a, b] = [0, 9].map(|residue| native[chignolin.topology.ca(residue)]);
        let distance = (0..3).map(|k| f64::from(a[k] - b[k]).powi(2)).sum::<f64>().sqrt();
        assert!((values[6] - distance).abs() < 1e-4, "{values:?} {distance}");
        assert!(values.iter().all(|value| value.is_finite()));
        assert_eq!(coordinates.units(), ["Å", "", "Å", "", "", "", "Å"]);
        for (name, said) in [
            ("energy", "no coordinate"),
            ("tic0", "from tic1"),
            ("tic99", "only tic1"),
            ("distance:1.CA", "2 different atoms"),
            ("distance:1.CA/1.CA", "2 different atoms"),
            ("distance:1.CA/11.CA", "11.CA"),
            ("dihedral:", "no atom"),
        ] {
            let error =
                Coordinates::new(&names(&[name]), &chignolin.topology, native).unwrap_err().to_string();
            assert!(error.contains(said), "{name}: {error}");
        }
    }
}
