//! `kill -9` at random moments of everything that writes files. After each kill, what lies under a final name is
//! whole; the next run is stopped by nothing that the killed one left, and clears it away; and in the end there are
//! the files of an uninterrupted run, bit for bit.
//!
//! `EQUIJUMP_KILLS=100 cargo test -p equijump --test cli_kills` kills a hundred times, `EQUIJUMP_KILLS_SEED` chooses
//! other moments; by default each of the six commands is killed twice. With `EQUIJUMP_ORACLE_PYTHON` the trajectories
//! are read by mdtraj as well.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic)]

mod cli_common;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cli_common::{Workplace, finish, write_conformations};
use equijump_engine::network::Model;
use equijump_engine::random::{Noise, Stream};
use equijump_engine::session::{
    DevicePreference, ExportRequest, Job, JobEvent, JobHandle, JobOutcome, ModelLibrary, ModelSource,
    Session, Simulate, SimulationRequest, SimulationUpdate,
};
use equijump_engine::training::EarlierRun;
use equijump_engine::trajectory::{TrajectoryReader, TrajectoryStore};
use equijump_engine::transport::SamplerSettings;
use equijump_tests::proteins::bundled;

/// Commands that are killed.
const COMMANDS: u64 = 6;

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Kills of each command.
fn kills() -> u64 {
    number("EQUIJUMP_KILLS", 2 * COMMANDS).div_ceil(COMMANDS)
}

/// The moments of the kills: fractions of the time that an uninterrupted run takes, and a little more.
struct Moments {
    noise: Noise,
    at: u64,
    whole: Duration,
}

impl Moments {
    fn of(command: u64, whole: Duration) -> Self {
        let seed = number("EQUIJUMP_KILLS_SEED", 1).wrapping_mul(COMMANDS).wrapping_add(command);
        Self { noise: Noise::new(seed, Stream::Testing), at: 0, whole }
    }

    fn next(&mut self) -> Duration {
        self.at += 1;
        self.whole.mul_f64(1.1 * (self.noise.word(self.at) >> 11) as f64 / (1u64 << 53) as f64)
    }
}

/// Starts the command and kills it after `moment`, unless it has ended by then.
fn kill_after(command: &mut Command, moment: Duration) {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(moment);
    let _ = child.kill();
    child.wait().unwrap();
}

/// Runs to the end and tells how long that took.
fn succeeds(command: &mut Command) -> Duration {
    let started = Instant::now();
    let (code, _, stderr) = finish(command);
    assert_eq!(code, Some(0), "{command:?}: {stderr}");
    started.elapsed()
}

/// Partial files and locks in the folder and those below.
fn litter(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || name.contains("partial") {
            found.push(entry.path().display().to_string());
        }
        if entry.path().is_dir() {
            found.extend(litter(&entry.path()));
        }
    }
    found
}

fn same_files(a: &Path, b: &Path) {
    let (a_bytes, b_bytes) = (std::fs::read(a).unwrap(), std::fs::read(b).unwrap());
    assert!(a_bytes == b_bytes, "{} and {} differ", a.display(), b.display());
}

/// Reads the trajectories with mdtraj, where there is one.
fn read_by_mdtraj(topology: &Path, trajectories: &[std::path::PathBuf]) {
    let Ok(python) = std::env::var("EQUIJUMP_ORACLE_PYTHON") else { return };
    let script = "import sys, mdtraj\nfor path in sys.argv[2:]:\n  t = mdtraj.load(path) if path.endswith('.pdb') \
                  else mdtraj.load(path, top=sys.argv[1])\n  assert t.n_atoms == 92, path";
    let mut command = Command::new(python);
    command.args(["-c", script]).arg(topology).args(trajectories);
    let (code, _, stderr) = finish(&mut command);
    assert_eq!(code, Some(0), "{stderr}");
}

