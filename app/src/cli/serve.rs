//! `equijump serve`: jumps on request, JSON lines on stdin and stdout, with the model kept loaded. A line that is
//! wrong is answered with an error and nothing more.

use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use anyhow::anyhow;
use equijump_engine::analysis::Coordinates;
use equijump_engine::session::{
    DevicePreference, ModelSource, OpenRequest, OpenedStructure, StartFrame, read_starts,
};
use equijump_engine::transport::SamplerSettings;
use serde::{Deserialize, Serialize};

use super::Ending;
use super::job::Jobs;
use super::named::{self, open};
use super::propagate::{Order, Segment, propagate};
use super::sampling::{model_of, settings_of, transport_of};

/// A longer line is refused, bytes: a start of a million atoms fits.
const LONGEST_LINE: u64 = 64 << 20;
/// Jumps of one request, at most: their frames are kept until it is answered.
const MOST_JUMPS: u64 = 1_000_000;
/// How often Ctrl-C is looked for while no request comes.
const POLL: Duration = Duration::from_millis(50);

#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// Model to sample with; the bundled one by default.
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Sampler settings that come with the model.
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
    #[command(flatten)]
    settings: SamplerSettings,
    /// Where to compute: auto (the faster one, measured once), cpu, gpu, or a graphics adapter.
    #[arg(long, default_value = "auto", value_name = "DEVICE")]
    device: DevicePreference,
}

const AFTER_HELP: &str = r#"One request a line, one answer a line, in the same order; the end of standard input ends the program.

  {"id": 1, "structure": "chignolin", "jumps": 5, "seed": 7, "coordinates": ["rmsd", "rg"]}
  {"id":1,"ok":true,"frame_interval_ps":100.0,"coordinates":["rmsd","rg"],"units":["Å","Å"],"values":[[0.0,5.1],...],"notices":[]}

Fields of a request:
  id               anything; comes back with the answer
  structure        file, or name of a bundled protein (required)
  chain            chain of the structure, where it holds several
  longest_segment  true: take the longest unbroken segment of a broken chain
  start            frame of a trajectory to start from, run.dcd:12
  start_angstrom   or the start itself: positions of all heavy atoms, [[x, y, z], ...], in the order of files of EquiJump
  topology         atoms of the trajectory of start
  native           structure that rmsd, gdt and native-contacts refer to; structure by default
  jumps            jumps to make (1); 0 only measures the start
  seed             seed of the noise (that of --seed)
  coordinates      observables of every frame, that of the start first: rmsd, gdt, rg, native-contacts, tic1, tic2 ...,
                   distance:1.CA/10.CA, angle:1.CA/5.CA/10.CA, dihedral:2.N/2.CA/2.C/3.N
  out              trajectory to write: .dcd, .xtc or .pdb
  overwrite        true: replace it if it is there
  end              true: answer with the positions of the last frame, as end_angstrom

What is wrong is answered, never fatal: {"id":1,"ok":false,"error":{"kind":"coordinate","message":"..."}}. Kinds: json (not
a request), structure, start, coordinate, simulation, output. A value that is not defined in a frame is null."#;

/// What is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    #[serde(default)]
    id: serde_json::Value,
    structure: PathBuf,
    chain: Option<String>,
    #[serde(default)]
    longest_segment: bool,
    start: Option<String>,
    start_angstrom: Option<Vec<[f32; 3]>>,
    topology: Option<PathBuf>,
    native: Option<PathBuf>,
    #[serde(default = "one")]
    jumps: u64,
    seed: Option<u64>,
    #[serde(default)]
    coordinates: Vec<String>,
    out: Option<PathBuf>,
    #[serde(default)]
    overwrite: bool,
    #[serde(default)]
    end: bool,
}

fn one() -> u64 {
    1
}

impl Request {
    /// The request in a line; `None` for an empty one.
    ///
    /// # Errors
    /// Why the line is no request, with its id where that can be read.
    pub fn parse(line: &[u8]) -> Result<Option<Self>, (serde_json::Value, String)> {
        if line.trim_ascii().is_empty() {
            return Ok(None);
        }
        serde_json::from_slice(line).map(Some).map_err(|error| {
            let value: Option<serde_json::Value> = serde_json::from_slice(line).ok();
            let id = value.and_then(|value| value.get("id").cloned()).unwrap_or_default();
            (id, format!("the line is not a request: {error}"))
        })
    }
}

