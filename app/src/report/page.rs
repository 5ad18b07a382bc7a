//! The page.

use std::fmt::Write as _;

use equijump_engine::analysis::evaluation::{Evaluation, MarkovLag, time_text};
use equijump_engine::session::JumpTest;

use super::html::{STYLE, escaped};
use super::{Group, Provenance, ReportError, tables};

/// The whole page; nothing in it points outside.
pub(super) fn page(
    evaluation: &Evaluation,
    jumps: Option<&JumpTest>,
    provenance: &Provenance,
    groups: &[Group],
) -> Result<String, ReportError> {
    let protein = escaped(&evaluation.protein);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{protein}: samples against reference</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
    );
    write!(
        page,
        "<h1>{protein}: samples against reference</h1>\n<p class=\"weak\">{} · {} residues · made {} UTC by EquiJump {}</p>\n",
        escaped(&evaluation.sequence),
        evaluation.residue_numbers.len(),
        escaped(&provenance.made),
        escaped(&provenance.version),
    )
    .ok();
    if !evaluation.warnings.is_empty() {
        page.push_str("<div class=\"warnings\" role=\"note\"><strong>To be kept in mind</strong><ul>\n");
        for warning in &evaluation.warnings {
            writeln!(page, "<li>{}</li>", escaped(warning)).ok();
        }
        page.push_str("</ul></div>\n");
    }
    page.push_str("<h2>Divergences</h2>\n");
    page.push_str(&tables::divergences(evaluation));
    page.push_str("<h2>Averages</h2>\n");
    page.push_str(&tables::averages(evaluation));
    page.push_str(&tables::paper(evaluation));
    if let Some(kinetics) = &evaluation.kinetics {
        page.push_str("<h2>Motion between two states</h2>\n");
        page.push_str(&tables::kinetics(kinetics, evaluation.settings.confidence));
    }
    if let Some(test) = jumps {
        page.push_str(&super::jumps::section(test));
    }
    for group in groups {
        write!(page, "<h2>{}</h2>\n<p>{}</p>\n", group.heading, escaped(&group.text)).ok();
        if group.heading == "Chemistry" {
            page.push_str(&tables::chemistry(evaluation));
        }
        page.push_str("<div class=\"group\">\n");
        for placed in &group.figures {
            let svg = accessible(&placed.figure.to_web_svg(placed.size)?, placed.figure.stem());
            page.push_str("<figure>");
            if !placed.caption.is_empty() {
                write!(page, "<figcaption>{}</figcaption>", escaped(&placed.caption)).ok();
            }
            writeln!(page, "{svg}</figure>").ok();
        }
        page.push_str("</div>\n");
    }
    page.push_str("<h2>Data and method</h2>\n");
    page.push_str(&tables::ensembles(evaluation));
    page.push_str(&method(evaluation));
    page.push_str(&origin(evaluation, provenance, groups));
    page.push_str("</main>\n</body>\n</html>\n");
    Ok(page)
}

/// A figure as one image with a name, for readers that do not see it; scaled with the page.
fn accessible(svg: &str, name: &str) -> String {
    let name = name.replace('_', " ");
    svg.replacen("<svg ", &format!("<svg role=\"img\" aria-label=\"{}\" ", escaped(&name)), 1)
}

fn method(evaluation: &Evaluation) -> String {
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
    let mut text = String::from("<dl>\n");
    for (name, value) in entries {
        writeln!(text, "<dt>{name}</dt><dd>{}</dd>", escaped(&value)).ok();
    }
    text.push_str("</dl>\n");
    text
}

fn origin(evaluation: &Evaluation, provenance: &Provenance, groups: &[Group]) -> String {
    let mut text = format!("<p>Command</p>\n<pre>{}</pre>\n", escaped(&provenance.command));
    let files = |name: &str, files: &[String], notices: &[String]| {
        let items: String = files.iter().chain(notices).map(|line| format!("{}\n", escaped(line))).collect();
        format!(
            "<details><summary>{name}: {} {}</summary><pre>{items}</pre></details>\n",
            files.len(),
            if files.len() == 1 { "file" } else { "files" }
        )
    };
    text.push_str(&files("Reference", &provenance.reference, &evaluation.reference.notices));
    text.push_str(&files("Samples", &provenance.samples, &evaluation.samples.notices));
    writeln!(
        text,
        "<p class=\"weak\">Topology {}, native structure {}.</p>",
        escaped(&provenance.topology),
        escaped(&provenance.native)
    )
    .ok();
    let mut names: Vec<String> =
        ["divergences", "averages", "chemistry", "kinetics", "timescales", "densities"]
            .map(str::to_owned)
            .into();
    names.extend(groups.iter().flat_map(|g| &g.figures).map(|placed| placed.figure.stem().to_owned()));
    names.dedup();
    let links: Vec<String> =
        names.iter().map(|name| format!("<a href=\"{name}.csv\">{name}.csv</a>")).collect();
    writeln!(
        text,
        "<p>Numbers beside this page: {}, and <a href=\"summary.json\">summary.json</a>.</p>",
        links.join(", ")
    )
    .ok();
    text
}
