//! Opening trajectories and runs, and going on with them.

use std::path::Path;

use super::*;
use crate::structure::{Topology, write_mmcif, write_pdb};
use crate::test_support::{bundled, bundled_path};

fn chignolin() -> OpenedStructure {
    bundled("chignolin")
}

fn of_chignolin(frames: u64, replicas: u32, output: Option<RunOutput>) -> SimulationRequest {
    SimulationRequest { structure: chignolin(), output, ..request(Some(frames), replicas) }
}

fn written(session: &Session, path: &Path, frames: u64, replicas: u32) {
    let output = RunOutput { path: path.to_owned(), existing: ExistingFiles::Refuse };
    let job = session.start(Simulate::new(of_chignolin(frames, replicas, Some(output))));
    assert_eq!(outcome(&job), JobOutcome::Finished(()));
}

fn open(session: &Session, request: TrajectoryRequest) -> JobOutcome<Opened> {
    to_the_end(&session.start(Open::Trajectory(request)), |_| ())
}

fn opened(session: &Session, files: &[&Path]) -> OpenedTrajectory {
    let files = files.iter().map(|path| path.to_path_buf()).collect();
    match open(session, TrajectoryRequest { files, ..TrajectoryRequest::default() }) {
        JobOutcome::Finished(Opened::Trajectory(trajectory)) => *trajectory,
        other => panic!("{other:?}"),
    }
}

fn all_frames(history: &FrameHistory) -> Vec<Vec<[f32; 3]>> {
    (0..history.len())
        .flat_map(|frame| (0..history.replica_count()).map(move |replica| (frame, replica)))
        .map(|(frame, replica)| history.read(frame, replica).unwrap())
        .collect()
}

#[test]
fn a_run_is_opened_by_its_description_or_any_of_its_trajectories_and_extended_to_the_frames_of_a_whole_one() {
    for extension in ["dcd", "xtc", "pdb"] {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let session = session([Script::default()]);
        written(&session, &at(&format!("whole.{extension}")), 9, 2);
        let output = at(&format!("part.{extension}"));
        written(&session, &output, 4, 2);

        let by_file = opened(&session, &[&at(&format!("part_r001.{extension}"))]);
        let run = opened(&session, &[&at("part.json")]);
        assert_eq!(by_file.run.replicas, 2, "{extension}");
        assert_eq!(run.structure.topology.name, "chignolin");
        assert_eq!(run.run.frame_interval_ps, 100.0);
        let history = run.run.history.clone().unwrap();
        assert_eq!((history.len(), history.replica_count()), (5, 2));
        let recorded = run.recorded.clone().unwrap();
        assert!(recorded.can_go_on && recorded.finished);
        assert_eq!(recorded.output, output);

        let request = SimulationRequest {
            structure: run.structure.clone(),
            settings: run.run.settings.clone(),
            output: Some(RunOutput { path: recorded.output, existing: ExistingFiles::Extend }),
            ..of_chignolin(9, 2, None)
        };
        let job = session.start(Simulate::extending(request, history));
        assert_eq!(outcome(&job), JobOutcome::Finished(()));
        for replica in 0..2 {
            let read = |name: &str| {
                std::fs::read(replica_path(&at(&format!("{name}.{extension}")), replica, 2)).unwrap()
            };
            assert!(read("whole") == read("part"), "{extension}, replica {replica}");
        }
    }
}

#[test]
fn a_run_without_files_is_extended_to_the_frames_of_a_whole_one() {
    let session = session([Script::default()]);
    let job = session.start(Simulate::new(of_chignolin(9, 2, None)));
    let whole = history(&job);
    assert_eq!(outcome(&job), JobOutcome::Finished(()));
    let job = session.start(Simulate::new(of_chignolin(4, 2, None)));
    let part = history(&job);
    assert_eq!(outcome(&job), JobOutcome::Finished(()));
    let job = session.start(Simulate::extending(of_chignolin(9, 2, None), part.clone()));
    let extended = history(&job);
    assert_eq!(outcome(&job), JobOutcome::Finished(()));
    assert!(Arc::ptr_eq(&part, &extended), "frames are appended where they are");
    assert_eq!(all_frames(&extended), all_frames(&whole));

    let job = session.start(Simulate::extending(of_chignolin(9, 1, None), part));
    let JobOutcome::Failed(JobError { what: reason, .. }) = outcome(&job) else { panic!("it fits") };
    assert!(reason.contains("another run"), "{reason}");
}

