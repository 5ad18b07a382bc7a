//! Figures for files: PNG and SVG through plotters, and the numbers behind them as CSV.
//!
//! The live panels of the window draw from the same data structures ([`data`]), so a figure shows what
//! the window showed.

pub mod colour_map;
pub mod csv;
pub mod data;
mod draw;

use std::path::Path;
use std::sync::Once;

use plotters::prelude::*;

pub use data::{FreeEnergyFigure, Grid2, RamachandranFigure, ResiduePoint, RmsdSeries};

/// Image formats of figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[allow(missing_docs)]
pub enum FigureFormat {
    Png,
    Svg,
}

impl FigureFormat {
    /// File name extension.
    pub fn extension(self) -> &'static str {
        match self {
            FigureFormat::Png => "png",
            FigureFormat::Svg => "svg",
        }
    }
}

/// A figure with its data.
#[derive(Clone, Debug)]
pub enum Figure {
    /// Cα RMSD against time.
    Rmsd(RmsdSeries),
    /// Backbone dihedrals.
    Ramachandran(RamachandranFigure),
    /// Free energy on the two slowest TICA coordinates.
    FreeEnergy(FreeEnergyFigure),
}

/// Why a figure could not be written.
#[derive(Debug)]
pub enum FigureError {
    /// There is nothing to draw yet.
    Empty(&'static str),
    /// Drawing or writing failed.
    Write(String),
}

impl std::fmt::Display for FigureError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            FigureError::Empty(what) => {
                write!(f, "there are no {what} to draw yet; simulate some frames first")
            }
            FigureError::Write(reason) => write!(f, "the figure could not be written: {reason}"),
        }
    }
}

impl std::error::Error for FigureError {}

/// Name under which plotters knows the bundled font.
const FONT: &str = "sans-serif";

fn register_font() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Fails only on a font file that cannot be parsed; ours is in the binary and tested.
        plotters::style::register_font(FONT, FontStyle::Normal, crate::window::theme::INTER_REGULAR).ok();
    });
}

impl Figure {
    /// Short name, used in file names: `rmsd`.
    pub fn stem(&self) -> &'static str {
        match self {
            Figure::Rmsd(_) => "rmsd",
            Figure::Ramachandran(_) => "ramachandran",
            Figure::FreeEnergy(_) => "free-energy",
        }
    }

    /// Writes the image, `size` in pixels.
    ///
    /// # Errors
    /// [`FigureError`] when there is no data, or the file cannot be written.
    pub fn write(&self, path: &Path, format: FigureFormat, size: (u32, u32)) -> Result<(), FigureError> {
        register_font();
        let written = match format {
            FigureFormat::Png => self.draw_on(&BitMapBackend::new(path, size).into_drawing_area(), size),
            FigureFormat::Svg => self.draw_on(&SVGBackend::new(path, size).into_drawing_area(), size),
        };
        // plotters reports a missing folder only as "IO error"; ask the file system for the reason.
        written.map_err(|error| match error {
            FigureError::Write(reason) => {
                let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
                match parent {
                    Some(folder) if !folder.is_dir() => {
                        FigureError::Write(format!("the folder {} does not exist", folder.display()))
                    }
                    _ => FigureError::Write(format!("{}: {reason}", path.display())),
                }
            }
            empty => empty,
        })
    }

    fn draw_on<B: DrawingBackend>(
        &self,
        area: &DrawingArea<B, plotters::coord::Shift>,
        size: (u32, u32),
    ) -> Result<(), FigureError>
    where
        B::ErrorType: 'static,
    {
        // Text and lines keep their proportion to the figure.
        let scale = f64::from(size.0.min(size.1)) / 600.0;
        area.fill(&WHITE).map_err(draw::failed)?;
        match self {
            Figure::Rmsd(series) => draw::rmsd(area, series, scale)?,
            Figure::Ramachandran(figure) => draw::ramachandran(area, figure, scale)?,
            Figure::FreeEnergy(figure) => draw::free_energy(area, figure, scale)?,
        }
        area.present().map_err(draw::failed)
    }

    /// The numbers of the figure as CSV, units in the header.
    pub fn to_csv(&self) -> String {
        match self {
            Figure::Rmsd(series) => csv::rmsd(series),
            Figure::Ramachandran(figure) => csv::ramachandran(figure),
            Figure::FreeEnergy(figure) => csv::free_energy(figure),
        }
    }
}

#[cfg(test)]
mod tests;