#[test]
fn simulate() {
    let workplace = Workplace::new();
    let run = |name: &str| {
        let mut command =
            workplace.simulate(&["--frames", "80", "--seed", "5", "--replicas", "2", "--resume"]);
        command.args(["--out", name]);
        command
    };
    let mut killed = Vec::new();
    for (number, extension) in (0..).zip(["dcd", "xtc", "pdb"]) {
        let whole = succeeds(&mut run(&format!("whole-{extension}.{extension}")));
        for after in ["_r000", "_r001"] {
            let path = workplace.path(&format!("whole-{extension}{after}.{extension}"));
            assert_eq!(TrajectoryReader::open(&path).unwrap().frame_count(), 81);
        }
        let mut moments = Moments::of(number, whole);
        for kill in (0..kills()).filter(|kill| kill % 3 == number % 3) {
            kill_after(&mut run(&format!("run-{extension}.{extension}")), moments.next());
            for replica in ["_r000", "_r001"] {
                let path = workplace.path(&format!("run-{extension}{replica}.{extension}"));
                let begun = std::fs::read(&path).is_ok_and(|bytes| bytes.len() > 300);
                if begun {
                    let reader = TrajectoryReader::open(&path).unwrap();
                    assert_eq!(reader.atom_count(), 92, "heavy atoms of chignolin");
                    if reader.tail_bytes() == 0 {
                        let copy = workplace.path(&format!("killed{kill}{replica}.{extension}"));
                        std::fs::copy(&path, &copy).unwrap();
                        killed.push(copy);
                    }
                }
            }
        }
        succeeds(&mut run(&format!("run-{extension}.{extension}")));
        for file in [&format!("_r000.{extension}"), &format!("_r001.{extension}"), ".state", "_topology.pdb"]
        {
            let [run, whole] =
                ["run", "whole"].map(|run| workplace.path(&format!("{run}-{extension}{file}")));
            same_files(&run, &whole);
        }
        assert_eq!(litter(workplace.folder.path()), [""; 0]);
    }
    read_by_mdtraj(&workplace.path("run-dcd_topology.pdb"), &killed);
}

/// A folder with a topology, trajectories to import and to compare with, and a store.
fn with_data(frames: usize) -> Workplace {
    let workplace = Workplace::new();
    write_conformations(&workplace, "top.pdb", 0, 1);
    for k in 0..6 {
        write_conformations(&workplace, &format!("md{k}.dcd"), 11 * k, frames);
    }
    workplace
}

fn import(workplace: &Workplace, output: &str) -> Command {
    workplace.command(&["import", "--topology", "top.pdb", "--out", output, "md0.dcd", "md1.dcd", "md2.dcd"])
}

#[test]
fn imports() {
    let workplace = with_data(400);
    let whole = succeeds(&mut import(&workplace, "whole.store"));
    let mut moments = Moments::of(3, whole);
    for _ in 0..kills() {
        let _ = std::fs::remove_file(workplace.path("md.store"));
        kill_after(&mut import(&workplace, "md.store"), moments.next());
        if workplace.path("md.store").exists() {
            assert_eq!(TrajectoryStore::open(&workplace.path("md.store")).unwrap().frame_count(), 1200);
        }
    }
    let _ = std::fs::remove_file(workplace.path("md.store"));
    succeeds(&mut import(&workplace, "md.store"));
    same_files(&workplace.path("md.store"), &workplace.path("whole.store"));
    assert_eq!(litter(workplace.folder.path()), [""; 0]);
}

#[test]
fn trainings() {
    let workplace = with_data(100);
    succeeds(&mut import(&workplace, "md.store"));
    let train = |out: &str, more: &[&str]| {
        let mut command = workplace.command(&["train", "md.store", "--multiplicity", "4"]);
        command.args(["--conditioner-layers", "1", "--header-layers", "1", "--steps", "120"]);
        command.args(["--batch-size", "4", "--threads", "1", "--validate-every", "20"]);
        command.args(["--checkpoint-every", "15", "--pairs", "uniform", "--out", out]).args(more);
        command
    };
    let whole = succeeds(&mut train("whole", &[]));
    let mut moments = Moments::of(4, whole);
    // As the advice is that the program gives.
    let again = || {
        let path = workplace.path("run");
        if path.join("train.json").exists() { train("run", &["--resume"]) } else { train("run", &[]) }
    };
    let files = ["checkpoint.safetensors", "model.safetensors", "best.safetensors"];
    for _ in 0..kills() {
        kill_after(&mut again(), moments.next());
        let there =
            files.map(|name| workplace.path("run").join(name)).map(|path| path.exists().then_some(path));
        if there[0].is_some() {
            EarlierRun::load(&workplace.path("run")).unwrap();
        }
        for model in there[1..].iter().flatten() {
            Model::load(model).unwrap();
        }
    }
    succeeds(&mut again());
    for name in files {
        same_files(&workplace.path("run").join(name), &workplace.path("whole").join(name));
    }
    assert_eq!(litter(workplace.folder.path()), [""; 0]);
}

#[test]
fn evaluations() {
    let workplace = with_data(120);
    let evaluate = |out: &str, more: &[&str]| {
        let mut command = workplace.command(&["evaluate", "--topology", "top.pdb", "--native", "chignolin"]);
        command.args(["--reference", "md0.dcd", "md1.dcd", "--samples", "md2.dcd", "--tica-lag-ps", "300"]);
        command.args(["--bootstrap", "20", "--clusters", "5", "--out", out]).args(more);
        command
    };
    let whole = succeeds(&mut evaluate("whole", &[]));
    let mut moments = Moments::of(5, whole);
    let names = ["report.html", "summary.json", "divergences.csv"];
    for kill in 0..kills() {
        // Into nothing, and over a report that is there.
        if kill % 2 == 1 {
            succeeds(&mut evaluate("report", &["--force"]));
        } else {
            let _ = std::fs::remove_dir_all(workplace.path("report"));
        }
        kill_after(&mut evaluate("report", &["--force"]), moments.next());
        if kill % 2 == 0 && workplace.path("report").exists() {
            assert!(names.iter().all(|name| workplace.path("report").join(name).is_file()));
        }
    }
    succeeds(&mut evaluate("report", &["--force"]));
    same_files(&workplace.path("report/divergences.csv"), &workplace.path("whole/divergences.csv"));
    assert_eq!(litter(workplace.folder.path()), [""; 0]);
}