#[test]
fn a_trajectory_finds_its_topology_beside_it_or_asks() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let session = session([Script::default()]);
    written(&session, &at("run.dcd"), 3, 1);
    // As files of another program are: no description, another name.
    std::fs::create_dir(at("md")).unwrap();
    std::fs::copy(at("run.dcd"), at("md/prod.dcd")).unwrap();
    std::fs::copy(at("run_topology.pdb"), at("md/system.pdb")).unwrap();
    let found = opened(&session, &[&at("md/prod.dcd")]);
    assert_eq!(found.structure.topology.name, "prod");
    assert_eq!(found.structure.path.as_deref(), Some(at("md/system.pdb").as_path()));
    assert!(found.recorded.is_none());
    assert_eq!(all_frames(&found.run.history.unwrap()).len(), 4);

    let without = |opened: Option<Arc<Topology>>| TrajectoryRequest {
        files: vec![at("alone/prod.dcd")],
        opened,
        ..TrajectoryRequest::default()
    };
    std::fs::create_dir(at("alone")).unwrap();
    std::fs::copy(at("run.dcd"), at("alone/prod.dcd")).unwrap();
    assert!(matches!(
        open(&session, without(None)),
        JobOutcome::Finished(Opened::TrajectoryNeed(_, TrajectoryNeed::Topology(_)))
    ));
    assert!(matches!(
        open(&session, without(Some(chignolin().topology))),
        JobOutcome::Finished(Opened::Trajectory(_))
    ));
    let wrong = TrajectoryRequest { topology: Some(bundled_path("villin")), ..without(None) };
    let JobOutcome::Failed(JobError { what: reason, .. }) = open(&session, wrong) else { panic!("it fits") };
    assert!(reason.contains("do not belong together"), "{reason}");
}

#[test]
fn the_models_of_a_file_are_frames_and_a_single_one_is_a_structure() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let protein = chignolin();
    let moved = |by: f32| -> Vec<[f32; 3]> {
        protein.positions_angstrom.iter().map(|p| [p[0] + by, p[1], p[2]]).collect()
    };
    let mut models = String::new();
    for (number, by) in [(1, 0.0), (2, 1.5), (3, 3.0)] {
        let mut pdb = Vec::new();
        write_pdb(&protein.topology, &moved(by), &mut pdb).unwrap();
        let text = String::from_utf8(pdb).unwrap();
        let mut atoms: Vec<String> =
            text.lines().filter(|l| l.starts_with("ATOM")).map(|l| format!("{l}\n")).collect();
        // Some programs write later models in another order.
        if number == 2 {
            atoms.reverse();
        }
        let atoms = atoms.concat();
        models.push_str(&format!("MODEL     {number:4}\n{atoms}ENDMDL\n"));
    }
    models.push_str("END\n");
    std::fs::write(at("nmr.pdb"), &models).unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, models.as_bytes()).unwrap();
    std::fs::write(at("nmr.pdb.gz"), packed.finish().unwrap()).unwrap();
    let mut cif = Vec::new();
    write_mmcif(&protein.topology, &moved(0.0), &mut cif).unwrap();
    let cif = String::from_utf8(cif).unwrap();
    std::fs::write(at("one.cif"), &cif).unwrap();

    let session = session([Script::default()]);
    for name in ["nmr.pdb", "nmr.pdb.gz"] {
        let ensemble = opened(&session, &[&at(name)]);
        let frames = all_frames(&ensemble.run.history.unwrap());
        assert_eq!(frames.len(), 3, "{name}");
        for (first, by) in [(1, 1.5), (2, 3.0)] {
            let moved = frames[first].iter().zip(&frames[0]).map(|(a, b)| a[0] - b[0]);
            assert!(moved.into_iter().all(|x| (x - by).abs() < 2e-3), "{name}");
        }
        assert!(ensemble.structure.notices.iter().any(|notice| notice.0.contains("no times")), "{name}");
    }
    let single = TrajectoryRequest { files: vec![at("one.cif")], ..TrajectoryRequest::default() };
    assert!(matches!(open(&session, single), JobOutcome::Finished(Opened::Structure(_))));

    // What the window exports as mmCIF it opens again.
    let job = session.start(Simulate::new(of_chignolin(2, 1, None)));
    let made = history(&job);
    assert_eq!(outcome(&job), JobOutcome::Finished(()));
    let export = ExportRequest {
        topology: protein.topology.clone(),
        history: made.clone(),
        replica: 0,
        first_frame: 0,
        last_frame: 2,
        stride: 1,
        only: None,
        atoms: None,
        path: at("made.cif"),
        hydrogens: false,
        overwrite: false,
    };
    let job = session.start(export);
    assert_eq!(outcome(&job), JobOutcome::Finished(()));
    let text = std::fs::read_to_string(at("made.cif")).unwrap();
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("ATOM")).collect();
    let (first, second) = rows[..2 * rows.len() / 3].split_at(rows.len() / 3);
    let turned: Vec<&str> = second.iter().rev().copied().collect();
    std::fs::write(at("turned.cif"), text.replace(&second.join("\n"), &turned.join("\n"))).unwrap();
    let made = all_frames(&made);
    for name in ["made.cif", "turned.cif"] {
        let again = all_frames(&opened(&session, &[&at(name)]).run.history.unwrap());
        assert_eq!(again.len(), 3, "{name}");
        for (again, made) in again.iter().flatten().zip(made.iter().flatten()) {
            assert!((0..3).all(|k| (again[k] - made[k]).abs() < 2e-3), "{name}");
        }
    }
    // Other atoms are no frame of the same molecule.
    let other = second.join("\n").replace(" CA ", " CX ");
    std::fs::write(at("other.cif"), text.replace(&second.join("\n"), &other)).unwrap();
    let other = TrajectoryRequest { files: vec![at("other.cif")], ..TrajectoryRequest::default() };
    let JobOutcome::Failed(reason) = open(&session, other) else { panic!("it fits") };
    assert!(reason.what.contains("model 2 holds other atoms"), "{reason}");
    assert!(first.iter().any(|row| row.contains(" CA ")));
}

