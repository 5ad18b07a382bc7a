//! Files of runs: refusal, stopping, resuming, exporting, opening.

use std::path::Path;

use super::*;
use crate::trajectory::{self, TrajectoryReader};

fn request_to(path: &Path, existing: ExistingFiles, frames: u64, replicas: u32) -> Box<SimulationRequest> {
    let output = Some(RunOutput { path: path.to_owned(), existing });
    Box::new(SimulationRequest { output, ..*request(Some(frames), replicas) })
}

fn run(session: &SessionHandle, request: Box<SimulationRequest>) -> JobOutcome {
    let job = session.next_job();
    session.send(Command::Simulate { job, request });
    outcome(session, job)
}

fn failure(outcome: JobOutcome) -> String {
    match outcome {
        JobOutcome::Failed(message) => message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_resumed_run_equals_an_uninterrupted_one_in_every_format() {
    for extension in ["dcd", "xtc", "pdb"] {
        let folder = tempfile::tempdir().unwrap();
        let whole = folder.path().join(format!("whole.{extension}"));
        let parts = folder.path().join(format!("parts.{extension}"));
        let session = session([Script::default()]);
        assert_eq!(run(&session, request_to(&whole, ExistingFiles::Refuse, 20, 2)), JobOutcome::Finished);
        for frames in [0, 3, 3, 11, 20] {
            let request = request_to(&parts, ExistingFiles::Resume, frames, 2);
            assert_eq!(run(&session, request), JobOutcome::Finished);
        }
        for replica in 0..2 {
            let read = |path| std::fs::read(replica_path(path, replica, 2)).unwrap();
            let (whole, parts) = (read(&whole), read(&parts));
            assert!(!whole.is_empty());
            assert!(whole == parts, "{extension}, replica {replica}");
        }
    }
}

#[test]
fn frames_after_the_saved_state_are_cut_off_and_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.dcd");
    let session = session([Script::default()]);
    let state = folder.path().join("run.state");
    assert_eq!(run(&session, request_to(&path, ExistingFiles::Refuse, 5, 1)), JobOutcome::Finished);
    let state_of_5 = std::fs::read(&state).unwrap();
    assert_eq!(run(&session, request_to(&path, ExistingFiles::Resume, 12, 1)), JobOutcome::Finished);
    let trajectory = std::fs::read(&path).unwrap();
    // What a kill leaves: an older state, and the beginning of one more frame.
    std::fs::write(&state, &state_of_5).unwrap();
    let mut torn = trajectory.clone();
    torn.extend_from_slice(&[7; 50]);
    std::fs::write(&path, &torn).unwrap();
    assert_eq!(run(&session, request_to(&path, ExistingFiles::Resume, 12, 1)), JobOutcome::Finished);
    assert!(std::fs::read(&path).unwrap() == trajectory);
}

#[test]
fn a_continued_run_shows_its_earlier_frames() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.dcd");
    let session = session([Script::default()]);
    let job = session.next_job();
    session.send(Command::Simulate { job, request: request_to(&path, ExistingFiles::Refuse, 8, 2) });
    let first = history(&session, job);
    outcome(&session, job);
    let job = session.next_job();
    session.send(Command::Simulate { job, request: request_to(&path, ExistingFiles::Resume, 10, 2) });
    let second = history(&session, job);
    outcome(&session, job);
    assert_eq!((first.len(), second.len()), (9, 11));
    for frame in 0..9 {
        assert_eq!(first.read(frame, 1).unwrap(), second.read(frame, 1).unwrap());
    }
}

#[test]
fn a_stopped_run_leaves_whole_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.dcd");
    let session = session([Script { step_time: Duration::from_millis(1), ..Script::default() }]);
    let job = session.next_job();
    session.send(Command::Simulate { job, request: request_to(&path, ExistingFiles::Refuse, 100_000, 1) });
    wait_for(&session, job, |event| {
        matches!(event, Event::FramesMade { last_frame, .. } if *last_frame >= 5).then_some(())
    });
    session.send(Command::Stop { job });
    assert_eq!(outcome(&session, job), JobOutcome::Cancelled);
    let reader = TrajectoryReader::open(&path).unwrap();
    let description: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("run.json")).unwrap()).unwrap();
    assert_eq!(description["frames_after_start"], reader.frame_count() - 1);
    assert_eq!(description["finished"], false);
    assert_eq!(reader.tail_bytes(), 0);
}

