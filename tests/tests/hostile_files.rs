//! Files that claim more than they hold, that have no end, or that were made to do harm: each is refused at once, with
//! one sentence, and takes no memory for what it claims.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use equijump_engine::network::Model;
use equijump_engine::structure::{ReadOptions, read_structure, read_topology_map};
use equijump_engine::trajectory::{Frame, TrajectoryReader, describe};
use flate2::Compression;
use flate2::write::GzEncoder;

fn structure_refusal(path: &Path) -> String {
    read_structure(path, &ReadOptions::default()).expect_err("this must be refused").to_string()
}

fn trajectory_refusal(path: &Path) -> String {
    TrajectoryReader::open(path).expect_err("this must be refused").to_string()
}

/// One XTC frame header: so many atoms in so many bytes.
fn xtc_header(atoms: i32, small_index: i32, payload: i32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut put = |number: i32| bytes.extend(number.to_be_bytes());
    put(1995);
    put(atoms);
    (0..11).for_each(|_| put(0));
    put(atoms);
    put(1000f32.to_bits() as i32);
    [0, 0, 0, 9, 9, 9, small_index, payload].into_iter().for_each(&mut put);
    bytes
}

fn dcd_header(atoms: i32) -> Vec<u8> {
    let mut control = [0i32; 20];
    control[2] = 1;
    control[19] = 24;
    let mut bytes = 84i32.to_le_bytes().to_vec();
    bytes.extend(b"CORD");
    control.iter().for_each(|number| bytes.extend(number.to_le_bytes()));
    for number in [84, 4, 0, 4, 4, atoms, 4] {
        bytes.extend(i32::to_le_bytes(number));
    }
    bytes
}

fn sparse(path: &Path, head: &[u8], length: u64) {
    let mut file = File::create(path).unwrap();
    file.write_all(head).unwrap();
    file.set_len(length).unwrap();
}

#[test]
fn counts_in_headers_are_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let xtc = folder.path().join("a.xtc");
    // 500 million atoms in 80 MB, as one bit each.
    sparse(&xtc, &xtc_header(500_000_000, 9, 79_000_000), 80 << 20);
    let sentence = trajectory_refusal(&xtc);
    assert!(sentence.contains("500000000 atoms cannot take"), "{sentence}");
    // 200 bytes that claim 2 GB: a frame that was cut off.
    let mut bytes = xtc_header(200_000_000, 9, 2_000_000_000);
    bytes.resize(200, 0);
    std::fs::write(&xtc, bytes).unwrap();
    assert_eq!(TrajectoryReader::open(&xtc).unwrap().frame_count(), 0);
    // Atoms that the file has room for, and no positions.
    sparse(&xtc, &xtc_header(70_000_000, 0, 79_000_000), 80 << 20);
    let mut reader = TrajectoryReader::open(&xtc).unwrap();
    let mut frame = Frame::default();
    assert!(reader.read_frame(0, &mut frame).is_err());
    assert!(frame.positions_angstrom.capacity() < 10_000_000, "{}", frame.positions_angstrom.capacity());

    let dcd = folder.path().join("a.dcd");
    let mut bytes = dcd_header(i32::MAX);
    bytes.resize(200, 0);
    std::fs::write(&dcd, bytes).unwrap();
    assert_eq!(TrajectoryReader::open(&dcd).unwrap().frame_count(), 0);
    // Four gigabytes that take no room on the disk, as frames of one atom.
    sparse(&dcd, &dcd_header(1), 4 << 30);
    assert!(trajectory_refusal(&dcd).contains("records are not as long as its header says"));

    let gro = folder.path().join("a.gro");
    std::fs::write(&gro, "Title\n 900000000000\n    1TYR      N    1   2.582   2.167   1.024\n").unwrap();
    assert!(structure_refusal(&gro).contains("tells of 900000000000 atoms, and after 1 of them comes none"));
}

#[test]
fn a_model_that_takes_no_room_on_the_disk_takes_none_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let numbers = 25_000_000_000u64;
    let header = serde_json::json!({
        "__metadata__": {"format": "equijump-model-1", "config": "{}", "card": "{}"},
        "weights": {"dtype": "F32", "shape": [numbers], "data_offsets": [0, 4 * numbers]},
    })
    .to_string();
    let mut head = (header.len() as u64).to_le_bytes().to_vec();
    head.extend(header.bytes());
    sparse(&path, &head, head.len() as u64 + 4 * numbers);
    for refusal in [Model::load(&path).err().unwrap().to_string(), describe(&path).unwrap_err().to_string()] {
        assert!(refusal.contains("far too large"), "{refusal}");
    }
}

