//! The figures for people.

use equijump_engine::analysis::PaperResults;
use equijump_engine::network::{Heads, Residual};
use equijump_engine::training::benchmark::TrainingBenchmarkRow;
use equijump_engine::transport::benchmark::{BenchmarkRow, LATENT_STEPS};

use crate::cli::terminal;

/// Under the table of training steps.
pub(super) const TRAINING_NOTE: &str = "\nA step: losses, gradient and optimizer, random weights. CPU s: processor seconds of all threads together. Share: \
     of the matrix-product rate of one thread, per second of processor time; the products of a step are three times \
     those of the network, once forward and twice backward.";

/// What stands beside the paper's seconds.
pub(super) const PAPER_REMARK: &str = "Table 4 of the paper: λ-repressor, the authors' network and program on one NVIDIA A100, 100 latent steps; the molecular dynamics it refers to is in explicit water.";

/// What the paper estimates for 100 ps of molecular dynamics of its largest protein, s.
pub(super) fn paper_md_seconds() -> Option<f64> {
    let dynamics = &PaperResults::bundled()?.speed.dynamics;
    dynamics.iter().find(|dynamics| dynamics.name == "Amber24").map(|dynamics| dynamics.seconds)
}

fn name(residual: Residual, heads: Heads) -> (&'static str, &'static str) {
    let residual = match residual {
        Residual::Sum => "sum",
        Residual::Concat => "concat",
    };
    let heads = match heads {
        Heads::Endpoint => "endpoint",
        Heads::Paper => "paper",
    };
    (residual, heads)
}

pub(super) fn head() {
    terminal::result(format_args!(
        "\n{:>4} {:>4} {:>5} {:>8} {:>8} {:>8} {:>10} {:>10} {:>8} {:>6} {:>9} {:>8} {:>5} {:>8}  device",
        "N",
        "H",
        "batch",
        "residual",
        "heads",
        "M param",
        "s/frame",
        "CPU s",
        "GFLOP/s",
        "share",
        "ns/day",
        "x MD",
        "steps",
        "paper s"
    ));
}

pub(super) fn row(row: &BenchmarkRow) {
    let (residual, heads) = name(row.residual, row.heads);
    let cpu_seconds = row.cpu_seconds_per_frame.map_or_else(|| "-".to_owned(), figures);
    let device = match row.threads {
        Some(1) => format!("{}, 1 thread", row.device),
        Some(threads) => format!("{}, {threads} threads", row.device),
        None => row.device.clone(),
    };
    let paper = PaperResults::bundled()
        .and_then(|paper| paper.seconds_per_frame(row.residues, row.multiplicity, row.batch))
        .map_or_else(|| "-".to_owned(), |seconds| format!("{seconds:.2}"));
    terminal::result(format_args!(
        "{:>4} {:>4} {:>5} {:>8} {:>8} {:>8.2} {:>10} {:>10} {:>8.1} {:>5.1}% {:>9} {:>8} {:>5} {paper:>8}  {device}",
        row.residues,
        row.multiplicity,
        row.batch,
        residual,
        heads,
        row.parameters as f64 / 1e6,
        figures(row.seconds_per_frame),
        cpu_seconds,
        row.gflop_per_second,
        100.0 * row.share_of_product_rate,
        figures(row.ns_per_day),
        figures(row.acceleration),
        row.measured_steps,
    ));
}

/// Under the table of frames. `of_the_paper`: whether the seconds of molecular dynamics are the paper's.
pub(super) fn note(md_seconds: f64, of_the_paper: bool) {
    let baseline = if of_the_paper {
        "the paper's figure for λ-repressor in water, Amber24 on an A100; --md-seconds takes yours".to_owned()
    } else {
        "as given".to_owned()
    };
    let others: Vec<String> = PaperResults::bundled()
        .map(|paper| &paper.speed.dynamics)
        .into_iter()
        .flatten()
        .map(|dynamics| format!("{} {} s", dynamics.name, dynamics.seconds))
        .collect();
    terminal::result(format_args!(
        "\nA frame is 100 ps: the conditioner once and {LATENT_STEPS} latent steps, all replicas of the batch together, \
         random weights. Steps: how many latent steps were timed; s/frame is {LATENT_STEPS} times their median, CPU s \
         {LATENT_STEPS} times their mean, and the conditioner; on a graphics adapter it is the time of that many, \
         scaled to {LATENT_STEPS}, with all that is sent and received. CPU s: processor seconds of all threads together. Share: of the matrix-product \
         rate above, on the processor that of one thread per second of processor time. x MD: {md_seconds} s of \
         molecular dynamics per 100 ps ({baseline}) over the seconds per frame and replica. Paper s: {PAPER_REMARK} \
         Simulations of forces there, for 100 ps of the same protein: {}.",
        others.join(", ")
    ));
}

pub(super) fn training_head() {
    terminal::result(format_args!(
        "\n{:>4} {:>4} {:>5} {:>8} {:>8} {:>8} {:>7} {:>10} {:>10} {:>8} {:>6} {:>5}",
        "N",
        "H",
        "batch",
        "residual",
        "heads",
        "M param",
        "threads",
        "s/step",
        "CPU s",
        "GFLOP/s",
        "share",
        "steps"
    ));
}

pub(super) fn training_row(row: &TrainingBenchmarkRow) {
    let (residual, heads) = name(row.residual, row.heads);
    terminal::result(format_args!(
        "{:>4} {:>4} {:>5} {:>8} {:>8} {:>8.2} {:>7} {:>10} {:>10} {:>8.1} {:>5.1}% {:>5}",
        row.residues,
        row.multiplicity,
        row.batch,
        residual,
        heads,
        row.parameters as f64 / 1e6,
        row.threads,
        figures(row.seconds_per_step),
        figures(row.cpu_seconds_per_step),
        row.gflop_per_second,
        100.0 * row.share_of_product_rate,
        row.measured_steps,
    ));
}

/// Three significant figures.
fn figures(x: f64) -> String {
    let decimals = if x > 0.0 && x.is_finite() { (2 - x.log10().floor() as i32).clamp(0, 6) } else { 0 };
    format!("{x:.0$}", decimals as usize)
}

#[cfg(test)]
mod tests {
    use super::figures;

    #[test]
    fn numbers_have_three_figures() {
        for (x, text) in
            [(0.010_49, "0.0105"), (1.342, "1.34"), (26.09, "26.1"), (865_390.4, "865390"), (0.0, "0")]
        {
            assert_eq!(figures(x), text);
        }
    }
}