#[test]
fn nothing_is_overwritten_unless_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let session = session([Script::default()]);
    for present in ["run.dcd", "run.json", "run.state", "run_topology.pdb"] {
        let path = folder.path().join(present);
        std::fs::write(&path, "precious").unwrap();
        let request = request_to(&folder.path().join("run.dcd"), ExistingFiles::Refuse, 2, 1);
        let message = failure(run(&session, request));
        assert!(message.contains(present) && message.contains("--force"), "{message}");
        assert_eq!(std::fs::read(&path).unwrap(), b"precious");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        std::fs::remove_file(path).unwrap();
    }
    let path = folder.path().join("run.dcd");
    std::fs::write(&path, "worthless").unwrap();
    assert_eq!(run(&session, request_to(&path, ExistingFiles::Overwrite, 2, 1)), JobOutcome::Finished);
    assert_eq!(TrajectoryReader::open(&path).unwrap().frame_count(), 3);
}

#[test]
fn another_run_is_not_continued() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.dcd");
    let session = session([Script::default()]);
    assert_eq!(run(&session, request_to(&path, ExistingFiles::Refuse, 2, 1)), JobOutcome::Finished);
    let before = std::fs::read(&path).unwrap();
    let resume = || request_to(&path, ExistingFiles::Resume, 4, 1);

    let mut other_seed = resume();
    other_seed.settings.seed = 7;
    assert!(failure(run(&session, other_seed)).contains("seed is 0, not 7"));
    let mut other_start = resume();
    Arc::make_mut(&mut other_start.structure.positions_angstrom)[0][0] += 1e-4;
    assert!(failure(run(&session, other_start)).contains("other positions"));
    let mut other_steps = resume();
    other_steps.settings.latent_steps = 30;
    assert!(failure(run(&session, other_steps)).contains("100 latent steps"));

    std::fs::write(folder.path().join("run.state"), "garbage").unwrap();
    assert!(failure(run(&session, resume())).contains("run.state"));
    std::fs::remove_file(folder.path().join("run.state")).unwrap();
    assert!(failure(run(&session, resume())).contains("cannot be continued"));
    assert!(std::fs::read(&path).unwrap() == before);
}

