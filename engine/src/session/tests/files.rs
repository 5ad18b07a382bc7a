//! Files of runs: refusal, stopping, resuming, exporting, opening.

use std::path::Path;

use super::*;
use crate::remedy::Remedy;
use crate::trajectory::{self, TrajectoryReader};

fn request_to(path: &Path, existing: ExistingFiles, frames: u64, replicas: u32) -> SimulationRequest {
    let output = Some(RunOutput { path: path.to_owned(), existing });
    SimulationRequest { output, ..request(Some(frames), replicas) }
}

fn run(session: &Session, request: SimulationRequest) -> JobOutcome {
    let job = session.start(Simulate::new(request));
    outcome(&job)
}

fn failure(outcome: JobOutcome) -> String {
    match outcome {
        JobOutcome::Failed(error) => error.what,
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
        assert_eq!(run(&session, request_to(&whole, ExistingFiles::Refuse, 20, 2)), JobOutcome::Finished(()));
        for frames in [0, 3, 3, 11, 20] {
            let request = request_to(&parts, ExistingFiles::Resume, frames, 2);
            assert_eq!(run(&session, request), JobOutcome::Finished(()));
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
fn shards_write_the_files_of_the_whole_run_in_every_format() {
    for extension in ["dcd", "xtc", "pdb"] {
        let folder = tempfile::tempdir().unwrap();
        let whole = folder.path().join(format!("whole.{extension}"));
        let parts = folder.path().join(format!("parts.{extension}"));
        let session = session([Script::default()]);
        let from_two_starts = |mut request: SimulationRequest| {
            let start = request.structure.positions_angstrom.to_vec();
            let other = start.iter().map(|p| [p[0], p[1] + 1.0, p[2] - 2.0]).collect();
            request.starts_angstrom = vec![Arc::new(start), Arc::new(other)];
            request
        };
        let request = from_two_starts(request_to(&whole, ExistingFiles::Refuse, 6, 8));
        assert_eq!(run(&session, request), JobOutcome::Finished(()));
        // The third shard begins with replica 5, which has the second start. Two of them are made in two goes.
        for (index, frames) in [(2, 2), (0, 6), (2, 6), (1, 3), (1, 6)] {
            let mut request = from_two_starts(request_to(&parts, ExistingFiles::Resume, frames, 8));
            request.shard = Some(Shard::new(index, 3).unwrap());
            assert_eq!(run(&session, request), JobOutcome::Finished(()));
        }
        for replica in 0..8 {
            let read = |path| std::fs::read(replica_path(path, replica, 8)).unwrap();
            assert!(read(&whole) == read(&parts), "{extension}, replica {replica}");
        }
    }
}

#[test]
fn a_run_goes_on_from_the_state_before_where_a_crash_has_spoiled_the_newest() {
    let folder = tempfile::tempdir().unwrap();
    let (path, whole) = (folder.path().join("run.dcd"), folder.path().join("whole.dcd"));
    let session = session([Script::default()]);
    for frames in [5, 9] {
        assert_eq!(
            run(&session, request_to(&path, ExistingFiles::Resume, frames, 1)),
            JobOutcome::Finished(())
        );
    }
    for spoil in [|state: &Path| std::fs::write(state, "torn"), |state: &Path| std::fs::remove_file(state)] {
        spoil(&folder.path().join("run.state")).unwrap();
        let job = session.start(Simulate::new(request_to(&path, ExistingFiles::Resume, 12, 1)));
        let told = wait_for(&job, |update| match update {
            SimulationUpdate::Report(Report::Notice(notice)) => Some(notice.0),
            _ => None,
        });
        assert!(told.contains("run.state.bak, at frame 5"), "{told}");
        assert_eq!(outcome(&job), JobOutcome::Finished(()));
    }
    assert_eq!(run(&session, request_to(&whole, ExistingFiles::Refuse, 12, 1)), JobOutcome::Finished(()));
    assert!(std::fs::read(&path).unwrap() == std::fs::read(&whole).unwrap());
}

#[test]
fn frames_after_the_saved_state_are_cut_off_and_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.dcd");
    let session = session([Script::default()]);
    let state = folder.path().join("run.state");
    assert_eq!(run(&session, request_to(&path, ExistingFiles::Refuse, 5, 1)), JobOutcome::Finished(()));
    let state_of_5 = std::fs::read(&state).unwrap();
    assert_eq!(run(&session, request_to(&path, ExistingFiles::Resume, 12, 1)), JobOutcome::Finished(()));
    let trajectory = std::fs::read(&path).unwrap();
    // What a kill leaves: an older state, and the beginning of one more frame.
    std::fs::write(&state, &state_of_5).unwrap();
    let mut torn = trajectory.clone();
    torn.extend_from_slice(&[7; 50]);
    std::fs::write(&path, &torn).unwrap();
    assert_eq!(run(&session, request_to(&path, ExistingFiles::Resume, 12, 1)), JobOutcome::Finished(()));
    assert!(std::fs::read(&path).unwrap() == trajectory);
}

#[test]
fn a_continued_run_shows_its_earlier_frames() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.dcd");
    let session = session([Script::default()]);
    let job = session.start(Simulate::new(request_to(&path, ExistingFiles::Refuse, 8, 2)));
    let first = history(&job);
    outcome(&job);
    let job = session.start(Simulate::new(request_to(&path, ExistingFiles::Resume, 10, 2)));
    let second = history(&job);
    outcome(&job);
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
    let job = session.start(Simulate::new(request_to(&path, ExistingFiles::Refuse, 100_000, 1)));
    wait_until!(&job, SimulationUpdate::FramesMade { last_frame, .. } if last_frame >= 5);
    job.cancel();
    assert_eq!(outcome(&job), JobOutcome::Cancelled);
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
        assert!(message.contains(present) && message.contains(Remedy::Replace.words()), "{message}");
        assert_eq!(std::fs::read(&path).unwrap(), b"precious");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        std::fs::remove_file(path).unwrap();
    }
    let path = folder.path().join("run.dcd");
    std::fs::write(&path, "worthless").unwrap();
    assert_eq!(run(&session, request_to(&path, ExistingFiles::Overwrite, 2, 1)), JobOutcome::Finished(()));
    assert_eq!(TrajectoryReader::open(&path).unwrap().frame_count(), 3);
}

