//! `equijump info`: what a file is and what it holds, or what this machine can compute on.

use std::path::PathBuf;

use anyhow::Context as _;
use equijump_engine::gpu::{AdapterSummary, adapters};
use equijump_engine::trajectory::describe;

use super::Ending;
use super::terminal;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Structure, trajectory, training store, model or run state.
    #[arg(required_unless_present = "devices")]
    file: Option<PathBuf>,
    /// List the graphics adapters that `simulate --device` can use.
    #[arg(long, conflicts_with = "file")]
    devices: bool,
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
    let info = describe(args.file.as_deref().context("name a file, or --devices")?)?;
    if args.json {
        terminal::result(serde_json::to_string_pretty(&info)?);
    } else {
        terminal::result(info.to_string().trim_end());
    }
    Ok(Ending::Done)
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
