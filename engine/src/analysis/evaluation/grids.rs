//! The bins that distributions are compared in: those of the reference, for all ensembles.

use super::frame_table::{
    FrameTable, angle_binning, bond_angle_binning, bond_length_binning, code, map_code,
};
use super::quantity::Quantity;
use crate::analysis::error::AnalysisError;
use crate::analysis::histogram::Binning;

/// One or two axes per quantity.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Grids {
    x: Vec<Option<Binning>>,
    y: Vec<Option<Binning>>,
}

impl Grids {
    /// Range of the reference with a margin of 5 %: 100 bins in one dimension, 50 × 50 in two (ARCHITECTURE.md §8).
    /// Angles and bonds have fixed bins, overlaps one bin for every whole number, where that makes no more
    /// than 100.
    pub fn of_reference(table: &FrameTable) -> Result<Self, AnalysisError> {
        let tic = |d: usize| (0..table.len()).map(move |frame| table.tics_of(frame)[d]);
        let mut x = vec![None; Quantity::ALL.len()];
        let mut y = vec![None; Quantity::ALL.len()];
        for &quantity in Quantity::ALL {
            let one = |values: &[f64]| Binning::of_data(values.iter().copied(), Binning::BINS_1D);
            x[quantity.index()] = match quantity {
                Quantity::Tic1 => Some(Binning::of_data(tic(0), Binning::BINS_1D)?),
                Quantity::Tic2 => Some(Binning::of_data(tic(1), Binning::BINS_1D)?),
                Quantity::Rmsd => Some(one(&table.rmsd_angstrom)?),
                Quantity::Gdt => Some(one(&table.gdt)?),
                Quantity::RadiusOfGyration => Some(one(&table.radius_of_gyration_angstrom)?),
                Quantity::NativeContacts => one(&table.native_contacts).ok(),
                Quantity::TicMap => Some(Binning::of_data(tic(0), Binning::BINS_2D)?),
                Quantity::Ramachandran => (table.ramachandran.per_frame > 0).then(angle_binning),
                Quantity::Janin => (table.janin.per_frame > 0).then(angle_binning),
                Quantity::BondLengths => Some(bond_length_binning()),
                Quantity::BondAngles => Some(bond_angle_binning()),
                Quantity::Clashes => counting(&table.clashes)?,
            };
            y[quantity.index()] = match quantity {
                Quantity::TicMap => Some(Binning::of_data(tic(1), Binning::BINS_2D)?),
                Quantity::Ramachandran | Quantity::Janin => x[quantity.index()],
                _ => None,
            };
        }
        Ok(Self { x, y })
    }

    /// Bins along x; `None` when the protein does not have the quantity.
    pub fn x(&self, quantity: Quantity) -> Option<Binning> {
        self.x[quantity.index()]
    }

    /// Bins along y of maps.
    pub fn y(&self, quantity: Quantity) -> Option<Binning> {
        self.y[quantity.index()]
    }

    /// Cells of a histogram, the one for values outside the range not counted.
    pub fn cells(&self, quantity: Quantity) -> usize {
        self.x(quantity).map_or(0, |x| x.bins * self.y(quantity).map_or(1, |y| y.bins))
    }

    /// Calls `visit` with frame and cell of every value of a quantity.
    pub fn for_each(&self, quantity: Quantity, table: &FrameTable, mut visit: impl FnMut(usize, u16)) {
        let Some(x) = self.x(quantity) else { return };
        let columns = |values: &[f64], visit: &mut dyn FnMut(usize, u16)| {
            values.iter().enumerate().for_each(|(frame, &value)| visit(frame, code(x, value)));
        };
        match quantity {
            Quantity::Tic1 | Quantity::Tic2 => {
                let d = usize::from(quantity == Quantity::Tic2);
                (0..table.len()).for_each(|frame| visit(frame, code(x, table.tics_of(frame)[d])));
            }
            Quantity::Rmsd => columns(&table.rmsd_angstrom, &mut visit),
            Quantity::Gdt => columns(&table.gdt, &mut visit),
            Quantity::RadiusOfGyration => columns(&table.radius_of_gyration_angstrom, &mut visit),
            Quantity::NativeContacts => columns(&table.native_contacts, &mut visit),
            Quantity::TicMap => {
                let Some(y) = self.y(quantity) else { return };
                for frame in 0..table.len() {
                    let tics = table.tics_of(frame);
                    visit(frame, map_code(x, y, tics[0], tics[1]));
                }
            }
            Quantity::Clashes => {
                for (&frame, &count) in table.chemistry_frames.iter().zip(&table.clashes) {
                    visit(frame, code(x, count));
                }
            }
            Quantity::Ramachandran | Quantity::Janin | Quantity::BondLengths | Quantity::BondAngles => {
                let codes = match quantity {
                    Quantity::Ramachandran => &table.ramachandran,
                    Quantity::Janin => &table.janin,
                    Quantity::BondLengths => &table.bond_lengths,
                    _ => &table.bond_angles,
                };
                for (row, cells) in codes.codes.chunks_exact(codes.per_frame.max(1)).enumerate() {
                    let every_frame = matches!(quantity, Quantity::Ramachandran | Quantity::Janin);
                    let frame = if every_frame { row } else { table.chemistry_frames[row] };
                    cells.iter().for_each(|&cell| visit(frame, cell));
                }
            }
        }
    }
}

/// Bins centered on whole numbers.
fn counting(counts: &[f64]) -> Result<Option<Binning>, AnalysisError> {
    let (Some(least), Some(most)) =
        (counts.iter().copied().reduce(f64::min), counts.iter().copied().reduce(f64::max))
    else {
        return Ok(None);
    };
    let margin = (Binning::MARGIN * (most - least)).ceil().max(1.0);
    let (least, most) = ((least - margin).max(0.0), most + margin);
    let width = ((most - least + 1.0) / Binning::BINS_1D as f64).ceil();
    let bins = ((most - least + 1.0) / width).ceil();
    Binning::new(least - 0.5, least - 0.5 + bins * width, bins as usize).map(Some)
}