#[test]
fn another_run_is_not_continued() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.dcd");
    let session = session([Script::default()]);
    assert_eq!(run(&session, request_to(&path, ExistingFiles::Refuse, 2, 1)), JobOutcome::Finished(()));
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

    // Without the state of before, that is; with it the run goes on.
    drop(std::fs::remove_file(folder.path().join("run.state.bak")));
    std::fs::write(folder.path().join("run.state"), "garbage").unwrap();
    assert!(failure(run(&session, resume())).contains("run.state"));
    std::fs::remove_file(folder.path().join("run.state")).unwrap();
    assert!(failure(run(&session, resume())).contains("cannot be continued"));
    assert!(std::fs::read(&path).unwrap() == before);
}

/// Of runs that start at once, one writes and the others say so, whatever their format.
#[test]
fn runs_that_start_at_once_do_not_write_the_same_files() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..6 {
        let path = |extension: &str| folder.path().join(format!("run{round}.{extension}"));
        let outcomes: Vec<JobOutcome> = std::thread::scope(|scope| {
            let threads: Vec<_> = ["dcd", "xtc", "dcd", "pdb"]
                .map(|extension| {
                    let existing = if round % 2 == 0 { ExistingFiles::Refuse } else { ExistingFiles::Resume };
                    let request = request_to(&path(extension), existing, 200, 1);
                    scope.spawn(move || run(&session([Script::default()]), request))
                })
                .into_iter()
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let finished = outcomes.iter().filter(|outcome| **outcome == JobOutcome::Finished(())).count();
        assert!(finished >= 1, "{outcomes:?}");
        for outcome in outcomes.into_iter().filter(|outcome| *outcome != JobOutcome::Finished(())) {
            let sentence = failure(outcome);
            let told = [
                "being written",
                "there already",
                "cannot be continued",
                "cannot read",
                "is not a",
                "cannot open",
            ];
            assert!(told.iter().any(|words| sentence.contains(words)), "{sentence}");
        }
        let written: Vec<_> =
            ["dcd", "xtc", "pdb"].map(path).into_iter().filter(|path| path.exists()).collect();
        assert_eq!(written.len(), 1, "{written:?}");
        assert_eq!(TrajectoryReader::open(&written[0]).unwrap().frame_count(), 201);
    }
    let hidden = std::fs::read_dir(folder.path())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with('.'));
    assert_eq!(hidden.count(), 0, "no lock is left");
}

