//! Trajectories and structures that a command line names.

use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};
use equijump_engine::session::{
    Open, OpenRequest, Opened, OpenedStructure, StructureChoice, StructureSource, find_trajectories,
};
use equijump_engine::structure::{ReadOptions, read_structure};

use super::job::Jobs;
use super::terminal;
use crate::shared::bundled;

/// The files that are meant; what is missing among them is told on stderr.
pub(super) fn trajectories(named: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let found = find_trajectories(named).map_err(|error| anyhow!(error))?;
    for notice in &found.notices {
        terminal::remark(format_args!("note: {notice}"));
    }
    Ok(found.files)
}

/// A file, or the name of a bundled structure where there is no such file.
pub(super) fn structure(path: &Path) -> anyhow::Result<StructureSource> {
    if !path.exists()
        && let Some(source) = path.to_str().and_then(bundled::structure)
    {
        return Ok(source);
    }
    if !path.exists() {
        bail!(
            "there is no file {} and no bundled structure of that name; `equijump simulate --help` lists those",
            path.display()
        );
    }
    Ok(StructureSource::File(path.to_owned()))
}

/// Opens the structure; `None` if the user interrupted.
pub(super) fn open(jobs: &Jobs, request: OpenRequest) -> anyhow::Result<Option<OpenedStructure>> {
    let file = request.source.display_name();
    match jobs.run(Open::Structure(request), |_| ())? {
        Ok(Opened::Structure(structure)) => Ok(Some(structure)),
        Ok(Opened::StructureChoice(_, StructureChoice::Chain(chains))) => {
            let chains: Vec<String> = chains.iter().map(ToString::to_string).collect();
            bail!("{file} holds several protein chains: {}; choose one with --chain", chains.join(", "))
        }
        Ok(Opened::StructureChoice(_, StructureChoice::LongestSegment(sentence))) => bail!(sentence),
        Ok(Opened::Trajectory(_) | Opened::TrajectoryNeed(..)) => bail!("{file} holds no structure"),
        Err(_) => Ok(None),
    }
}

/// Sequence of the protein in a file, empty where it cannot be told; the job says why.
pub(super) fn sequence_of(topology: &Path, chain: Option<&str>) -> String {
    let options = ReadOptions { chain: chain.map(str::to_owned), longest_segment: false };
    read_structure(topology, &options).map(|opened| opened.topology.sequence()).unwrap_or_default()
}