/// What is answered.
#[derive(Debug, Default, Serialize)]
struct Answer {
    id: serde_json::Value,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Failure>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frame_interval_ps: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    coordinates: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    units: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    values: Vec<Vec<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    out: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_angstrom: Option<Vec<[f32; 3]>>,
    notices: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Failure {
    kind: Kind,
    message: String,
}

/// What was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Json,
    Structure,
    Start,
    Coordinate,
    Simulation,
    Output,
}

/// Why a request has no answer: it is wrong, or the user interrupted.
enum Trouble {
    Failed(Failure),
    Interrupted,
}

impl Trouble {
    fn of(kind: Kind) -> impl Fn(anyhow::Error) -> Self {
        move |error| Self::Failed(Failure { kind, message: super::sentence(&error) })
    }
}

/// `given` tells which flags the user gave.
pub(super) fn run(args: Args, given: impl Fn(&str) -> bool) -> anyhow::Result<Ending> {
    let jobs = Jobs::start()?;
    if let Some(named) = &args.model {
        // A model that cannot be used is told of before the first request.
        transport_of(&jobs, &model_of(Some(named), "")?)?;
    }
    let server = Server { jobs, args, given };

    let (sender, lines) = sync_channel(1);
    // It ends with the process: there is no way to stop reading from standard input.
    std::thread::Builder::new()
        .name("equijump-requests".into())
        .spawn(move || {
            while let Some(line) = next_line() {
                if sender.send(line).is_err() {
                    break;
                }
            }
        })
        .map_err(|error| anyhow!("cannot start a thread: {error}"))?;
    loop {
        let line = match lines.recv_timeout(POLL) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) if server.jobs.interrupted() => return Ok(Ending::Interrupted),
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => return Ok(Ending::Done),
        };
        let answer = match line.and_then(|line| Request::parse(&line)) {
            Ok(None) => continue,
            Ok(Some(request)) => match server.answer(&request) {
                Ok(answer) => answer,
                Err(Trouble::Interrupted) => return Ok(Ending::Interrupted),
                Err(Trouble::Failed(failure)) => {
                    Answer { id: request.id, error: Some(failure), ..Answer::default() }
                }
            },
            Err((id, message)) => {
                let error = Some(Failure { kind: Kind::Json, message });
                Answer { id, error, ..Answer::default() }
            }
        };
        if tell(&answer).is_err() {
            // Nobody reads the answers any more.
            return Ok(Ending::Done);
        }
    }
}

/// The next line of standard input; an error for one that cannot be a request, `None` at the end.
fn next_line() -> Option<Result<Vec<u8>, (serde_json::Value, String)>> {
    let refused = |message: String| Some(Err((serde_json::Value::Null, message)));
    let mut stdin = std::io::stdin().lock();
    let mut line = Vec::new();
    let mut limited = std::io::Read::take(&mut stdin, LONGEST_LINE);
    match limited.read_until(b'\n', &mut line) {
        Ok(0) => None,
        Ok(_) if line.len() as u64 == LONGEST_LINE && !line.ends_with(b"\n") => {
            // The rest of it is passed over, or it would be taken for requests.
            while let Ok(held) = stdin.fill_buf() {
                let end = held.iter().position(|&byte| byte == b'\n');
                let passed = end.map_or(held.len(), |end| end + 1);
                stdin.consume(passed);
                if end.is_some() || passed == 0 {
                    break;
                }
            }
            refused(format!("the line is longer than {} MiB", LONGEST_LINE >> 20))
        }
        Ok(_) => Some(Ok(line)),
        Err(error) if error.kind() == std::io::ErrorKind::Interrupted => Some(Ok(Vec::new())),
        Err(_) => None,
    }
}

fn tell(answer: &Answer) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, answer)?;
    out.write_all(b"\n")?;
    out.flush()
}

struct Server<G> {
    jobs: Jobs,
    args: Args,
    /// Which flags the user gave.
    given: G,
}