#[cfg(unix)]
#[test]
fn a_trajectory_that_is_deleted_or_replaced_during_the_run_ends_it_with_a_sentence() {
    for (extension, replaced) in [("dcd", false), ("xtc", true), ("pdb", false)] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(format!("run.{extension}"));
        let session = session([Script::default()]);
        let request = SimulationRequest { frames: None, ..request_to(&path, ExistingFiles::Refuse, 1, 1) };
        let job = session.start(Simulate::new(request));
        wait_until!(&job, SimulationUpdate::FramesMade { .. });
        std::fs::remove_file(&path).unwrap();
        if replaced {
            std::fs::write(&path, "of another program").unwrap();
        }
        // A PDB file may just have been replaced by its next one; then that is deleted.
        let ended = to_the_end(&job, |_| {
            if extension == "pdb" {
                let _ = std::fs::remove_file(&path);
            }
        });
        let sentence = failure(ended);
        assert!(sentence.contains(&format!("run.{extension}")) && sentence.contains("deleted"), "{sentence}");
        let state: serde_json::Value =
            serde_json::from_slice(&std::fs::read(folder.path().join("run.json")).unwrap()).unwrap();
        assert_eq!(state["finished"], false);
        if replaced {
            assert_eq!(std::fs::read(&path).unwrap(), b"of another program");
        }
    }
}

#[cfg(unix)]
#[test]
fn links_are_replaced_or_refused_and_never_written_through() {
    let folder = tempfile::tempdir().unwrap();
    let (kept, path) = (folder.path().join("kept"), folder.path().join("run.dcd"));
    let session = session([Script::default()]);
    let nowhere = folder.path().join("nowhere");
    std::os::unix::fs::symlink(&nowhere, &path).unwrap();
    assert!(failure(run(&session, request_to(&path, ExistingFiles::Refuse, 1, 1))).contains("there already"));
    assert_eq!(run(&session, request_to(&path, ExistingFiles::Overwrite, 1, 1)), JobOutcome::Finished(()));
    assert!(!nowhere.exists());
    std::fs::rename(&path, &kept).unwrap();
    std::os::unix::fs::symlink(&kept, &path).unwrap();
    let before = std::fs::read(&kept).unwrap();
    let sentence = failure(run(&session, request_to(&path, ExistingFiles::Resume, 3, 1)));
    assert!(sentence.contains("link"), "{sentence}");
    for extension in ["json", "state"] {
        let link = folder.path().join(format!("run.{extension}"));
        std::fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink(&kept, link).unwrap();
    }
    assert_eq!(run(&session, request_to(&path, ExistingFiles::Overwrite, 3, 1)), JobOutcome::Finished(()));
    assert!(std::fs::read(&kept).unwrap() == before);
    assert_eq!(TrajectoryReader::open(&path).unwrap().frame_count(), 4);
}

/// The replicas that a state tells of are not looked for before they were counted.
#[test]
fn a_state_that_tells_of_other_replicas_than_it_holds_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.dcd");
    let session = session([Script::default()]);
    assert_eq!(run(&session, request_to(&path, ExistingFiles::Refuse, 2, 1)), JobOutcome::Finished(()));
    let state_path = folder.path().join("run.state");
    let state = crate::trajectory::RunState::load(&state_path).unwrap();
    for replicas in [0u64, 2, 1 << 24, 1 << 31, 1 << 62] {
        let mut other = state.clone();
        other.settings["replicas"] = serde_json::json!(replicas);
        other.save(&state_path).unwrap();
        let sentence = failure(run(&session, request_to(&path, ExistingFiles::Resume, 3, 1)));
        assert!(sentence.contains("run.state"), "{sentence}");
        // It names nothing that would be removed.
        assert_eq!(
            run(&session, request_to(&path, ExistingFiles::Overwrite, 2, 1)),
            JobOutcome::Finished(())
        );
    }
}

