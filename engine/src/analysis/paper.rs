//! What the paper prints of its own models, to be shown beside ours (`assets/references/paper.toml`, which names the
//! source and the units).
//!
//! Numbers are looked up by protein, recognized by its sequence, and by quantity. They never stand without
//! [`PaperResults::remark`]: the molecular dynamics that they refer to is not the user's.

use std::sync::OnceLock;

use serde::Deserialize;

use super::error::ReferenceFileError;
use super::evaluation::Quantity;
use crate::network::Transport;

const TEXT: &str = include_str!("../../../assets/references/paper.toml");

/// Everything that the file holds.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaperResults {
    /// Title of the paper.
    pub source: String,
    /// Why its numbers are not to be compared digit by digit.
    pub remark: String,
    /// Models of Tables 2, 3 and A.8, in the order of their columns.
    pub models: Vec<String>,
    /// Table 2: divergences averaged over the 12 proteins, a number for each of the models.
    pub mean_divergences: ByQuantity,
    /// Table 3: percent errors of averages, averaged over the 12 proteins.
    pub mean_percent_errors: ByQuantity,
    /// Table 1: transports, on one protein.
    pub transports: PaperTransports,
    /// Table 4.
    pub speed: PaperSpeed,
    /// Table A.8: divergences, protein by protein.
    pub proteins: Vec<PaperProtein>,
}

/// One number for each column of a table, quantity by quantity; empty where the table has none.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ByQuantity {
    tic1: Vec<f64>,
    tic2: Vec<f64>,
    rmsd: Vec<f64>,
    gdt: Vec<f64>,
    radius_of_gyration: Vec<f64>,
    native_contacts: Vec<f64>,
}

impl ByQuantity {
    /// The numbers of one quantity, column by column.
    pub fn of(&self, quantity: Quantity) -> &[f64] {
        match quantity {
            Quantity::Tic1 => &self.tic1,
            Quantity::Tic2 => &self.tic2,
            Quantity::Rmsd => &self.rmsd,
            Quantity::Gdt => &self.gdt,
            Quantity::RadiusOfGyration => &self.radius_of_gyration,
            Quantity::NativeContacts => &self.native_contacts,
            _ => &[],
        }
    }

    /// Whether every quantity in `filled` has `columns` numbers, and no other has any.
    fn fits(&self, filled: &[Quantity], columns: usize) -> bool {
        Quantity::ALL.iter().all(|&quantity| {
            let numbers = self.of(quantity);
            let wanted = if filled.contains(&quantity) { columns } else { 0 };
            numbers.len() == wanted && numbers.iter().all(|number| number.is_finite() && *number >= 0.0)
        })
    }
}

/// Table 1.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaperTransports {
    /// Name of the protein among [`PaperResults::proteins`].
    pub protein: String,
    /// Variances of the noise on positions, Å², in the order of the columns of each row.
    pub sigma_position_squared: Vec<f64>,
    /// One row for each transport.
    pub rows: Vec<PaperTransport>,
}

/// Divergences of one transport with each σ_P².
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct PaperTransport {
    /// Name in the paper.
    pub model: String,
    /// The transport here.
    pub transport: Transport,
    /// Divergences.
    #[serde(flatten)]
    pub divergences: ByQuantity,
}

/// Table 4.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaperSpeed {
    /// Name of the protein among [`PaperResults::proteins`].
    pub protein: String,
    /// Its residues.
    pub residues: usize,
    /// Latent steps of a frame.
    pub latent_steps: usize,
    /// What computed.
    pub device: String,
    /// Replicas advanced together, in the order of the columns of each row.
    pub batches: Vec<usize>,
    /// One row for each size of network.
    pub rows: Vec<PaperSpeedRow>,
    /// Simulations of forces that it is compared with.
    pub dynamics: Vec<PaperDynamics>,
}

/// How fast a network of one size is.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaperSpeedRow {
    /// Multiplicity H.
    pub multiplicity: usize,
    /// Parameters, millions.
    pub parameters_millions: f64,
    /// Seconds for a frame of 100 ps of all replicas, by batch.
    pub seconds: Vec<f64>,
    /// Acceleration over Amber24 as printed, by batch.
    pub acceleration: Vec<f64>,
}

/// A simulation of forces.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaperDynamics {
    /// Program or force field.
    pub name: String,
    /// Seconds for 100 ps of the protein.
    pub seconds: f64,
    /// How that was estimated.
    pub note: String,
}

/// Divergences of one protein.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct PaperProtein {
    /// Name as here.
    pub name: String,
    /// Name for people.
    pub label: String,
    /// One-letter sequence, norleucine as X.
    pub sequence: String,
    /// Divergences, a number for each of [`PaperResults::models`].
    #[serde(flatten)]
    pub divergences: ByQuantity,
}

impl PaperResults {
    /// Reads the file and makes sure that its tables are whole.
    ///
    /// # Errors
    /// Text that is no such file, or a table in which a number is missing.
    pub fn parse(text: &str) -> Result<Self, ReferenceFileError> {
        let results: Self = toml::from_str(text)?;
        let (all, averaged) = (&Quantity::OF_THE_PAPER, &Quantity::AVERAGED);
        let models = results.models.len();
        let Self { transports, speed, proteins, .. } = &results;
        let sigmas = transports.sigma_position_squared.len();
        let batches = speed.batches.len();
        let whole = results.mean_divergences.fits(all, models)
            && results.mean_percent_errors.fits(averaged, models)
            && proteins.iter().all(|protein| protein.divergences.fits(all, models))
            && transports.rows.iter().all(|row| row.divergences.fits(all, sigmas))
            && speed.rows.iter().all(|row| row.seconds.len() == batches && row.acceleration.len() == batches);
        if !whole {
            return Err(ReferenceFileError::MissingNumber);
        }
        for name in [&transports.protein, &speed.protein] {
            if !proteins.iter().any(|protein| protein.name == *name) {
                return Err(ReferenceFileError::NoProtein(name.clone()));
            }
        }
        Ok(results)
    }

