//! Imports of small files that show one thing each. Real data are imported in the end-to-end tests.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use std::ops::ControlFlow;

use super::*;
use crate::structure::ResidueType;
use crate::test_support::chain;
use crate::trajectory::TrajectoryStore;
use crate::trajectory::xtc::encode_frame;

/// Three glycines, with a water in front: 12 canonical atoms at file indices 1..13.
struct Fixture {
    directory: tempfile::TempDir,
    positions: Vec<[f32; 3]>,
}

impl Fixture {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        // Extended chain: Cα 3.8 Å apart along x, the other atoms near where they belong.
        let mut text = String::new();
        let mut positions = vec![[20.0, 20.0, 20.0]];
        text.push_str("HETATM    1  O   HOH W   1      20.000  20.000  20.000  1.00  0.00           O\n");
        for residue in 0..3 {
            let x = 3.8 * residue as f32;
            for (name, offset) in [
                ("N", [-1.2, 0.5, 0.0]),
                ("CA", [0.0, 0.0, 0.0]),
                ("C", [1.3, 0.6, 0.0]),
                ("O", [1.5, 1.8, 0.0]),
            ] {
                let p = [x + offset[0], offset[1], offset[2]];
                text.push_str(&format!(
                    "ATOM  {:>5}  {name:<3} GLY A{:>4}    {:>8.3}{:>8.3}{:>8.3}  1.00  0.00           {}\n",
                    positions.len() + 1,
                    residue + 1,
                    p[0],
                    p[1],
                    p[2],
                    &name[..1]
                ));
                positions.push(p);
            }
        }
        std::fs::write(directory.path().join("top.pdb"), text).unwrap();
        Self { directory, positions }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes an XTC: one frame per time, shifted by its index along z.
    fn xtc(&self, name: &str, times_ps: &[f64]) -> PathBuf {
        let mut bytes = Vec::new();
        for (k, &time_ps) in times_ps.iter().enumerate() {
            let shifted: Vec<_> = self.positions.iter().map(|p| [p[0], p[1], p[2] + k as f32]).collect();
            bytes.extend(encode_frame(&shifted, k as u32, time_ps).unwrap());
        }
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn request(&self, trajectories: &[PathBuf]) -> ImportRequest {
        ImportRequest {
            topology: self.path("top.pdb"),
            trajectories: trajectories.to_vec(),
            output: self.path("store.safetensors"),
            ..ImportRequest::default()
        }
    }
}

fn run(request: &ImportRequest) -> Result<ImportReport, ImportError> {
    import(request, &mut |_| ControlFlow::Continue(()))
}

fn times(count: usize, interval_ps: f64) -> Vec<f64> {
    (0..count).map(|k| k as f64 * interval_ps).collect()
}

fn only_the_fixture_remains(fixture: &Fixture, files: usize) {
    let names: Vec<_> =
        std::fs::read_dir(fixture.directory.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names.len(), files, "{names:?}");
}

#[test]
fn frames_come_back_in_canonical_order_with_times_and_pairs() {
    let fixture = Fixture::new();
    let files = [fixture.xtc("a.xtc", &times(6, 20.0)), fixture.xtc("b.xtc", &times(4, 20.0))];
    let report = run(&fixture.request(&files)).unwrap();
    assert_eq!((report.frames, report.trajectories, report.atoms), (10, 2, 12));
    assert!(report.notices.is_empty(), "{:?}", report.notices);

    let store = TrajectoryStore::open(&fixture.path("store.safetensors")).unwrap();
    store.verify().unwrap();
    let expected = chain(&store.topology().name, [ResidueType::Gly; 3]);
    assert_eq!(store.topology(), &Arc::new(expected));
    assert_eq!(store.trajectory(1), 6..10);
    assert_eq!((store.trajectory_source(0), store.trajectory_source(1)), (0, 1));
    assert_eq!(store.time_ps(9).unwrap(), 60.0);
    for (frame, shift) in [(0, 0.0), (5, 5.0), (6, 0.0), (9, 3.0)] {
        for (read, written) in store.frame(frame).unwrap().iter().zip(&fixture.positions[1..]) {
            let written = [written[0], written[1], written[2] + shift];
            assert!((0..3).all(|k| (read[k] - written[k]).abs() < 0.006), "{read:?} {written:?}");
        }
    }
    let pairs = store.pairs(60.0).unwrap();
    assert_eq!(pairs.iter().collect::<Vec<_>>(), [(0, 3), (1, 4), (2, 5), (6, 9)]);
    assert!(matches!(store.pairs(50.0), Err(StoreError::Lag { .. })));
    assert!(matches!(store.pairs(0.0), Err(StoreError::Lag { .. })));
    let source = &store.metadata().sources[1];
    assert_eq!((source.frames_in_file, source.frames_stored), (4, 4));
    assert_eq!(source.bytes, std::fs::metadata(&files[1]).unwrap().len());
}

#[test]
fn stride_and_skip_thin_the_frames() {
    let fixture = Fixture::new();
    let files = [fixture.xtc("a.xtc", &times(11, 20.0))];
    let report = run(&ImportRequest { stride: 2, skip_ps: 60.0, ..fixture.request(&files) }).unwrap();
    assert_eq!((report.frames, report.interval_ps), (4, 40.0));
    let store = TrajectoryStore::open(&fixture.path("store.safetensors")).unwrap();
    assert_eq!((0..4).map(|k| store.time_ps(k).unwrap()).collect::<Vec<_>>(), [80.0, 120.0, 160.0, 200.0]);
}

#[test]
fn a_gap_in_time_starts_a_new_trajectory() {
    let fixture = Fixture::new();
    let files = [fixture.xtc("a.xtc", &[0.0, 20.0, 40.0, 100.0, 120.0])];
    let report = run(&fixture.request(&files)).unwrap();
    assert_eq!((report.frames, report.trajectories, report.notices.len()), (5, 2, 1));
    let store = TrajectoryStore::open(&fixture.path("store.safetensors")).unwrap();
    assert_eq!(store.pairs(20.0).unwrap().iter().collect::<Vec<_>>(), [(0, 1), (1, 2), (3, 4)]);
    assert_eq!(store.time_ps(3).unwrap(), 100.0);
}

#[test]
fn a_cut_off_file_gives_its_complete_frames_and_a_notice() {
    let fixture = Fixture::new();
    let file = fixture.xtc("a.xtc", &times(5, 20.0));
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() - 7]).unwrap();
    let report = run(&fixture.request(&[file])).unwrap();
    assert_eq!(report.frames, 4);
    assert!(report.notices[0].contains("no complete frame"), "{:?}", report.notices);
}

