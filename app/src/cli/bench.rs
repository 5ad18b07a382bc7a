//! `equijump bench`: sampling speed of this machine.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use equijump_engine::network::{Heads, NetworkConfig, Residual};
use equijump_engine::structure::{ReadOptions, read_structure_bytes};
use equijump_engine::transport::benchmark::{BenchmarkRow, machine_product_rate, measure};
use serde::Serialize;

use super::Ending;
use super::terminal;
use crate::window::examples::EXAMPLES;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Multiplicity H; may be given several times.
    #[arg(long = "multiplicity", value_name = "H", default_values_t = [32])]
    multiplicities: Vec<usize>,
    /// Replicas advanced together; may be given several times.
    #[arg(
        long = "batch", value_name = "B", default_values_t = [1, 8],
        value_parser = clap::value_parser!(u32).range(1..=10_000)
    )]
    batches: Vec<u32>,
    /// Threads at most; all processors by default.
    #[arg(long)]
    threads: Option<usize>,
    /// Time spent on each configuration.
    #[arg(long, default_value_t = 1.0, value_name = "S")]
    seconds: f64,
    /// Also writes the figures to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Serialize)]
struct Report {
    machine: Machine,
    rows: Vec<BenchmarkRow>,
}

#[derive(Serialize)]
struct Machine {
    processors: usize,
    product_rate_gflops_one_thread: f64,
    product_rate_gflops_all_threads: f64,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Ending> {
    anyhow::ensure!(
        args.seconds > 0.0 && args.seconds <= 3600.0,
        "--seconds must be above 0 and at most 3600"
    );
    for &multiplicity in &args.multiplicities {
        for residual in [Residual::Sum, Residual::Concat] {
            for heads in [Heads::Endpoint, Heads::Paper] {
                configuration(multiplicity, residual, heads).check().map_err(anyhow::Error::msg)?;
            }
        }
    }
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = args.threads.unwrap_or(processors).clamp(1, processors);
    let one = machine_product_rate(1);
    let all = if threads > 1 { machine_product_rate(threads) } else { one };
    terminal::result(format_args!(
        "f32 matrix products, 512 × 512: {one:.0} GFLOP/s on 1 thread, {all:.0} on {threads}"
    ));
    terminal::result(format_args!(
        "\n{:>4} {:>3} {:>5} {:>8} {:>8} {:>8} {:>8} {:>11} {:>8} {:>7} {:>11}",
        "N",
        "H",
        "batch",
        "residual",
        "heads",
        "M param",
        "threads",
        "s per frame",
        "GFLOP/s",
        "share",
        "ns/day"
    ));
    let mut rows = Vec::new();
    for name in ["chignolin", "lambda"] {
        let example = EXAMPLES
            .iter()
            .find(|e| e.file_name.strip_suffix(".pdb") == Some(name))
            .with_context(|| format!("the bundled structure {name} is missing"))?;
        let protein = read_structure_bytes(example.file_name, example.bytes, &ReadOptions::default())?;
        for &multiplicity in &args.multiplicities {
            for residual in [Residual::Sum, Residual::Concat] {
                for heads in [Heads::Endpoint, Heads::Paper] {
                    let config = configuration(multiplicity, residual, heads);
                    for &batch in &args.batches {
                        let rate = if threads.min(batch as usize) > 1 { all } else { one };
                        let row = measure(
                            &config,
                            &protein.topology,
                            &protein.positions_angstrom,
                            batch as usize,
                            threads,
                            rate,
                            Duration::from_secs_f64(args.seconds),
                        );
                        print_row(&row);
                        rows.push(row);
                    }
                }
            }
        }
    }
    terminal::result(
        "\nA frame is 100 ps: the conditioner once and 100 times the median header call, all replicas of the \
         batch together, random weights. Share: of the matrix-product rate above on as many threads.",
    );
    if let Some(path) = &args.json {
        let machine =
            Machine { processors, product_rate_gflops_one_thread: one, product_rate_gflops_all_threads: all };
        let json = serde_json::to_string_pretty(&Report { machine, rows })?;
        std::fs::write(path, json).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(Ending::Done)
}

fn configuration(multiplicity: usize, residual: Residual, heads: Heads) -> NetworkConfig {
    NetworkConfig { multiplicity, residual, heads, ..NetworkConfig::default() }
}

fn print_row(row: &BenchmarkRow) {
    let residual = match row.residual {
        Residual::Sum => "sum",
        Residual::Concat => "concat",
    };
    let heads = match row.heads {
        Heads::Endpoint => "endpoint",
        Heads::Paper => "paper",
    };
    terminal::result(format_args!(
        "{:>4} {:>3} {:>5} {:>8} {:>8} {:>8.2} {:>8} {:>11.4} {:>8.1} {:>6.1}% {:>11.0}",
        row.residues,
        row.multiplicity,
        row.batch,
        residual,
        heads,
        row.parameters as f64 / 1e6,
        row.threads,
        row.seconds_per_frame,
        row.gflop_per_second,
        100.0 * row.share_of_product_rate,
        row.ns_per_day
    ));
}
