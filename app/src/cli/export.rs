//! `equijump export`: frames of a run, a trajectory or a structure into a file that other programs start from.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{anyhow, bail};
use equijump_engine::analysis::Selection;
use equijump_engine::session::openmm::{write_md_start, write_training_script};
use equijump_engine::session::{
    ExportRequest, FrameHistory, Open, OpenRequest, Opened, Report, StructureSource, TrajectoryNeed,
    TrajectoryRequest,
};
use equijump_engine::structure::Topology;

use super::Ending;
use super::job::Jobs;
use super::named::{self, open};
use super::progress::{ProgressDisplay, counted};
use super::terminal;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What to export from: a run (run.json or one of its trajectories), a trajectory, a structure file, or the name of
    /// a bundled protein.
    #[arg(value_name = "FILE", required_unless_present = "training_data")]
    source: Option<PathBuf>,
    /// PDB or mmCIF file with exactly the atoms of the trajectory; what `simulate` writes is found by itself.
    #[arg(long, value_name = "FILE")]
    topology: Option<PathBuf>,
    /// Chain of the protein, where there are several.
    #[arg(long)]
    chain: Option<String>,
    /// Of a structure with a broken chain, take the longest unbroken segment.
    #[arg(long)]
    longest_segment: bool,
    /// Replica of a run, numbered from 0.
    #[arg(long, default_value_t = 0, value_name = "R")]
    replica: usize,
    /// Export this frame alone, numbered from 0.
    #[arg(long, value_name = "N", conflicts_with_all = ["first", "last", "stride"])]
    frame: Option<u64>,
    /// First frame.
    #[arg(long, default_value_t = 0, value_name = "N")]
    first: u64,
    /// Last frame, included; by default the last one.
    #[arg(long, value_name = "N")]
    last: Option<u64>,
    /// Write every N-th frame.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    stride: u64,
    /// Time between the frames of the trajectory, ps, where it does not tell.
    #[arg(long, value_name = "PS")]
    interval_ps: Option<f64>,
    /// File to write: .dcd, .xtc, .pdb or .cif.
    #[arg(long, value_name = "FILE", required_unless_present_any = ["openmm", "training_data"])]
    out: Option<PathBuf>,
    /// Write these atoms alone: "residue 3-10 and backbone", "name CA", "within 5 of resname TRP". What depends on the
    /// conformation is taken from the first frame that is written.
    #[arg(long, requires = "out", conflicts_with = "hydrogens", value_name = "SELECTION")]
    select: Option<Selection>,
    /// Add hydrogens (pH 7, standard names, ideal geometry) and the second oxygen of the C-terminus; .pdb and .cif.
    #[arg(long, requires = "out")]
    hydrogens: bool,
    /// Folder for the start of molecular dynamics with OpenMM: start.pdb, the frame with hydrogens, and run.py, which
    /// checks it, minimizes it and runs it (ff14SB, GB-Neck2, 350 K). Takes --frame, or the last frame there is.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["out", "first", "last", "stride"])]
    openmm: Option<PathBuf>,
    /// Folder for make_training_data.py, which makes training data for a protein of your own with OpenMM and ends in
    /// `equijump import`. Takes no FILE.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["source", "out", "openmm"])]
    training_data: Option<PathBuf>,
    /// Replace files that are there.
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: Args) -> anyhow::Result<Ending> {
    if let Some(folder) = &args.training_data {
        tell(&write_training_script(folder, args.force).map_err(|error| anyhow!(error))?);
        return Ok(Ending::Done);
    }
    let Some(source) = &args.source else { bail!("name what to export of") };
    let jobs = Jobs::start()?;
    let Some((topology, history)) = frames_of(&jobs, source, &args)? else { return Ok(Ending::Interrupted) };
    let newest = history.len().saturating_sub(1);
    if let Some(folder) = &args.openmm {
        if args.replica >= history.replica_count() {
            bail!("replica {} does not exist; there are {}", args.replica, history.replica_count());
        }
        let frame = args.frame.unwrap_or(newest);
        if frame > newest {
            bail!("there is no frame {frame}; the last one is {newest}");
        }
        let positions = history
            .read(frame, args.replica)
            .map_err(|error| anyhow!("frame {frame} cannot be read: {error}"))?;
        tell(&write_md_start(&topology, &positions, folder, args.force).map_err(|error| anyhow!(error))?);
        return Ok(Ending::Done);
    }
    let Some(path) = args.out else { bail!("name the file to write with --out") };
    let (first_frame, last_frame) = match args.frame {
        Some(frame) => (frame, frame),
        None => (args.first, args.last.unwrap_or(newest)),
    };
    let atoms = match &args.select {
        None => None,
        Some(selection) => {
            if args.replica >= history.replica_count() {
                bail!("replica {} does not exist; there are {}", args.replica, history.replica_count());
            }
            let frame = first_frame.min(newest);
            let positions = history
                .read(frame, args.replica)
                .map_err(|error| anyhow!("frame {frame} cannot be read: {error}"))?;
            let atoms = selection.atoms(&topology, &positions);
            if atoms.is_empty() {
                bail!("“{}” selects no atom of {}", selection.text(), source.display());
            }
            Some(Arc::from(atoms))
        }
    };
    let request = ExportRequest {
        topology,
        history,
        replica: args.replica,
        first_frame,
        last_frame,
        stride: args.stride,
        only: None,
        atoms,
        path,
        hydrogens: args.hydrogens,
        overwrite: args.force,
    };
    let mut display = ProgressDisplay::new("frames");
    let written = jobs.run(request, |report| match report {
        Report::Progress(progress) => display.show(&progress, ""),
        Report::Notice(notice) => display.line(&format!("note: {notice}")),
        Report::Stage(_) => (),
    })?;
    drop(display);
    Ok(match written {
        Ok(written) => {
            terminal::result(counted(written.frames, "frame"));
            tell(&written.files);
            Ending::Done
        }
        Err(ending) => ending,
    })
}