#[test]
fn an_unwritable_path_is_a_sentence() {
    let session = session([Script::default()]);
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing/run.dcd");
    assert!(failure(run(&session, request_to(&missing, ExistingFiles::Refuse, 1, 1))).contains("missing"));
    let unknown = folder.path().join("run.trr");
    assert!(failure(run(&session, request_to(&unknown, ExistingFiles::Refuse, 1, 1))).contains(".dcd"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn exported_frames_are_those_of_the_history_with_their_times() {
    let folder = tempfile::tempdir().unwrap();
    let session = session([Script::default()]);
    let job = simulate(&session, Some(30), 2);
    let history = history(&session, job);
    outcome(&session, job);
    let export = |path: &str, first_frame, last_frame, stride| ExportRequest {
        topology: dialanine().topology,
        history: history.clone(),
        replica: 1,
        first_frame,
        last_frame,
        stride,
        only: None,
        path: folder.path().join(path),
        overwrite: false,
    };
    let send = |request| {
        let job = session.next_job();
        session.send(Command::Export { job, request });
        outcome(&session, job)
    };
    for (name, first_ps) in [("part.dcd", 0.0), ("part.pdb", 400.0)] {
        assert_eq!(send(export(name, 4, 29, 5)), JobOutcome::Finished);
        let mut reader = TrajectoryReader::open(&folder.path().join(name)).unwrap();
        assert_eq!(reader.frame_count(), 6);
        let mut frame = trajectory::Frame::default();
        for (index, number) in [4, 9, 14, 19, 24, 29].into_iter().enumerate() {
            reader.read_frame(index, &mut frame).unwrap();
            assert!((frame.time_ps.unwrap() - first_ps - 500.0 * index as f64).abs() < 1e-3);
            for (a, b) in frame.positions_angstrom.iter().zip(history.read(number, 1).unwrap()) {
                assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 0.00051), "{a:?} {b:?}");
            }
        }
    }
    assert!(folder.path().join("part_topology.pdb").exists());
    assert_eq!(send(export("part.cif", 4, 29, 5)), JobOutcome::Finished);
    let text = std::fs::read_to_string(folder.path().join("part.cif")).unwrap();
    let rows: Vec<Vec<&str>> =
        text.lines().filter(|l| l.starts_with("ATOM ")).map(|l| l.split_whitespace().collect()).collect();
    let frames = [4, 9, 14, 19, 24, 29].map(|number| history.read(number, 1).unwrap());
    let expected: Vec<(usize, &[f32; 3])> =
        frames.iter().enumerate().flat_map(|(k, frame)| frame.iter().map(move |x| (k + 1, x))).collect();
    assert_eq!(rows.len(), expected.len());
    for (row, (model, position)) in rows.iter().zip(expected) {
        assert_eq!(row[18], model.to_string());
        let same = |(text, x): (&&str, &f32)| (text.parse::<f32>().unwrap() - x).abs() <= 2e-5;
        assert!(row[12..15].iter().zip(position).all(same), "{row:?} {position:?}");
    }
    // Chosen frames keep their own times where the format can.
    let only: Option<Arc<[u64]>> = Some([1, 4, 5, 20, 28].into());
    for (name, stride, numbers, times_ps) in [
        ("some.xtc", 1, &[4, 5, 20][..], &[400.0, 500.0, 2000.0][..]),
        ("some.pdb", 2, &[4, 20], &[400.0, 2000.0]),
        ("counted.dcd", 1, &[4, 5, 20], &[0.0, 100.0, 200.0]),
    ] {
        let request = ExportRequest { only: only.clone(), ..export(name, 2, 25, stride) };
        assert_eq!(send(request), JobOutcome::Finished);
        let mut reader = TrajectoryReader::open(&folder.path().join(name)).unwrap();
        assert_eq!(reader.frame_count(), numbers.len(), "{name}");
        let mut frame = trajectory::Frame::default();
        for (index, (&number, time_ps)) in numbers.iter().zip(times_ps).enumerate() {
            reader.read_frame(index, &mut frame).unwrap();
            assert!((frame.time_ps.unwrap() - time_ps).abs() < 1e-3, "{name}: {:?}", frame.time_ps);
            for (a, b) in frame.positions_angstrom.iter().zip(history.read(number, 1).unwrap()) {
                assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 0.0051), "{a:?} {b:?}");
            }
        }
    }
    let request = ExportRequest { only, ..export("none.dcd", 6, 19, 1) };
    assert!(failure(send(request)).contains("between 6 and 19"));
    assert!(failure(send(export("part.dcd", 0, 1, 1))).contains("there already"));
    assert!(failure(send(export("new.dcd", 0, 31, 1))).contains("frame 31"));
    assert!(failure(send(export("new.dcd", 5, 4, 1))).contains("after"));
    assert!(failure(send(export("new.dcd", 0, 4, 0))).contains("stride"));
    assert!(failure(send(export("new.txt", 0, 4, 1))).contains(".xtc"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 9, "no partial file is left");
}

#[test]
fn opening_answers_with_the_structure_or_the_question() {
    let folder = tempfile::tempdir().unwrap();
    let session = session([Script::default()]);
    let chignolin = include_str!("../../../../assets/structures/chignolin.pdb");
    let two_chains = folder.path().join("two.pdb");
    let atoms: String =
        chignolin.lines().filter(|l| l.starts_with("ATOM")).map(|l| format!("{l}\n")).collect();
    let second: String = atoms.lines().map(|l| format!("{}{}{}\n", &l[..21], "B", &l[22..])).collect();
    std::fs::write(&two_chains, format!("{atoms}TER\n{second}TER\nEND\n")).unwrap();
    let open = |request: OpenRequest| {
        let job = session.next_job();
        session.send(Command::OpenStructure { job, request });
        wait_for(&session, job, |event| Some(event.clone()))
    };
    let bundled = StructureSource::Bundled { file_name: "chignolin.pdb".into(), bytes: chignolin.as_bytes() };
    match open(OpenRequest::new(bundled)) {
        Event::StructureOpened { structure, .. } => assert_eq!(structure.topology.residue_count(), 10),
        other => panic!("{other:?}"),
    }
    match open(OpenRequest::new(StructureSource::File(two_chains))) {
        Event::StructureNeedsChoice { mut request, choice: StructureChoice::Chain(chains), .. } => {
            assert_eq!(chains.len(), 2);
            request.chain = Some(chains[1].id.clone());
            match open(request) {
                Event::StructureOpened { structure, .. } => assert_eq!(structure.topology.chain_id, "B"),
                other => panic!("{other:?}"),
            }
        }
        other => panic!("{other:?}"),
    }
    match open(OpenRequest::new(StructureSource::File(folder.path().join("none.pdb")))) {
        Event::JobEnded { outcome, .. } => assert!(failure(outcome).contains("none.pdb")),
        other => panic!("{other:?}"),
    }
}
