//! `equijump bench`: how fast the devices of this machine sample (Table 4), and how fast the processor trains.

mod selection;
mod table;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use equijump_engine::analysis::PaperResults;
use equijump_engine::gpu::{AdapterChoice, Gpu, adapters, product_rate_gflops};
use equijump_engine::network::{Heads, Residual};
use equijump_engine::session::DevicePreference;
use equijump_engine::training::benchmark::{TrainingBenchmarkRow, measure_training};
use equijump_engine::transport::benchmark::{
    BenchmarkCase, BenchmarkRow, machine_product_rate, random_model,
};
use serde::Serialize;

use self::selection::{Protein, networks, protein};
use super::Ending;
use super::terminal;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Size of the protein in residues; one of the bundled proteins [default: 10 and 80]; may be given several times.
    #[arg(long = "residues", value_name = "N")]
    residues: Vec<usize>,
    /// Multiplicity H [default: 32, 64, 128 and 256; for training 32]; may be given several times.
    #[arg(long = "multiplicity", value_name = "H")]
    multiplicities: Vec<usize>,
    /// Replicas advanced together, or frame pairs per training step [default: 1, 8 and 32; for training 32]; may be
    /// given several times.
    #[arg(long = "batch", value_name = "B", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    batches: Vec<u32>,
    /// How the states of consecutive blocks are joined; may be given several times. Without --residual and --heads: the network of the paper
    /// (concat, paper heads) and the shipped one (sum, endpoint head).
    #[arg(long = "residual", value_enum, value_name = "FORM")]
    residuals: Vec<Residual>,
    /// What headers predict; may be given several times. Networks with paper heads have the paper's inputs, those
    /// with an endpoint head also strain and displacements, as shipped.
    #[arg(long = "heads", value_enum, value_name = "HEADS")]
    heads: Vec<Heads>,
    /// Measure training steps instead, on the processor.
    #[arg(long, conflicts_with = "devices")]
    training: bool,
    /// At most this many threads; by default one for each processor.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=4096))]
    threads: Option<u32>,
    /// Time spent on each row, as far as the least number of latent steps allows.
    #[arg(long, default_value_t = 1.0, value_name = "S")]
    seconds: f64,
    /// What to measure: cpu, gpu, or a graphics adapter by its number or part of its name; may be given several
    /// times. auto, the default, is the processor and every graphics adapter that is hardware.
    #[arg(long = "device", value_name = "DEVICE", default_value = "auto")]
    devices: Vec<DevicePreference>,
    /// Seconds that your molecular dynamics takes for 100 ps, for the acceleration over it; by default what the paper
    /// estimates for λ-repressor in water, 3.6.
    #[arg(long, value_name = "S")]
    md_seconds: Option<f64>,
    /// Also write the figures to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Replace that file if it is there.
    #[arg(long, requires = "json")]
    force: bool,
}

#[derive(Serialize)]
struct Report {
    machine: Machine,
    /// What accelerations refer to: seconds of molecular dynamics for 100 ps.
    md_seconds_per_100_ps: f64,
    rows: Vec<BenchmarkRow>,
    /// Table 4 of the paper, where rows are of a chain of the same length.
    paper: Option<PaperTable>,
    training_rows: Vec<TrainingBenchmarkRow>,
    /// Rows that a device cannot run, with the reason.
    skipped: Vec<Skipped>,
}

#[derive(Serialize)]
struct PaperTable {
    source: &'static str,
    remark: &'static str,
    rows: Vec<PaperRow>,
}

#[derive(Serialize)]
struct PaperRow {
    device: &'static str,
    residues: usize,
    batch: usize,
    multiplicity: usize,
    seconds_per_frame: f64,
}

#[derive(Serialize)]
struct Machine {
    processors: usize,
    threads: usize,
    /// f32 products of 512 × 512 matrices, per second of processor time.
    product_rate_gflops_one_thread: f64,
    product_rate_gflops_all_threads: f64,
    adapters: Vec<Adapter>,
}

#[derive(Serialize)]
struct Adapter {
    name: String,
    /// f32 products of matrices of up to 2048 × 2048.
    product_rate_gflops: f64,
}

#[derive(Serialize)]
struct Skipped {
    device: String,
    residues: usize,
    batch: usize,
    multiplicity: usize,
    reason: String,
}

