//! `equijump bench`: sampling speed of this machine.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use equijump_engine::gpu::{AdapterChoice, Gpu, adapters};
use equijump_engine::network::{Heads, NetworkConfig, Residual};
use equijump_engine::session::DevicePreference;
use equijump_engine::structure::{ReadOptions, read_structure_bytes};
use equijump_engine::transport::benchmark::{BenchmarkRow, machine_product_rate, measure};
use equijump_engine::transport::gpu_benchmark::{GpuBenchmarkRow, measure_gpu};
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
    /// What to measure: cpu, gpu, or a graphics adapter by its number or part of its name; may be given several
    /// times. auto, the default, is the processor and every graphics adapter that is hardware.
    #[arg(long = "device", value_name = "DEVICE", default_value = "auto")]
    devices: Vec<DevicePreference>,
    /// Also writes the figures to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Serialize)]
struct Report {
    machine: Machine,
    rows: Vec<BenchmarkRow>,
    gpu_rows: Vec<GpuBenchmarkRow>,
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
    let (on_cpu, gpus) = devices(&args.devices)?;
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
    let mut gpu_rows = Vec::new();
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
                    for gpu in &gpus {
                        for &batch in &args.batches {
                            let row = measure_gpu(
                                gpu,
                                &config,
                                &protein.topology,
                                &protein.positions_angstrom,
                                batch as usize,
                                Duration::from_secs_f64(args.seconds),
                            )?;
                            print_gpu_row(&row);
                            gpu_rows.push(row);
                        }
                    }
                    for &batch in args.batches.iter().filter(|_| on_cpu) {
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
         batch together, random weights. Share: of the matrix-product rate above on as many threads. On a \
         graphics adapter a frame is timed from the first byte sent to the last one received.",
    );
    if let Some(path) = &args.json {
        let machine =
            Machine { processors, product_rate_gflops_one_thread: one, product_rate_gflops_all_threads: all };
        let json = serde_json::to_string_pretty(&Report { machine, rows, gpu_rows })?;
        std::fs::write(path, json).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(Ending::Done)
}

fn configuration(multiplicity: usize, residual: Residual, heads: Heads) -> NetworkConfig {
    NetworkConfig { multiplicity, residual, heads, ..NetworkConfig::default() }
}

/// Whether to measure the processor, and the graphics adapters to measure, opened.
fn devices(asked: &[DevicePreference]) -> anyhow::Result<(bool, Vec<Arc<Gpu>>)> {
    let mut on_cpu = false;
    let mut choices = Vec::new();
    for device in asked {
        match device {
            DevicePreference::Auto => {
                on_cpu = true;
                let hardware = adapters().into_iter().filter(|adapter| !adapter.is_software());
                choices.extend(hardware.map(|adapter| AdapterChoice::Index(adapter.index)));
            }
            DevicePreference::Cpu => on_cpu = true,
            DevicePreference::Gpu => choices.push(AdapterChoice::First),
            DevicePreference::Adapter(name) => choices
                .push(name.parse().map_or_else(|_| AdapterChoice::Name(name.clone()), AdapterChoice::Index)),
        }
    }
    let gpus = choices.iter().map(|choice| Ok(Arc::new(Gpu::open(choice)?)));
    Ok((on_cpu, gpus.collect::<anyhow::Result<_>>()?))
}

fn names(residual: Residual, heads: Heads) -> (&'static str, &'static str) {
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

fn print_gpu_row(row: &GpuBenchmarkRow) {
    let (residual, heads) = names(row.residual, row.heads);
    terminal::result(format_args!(
        "{:>4} {:>3} {:>5} {:>8} {:>8} {:>8.2} {:>8} {:>11.4} {:>8.1} {:>7} {:>11.0}  {}",
        row.residues,
        row.multiplicity,
        row.batch,
        residual,
        heads,
        row.parameters as f64 / 1e6,
        "GPU",
        row.seconds_per_frame,
        row.gflop_per_second,
        "",
        row.ns_per_day,
        row.device,
    ));
}

fn print_row(row: &BenchmarkRow) {
    let (residual, heads) = names(row.residual, row.heads);
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