#[test]
fn a_run_saved_afterwards_is_the_run_written_meanwhile_and_goes_on_as_that() {
    for extension in ["dcd", "xtc", "pdb"] {
        let folder = tempfile::tempdir().unwrap();
        for name in ["meanwhile", "after", "whole"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let file = |part: &str, name: &str| folder.path().join(part).join(name);
        let trajectory = format!("run.{extension}");
        let session = session([Script::default()]);
        written(&session, &file("meanwhile", &trajectory), 4, 2);
        written(&session, &file("whole", &trajectory), 9, 2);

        let request = of_chignolin(4, 2, None);
        let job = session.start(Simulate::new(request.clone()));
        let started = wait_for(&job, |update| match update {
            SimulationUpdate::Started(started) => Some(started),
            _ => None,
        });
        assert_eq!(outcome(&job), JobOutcome::Finished(()));
        let path = file("after", &trajectory);
        let save = SaveRun {
            structure: request.structure.clone(),
            model: request.model.clone(),
            description: started.description.unwrap(),
            history: started.history.unwrap(),
            finished: true,
            path: path.clone(),
            overwrite: false,
        };
        let JobOutcome::Finished(saved) = to_the_end(&session.start(save.clone()), |_| ()) else {
            panic!("not saved")
        };
        assert_eq!((saved.frames, saved.files.len()), (5, 5));
        let same = |other: &str, names: &[&str]| {
            for name in names {
                let read = |part: &str| std::fs::read(file(part, name)).unwrap();
                assert!(read("after") == read(other), "{name} of {extension}");
            }
        };
        let trajectories = [0, 1].map(|replica| format!("run_r00{replica}.{extension}"));
        let names = [&trajectories[0], &trajectories[1], "run_topology.pdb", "run.json", "run.state"];
        same("meanwhile", &names);
        assert_eq!(std::fs::read_dir(file("after", "")).unwrap().count(), 5, "nothing else is left");

        // Nothing is replaced unasked, and nothing of another run stays beside it where it is.
        let refused = to_the_end(&session.start(save.clone()), |_| ());
        assert!(
            matches!(refused, JobOutcome::Failed(JobError { what, .. }) if what.contains("is there already"))
        );
        std::fs::remove_file(file("after", "run.state")).unwrap();
        let again = to_the_end(&session.start(SaveRun { overwrite: true, ..save }), |_| ());
        assert!(matches!(again, JobOutcome::Finished(_)));
        same("meanwhile", &names);

        let output = Some(RunOutput { path, existing: ExistingFiles::Extend });
        let run = opened(&session, &[&file("after", "run.json")]);
        let extension = SimulationRequest { output, ..of_chignolin(9, 2, None) };
        let job = session.start(Simulate::extending(extension, run.run.history.unwrap()));
        assert_eq!(outcome(&job), JobOutcome::Finished(()));
        same("whole", &names[..2]);
    }
}
