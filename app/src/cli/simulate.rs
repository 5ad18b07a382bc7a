//! `equijump simulate`: runs a simulation and writes its trajectory.

use std::cell::RefCell;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, anyhow, bail};
use equijump_engine::session::{
    DevicePreference, ExistingFiles, JobHandle, OpenRequest, Report, RunOutput, Shard, Simulate,
    SimulationRequest, SimulationUpdate, StartFrame, StartedRun, read_starts,
};
use equijump_engine::transport::SamplerSettings;

use super::Ending;
use super::array;
use super::imd::{ImdAddress, ImdServer, Wishes};
use super::job::{Jobs, TimeLimit};
use super::named;
use super::progress::{ProgressDisplay, counted, duration_text, grouped, simulated_text};
use super::sampling::{model_of, settings_of};
use super::terminal;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Structure to start from: a PDB, mmCIF or GRO file, plain or gzipped, or the name of a bundled protein
    /// (chignolin, trpcage, bba, wwdomain, villin, ntl9, bbl, proteinb, homeodomain, proteing, a3d, lambda).
    #[arg(value_name = "FILE")]
    structure: PathBuf,
    /// Frame of a trajectory to start from instead of the structure, numbered from 0: run.xtc:120. May be given
    /// several times; the replicas take one after the other in turn.
    #[arg(long, value_name = "TRAJECTORY:FRAME")]
    start: Vec<StartFrame>,
    /// PDB or mmCIF file with exactly the atoms of these trajectories, in their order; what `simulate` writes
    /// beside its own is found by itself.
    #[arg(long, value_name = "FILE", requires = "start")]
    topology: Option<PathBuf>,
    /// Model to sample with; the bundled one by default.
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Frames to make per replica, 100 ps each; the start structure is frame 0.
    #[arg(long, default_value_t = 100, value_name = "N")]
    frames: u64,
    /// Independent trajectories to make together; with --shard, those of all shards.
    #[arg(long, default_value_t = 1, value_name = "R", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    replicas: u32,
    /// Make only part I of COUNT of the replicas, counted from 0: in a Slurm job array of --array=0-(COUNT-1) it is
    /// $SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT. All shards together write the trajectories of the whole run, bit
    /// for bit on one device, into one folder. The same command line continues the run, as with --resume.
    #[arg(long, value_name = "I/COUNT", conflicts_with = "force")]
    shard: Option<Shard>,
    /// End within this time from the start of the program, with whole files and exit code 75 if there is more to do:
    /// the same command line continues the work, as with --resume, until it exits with 0.
    #[arg(long, value_name = "H", conflicts_with = "force")]
    max_hours: Option<f64>,
    /// Sampler settings that come with the model: default where none is named, or fast where `equijump study` found
    /// it; flags given as well take precedence.
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
    #[command(flatten)]
    settings: SamplerSettings,
    /// Where to compute: auto (the faster one, measured), cpu, gpu, gpu:all (replicas dealt out over all adapters), or
    /// a graphics adapter by its number or part of its name; `equijump info --devices` lists them.
    #[arg(long, default_value = "auto", value_name = "DEVICE")]
    device: DevicePreference,
    /// Chain to simulate, where the structure holds several.
    #[arg(long)]
    chain: Option<String>,
    /// Simulate the longest unbroken segment of a broken chain.
    #[arg(long)]
    longest_segment: bool,
    /// Trajectory to write: .dcd (exact), .xtc or .pdb. With several replicas, run.dcd becomes
    /// run_r000.dcd, run_r001.dcd and so on. Topology, settings and resume state are written beside it.
    /// By default NAME.dcd, after the structure.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Continue the run that --out holds up to --frames; its frames are those of an uninterrupted run.
    /// Where there is none yet, the run starts and a note says so: a job that is submitted again after a
    /// kill needs no other command.
    #[arg(long, conflicts_with = "force")]
    resume: bool,
    /// Replace files that are there.
    #[arg(long)]
    force: bool,
    /// Let viewers follow the run by the IMD protocol, version 3 (MDAnalysis: imd://localhost:8889; VMD): a port on
    /// this machine alone, or an address with a port, 0.0.0.0:8889, for whoever reaches it. Clients may pause, resume
    /// and end the run. Of several replicas they see the first.
    #[arg(long, value_name = "PORT")]
    imd: Option<ImdAddress>,
    /// Make frames only while a client of --imd is connected and ready.
    #[arg(long, requires = "imd")]
    imd_wait: bool,
}