#[test]
fn the_model_in_use_is_not_replaced_whatever_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.dcd");
    let session = session([Script::default()]);
    for (model, used) in [("run.state", "run.state"), ("run_topology.pdb", "run_topology.pdb")] {
        std::fs::write(folder.path().join(model), "a model").unwrap();
        let mut request = request_to(&path, ExistingFiles::Overwrite, 1, 1);
        request.model = ModelSource::File(folder.path().join(model));
        let sentence = failure(run(&session, request));
        assert!(sentence.contains(used) && sentence.contains("the model"), "{sentence}");
        assert_eq!(std::fs::read(folder.path().join(model)).unwrap(), b"a model");
        std::fs::remove_file(folder.path().join(model)).unwrap();
    }
    std::fs::write(folder.path().join("presets.json"), "{}").unwrap();
    let mut request = request_to(&folder.path().join("presets.dcd"), ExistingFiles::Overwrite, 1, 1);
    request.model = ModelSource::File(folder.path().join("model.safetensors"));
    let sentence = failure(run(&session, request));
    assert!(sentence.contains("presets"), "{sentence}");
}

#[test]
fn an_unwritable_path_is_a_sentence() {
    let session = session([Script::default()]);
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing/run.dcd");
    assert!(failure(run(&session, request_to(&missing, ExistingFiles::Refuse, 1, 1))).contains("missing"));
    let unknown = folder.path().join("run.abc");
    assert!(failure(run(&session, request_to(&unknown, ExistingFiles::Refuse, 1, 1))).contains(".dcd"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn exported_frames_are_those_of_the_history_with_their_times() {
    let folder = tempfile::tempdir().unwrap();
    let session = session([Script::default()]);
    let job = simulate(&session, Some(30), 2);
    let history = history(&job);
    outcome(&job);
    let export = |path: &str, first_frame, last_frame, stride| ExportRequest {
        topology: dialanine().topology,
        history: history.clone(),
        replica: 1,
        first_frame,
        last_frame,
        stride,
        only: None,
        atoms: None,
        path: folder.path().join(path),
        hydrogens: false,
        overwrite: false,
    };
    let send = |request| outcome(&session.start(request));
    for (name, first_ps) in [("part.dcd", 0.0), ("part.pdb", 400.0)] {
        assert_eq!(send(export(name, 4, 29, 5)), JobOutcome::Finished(()));
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
    assert_eq!(send(export("part.cif", 4, 29, 5)), JobOutcome::Finished(()));
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
        assert_eq!(send(request), JobOutcome::Finished(()));
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
    let open = |request| to_the_end(&session.start(Open::Structure(request)), |_| ());
    let bundled = StructureSource::Bundled { file_name: "chignolin.pdb".into(), bytes: chignolin.as_bytes() };
    match open(OpenRequest::new(bundled)) {
        JobOutcome::Finished(Opened::Structure(structure)) => {
            assert_eq!(structure.topology.residue_count(), 10);
        }
        other => panic!("{other:?}"),
    }
    match open(OpenRequest::new(StructureSource::File(two_chains))) {
        JobOutcome::Finished(Opened::StructureChoice(mut request, StructureChoice::Chain(chains))) => {
            assert_eq!(chains.len(), 2);
            request.chain = Some(chains[1].id.clone());
            match open(request) {
                JobOutcome::Finished(Opened::Structure(structure)) => {
                    assert_eq!(structure.topology.chain_id, "B");
                }
                other => panic!("{other:?}"),
            }
        }
        other => panic!("{other:?}"),
    }
    let missing = open(OpenRequest::new(StructureSource::File(folder.path().join("none.pdb"))));
    assert!(failure(missing.without_output()).contains("none.pdb"));
}
