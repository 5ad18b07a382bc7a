//! `equijump info`: what a file is and what it holds, or what this machine can compute on.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use equijump_engine::gpu::{AdapterSummary, adapters};
use equijump_engine::network::Model;
use equijump_engine::session::ModelSource;
use equijump_engine::structure::{ReadOptions, read_structure};
use equijump_engine::trajectory::describe_chain;
use equijump_engine::trust::TrustReport;

use super::Ending;
use super::sampling::model_source;
use super::terminal;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Structure, trajectory, training store, model or run state.
    #[arg(required_unless_present = "devices")]
    file: Option<PathBuf>,
    /// List the graphics adapters that `simulate --device` can use.
    #[arg(long, conflicts_with = "file")]
    devices: bool,
    /// Also print how familiar the structure is to a model, residue by residue: a model file, or the name of a bundled
    /// model.
    #[arg(long, value_name = "MODEL", conflicts_with = "devices")]
    trust: Option<PathBuf>,
    /// Chain to describe, where a structure has several.
    #[arg(long, value_name = "ID", conflicts_with = "devices")]
    chain: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Ending> {
    if args.devices {
        let found = adapters();
        if args.json {
            terminal::result(serde_json::to_string_pretty(&found)?);
        } else {
            devices(&found);
        }
        return Ok(Ending::Done);
    }
    let file = args.file.as_deref().context("name a file, or --devices")?;
    let info = describe_chain(file, args.chain.as_deref())?;
    let trust = args.trust.as_deref().map(|model| trust(file, args.chain.as_deref(), model)).transpose()?;
    if args.json {
        let mut json = serde_json::to_value(&info)?;
        if let (Some(trust), Some(entries)) = (&trust, json.as_object_mut()) {
            entries.insert("trust".to_owned(), serde_json::to_value(trust)?);
        }
        terminal::result(serde_json::to_string_pretty(&json)?);
        return Ok(Ending::Done);
    }
    terminal::result(info.to_string().trim_end());
    if let Some(trust) = trust {
        match trust {
            Some(report) => trust_table(&report),
            None => terminal::result("\nTrust: no trust data in the model"),
        }
    }
    Ok(Ending::Done)
}

/// How familiar a structure is to a model; `None` where the model has no trust data.
fn trust(file: &Path, chain: Option<&str>, model: &Path) -> anyhow::Result<Option<TrustReport>> {
    let options = ReadOptions { chain: chain.map(str::to_owned), longest_segment: true };
    let structure = read_structure(file, &options)?;
    let model = match model_source(model)? {
        ModelSource::File(path) => Model::load(&path)?,
        ModelSource::Bundled { name, bytes, .. } => Model::from_bytes(&name, bytes)?,
    };
    Ok(model.trust.map(|trust| trust.measure(&structure.topology, &structure.positions_angstrom)))
}

fn trust_table(report: &TrustReport) {
    terminal::result(format_args!(
        "\n{:<10} {:>9} {:>12} {:>10}",
        "Residue", "distance", "× threshold", "quantile"
    ));
    for residue in &report.residues {
        let number = |value: Option<f32>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.2}"));
        terminal::result(format_args!(
            "{:<10} {:>9} {:>12} {:>10.3}{}",
            residue.residue,
            number(residue.distance),
            number(residue.ratio),
            residue.quantile,
            if residue.is_unfamiliar() { "  unfamiliar" } else { "" },
        ));
    }
    terminal::result(format_args!(
        "\nTrust: {}; middle residue at {:.2} × the threshold",
        report.sentence(),
        report.median_ratio()
    ));
}

fn devices(found: &[AdapterSummary]) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    terminal::result(format_args!("cpu  {threads} threads"));
    if found.is_empty() {
        terminal::result("No graphics adapter with Vulkan, Metal or DirectX 12 was found.");
    }
    for adapter in found {
        let AdapterSummary { index, name, interface, kind, driver, .. } = adapter;
        terminal::result(format_args!("{index:<4} {name}, {kind}, {interface}, {driver}"));
        let optional: Vec<&str> =
            [(adapter.subgroups, "subgroups"), (adapter.half_precision, "16-bit floats")]
                .into_iter()
                .filter_map(|(has, what)| has.then_some(what))
                .collect();
        let optional = if optional.is_empty() { String::new() } else { format!(", {}", optional.join(", ")) };
        terminal::result(format_args!(
            "     buffers up to {} MiB, {} KiB of workgroup memory, {} threads a group{optional}",
            adapter.largest_binding_bytes >> 20,
            adapter.workgroup_memory_bytes >> 10,
            adapter.workgroup_threads,
        ));
    }
}