impl<G: Fn(&str) -> bool> Server<G> {
    fn answer(&self, request: &Request) -> Result<Answer, Trouble> {
        let of = Trouble::of;
        if request.jumps > MOST_JUMPS {
            let error = anyhow!("a request has at most {MOST_JUMPS} jumps; continue from its end");
            return Err(of(Kind::Simulation)(error));
        }
        if let Some(there) = request.out.as_ref().filter(|path| path.exists() && !request.overwrite) {
            let error = anyhow!("{} is there already; \"overwrite\": true replaces it", there.display());
            return Err(of(Kind::Output)(error));
        }
        let structure = self.read(&request.structure, request)?;
        let start_angstrom = self.start(request, &structure).map_err(of(Kind::Start))?;
        let native = match &request.native {
            Some(path) => self.read(path, request)?,
            None => structure.clone(),
        };
        if native.topology.sequence() != structure.topology.sequence() {
            let error = anyhow!("native and structure are not of the same protein");
            return Err(of(Kind::Structure)(error));
        }
        let coordinates =
            Coordinates::new(&request.coordinates, &structure.topology, &native.positions_angstrom)
                .map_err(|error| of(Kind::Coordinate)(error.into()))?;
        let mut notices: Vec<String> = structure.notices.iter().map(ToString::to_string).collect();
        let args = &self.args;
        let chosen = || -> anyhow::Result<(ModelSource, SamplerSettings)> {
            let model = model_of(args.model.as_deref(), &structure.topology.sequence())?;
            let preset = args.preset.as_deref();
            let settings = settings_of(&self.jobs, &model, preset, &args.settings, &self.given)?;
            Ok((model, settings))
        };
        let (model, settings) = chosen().map_err(of(Kind::Simulation))?;
        let order = Order {
            structure,
            start_angstrom,
            model,
            settings: SamplerSettings { seed: request.seed.unwrap_or(settings.seed), ..settings },
            device: args.device.clone(),
            jumps: request.jumps,
        };
        let made = propagate(&self.jobs, order, |notice| notices.push(notice));
        let Some(segment) = made.map_err(of(Kind::Simulation))? else { return Err(Trouble::Interrupted) };
        if let Some(path) = &request.out {
            segment.write(path, request.overwrite).map_err(of(Kind::Output))?;
        }
        self.told(request, &segment, &coordinates, notices).map_err(of(Kind::Simulation))
    }

    fn told(
        &self,
        request: &Request,
        segment: &Segment,
        coordinates: &Coordinates,
        notices: Vec<String>,
    ) -> anyhow::Result<Answer> {
        let values = if request.coordinates.is_empty() { Vec::new() } else { segment.values(coordinates)? };
        let end_angstrom = if request.end { Some(segment.end_angstrom()?) } else { None };
        Ok(Answer {
            id: request.id.clone(),
            ok: true,
            error: None,
            frame_interval_ps: Some(segment.frame_interval_ps),
            coordinates: coordinates.names().to_vec(),
            units: coordinates.units(),
            values,
            out: request.out.clone(),
            end_angstrom,
            notices,
        })
    }

    fn read(&self, path: &Path, request: &Request) -> Result<OpenedStructure, Trouble> {
        let source = named::structure(path).map_err(Trouble::of(Kind::Structure))?;
        let (chain, longest_segment) = (request.chain.clone(), request.longest_segment);
        let opened = open(&self.jobs, OpenRequest { source, chain, longest_segment });
        opened.map_err(Trouble::of(Kind::Structure))?.ok_or(Trouble::Interrupted)
    }

    fn start(
        &self,
        request: &Request,
        structure: &OpenedStructure,
    ) -> anyhow::Result<Option<Arc<Vec<[f32; 3]>>>> {
        match (&request.start, &request.start_angstrom) {
            (Some(_), Some(_)) => Err(anyhow!("start and start_angstrom exclude each other")),
            (Some(start), None) => {
                let start: StartFrame = start.parse()?;
                let (topology, chain) = (request.topology.as_deref(), request.chain.as_deref());
                let starts = read_starts(structure, &[start], topology, chain);
                Ok(starts?.into_iter().next())
            }
            (None, Some(positions)) => {
                let atoms = structure.topology.atom_count();
                if positions.len() != atoms {
                    return Err(anyhow!(
                        "start_angstrom has {} positions for {atoms} atoms",
                        positions.len()
                    ));
                }
                if !positions.iter().flatten().all(|x| x.is_finite()) {
                    return Err(anyhow!("start_angstrom holds a number that is not finite"));
                }
                Ok(Some(Arc::new(positions.clone())))
            }
            (None, None) => Ok(None),
        }
    }
}