    /// The file that comes with the program; `None` only if it were damaged, which a test excludes.
    pub fn bundled() -> Option<&'static Self> {
        static RESULTS: OnceLock<Option<PaperResults>> = OnceLock::new();
        RESULTS.get_or_init(|| Self::parse(TEXT).ok()).as_ref()
    }

    /// The protein with this one-letter sequence, if it is among those of the paper.
    pub fn protein(&self, sequence: &str) -> Option<&PaperProtein> {
        self.proteins.iter().find(|protein| protein.sequence == sequence)
    }

    /// The transports of Table 1, if they are of the protein with this sequence.
    pub fn transports_of(&self, sequence: &str) -> Option<&PaperTransports> {
        self.protein(sequence)
            .filter(|protein| protein.name == self.transports.protein)
            .map(|_| &self.transports)
    }

    /// Seconds of wall clock for a frame of a network of this multiplicity, of so many replicas together, where Table 4
    /// has it: only for chains of the length of its protein.
    pub fn seconds_per_frame(&self, residues: usize, multiplicity: usize, batch: usize) -> Option<f64> {
        let row = self.speed.rows.iter().find(|row| row.multiplicity == multiplicity);
        let column = self.speed.batches.iter().position(|&of| of == batch);
        let seconds = *row?.seconds.get(column?)?;
        (residues == self.speed.residues).then_some(seconds)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_tables_are_whole_and_are_those_of_the_paper() {
        let paper = PaperResults::parse(TEXT).unwrap();
        assert_eq!(paper.models, ["CG-MLFF", "EquiJump 32", "EquiJump 64", "EquiJump 128", "EquiJump 256"]);
        assert_eq!((paper.proteins.len(), paper.transports.rows.len(), paper.speed.rows.len()), (12, 4, 4));
        assert_eq!(paper.mean_divergences.of(Quantity::Gdt), [0.21, 0.25, 0.13, 0.11, 0.02]);
        assert_eq!(paper.mean_percent_errors.of(Quantity::Rmsd), [34.7, 51.2, 46.9, 43.6, 15.2]);
        assert_eq!(paper.transports.rows[2].divergences.of(Quantity::NativeContacts), [0.071, 0.077, 0.142]);
        assert_eq!(paper.seconds_per_frame(80, 128, 32), Some(12.17));
        assert_eq!(paper.seconds_per_frame(79, 128, 32), None);
        assert_eq!(paper.seconds_per_frame(80, 128, 4), None);
    }

    /// Table 2 holds the means of Table A.8, cut off after two digits, in every one of its 30 cells.
    #[test]
    fn the_means_of_the_paper_follow_from_its_rows() {
        let paper = PaperResults::bundled().unwrap();
        for quantity in Quantity::OF_THE_PAPER {
            for model in 0..paper.models.len() {
                let sum: f64 = paper.proteins.iter().map(|p| p.divergences.of(quantity)[model]).sum();
                let mean = sum / paper.proteins.len() as f64;
                let printed = paper.mean_divergences.of(quantity)[model];
                assert!((0.0..0.01).contains(&(mean - printed)), "{quantity:?} {model}: {mean} {printed}");
            }
        }
    }

    #[test]
    fn accelerations_are_those_over_amber() {
        let speed = &PaperResults::bundled().unwrap().speed;
        let amber = speed.dynamics.iter().find(|dynamics| dynamics.name == "Amber24").unwrap();
        for row in &speed.rows {
            for ((batch, seconds), printed) in speed.batches.iter().zip(&row.seconds).zip(&row.acceleration) {
                let acceleration = amber.seconds * *batch as f64 / seconds;
                assert!((acceleration / printed - 1.0).abs() < 0.02, "{batch} {acceleration} {printed}");
            }
        }
    }

    #[test]
    fn every_protein_is_recognized_by_its_bundled_structure() {
        let paper = PaperResults::bundled().unwrap();
        for protein in &paper.proteins {
            let read = crate::test_support::bundled(&protein.name);
            assert_eq!(read.topology.sequence(), protein.sequence, "{}", protein.name);
            assert_eq!(paper.protein(&protein.sequence).unwrap().label, protein.label);
        }
        assert_eq!(paper.transports_of(&paper.proteins[0].sequence), None);
        assert!(paper.protein("AAAA").is_none());
    }

    #[test]
    fn a_table_with_a_missing_number_is_refused() {
        let broken = TEXT.replacen("tic1 = [0.30, 0.15,", "tic1 = [0.30,", 1);
        assert!(broken.len() < TEXT.len() && PaperResults::parse(&broken).is_err());
        let unknown = TEXT.replacen("protein = \"lambda\"", "protein = \"lambada\"", 1);
        assert!(PaperResults::parse(&unknown).unwrap_err().to_string().contains("lambada"));
    }
}
