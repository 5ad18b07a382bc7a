//! The report of an evaluation: one self-contained HTML page, every number and curve as CSV beside it, and a
//! summary as JSON.

pub mod branches;
pub mod comparison;
mod files;
mod html;
pub mod jumps;
mod page;
pub mod proteins;
pub mod study;
mod summary;
mod tables;

use std::path::{Path, PathBuf};

use equijump_engine::analysis::evaluation::{Evaluation, Quantity};
use equijump_engine::session::JumpTest;

use crate::figures::{Figure, FigureError, evaluation as figures};

pub use files::{ReportError, ReportFolder};
pub use tables::divergences_text;

/// How an evaluation came about; told in the report.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Provenance {
    /// The command, as it can be typed again.
    pub command: String,
    /// Version of the program.
    pub version: String,
    /// When it was made, UTC: `2026-11-25 03:12`.
    pub made: String,
    /// Atoms of the reference trajectories.
    pub topology: String,
    /// Structure that RMSD, GDT and contacts refer to.
    pub native: String,
    /// Reference trajectories.
    pub reference: Vec<String>,
    /// Trajectories judged.
    pub samples: Vec<String>,
}

/// A figure of the report with its place.
pub(crate) struct Placed {
    pub(crate) figure: Figure,
    pub(crate) size: (u32, u32),
    pub(crate) caption: String,
}

/// The figures of a report, in groups under a heading.
pub(crate) struct Group {
    pub(crate) heading: &'static str,
    pub(crate) text: String,
    pub(crate) figures: Vec<Placed>,
}

/// Writes page, tables and curves of an evaluation, and the one-step test where there is one, into an open folder. Nothing is in place before
/// [`ReportFolder::commit`].
///
/// # Errors
/// When a file cannot be written.
pub fn write(
    folder: &ReportFolder,
    evaluation: &Evaluation,
    jumps: Option<&JumpTest>,
    provenance: &Provenance,
) -> Result<(), ReportError> {
    let groups = groups(evaluation);
    for placed in groups.iter().flat_map(|group| &group.figures) {
        folder.add(&format!("{}.csv", placed.figure.stem()), placed.figure.to_csv().as_bytes())?;
    }
    for (name, text) in tables::all_csv(evaluation) {
        folder.add(name, text.as_bytes())?;
    }
    if let Some(test) = jumps {
        jumps::add_tables(folder, test)?;
    }
    folder.add("summary.json", summary::json(evaluation, jumps, provenance)?.as_bytes())?;
    let page = page::page(evaluation, jumps, provenance, &groups)?;
    folder.add(files::PAGE, page.as_bytes())
}

/// Where the page of a report lies.
pub fn page_path(folder: &Path) -> PathBuf {
    folder.join(files::PAGE)
}

/// All figures; those without data are left out.
pub(crate) fn groups(evaluation: &Evaluation) -> Vec<Group> {
    let scores = &evaluation.scores;
    let weights = if scores.weighted {
        "Frames are weighted by the Markov models."
    } else {
        "All frames count alike: where trajectories are far from equilibrium these are no free energies."
    };
    let curve = |quantity: Quantity| scores.curves.iter().find(|c| c.quantity == quantity);
    let map = |quantity: Quantity| scores.maps.iter().find(|m| m.quantity == quantity);
    let small = |figure: Figure| Placed { figure, size: (500, 380), caption: String::new() };
    let wide =
        |figure: Figure, caption: &str| Placed { figure, size: (1020, 460), caption: caption.to_owned() };

    let mut groups = Vec::new();
    if let Some(figure) = figures::tica_map(evaluation) {
        groups.push(Group {
            heading: "Free energy on the slow coordinates",
            text: format!(
                "−ln p over the first two TICA components of the reference, zero at the deepest bin; the cross marks the native structure. Bins that no frame reached are empty. {weights}"
            ),
            figures: vec![wide(Figure::MapPair(figure), "")],
        });
    }
    groups.push(Group {
        heading: "Free-energy curves",
        text: format!("−ln p, zero at the deepest bin; the shade is the confidence interval, where every replicate has frames in the bin. {weights}"),
        figures: Quantity::OF_THE_PAPER
            .into_iter()
            .filter_map(|q| Some(small(Figure::Curves(figures::free_energy_curve(curve(q)?)))))
            .collect(),
    });
    let angles: Vec<Placed> = [Quantity::Ramachandran, Quantity::Janin]
        .into_iter()
        .filter_map(|q| Some(wide(Figure::MapPair(figures::map_pair(map(q)?, None)), q.label())))
        .collect();
    groups.push(Group {
        heading: "Dihedral angles",
        text: format!("All residues together: backbone (Ramachandran) and side chains (Janin). {weights}"),
        figures: angles,
    });
    groups.push(Group {
        heading: "Structure of the ensembles",
        text: "Cα traces of frames spread evenly over each ensemble, superposed on the native structure (bold line), and mean Cα distances; all frames count alike.".into(),
        figures: vec![
            wide(Figure::Traces(figures::traces(evaluation)), ""),
            Placed {
                figure: Figure::Distances(figures::distances(evaluation)),
                size: (1020, 300),
                caption: String::new(),
            },
        ],
    });
    groups.push(Group {
        heading: "Chemistry",
        text: format!(
            "Lengths of all bonds, all bond angles, and intersecting van der Waals spheres of atoms more than three bonds apart, in up to 3000 frames of each ensemble. {weights}"
        ),
        figures: [Quantity::BondLengths, Quantity::BondAngles, Quantity::Clashes]
            .into_iter()
            .filter_map(|q| Some(small(Figure::Curves(figures::density_curve(curve(q)?)))))
            .collect(),
    });
    groups.push(Group {
        heading: "Implied timescales",
        text: "The two slowest processes of Markov models against their lag. A model is sound from the lag on where its timescales no longer change.".into(),
        figures: vec![Placed {
            figure: Figure::Curves(figures::implied_timescales(evaluation)),
            size: (560, 420),
            caption: String::new(),
        }],
    });
    for group in &mut groups {
        group.figures.retain(|placed| {
            // Drawing is cheap; a figure without data has no place.
            !matches!(placed.figure.to_web_svg(placed.size), Err(FigureError::Empty(_)))
        });
    }
    groups.retain(|group| !group.figures.is_empty());
    groups
}

#[cfg(test)]
mod tests;