/// As many lines, a multiple of 10 000, as equal gzip members one after the other: packed once, written many times.
fn bomb(path: &Path, line: &[u8], lines: usize) {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&line.repeat(10_000)).unwrap();
    let member = encoder.finish().unwrap();
    std::fs::write(path, member.repeat(lines / 10_000)).unwrap();
}

#[test]
fn what_unpacks_to_a_hundred_times_its_size_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let atom = b"ATOM      1  N   GLY A   1      11.104  -6.134 -16.504  1.00  0.00           N  \n";
    // Atoms come in lines; zeros are one line without an end.
    for (name, line, why) in
        [("atoms.pdb.gz", &atom[..], "unpacks to more than"), ("zeros.pdb.gz", &[0u8; 80][..], "no text")]
    {
        let path = folder.path().join(name);
        bomb(&path, line, 1_000_000);
        assert!(std::fs::metadata(&path).unwrap().len() < 1 << 19);
        let sentence = structure_refusal(&path);
        assert!(sentence.contains("unpack to more than a hundred times their size"), "{sentence}");
        let sentence = trajectory_refusal(&path);
        assert!(sentence.contains(why), "{sentence}");
    }
    // Just as many zeros that were not packed.
    let path = folder.path().join("zeros.pdb");
    sparse(&path, b"", 1 << 40);
    assert!(trajectory_refusal(&path).contains("no text"));
    assert!(structure_refusal(&path).contains("larger than 512 MiB"));
}

#[test]
fn a_hundred_thousand_loose_residues_are_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loose.pdb");
    let atom = "ATOM      1  N   GLY A   1      11.104  -6.134 -16.504  1.00  0.00           N  \n";
    std::fs::write(&path, atom.repeat(100_000)).unwrap();
    assert!(structure_refusal(&path).contains("backbone atoms are missing"));
    // Pieces of two residues in turn, so that each seems to go on.
    let line = |place: usize| {
        let (residue, name) = (place % 2 + 1, char::from(b'A' + (place % 26) as u8));
        let digits = place % 1000;
        format!("ATOM      1 {name}{digits:03} GLY A   {residue}      11.104  -6.134 -16.504  1.00  0.00\n")
    };
    std::fs::write(&path, (0..100_000).map(line).collect::<String>()).unwrap();
    structure_refusal(&path);
}

#[cfg(unix)]
#[test]
fn pipes_and_devices_are_refused_and_nothing_waits_for_them() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.pdb");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let named = |name: &str| -> PathBuf {
        let path = folder.path().join(name);
        std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
        path
    };
    let mut paths = vec![pipe];
    paths.extend(["zero.pdb", "zero.dcd", "zero.xtc", "zero.safetensors"].map(named));
    for path in paths {
        let sentences = [
            structure_refusal(&path),
            read_topology_map(&path).unwrap_err().to_string(),
            Model::load(&path).err().unwrap().to_string(),
            describe(&path).unwrap_err().to_string(),
        ];
        for sentence in sentences {
            assert!(sentence.contains("no regular file"), "{sentence}");
        }
        if path.extension().is_some_and(|e| e != "safetensors") {
            assert!(trajectory_refusal(&path).contains("no regular file"));
        }
    }
}

/// A trajectory is open for minutes or days, and files are replaced meanwhile.
#[test]
fn a_trajectory_that_changes_while_it_is_read_is_an_error_and_no_frame() {
    let folder = tempfile::tempdir().unwrap();
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cases");
    for name in ["lammps-1.dcd", "f32time-1.xtc", "models-2.pdb"] {
        let bytes = std::fs::read(cases.join(name)).unwrap();
        let path = folder.path().join(name);
        let replacements: [(&str, Vec<u8>); 3] = [
            ("emptied", Vec::new()),
            ("zeros", vec![0; bytes.len()]),
            ("cut", bytes[..bytes.len() / 4].to_vec()),
        ];
        for (how, replacement) in replacements {
            std::fs::write(&path, &bytes).unwrap();
            let mut reader = TrajectoryReader::open(&path).unwrap();
            let last = reader.frame_count() - 1;
            let mut frame = Frame::default();
            reader.read_frame(last, &mut frame).unwrap();
            std::fs::write(&path, replacement).unwrap();
            let refusal = reader.read_frame(last, &mut frame).unwrap_err().to_string();
            let shortened = how != "zeros" && !name.ends_with(".pdb");
            assert!(
                !shortened || refusal.contains("another program shortened it"),
                "{name} {how}: {refusal}"
            );
        }
    }
}
