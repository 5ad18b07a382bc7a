//! What there is to look at after an evaluation: tables, and the figures of the report.

use equijump_engine::analysis::evaluation::Evaluation;
use equijump_engine::analysis::evaluation::kinetics::Kinetics;

use crate::figures::Figure;
use crate::report;

/// What a page shows.
#[derive(Clone, Debug)]
pub enum Shown {
    /// Divergences with intervals and floors.
    Divergences,
    /// Averages and their errors.
    Averages,
    /// Rates and the like.
    Kinetics(Kinetics),
    /// A figure, and its width over its height in the report.
    Figure(Box<Figure>, f32),
}

/// One thing to look at.
#[derive(Clone, Debug)]
pub struct Page {
    /// Name in the list.
    pub title: String,
    /// What it shows, in a sentence or two.
    pub text: String,
    /// The thing itself.
    pub shown: Shown,
}

/// All pages of an evaluation.
pub(super) fn pages(evaluation: &Evaluation) -> Vec<Page> {
    let confidence = 100.0 * evaluation.settings.confidence;
    let mut pages = vec![
        Page {
            title: "Divergences".into(),
            text: format!(
                "Jensen–Shannon divergence of the samples from the reference, nats (0 to 0.693), with {confidence:.0} % \
                 intervals. Floor: one random half of the reference against the other. Floor at this length: what \
                 that would be for as much time as was compared."
            ),
            shown: Shown::Divergences,
        },
        Page {
            title: "Averages".into(),
            text: format!(
                "Averages with {confidence:.0} % intervals, and the error in percent of the reference."
            ),
            shown: Shown::Averages,
        },
    ];
    if let Some(kinetics) = &evaluation.kinetics {
        pages.push(Page {
            title: "Motion between two states".into(),
            text: format!(
                "Folded: Cα RMSD from the native structure below {} Å; unfolded: beyond {} Å; in between a frame \
                 belongs to the state visited last. {confidence:.0} % intervals.",
                kinetics.folded_below_angstrom, kinetics.unfolded_beyond_angstrom
            ),
            shown: Shown::Kinetics(kinetics.clone()),
        });
    }
    for group in report::groups(evaluation) {
        for placed in group.figures {
            let (width, height) = placed.size;
            pages.push(Page {
                title: title(group.heading, &placed.caption, &placed.figure),
                text: group.text.clone(),
                shown: Shown::Figure(Box::new(placed.figure), width as f32 / height.max(1) as f32),
            });
        }
    }
    pages
}

/// Name of a figure in the list.
fn title(heading: &str, caption: &str, figure: &Figure) -> String {
    match figure {
        Figure::Curves(curves) if curves.stem.starts_with("free_energy") => {
            format!("Free energy: {}", curves.x_label)
        }
        Figure::Curves(curves) if curves.stem.starts_with("density") => {
            format!("Density: {}", curves.x_label)
        }
        Figure::Traces(_) => "Superposed ensembles".into(),
        Figure::Distances(_) => "Mean Cα distances".into(),
        _ if !caption.is_empty() => caption.to_owned(),
        _ => heading.to_owned(),
    }
}
