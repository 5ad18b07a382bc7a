//! `equijump simulate --imd`: a client of the IMD protocol sees the run, pauses it and ends it.

#![allow(clippy::unwrap_used, clippy::panic)]

mod cli_common;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use cli_common::{Workplace, frames};
use equijump_tests::oracle_python_with;

const GO: i32 = 3;
const KILL: i32 = 5;
const PAUSE: i32 = 7;
const RESUME: i32 = 11;

/// A run that waits for a client, and where that connects to. Standard error is read on, or the run would stand still
/// when nobody takes what it says.
fn start(workplace: &Workplace, arguments: &[&str]) -> (Child, String) {
    let mut command = workplace.simulate(&["--imd", "0", "--imd-wait", "--device", "cpu"]);
    let mut child = command.args(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let address = loop {
        let line = lines.next().unwrap().unwrap();
        if let Some(address) = line.strip_prefix("IMD server at ") {
            break address.to_owned();
        }
    };
    std::thread::spawn(move || lines.for_each(drop));
    (child, address)
}

struct Client(TcpStream);

impl Client {
    fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut client = Self(stream);
        let mut greeting = [0; 23];
        client.0.read_exact(&mut greeting).unwrap();
        assert_eq!(greeting[..8], *b"\0\0\0\x04\x03\0\0\0", "handshake, version 3, little-endian");
        client
    }

    fn send(&mut self, kind: i32, length: i32) {
        self.0.write_all(&[kind.to_be_bytes(), length.to_be_bytes()].concat()).unwrap();
    }

    /// Number, time and positions of the next frame; `None` at the end of the run.
    fn frame(&mut self) -> Option<(i64, f64, Vec<f32>)> {
        let mut head = [0; 8 + 24 + 8];
        self.0.read_exact(&mut head).ok()?;
        assert_eq!(head[..8], *b"\0\0\0\x0c\0\0\0\x01", "time");
        assert_eq!(head[32..36], *b"\0\0\0\x02", "coordinates");
        let time = f64::from_le_bytes(head[16..24].try_into().unwrap());
        let step = i64::from_le_bytes(head[24..32].try_into().unwrap());
        let atoms = i32::from_be_bytes(head[36..40].try_into().unwrap()) as usize;
        let mut body = vec![0; 12 * atoms];
        self.0.read_exact(&mut body).unwrap();
        let positions = body.chunks_exact(4).map(|x| f32::from_le_bytes(x.try_into().unwrap())).collect();
        Some((step, time, positions))
    }
}

#[test]
fn a_client_gets_every_frame_as_the_file_holds_it() {
    let workplace = Workplace::new();
    let (mut run, address) = start(&workplace, &["--frames", "12", "--out", "run.dcd"]);
    let mut client = Client::connect(&address);
    client.send(GO, 0);
    let mut seen = Vec::new();
    while let Some(frame) = client.frame() {
        seen.push(frame);
        if seen.len() == 3 {
            client.send(PAUSE, 0);
            std::thread::sleep(Duration::from_millis(100));
            client.send(RESUME, 0);
        }
    }
    drop(client);
    assert_eq!(run.wait().unwrap().code(), Some(0));
    let made = frames(&workplace.path("run.dcd"));
    assert_eq!((seen.len(), made.len()), (13, 13));
    for (number, ((step, time, positions), made)) in seen.iter().zip(&made).enumerate() {
        assert_eq!((*step, *time), (number as i64, 100.0 * number as f64));
        assert_eq!(*positions, made.positions_angstrom.as_flattened(), "frame {number}, to the last bit");
    }
}

#[test]
fn a_client_can_end_the_run_with_whole_files() {
    let workplace = Workplace::new();
    let (mut run, address) = start(&workplace, &["--frames", "1000000", "--out", "run.dcd"]);
    let mut client = Client::connect(&address);
    client.send(GO, 0);
    while client.frame().unwrap().0 < 3 {}
    client.send(KILL, 0);
    assert_eq!(run.wait().unwrap().code(), Some(0));
    assert!(frames(&workplace.path("run.dcd")).len() > 3);
}

#[test]
fn mdanalysis_streams_a_run() {
    let Some(python) = oracle_python_with("imdclient, MDAnalysis") else { return };
    let workplace = Workplace::new();
    let (mut run, address) = start(&workplace, &["--frames", "20", "--out", "run.dcd"]);
    // The topology is there before the first frame; it is written when the run is prepared.
    let script = r#"
import sys, time, os
import numpy as np
import MDAnalysis
while not os.path.exists("run_topology.pdb"):
    time.sleep(0.05)
universe = MDAnalysis.Universe("run_topology.pdb", "imd://" + sys.argv[1])
seen = [(ts.time, ts.positions.copy()) for ts in universe.trajectory]
written = MDAnalysis.Universe("run_topology.pdb", "run.dcd")
assert len(seen) == 21 == len(written.trajectory), len(seen)
for (t, positions), ts in zip(seen, written.trajectory):
    assert abs(t - 100.0 * ts.frame) < 1e-6
    assert np.array_equal(positions, ts.positions)
print("ok")
"#;
    let output = Command::new(python)
        .args(["-B", "-c", script, &address])
        .current_dir(workplace.folder.path())
        .output()
        .unwrap();
    if !output.status.success() {
        run.kill().unwrap();
        panic!("{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(run.wait().unwrap().code(), Some(0));
}
