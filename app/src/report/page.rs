//! The page.

use equijump_engine::analysis::evaluation::{Evaluation, MarkovLag, time_text};
use equijump_engine::session::JumpTest;
use maud::{Markup, PreEscaped, html};

use super::html::{captioned_figure, document, made_line, warnings};
use super::{Group, Placed, Provenance, ReportError, tables};

/// The whole page; nothing in it points outside.
pub(super) fn page(
    evaluation: &Evaluation,
    jumps: Option<&JumpTest>,
    provenance: &Provenance,
    groups: &[Group],
) -> Result<String, ReportError> {
    let drawn =
        |group: &Group| group.figures.iter().map(placed).collect::<Result<Vec<Markup>, ReportError>>();
    let figures = groups.iter().map(drawn).collect::<Result<Vec<_>, ReportError>>()?;
    let about = format!("{} · {} residues", evaluation.sequence, evaluation.residue_numbers.len());
    let content = html! {
        (made_line(&about, &provenance.made, &provenance.version))
        (warnings("To be kept in mind", &evaluation.warnings))
        h2 { "Divergences" }
        (PreEscaped(tables::divergences(evaluation)))
        h2 { "Averages" }
        (PreEscaped(tables::averages(evaluation)))
        (PreEscaped(tables::paper(evaluation)))
        @if let Some(kinetics) = &evaluation.kinetics {
            h2 { "Motion between two states" }
            (PreEscaped(tables::kinetics(kinetics, evaluation.settings.confidence)))
        }
        @if let Some(test) = jumps { (PreEscaped(super::jumps::section(test))) }
        @for (group, figures) in groups.iter().zip(&figures) {
            h2 { (group.heading) }
            p { (group.text) }
            @if group.heading == "Chemistry" { (PreEscaped(tables::chemistry(evaluation))) }
            div.group { @for figure in figures { (figure) } }
        }
        h2 { "Data and method" }
        (PreEscaped(tables::ensembles(evaluation)))
        (method(evaluation))
        (origin(evaluation, provenance, groups))
    };
    Ok(document(&format!("{}: samples against reference", evaluation.protein), &content))
}

/// A figure with its caption.
fn placed(placed: &Placed) -> Result<Markup, ReportError> {
    let svg = placed.figure.to_web_svg(placed.size)?;
    Ok(captioned_figure(&svg, placed.figure.stem(), &placed.caption))
}

fn method(evaluation: &Evaluation) -> Markup {
    let settings = &evaluation.settings;
    let lag = match &evaluation.lag {
        MarkovLag::Given(lag_ps) => format!("{}, given", time_text(*lag_ps)),
        MarkovLag::Chosen(choice) => format!(
            "{}, the shortest at which doubling it changes the slowest implied timescale of the reference, {}, by no more than 10 %, halves of the data agree on it, and it is twice as long as what frames shuffled in time give, {}",
            time_text(choice.lag_ps),
            time_text(choice.slowest_ps),
            time_text(choice.shuffled_ps)
        ),
        MarkovLag::Impossible(why) => format!("not supported: {why}"),
    };
    let tica = &evaluation.tica;
    let list = |values: &[f64], number: &dyn Fn(f64) -> String| {
        values.iter().map(|&v| number(v)).collect::<Vec<_>>().join(", ")
    };
    let entries = [
        (
            "Slow coordinates",
            format!(
                "TICA on {} Cα distances of the reference, lag {}, {} frame pairs, rank {}, kinetic map; timescales of the components {}",
                tica.features,
                time_text(tica.lag_ps),
                tica.pairs,
                tica.rank,
                list(&tica.timescales_ps, &|t| if t.is_finite() { time_text(t) } else { "none".into() }),
            ),
        ),
        (
            "Markov models",
            format!(
                "{} clusters (k-means++) in {} components, found on the reference and used for both; sliding-window counts, largest connected set, {}; a frame weighs the stationary probability of its cluster divided by the frames in it",
                settings.clusters,
                settings.cluster_components,
                settings.estimator.label()
            ),
        ),
        ("Lag of the Markov models", lag),
        (
            "Divergences",
            "Jensen–Shannon, natural logarithm; 100 bins over the range of the reference with 5 % margin on each side, 50 × 50 bins in two dimensions, 1° and 0.01 Å for bond angles and lengths; all values outside are one more bin".to_owned(),
        ),
        (
            "Intervals",
            format!(
                "{:.0} %, {} bootstrap replicates: blocks of both ensembles drawn with replacement, a Markov model estimated for each, spread of the replicates laid around the estimate",
                100.0 * settings.confidence,
                settings.bootstrap
            ),
        ),
        (
            "Observables",
            "Cα RMSD after superposition; GDT over 1, 2, 4, 8 Å after the same superposition; radius of gyration of all heavy atoms, mass-weighted; native contacts between Cα at least 3 residues apart and closer than 8 Å in the native structure".to_owned(),
        ),
        ("Seed", settings.seed.to_string()),
    ];
    html! { dl { @for (name, value) in entries { dt { (name) } dd { (value) } } } }
}

fn origin(evaluation: &Evaluation, provenance: &Provenance, groups: &[Group]) -> Markup {
    let files = |name: &str, files: &[String], notices: &[String]| {
        let noun = if files.len() == 1 { "file" } else { "files" };
        html! {
            details {
                summary { (name) ": " (files.len()) " " (noun) }
                pre { @for line in files.iter().chain(notices) { (line) "\n" } }
            }
        }
    };
    let mut names: Vec<String> =
        ["divergences", "averages", "chemistry", "kinetics", "timescales", "densities"]
            .map(str::to_owned)
            .into();
    names.extend(groups.iter().flat_map(|g| &g.figures).map(|placed| placed.figure.stem().to_owned()));
    names.dedup();
    html! {
        p { "Command" }
        pre { (provenance.command) }
        (files("Reference", &provenance.reference, &evaluation.reference.notices))
        (files("Samples", &provenance.samples, &evaluation.samples.notices))
        p.weak { "Topology " (provenance.topology) ", native structure " (provenance.native) "." }
        p {
            "Numbers beside this page: "
            @for name in &names { a href=(format!("{name}.csv")) { (name) ".csv" } ", " }
            "and " a href="summary.json" { "summary.json" } "."
        }
    }
}