fn tell(files: &[PathBuf]) {
    files.iter().for_each(|path| terminal::result(path.display()));
}

/// The frames to export; `None` if the user interrupted.
fn frames_of(
    jobs: &Jobs,
    source: &Path,
    args: &Args,
) -> anyhow::Result<Option<(Arc<Topology>, Arc<FrameHistory>)>> {
    let mut frames = None;
    let source = named::structure(source)?;
    if let StructureSource::File(path) = &source {
        let request = TrajectoryRequest {
            files: vec![path.clone()],
            topology: args.topology.clone(),
            chain: args.chain.clone(),
            interval_ps: args.interval_ps,
            opened: None,
        };
        let shown = path.display();
        match jobs.run(Open::Trajectory(request), |_| ())? {
            Ok(Opened::Trajectory(trajectory)) => {
                let topology = trajectory.run.topology;
                frames = trajectory.run.history.map(|history| (topology, history));
            }
            Ok(Opened::TrajectoryNeed(_, need)) => match need {
                TrajectoryNeed::Topology(sentence) => bail!("{sentence}; name it with --topology"),
                TrajectoryNeed::Chain(chains) => {
                    let chains: Vec<String> = chains.iter().map(ToString::to_string).collect();
                    bail!(
                        "{shown} holds several protein chains: {}; choose one with --chain",
                        chains.join(", ")
                    )
                }
                TrajectoryNeed::Interval => {
                    bail!(
                        "{shown} does not say how far apart its frames are in time; give it with --interval-ps"
                    )
                }
            },
            // A file with one model is a structure; it is opened below, with its own questions.
            Ok(Opened::Structure(_) | Opened::StructureChoice(..)) => (),
            Err(_) => return Ok(None),
        }
    }
    if frames.is_none() {
        let request =
            OpenRequest { source, chain: args.chain.clone(), longest_segment: args.longest_segment };
        let Some(opened) = open(jobs, request)? else { return Ok(None) };
        for notice in &opened.notices {
            terminal::remark(format_args!("note: {notice}"));
        }
        // A structure is a run of one frame.
        let cannot = |error: std::io::Error| anyhow!("no temporary file for the frame can be made: {error}");
        let history = FrameHistory::of_frame(&opened.positions_angstrom).map_err(cannot)?;
        frames = Some((opened.topology, Arc::new(history)));
    }
    Ok(frames)
}