/// `given` tells which flags the user gave.
pub(super) fn run(mut args: Args, given: impl Fn(&str) -> bool) -> anyhow::Result<Ending> {
    let time = TimeLimit::given(args.max_hours)?;
    if let Some(shard) = args.shard {
        array::check(shard, |name| std::env::var(name).ok())?;
        shard.replicas(args.replicas)?;
    }
    // What a scheduler starts again must go on.
    let resume = args.resume || args.shard.is_some() || args.max_hours.is_some();
    let source = named::structure(&args.structure)?;
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("{}.dcd", source.display_name())));
    let jobs = Jobs::start()?;
    let request = OpenRequest { source, chain: args.chain.clone(), longest_segment: args.longest_segment };
    let Some(structure) = named::open(&jobs, request)? else { return Ok(Ending::Interrupted) };
    for notice in &structure.notices {
        terminal::remark(format_args!("note: {notice}"));
    }
    let model = model_of(args.model.as_deref(), &structure.topology.sequence())?;
    args.settings = settings_of(&jobs, &model, args.preset.as_deref(), &args.settings, &given)?;
    if args.force
        && let Some(start) = args.start.iter().find(|start| is_of_run(&start.path, &out))
    {
        bail!("{} belongs to the run that --force would replace; choose another --out", start.path.display());
    }
    let starts = read_starts(&structure, &args.start, args.topology.as_deref(), args.chain.as_deref())
        .map_err(|error| anyhow!(error))?;

    let existing = match (resume, args.force) {
        (true, _) => ExistingFiles::Resume,
        (_, true) => ExistingFiles::Overwrite,
        _ => ExistingFiles::Refuse,
    };
    let request = SimulationRequest {
        structure,
        starts_angstrom: starts,
        model,
        settings: args.settings,
        replicas: args.replicas,
        shard: args.shard,
        frames: Some(args.frames),
        device: args.device,
        output: Some(RunOutput { path: out.clone(), existing }),
        // Clients get frames that the next ones have replaced by then.
        keep_history: args.imd.is_some(),
    };
    let mut imd = args.imd.map(|address| listen(address, args.imd_wait)).transpose()?;
    let mut report = RunReport::new(args.resume.then_some(out));
    let mut wishes = Wishes::default();
    // Updates and steering take turns at both.
    let (server, time) = (RefCell::new(imd.as_mut()), RefCell::new(time));
    let show = |update: SimulationUpdate| {
        match &update {
            SimulationUpdate::Started(run) => {
                if let (Some(server), Some(history)) = (server.borrow_mut().as_mut(), &run.history) {
                    server.begin(history.clone(), run.first_new_frame);
                }
            }
            SimulationUpdate::FramesMade { .. } => {
                if let Some(time) = time.borrow_mut().as_mut() {
                    time.frame_made(Instant::now());
                }
            }
            _ => (),
        }
        report.update(update);
    };
    let steer = |job: &JobHandle<Simulate>| {
        if let Some(server) = server.borrow_mut().as_mut() {
            let before = std::mem::replace(&mut wishes, server.poll());
            if wishes.pause != before.pause {
                if wishes.pause { job.pause() } else { job.resume() }
            }
        }
        let out_of_time = time.borrow().as_ref().is_some_and(|time| time.is_up(Instant::now()));
        // What a client ends is as good as done: files are whole, and nobody pressed Ctrl-C.
        wishes.stop.then_some(Ending::Done).or(out_of_time.then_some(Ending::OutOfTime))
    };
    let ended = jobs.run_steered(Simulate::new(request), show, steer)?;
    let ending = ended.err().unwrap_or(Ending::Done);
    if let Some(server) = imd {
        server.finish();
    }
    report.finish(ending);
    Ok(ending)
}

