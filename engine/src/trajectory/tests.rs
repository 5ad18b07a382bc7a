//! What holds for every format. Files of other programs are read in the end-to-end tests.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;
use crate::random::{Noise, Stream};
use crate::structure::{ResidueType, Topology};
use crate::test_support::chain;

fn topology() -> Arc<Topology> {
    let kinds = [ResidueType::Trp, ResidueType::Nle, ResidueType::Gly, ResidueType::Arg];
    Arc::new(chain("four residues", kinds))
}

/// Positions that no two frames share, some negative.
fn positions(atoms: usize, frame: usize) -> Vec<[f32; 3]> {
    let value = |k: usize| (k as f32 * 0.7368 + frame as f32).sin() * 23.4567;
    (0..atoms).map(|atom| std::array::from_fn(|axis| value(3 * atom + axis))).collect()
}

struct Run {
    _directory: tempfile::TempDir,
    path: PathBuf,
    topology: Arc<Topology>,
    format: TrajectoryFormat,
}

impl Run {
    fn each_format() -> impl Iterator<Item = Run> {
        TrajectoryFormat::ALL.into_iter().map(|format| {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join(format!("run.{}", format.extension()));
            Run { _directory: directory, path, topology: topology(), format }
        })
    }

    fn write(&self, frames: usize) {
        let mut writer = TrajectoryWriter::create(&self.path, &self.topology, 100.0, false).unwrap();
        self.extend(&mut writer, 0..frames);
    }

    fn extend(&self, writer: &mut TrajectoryWriter, frames: std::ops::Range<usize>) {
        for k in frames {
            writer.write_frame(&positions(self.topology.atom_count(), k), 100.0 * k as f64).unwrap();
        }
    }

    fn assert_holds(&self, frames: usize) {
        let mut reader = TrajectoryReader::open(&self.path).unwrap();
        assert_eq!(reader.format(), self.format);
        assert_eq!((reader.frame_count(), reader.tail_bytes()), (frames, 0), "{}", self.format);
        assert_eq!(reader.atom_count(), self.topology.atom_count());
        if frames > 1 {
            assert_eq!(reader.interval_ps(), Some(100.0));
        }
        let tolerance = self.format.rounding_angstrom() * 1.02;
        let mut frame = Frame::default();
        for k in (0..frames).rev() {
            reader.read_frame(k, &mut frame).unwrap();
            assert_eq!(frame.time_ps, Some(100.0 * k as f64));
            assert_eq!(reader.time_ps(k), frame.time_ps);
            let expected = positions(self.topology.atom_count(), k);
            for (read, written) in frame.positions_angstrom.iter().zip(&expected) {
                assert!((0..3).all(|x| (read[x] - written[x]).abs() <= tolerance), "{read:?} {written:?}");
            }
        }
        assert!(matches!(reader.read_frame(frames, &mut frame), Err(TrajectoryError::NoSuchFrame { .. })));
    }
}

#[test]
fn frames_come_back_and_the_file_is_complete_after_each() {
    for run in Run::each_format() {
        let mut writer = TrajectoryWriter::create(&run.path, &run.topology, 100.0, false).unwrap();
        for k in 0..4 {
            run.extend(&mut writer, k..k + 1);
            run.assert_holds(k + 1);
        }
    }
}

#[test]
fn an_existing_file_is_kept_unless_overwriting_is_asked_for() {
    for run in Run::each_format() {
        run.write(2);
        let again = TrajectoryWriter::create(&run.path, &run.topology, 100.0, false);
        assert!(matches!(again, Err(TrajectoryError::Exists { .. })));
        run.assert_holds(2);
        let mut writer = TrajectoryWriter::create(&run.path, &run.topology, 100.0, true).unwrap();
        run.extend(&mut writer, 0..1);
        run.assert_holds(1);
    }
}

