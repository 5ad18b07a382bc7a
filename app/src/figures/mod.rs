//! Figures for files: PNG and SVG through plotters, and the numbers behind them as CSV.
//!
//! The live panels of the window draw from the same data structures ([`data`]), so a figure shows what
//! the window showed.

pub mod color_map;
pub mod csv;
mod curves;
pub mod data;
mod draw;
pub mod evaluation;
mod maps;
pub mod pairs;
pub mod picture;
pub mod run;
pub mod stamp;
pub mod structure;
pub mod study;
mod style;

use std::path::Path;
use std::sync::Once;

use plotters::prelude::*;

pub use data::{
    BasinMark, Curve, CurveFigure, CurveRole, DistanceFigure, FreeEnergyFigure, Grid2, MapPairFigure,
    RamachandranFigure, ResiduePoint, RmsdSeries, StructureFigure, TraceFigure,
};

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
    /// Free energy on two coordinates.
    FreeEnergy(FreeEnergyFigure),
    /// Curves with their uncertainty.
    Curves(CurveFigure),
    /// Two maps side by side.
    MapPair(MapPairFigure),
    /// Mean distances of two ensembles.
    Distances(DistanceFigure),
    /// Superposed traces of two ensembles.
    Traces(TraceFigure),
    /// Secondary structure against time.
    Structure(StructureFigure),
}

/// Why a figure could not be written.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum FigureError {
    #[error("there are no {0} to draw yet; simulate some frames first")]
    Empty(&'static str),
    #[error("the figure could not be written: {0}")]
    Write(String),
}

/// Name under which plotters knows the bundled font.
const FONT: &str = "sans-serif";

/// Scale of text and lines on web pages, where figures are shown pixel by pixel: labels of 13 pixels.
const WEB_SCALE: f64 = 0.85;

fn register_font() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Fails only on a font file that cannot be parsed; ours is in the binary and tested.
        plotters::style::register_font(FONT, FontStyle::Normal, crate::shared::font::INTER_REGULAR).ok();
    });
}

impl Figure {
    /// Short name, used in file names: `rmsd`.
    pub fn stem(&self) -> &str {
        match self {
            Figure::Rmsd(_) => "rmsd",
            Figure::Ramachandran(_) => "ramachandran",
            Figure::FreeEnergy(_) => "free-energy",
            Figure::Curves(figure) => &figure.stem,
            Figure::MapPair(figure) => &figure.stem,
            Figure::Distances(_) => "ca_distances",
            Figure::Traces(_) => "ensembles",
            Figure::Structure(_) => "secondary-structure",
        }
    }

    /// Writes the image, `size` in pixels; `caption`, if there is one, in small print at its foot.
    ///
    /// # Errors
    /// [`FigureError`] when there is no data, or the file cannot be written.
    pub fn write(
        &self,
        path: &Path,
        format: FigureFormat,
        size: (u32, u32),
        caption: &str,
    ) -> Result<(), FigureError> {
        register_font();
        let written = match format {
            FigureFormat::Png => {
                self.draw_on_white(&BitMapBackend::new(path, size).into_drawing_area(), caption)
            }
            FigureFormat::Svg => {
                self.draw_on_white(&SVGBackend::new(path, size).into_drawing_area(), caption)
            }
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

    fn draw_on_white<B: DrawingBackend<ErrorType: 'static>>(
        &self,
        area: &DrawingArea<B, plotters::coord::Shift>,
        caption: &str,
    ) -> Result<(), FigureError> {
        area.fill(&WHITE).map_err(style::failed)?;
        let (width, height) = area.dim_in_pixel();
        // Text and lines keep their proportion to the figure.
        let scale = f64::from(width.min(height)) / 600.0;
        if caption.is_empty() {
            return self.draw_on(area, scale);
        }
        let foot = (24.0 * scale).ceil() as i32;
        let (above, below) = area.split_vertically(height as i32 - foot);
        let text = style::caption(scale, caption, f64::from(width));
        let at = ((18.0 * scale) as i32, (2.0 * scale) as i32);
        below.draw(&Text::new(caption.to_owned(), at, text)).map_err(style::failed)?;
        self.draw_on(&above, scale)
    }

    /// Draws on an area that has its paper already.
    fn draw_on<B: DrawingBackend<ErrorType: 'static>>(
        &self,
        area: &DrawingArea<B, plotters::coord::Shift>,
        scale: f64,
    ) -> Result<(), FigureError> {
        match self {
            Figure::Rmsd(series) => draw::rmsd(area, series, scale)?,
            Figure::Ramachandran(figure) => draw::ramachandran(area, figure, scale)?,
            Figure::FreeEnergy(figure) => draw::free_energy(area, figure, scale)?,
            Figure::Curves(figure) => curves::curves(area, figure, scale)?,
            Figure::MapPair(figure) => maps::map_pair(area, figure, scale)?,
            Figure::Distances(figure) => maps::distances(area, figure, scale)?,
            Figure::Traces(figure) => maps::traces(area, figure, scale)?,
            Figure::Structure(figure) => structure::structure(area, figure, scale)?,
        }
        area.present().map_err(style::failed)
    }

    /// The figure as an SVG element for a web page: on no paper of its own, its text and axes in the color
    /// of the page's text, so that it suits light and dark pages alike.
    ///
    /// # Errors
    /// [`FigureError`] when there is no data.
    pub fn to_web_svg(&self, size: (u32, u32)) -> Result<String, FigureError> {
        register_font();
        let mut svg = String::new();
        self.draw_on(&SVGBackend::with_string(&mut svg, size).into_drawing_area(), WEB_SCALE)?;
        let RGBColor(r, g, b) = style::TEXT;
        let ink = format!("\"#{r:02X}{g:02X}{b:02X}\"");
        Ok(svg.replace(&ink, "\"currentColor\""))
    }

    /// The numbers of the figure as CSV, units in the header.
    pub fn to_csv(&self) -> String {
        match self {
            Figure::Rmsd(series) => csv::rmsd(series),
            Figure::Ramachandran(figure) => csv::ramachandran(figure),
            Figure::FreeEnergy(figure) => csv::free_energy(figure),
            Figure::Curves(figure) => csv::curves(figure),
            Figure::MapPair(figure) => csv::map_pair(figure),
            Figure::Distances(figure) => csv::distances(figure),
            Figure::Traces(figure) => csv::traces(figure),
            Figure::Structure(figure) => csv::structure(figure),
        }
    }
}

#[cfg(test)]
mod tests;