fn listen(address: ImdAddress, wait: bool) -> anyhow::Result<ImdServer> {
    let server = ImdServer::listen(address, wait)
        .context("the IMD server cannot listen; choose another --imd port")?;
    terminal::remark(format_args!("IMD server at {}", server.address()?));
    Ok(server)
}

/// Whether a trajectory is one of the files of the run that is written to `out`.
fn is_of_run(trajectory: &std::path::Path, out: &std::path::Path) -> bool {
    let folder = |path: &std::path::Path| {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        std::fs::canonicalize(parent.unwrap_or(std::path::Path::new("."))).ok()
    };
    let stem = |path: &std::path::Path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let (Some(own), Some(run)) = (stem(trajectory), stem(out)) else { return false };
    folder(trajectory) == folder(out) && (own == run || own.starts_with(&format!("{run}_r")))
}

/// What the user sees of the run.
struct RunReport {
    display: ProgressDisplay,
    /// The trajectory to continue, where the user asked for that.
    to_resume: Option<PathBuf>,
    run: Option<Box<StartedRun>>,
    started: Instant,
    newest_frame: u64,
}

impl RunReport {
    fn new(to_resume: Option<PathBuf>) -> Self {
        Self {
            display: ProgressDisplay::new("frames"),
            to_resume,
            run: None,
            started: Instant::now(),
            newest_frame: 0,
        }
    }

    fn update(&mut self, update: SimulationUpdate) {
        match update {
            SimulationUpdate::Started(run) => {
                self.display.line(&format!(
                    "{}: {} residues, {} heavy atoms, {}, seed {}, on {}",
                    run.topology.name,
                    run.topology.residue_count(),
                    run.topology.atom_count(),
                    counted(run.replicas as u64, "replica"),
                    run.settings.seed,
                    run.device_name,
                ));
                self.display.line(&match &run.trust {
                    Some(trust) => format!("trust: {}", trust.sentence()),
                    None => "trust: no trust data in the model".to_owned(),
                });
                if run.first_new_frame > 1 {
                    self.display.line(&format!("continues from frame {}", run.first_new_frame - 1));
                } else if let Some(path) = &self.to_resume {
                    self.display.line(&format!(
                        "note: {} holds no frames to continue from; the run starts at the structure",
                        path.display()
                    ));
                }
                self.newest_frame = run.first_new_frame - 1;
                self.started = Instant::now();
                self.run = Some(run);
            }
            SimulationUpdate::FramesMade { last_frame, .. } => self.newest_frame = last_frame,
            SimulationUpdate::Report(Report::Progress(progress)) => {
                let rate = progress.per_second.map(|r| self.rate_text(r)).unwrap_or_default();
                self.display.show(&progress, &rate);
            }
            SimulationUpdate::Report(Report::Notice(notice)) => {
                self.display.line(&format!("note: {notice}"));
            }
            _ => (),
        }
    }

    /// Frames a second of every replica, and nanoseconds a day of all together.
    fn rate_text(&self, frames_per_second: f64) -> String {
        let ps_per_frame = self.run.as_ref().map_or(0.0, |run| run.frame_interval_ps * run.replicas as f64);
        let ns_per_day = frames_per_second * ps_per_frame * 1e-3 * 86_400.0;
        format!("{frames_per_second:.2} frames/s, {} ns/day", grouped(ns_per_day.round() as u64))
    }

    fn finish(self, ending: Ending) {
        let Self { display, run, started, newest_frame, .. } = self;
        drop(display);
        let Some(run) = run else { return };
        let made = (newest_frame + 1).saturating_sub(run.first_new_frame);
        terminal::result(format_args!(
            "{}{} ({}{}) in {}, {} in the trajectory",
            ending.prefix(),
            counted(made, "frame"),
            simulated_text(made as f64 * run.frame_interval_ps),
            if run.replicas > 1 { format!(" × {} replicas", run.replicas) } else { String::new() },
            duration_text(started.elapsed()),
            newest_frame + 1
        ));
        for path in &run.outputs {
            terminal::result(path.display());
        }
        if ending == Ending::OutOfTime {
            terminal::remark("note: the same command line continues the run");
        }
    }
}