#[test]
fn a_resumed_file_equals_an_uninterrupted_one_wherever_it_was_cut() {
    for run in Run::each_format() {
        run.write(5);
        let whole = std::fs::read(&run.path).unwrap();
        let mut resumed_at = std::collections::BTreeSet::new();
        // The header of a DCD file goes to disk in one piece before the first frame.
        let first = if run.format == TrajectoryFormat::Dcd { 300 } else { 0 };
        for length in (first..whole.len()).step_by(61) {
            std::fs::write(&run.path, &whole[..length]).unwrap();
            let (mut writer, resumed) =
                TrajectoryWriter::append(&run.path, &run.topology, 100.0, None).unwrap();
            let frames = resumed.frames;
            assert_eq!(frames, writer.frame_count());
            if let Some(last) = resumed.last {
                let expected = positions(run.topology.atom_count(), frames - 1);
                let difference = last.positions_angstrom[7][1] - expected[7][1];
                assert!(difference.abs() <= 1.02 * run.format.rounding_angstrom());
            }
            if frames > 0 {
                run.assert_holds(frames);
            }
            run.extend(&mut writer, frames..5);
            assert_eq!(std::fs::read(&run.path).unwrap(), whole, "{} cut to {length} bytes", run.format);
            resumed_at.insert(frames);
        }
        // The bonds that end a PDB file are longer than a step: cut there, no frame is lost.
        let most = if run.format == TrajectoryFormat::Pdb { 5 } else { 4 };
        assert_eq!(
            resumed_at.into_iter().collect::<Vec<_>>(),
            (0..=most).collect::<Vec<_>>(),
            "{}",
            run.format
        );
    }
}

#[test]
fn frames_beyond_those_to_keep_are_cut_off() {
    for run in Run::each_format() {
        run.write(5);
        for keep in [5, 3, 1, 0] {
            let (writer, resumed) =
                TrajectoryWriter::append(&run.path, &run.topology, 100.0, Some(keep)).unwrap();
            assert_eq!((writer.frame_count(), resumed.frames), (keep, keep));
            if keep > 0 {
                run.assert_holds(keep);
            }
        }
        let too_many = TrajectoryWriter::append(&run.path, &run.topology, 100.0, Some(1));
        assert!(matches!(too_many, Err(TrajectoryError::CannotAppend { .. })), "{too_many:?}");
    }
}

#[test]
fn only_matching_files_are_continued() {
    let other = Arc::new(chain("glycine", [ResidueType::Gly]));
    for run in Run::each_format() {
        run.write(3);
        let append = |topology, interval| {
            TrajectoryWriter::append(&run.path, topology, interval, None).unwrap_err().to_string()
        };
        assert!(append(&other, 100.0).contains("do not belong together"));
        assert!(append(&run.topology, 50.0).contains("100 ps apart"));
        run.assert_holds(3);
    }
}

#[test]
fn bad_frames_are_refused_and_the_others_stay() {
    for run in Run::each_format() {
        let mut writer = TrajectoryWriter::create(&run.path, &run.topology, 100.0, false).unwrap();
        run.extend(&mut writer, 0..2);
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut frame = positions(run.topology.atom_count(), 2);
            frame[3][2] = bad;
            let error = writer.write_frame(&frame, 200.0).unwrap_err();
            assert!(matches!(error, TrajectoryError::NotFinite { frame: 2, atom: 3, .. }), "{error}");
        }
        let short = positions(3, 2);
        assert!(matches!(writer.write_frame(&short, 200.0), Err(TrajectoryError::AtomCount { .. })));
        let mut far = positions(run.topology.atom_count(), 2);
        far[1][0] = -123_456.0;
        let result = writer.write_frame(&far, 200.0);
        assert_eq!(result.is_ok(), run.format == TrajectoryFormat::Dcd, "{result:?}");
        if run.format != TrajectoryFormat::Dcd {
            run.extend(&mut writer, 2..3);
            run.assert_holds(3);
        }
    }
}

#[test]
fn dcd_keeps_the_time_of_a_later_first_frame_and_refuses_uneven_times() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("part.dcd");
    let topology = topology();
    let frame = positions(topology.atom_count(), 0);
    let mut writer = TrajectoryWriter::create(&path, &topology, 200.0, false).unwrap();
    assert!(writer.write_frame(&frame, 100.0).unwrap_err().to_string().contains("use XTC"));
    writer.write_frame(&frame, 1000.0).unwrap();
    assert!(writer.write_frame(&frame, 1100.0).unwrap_err().to_string().contains("expects 1200 ps"));
    writer.write_frame(&frame, 1200.0).unwrap();
    let reader = TrajectoryReader::open(&path).unwrap();
    assert_eq!((reader.time_ps(0), reader.time_ps(1), reader.time_ps(2)), (Some(1000.0), Some(1200.0), None));
}