const COMPARISON: &str = include_str!("cli_common/killed_comparison.toml");

#[test]
fn comparisons() {
    let workplace = with_data(120);
    std::fs::write(workplace.path("compare.toml"), COMPARISON).unwrap();
    let compare = |out: &str| workplace.command(&["compare", "compare.toml", "--out", out]);
    let whole = succeeds(&mut compare("whole"));
    let mut moments = Moments::of(6, whole);
    for _ in 0..kills() {
        kill_after(&mut compare("table"), moments.next());
    }
    succeeds(&mut compare("table"));
    let mut files = vec!["data.store.safetensors".to_owned(), "divergences.csv".to_owned()];
    files.extend(["run_r000.dcd", "run_r001.dcd"].map(|name| format!("two-sided/samples/{name}")));
    files
        .extend(["checkpoint", "model", "best"].map(|name| format!("two-sided/training/{name}.safetensors")));
    for file in files {
        same_files(&workplace.path("table").join(&file), &workplace.path("whole").join(&file));
    }
    assert_eq!(litter(workplace.folder.path()), [""; 0]);
}

const EXPORTS: [&str; 4] = ["film.dcd", "film.xtc", "film.pdb", "film.cif"];

/// Exports as the window does, again and again; run as a process of its own by the test below.
/// Takes all that a job tells, to its end.
fn to_the_end<J: Job>(job: &JobHandle<J>, mut told: impl FnMut(J::Update)) {
    loop {
        match job.next_timeout(Duration::from_secs(60)).unwrap() {
            JobEvent::Update(update) => told(update),
            JobEvent::Ended(outcome) => {
                assert_eq!(outcome.without_output(), JobOutcome::Finished(()));
                return;
            }
        }
    }
}

#[test]
#[ignore = "is started by the test of exports, and killed"]
fn export_until_killed() {
    let Ok(folder) = std::env::var("EQUIJUMP_EXPORT_FOLDER") else { return };
    let rounds = number("EQUIJUMP_EXPORT_ROUNDS", u64::MAX);
    let folder = Path::new(&folder);
    let session = Session::new(Arc::new(ModelLibrary::new()), Arc::new(|| ())).unwrap();
    let structure = bundled("chignolin");
    let topology = Arc::clone(&structure.topology);
    let settings = SamplerSettings { latent_steps: 5, ..SamplerSettings::default() };
    let run = session.start(Simulate::new(SimulationRequest {
        structure,
        starts_angstrom: Vec::new(),
        model: ModelSource::File(folder.join("model.safetensors")),
        settings,
        replicas: 1,
        shard: None,
        frames: Some(30),
        device: DevicePreference::Cpu,
        output: None,
        keep_history: true,
    }));
    let mut history = None;
    to_the_end(&run, |update| {
        if let SimulationUpdate::Started(run) = update {
            history = run.history;
        }
    });
    let history = history.unwrap();
    for round in 0..rounds {
        let request = ExportRequest {
            topology: Arc::clone(&topology),
            history: Arc::clone(&history),
            replica: 0,
            first_frame: 0,
            last_frame: 30,
            stride: 1,
            only: None,
            atoms: None,
            path: folder.join(EXPORTS[(round % 4) as usize]),
            hydrogens: false,
            overwrite: true,
        };
        to_the_end(&session.start(request), |_| ());
    }
}

#[test]
fn exports() {
    let workplace = Workplace::new();
    let export = |rounds: u64| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "export_until_killed", "--ignored", "--nocapture"]);
        command.env("EQUIJUMP_EXPORT_FOLDER", workplace.folder.path());
        command.env("EQUIJUMP_EXPORT_ROUNDS", rounds.to_string());
        command
    };
    let whole = succeeds(&mut export(12));
    let read = |name: &str| std::fs::read(workplace.path(name)).unwrap();
    let first: BTreeMap<&str, Vec<u8>> = EXPORTS.iter().map(|name| (*name, read(name))).collect();
    let mut moments = Moments::of(7, whole);
    for _ in 0..kills() {
        kill_after(&mut export(u64::MAX), moments.next() + whole / 4);
        for name in EXPORTS {
            assert!(read(name) == first[name], "{name} is whole");
        }
    }
    succeeds(&mut export(4));
    assert_eq!(litter(workplace.folder.path()), [""; 0]);
}