/// A graphics adapter and its product rate.
struct OpenAdapter {
    gpu: Arc<Gpu>,
    rate_gflops: f64,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Ending> {
    let positive = |name: &str, value: f64| {
        anyhow::ensure!(value > 0.0 && value <= 1e6, "{name} must be above 0 and at most 1000000");
        Ok(())
    };
    positive("--seconds", args.seconds)?;
    // Before minutes of measuring.
    if let Some(path) = &args.json {
        anyhow::ensure!(
            args.force || !path.exists(),
            "{} is there already; choose another name, or replace it with --force",
            path.display()
        );
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        anyhow::ensure!(
            folder.is_none_or(|folder| folder.is_dir()),
            "cannot write {}: there is no such folder",
            path.display()
        );
    }
    let md_seconds = args.md_seconds.or(table::paper_md_seconds()).context("name --md-seconds")?;
    positive("--md-seconds", md_seconds)?;
    let or = |given: &[usize], default: &[usize]| match given {
        [] => default.to_vec(),
        given => given.to_vec(),
    };
    let training = args.training;
    let batches: Vec<usize> = args.batches.iter().map(|&b| b as usize).collect();
    let batches = or(&batches, if training { &[32] } else { &[1, 8, 32] });
    let multiplicities = or(&args.multiplicities, if training { &[32] } else { &[32, 64, 128, 256] });
    let residues = or(&args.residues, if training { &[10] } else { &[10, 80] });
    let proteins = residues.into_iter().map(protein).collect::<anyhow::Result<Vec<Protein>>>()?;
    let networks = networks(&args.residuals, &args.heads, &multiplicities, training)?;
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = args.threads.map_or(processors, |threads| threads as usize).clamp(1, processors);
    let duration = Duration::from_secs_f64(args.seconds);

    let (on_cpu, gpus) = if training { (true, Vec::new()) } else { devices(&args.devices)? };
    let one = machine_product_rate(1);
    let all = if threads > 1 { machine_product_rate(threads) } else { one };
    terminal::result(format_args!(
        "CPU: f32 matrix products {one:.0} GFLOP/s on 1 thread, {all:.0} on {threads}"
    ));
    let adapters: Vec<OpenAdapter> = gpus
        .into_iter()
        .map(|gpu| {
            let rate_gflops = product_rate_gflops(&gpu)?;
            let name = &gpu.adapter().name;
            terminal::result(format_args!("{name}: f32 matrix products {rate_gflops:.0} GFLOP/s"));
            Ok(OpenAdapter { gpu, rate_gflops })
        })
        .collect::<anyhow::Result<_>>()?;

    let mut report = Report {
        machine: Machine {
            processors,
            threads,
            product_rate_gflops_one_thread: one,
            product_rate_gflops_all_threads: all,
            adapters: adapters
                .iter()
                .map(|a| Adapter { name: a.gpu.adapter().name.clone(), product_rate_gflops: a.rate_gflops })
                .collect(),
        },
        md_seconds_per_100_ps: md_seconds,
        rows: Vec::new(),
        paper: None,
        training_rows: Vec::new(),
        skipped: Vec::new(),
    };
    if training {
        table::training_head();
        for config in &networks {
            for protein in &proteins {
                for &batch in &batches {
                    let (topology, atoms) = (&protein.topology, &protein.atoms_angstrom);
                    let row = measure_training(config, topology, atoms, batch, threads, one, duration)?;
                    table::training_row(&row);
                    report.training_rows.push(row);
                }
            }
        }
        terminal::result(table::TRAINING_NOTE);
    } else {
        table::head();
        for config in &networks {
            let model = random_model(config);
            for protein in &proteins {
                for &batch in &batches {
                    let case = BenchmarkCase {
                        model: &model,
                        topology: &protein.topology,
                        atoms_angstrom: &protein.atoms_angstrom,
                        batch,
                        duration,
                        md_seconds_per_frame: md_seconds,
                    };
                    if on_cpu {
                        let row = case.measure_cpu(threads, one)?;
                        table::row(&row);
                        report.rows.push(row);
                    }
                    for adapter in &adapters {
                        match case.measure_gpu(&adapter.gpu, adapter.rate_gflops) {
                            Ok(row) => {
                                table::row(&row);
                                report.rows.push(row);
                            }
                            // The next size or adapter may well do.
                            Err(error) => {
                                terminal::remark(format_args!("equijump: {error}"));
                                report.skipped.push(Skipped {
                                    device: adapter.gpu.adapter().name.clone(),
                                    residues: protein.topology.residue_count(),
                                    batch,
                                    multiplicity: config.multiplicity,
                                    reason: error.to_string(),
                                });
                            }
                        }
                    }
                }
            }
        }
        report.paper = paper_table(&report.rows);
        table::note(md_seconds, args.md_seconds.is_none());
    }
    if let Some(path) = &args.json {
        let json = serde_json::to_string_pretty(&report)?;
        std::fs::write(path, json).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(Ending::Done)
}

/// The rows of Table 4 that belong to rows measured here.
fn paper_table(measured: &[BenchmarkRow]) -> Option<PaperTable> {
    let paper = PaperResults::bundled()?;
    let mut rows: Vec<PaperRow> = Vec::new();
    for row in measured {
        let BenchmarkRow { residues, batch, multiplicity, .. } = *row;
        let known = |one: &PaperRow| (one.batch, one.multiplicity) == (batch, multiplicity);
        let Some(seconds_per_frame) = paper.seconds_per_frame(residues, multiplicity, batch) else {
            continue;
        };
        if !rows.iter().any(known) {
            let device = paper.speed.device.as_str();
            rows.push(PaperRow { device, residues, batch, multiplicity, seconds_per_frame });
        }
    }
    let remark = table::PAPER_REMARK;
    (!rows.is_empty()).then_some(PaperTable { source: &paper.source, remark, rows })
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
            DevicePreference::AllGpus => {
                let hardware = adapters().into_iter().filter(|adapter| !adapter.is_software());
                choices.extend(hardware.map(|adapter| AdapterChoice::Index(adapter.index)));
            }
            DevicePreference::Adapter(name) => choices
                .push(name.parse().map_or_else(|_| AdapterChoice::Name(name.clone()), AdapterChoice::Index)),
        }
    }
    let gpus = choices.iter().map(|choice| Ok(Arc::new(Gpu::open(choice)?)));
    Ok((on_cpu, gpus.collect::<anyhow::Result<_>>()?))
}