/// The bytes that the DCD convention prescribes (ARCHITECTURE.md §11), looked up one by one.
#[test]
fn dcd_header_fields() {
    let run = Run::each_format().next().unwrap();
    run.write(3);
    let bytes = std::fs::read(&run.path).unwrap();
    let integer = |at: usize| i32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    assert_eq!((integer(0), &bytes[4..8], integer(88)), (84, &b"CORD"[..], 84));
    let icntrl: Vec<i32> = (0..20).map(|k| integer(8 + 4 * k)).collect();
    let delta = f32::from_bits(icntrl[9] as u32);
    assert!((delta - 2_045.482_9).abs() < 1e-3, "100 ps are 2045.4829 AKMA units, not {delta}");
    assert_eq!(icntrl[..9], [3, 0, 1, 3, 0, 0, 0, 0, 0], "NSET ISTART NSAVC NSTEP … fixed atoms");
    assert_eq!(icntrl[10..], [0, 0, 0, 0, 0, 0, 0, 0, 0, 24], "no cell, no fourth dimension, CHARMM");
    let titles = integer(96) as usize;
    assert_eq!(integer(92) as usize, 4 + 80 * titles);
    assert!(bytes[100..100 + 80 * titles].iter().all(|b| (0x20..0x7f).contains(b)));
    let after_titles = 100 + 80 * titles;
    assert_eq!(integer(after_titles), integer(92));
    let atoms = run.topology.atom_count();
    assert_eq!(integer(after_titles + 8) as usize, atoms);
    assert_eq!(bytes.len(), after_titles + 16 + 3 * 3 * (4 * atoms + 8));
}

#[test]
fn damaged_files_give_errors_and_never_panics() {
    let noise = Noise::new(4321, Stream::Testing);
    let mut words = (0..).map(|at| noise.word(at));
    for run in Run::each_format() {
        run.write(3);
        let good = std::fs::read(&run.path).unwrap();
        for _ in 0..400 {
            let state = words.next().unwrap();
            let mut bytes = good.clone();
            // Mostly in the headers, where lengths and counts are.
            let range = if state & 64 == 0 { bytes.len() } else { bytes.len().min(300) };
            let at = (state >> 33) as usize % range;
            bytes[at] ^= 1 << (state & 7);
            std::fs::write(&run.path, &bytes).unwrap();
            read_all(&run.path);
        }
        for text in ["", "\n", "just some words\n", "\u{feff}"] {
            std::fs::write(&run.path, text).unwrap();
            assert!(TrajectoryReader::open(&run.path).is_err());
        }
    }
}

fn read_all(path: &Path) {
    if let Ok(mut reader) = TrajectoryReader::open(path) {
        let mut frame = Frame::default();
        for k in 0..reader.frame_count() {
            let _ = reader.read_frame(k, &mut frame);
        }
    }
}

#[test]
fn a_plain_structure_file_is_a_trajectory_of_one_frame_without_time() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("one.pdb");
    let topology = topology();
    let expected = positions(topology.atom_count(), 0);
    crate::structure::write_pdb(&topology, &expected, std::fs::File::create(&path).unwrap()).unwrap();
    let mut reader = TrajectoryReader::open(&path).unwrap();
    assert_eq!((reader.frame_count(), reader.tail_bytes()), (1, 0));
    assert_eq!((reader.time_ps(0), reader.interval_ps()), (None, None));
    let mut frame = Frame::default();
    reader.read_frame(0, &mut frame).unwrap();
    assert!((frame.positions_angstrom[5][1] - expected[5][1]).abs() < 0.0006);
    let refused = TrajectoryWriter::append(&path, &topology, 100.0, None).unwrap_err().to_string();
    assert!(refused.contains("not written by EquiJump"), "{refused}");
}

/// A frame that claims two billion atoms in 16 bytes asks for no memory to hold them.
#[test]
fn an_impossible_number_of_atoms_in_xtc_is_refused_before_it_is_believed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("claim.xtc");
    let mut bytes = Vec::new();
    let claimed = i32::MAX;
    bytes.extend([1995, claimed, 0, 0].into_iter().flat_map(i32::to_be_bytes));
    bytes.extend([0u8; 36]); // cell
    bytes.extend(claimed.to_be_bytes());
    bytes.extend(1000.0f32.to_be_bytes());
    bytes.extend([0, 0, 0, 0, 0, 0, 9, 16].into_iter().flat_map(i32::to_be_bytes));
    bytes.extend([0u8; 16]);
    std::fs::write(&path, bytes).unwrap();
    let error = TrajectoryReader::open(&path).unwrap_err().to_string();
    assert!(error.contains("2147483647 atoms cannot take 16 bytes"), "{error}");
}