#[test]
fn unusable_input_is_refused_and_leaves_nothing_behind() {
    let fixture = Fixture::new();
    let good = fixture.xtc("good.xtc", &times(3, 20.0));
    let other = fixture.xtc("other.xtc", &times(3, 50.0));
    let still = fixture.xtc("still.xtc", &[0.0, 0.0, 0.0]);
    let few = fixture.path("few.xtc");
    std::fs::write(&few, encode_frame(&fixture.positions[..10], 0, 0.0).unwrap()).unwrap();
    let nanometers = fixture.path("nanometers.xtc");
    let small: Vec<_> = fixture.positions.iter().map(|p| p.map(|x| x / 10.0)).collect();
    std::fs::write(&nanometers, [0.0, 20.0].map(|t| encode_frame(&small, 0, t).unwrap()).concat()).unwrap();
    let shuffled = fixture.path("shuffled.xtc");
    let wrong: Vec<_> = fixture.positions.iter().rev().copied().collect();
    std::fs::write(&shuffled, [0.0, 20.0].map(|t| encode_frame(&wrong, 0, t).unwrap()).concat()).unwrap();
    let text = fixture.path("text.xtc");
    std::fs::write(&text, "not a trajectory at all, just words").unwrap();
    let files = 8;

    let cases: [(&[PathBuf], &str); 10] = [
        (&[], "name at least one"),
        (&[fixture.path("absent.xtc")], "cannot open"),
        (&[fixture.path("top.gro")], "gmx trjconv"),
        (&[fixture.path("top.txt")], "must end in"),
        (&[good.clone(), other], "50 ps apart"),
        (&[still], "makes no trajectory"),
        (&[good.clone(), few], "10 atoms a frame, but 13"),
        (&[nanometers], "nanometers"),
        (&[shuffled], "no frame is fit for use"),
        (&[text], "not a readable XTC"),
    ];
    for (trajectories, message) in cases {
        let error = run(&fixture.request(trajectories)).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
        only_the_fixture_remains(&fixture, files);
    }
    let mut seen = 0;
    let error = import(&fixture.request(std::slice::from_ref(&good)), &mut |progress| {
        seen = progress.frames_done;
        if seen == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(matches!(error, Err(ImportError::Cancelled)));
    only_the_fixture_remains(&fixture, files);

    std::fs::write(fixture.path("store.safetensors"), "precious").unwrap();
    assert!(
        run(&fixture.request(std::slice::from_ref(&good)))
            .unwrap_err()
            .to_string()
            .contains("exists already")
    );
    assert_eq!(std::fs::read(fixture.path("store.safetensors")).unwrap(), b"precious");
    run(&ImportRequest { overwrite: true, ..fixture.request(&[good]) }).unwrap();
}

#[test]
fn a_molecule_cut_by_the_cell_is_made_whole() {
    let fixture = Fixture::new();
    let edge = 30.0;
    let mut bytes = Vec::new();
    for k in 0..3 {
        // The cell boundary moves through the chain from frame to frame.
        let positions: Vec<f32> = fixture
            .positions
            .iter()
            .flat_map(|p| [(p[0] + 24.0 + k as f32).rem_euclid(edge) / 10.0, p[1] / 10.0, p[2] / 10.0])
            .collect();
        let mut writer = molly::XTCWriter::new(&mut bytes);
        let boxvec = [edge / 10.0, 0.0, 0.0, 0.0, edge / 10.0, 0.0, 0.0, 0.0, edge / 10.0];
        let frame = molly::Frame { step: k, time: 20.0 * k as f32, boxvec, precision: 1000.0, positions };
        writer.write_frame(&frame).unwrap();
    }
    let file = fixture.path("cut.xtc");
    std::fs::write(&file, bytes).unwrap();
    let report = run(&fixture.request(&[file])).unwrap();
    assert_eq!((report.frames, report.frames_made_whole, report.frames_broken), (3, 3, 0));
    let store = TrajectoryStore::open(&fixture.path("store.safetensors")).unwrap();
    for k in 0..3 {
        let frame = store.frame(k).unwrap();
        for (read, original) in frame.iter().zip(&fixture.positions[1..]) {
            let moved = original[0] - fixture.positions[1][0];
            assert!((read[0] - frame[0][0] - moved).abs() < 0.02);
        }
    }
}

#[test]
fn damaged_and_foreign_stores_are_refused() {
    let fixture = Fixture::new();
    run(&fixture.request(&[fixture.xtc("a.xtc", &times(3, 20.0))])).unwrap();
    let good = std::fs::read(fixture.path("store.safetensors")).unwrap();
    let path = fixture.path("changed.safetensors");
    let open = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        TrajectoryStore::open(Path::new(&path))
    };
    assert!(matches!(open(&good[..good.len() - 1]), Err(StoreError::NotAStore { .. })));
    assert!(matches!(open(b""), Err(StoreError::Io { .. } | StoreError::NotAStore { .. })));
    assert!(matches!(open(b"PDB"), Err(StoreError::NotAStore { .. })));
    let mut newer = good.clone();
    let at = newer.windows(14).position(|w| w == br#"\"version\":1,"#).unwrap();
    newer[at + 12] = b'7';
    assert!(matches!(open(&newer), Err(StoreError::NewerVersion { found: 7, .. })));
    // A bit anywhere: length, description, blanks behind it, positions, times, tables.
    for at in (0..good.len()).step_by(11).chain(good.len() - 64..good.len()) {
        let mut flipped = good.clone();
        flipped[at] ^= 1 << (at % 8);
        assert!(open(&flipped).is_err(), "byte {at} of {}", good.len());
    }
    // Stores from before there was a checksum of the whole file have one of the positions.
    let seal = br#","file_crc32":""#;
    let at = good.windows(seal.len()).position(|w| w == seal).unwrap();
    let mut old = good;
    old[at..at + seal.len() + 9].fill(b' ');
    assert_eq!(open(&old).unwrap().frame_count(), 3);
    old[4096 + 5] ^= 1;
    assert!(matches!(open(&old), Err(StoreError::Damaged { .. })));
}
