//! `equijump segment` and `equijump serve`, and WESTPA running them.

#![allow(clippy::unwrap_used, clippy::panic)]

mod cli_common;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use cli_common::{Workplace, finish, frames};
use equijump_tests::oracle_python_with;

fn segment(workplace: &Workplace, arguments: &[&str]) -> Command {
    let mut command = workplace.command(&["segment", "chignolin", "--model", "model.safetensors"]);
    command.args(["--latent-steps", "5", "--coordinate", "rmsd", "--coordinate", "rg"]).args(arguments);
    command.env_remove("WEST_RAND32");
    command
}

/// Rows of numbers.
fn table(text: &str) -> Vec<Vec<f64>> {
    text.lines().map(|line| line.split_whitespace().map(|x| x.parse().unwrap()).collect()).collect()
}

#[test]
fn a_segment_starts_where_its_parent_ended_and_its_seed_is_that_of_westpa() {
    let workplace = Workplace::new();
    let mut parent = segment(&workplace, &["--jumps", "3", "--out", "parent.dcd"]);
    let (code, stdout, stderr) = finish(parent.env("WEST_RAND32", "4000000000"));
    assert_eq!(code, Some(0), "{stderr}");
    let values = table(&stdout);
    assert_eq!((values.len(), values[0].len()), (4, 2));
    assert!(values[0][0].abs() < 1e-4 && values[3][0] > 1e-3, "{values:?}");
    let made = frames(&workplace.path("parent.dcd"));
    assert_eq!(made.len(), 4);

    let (code, stdout, _) = finish(&mut segment(&workplace, &["--jumps", "3", "--seed", "4000000000"]));
    assert_eq!((code, table(&stdout)), (Some(0), values.clone()), "the same seed by its flag");
    let (_, stdout, _) = finish(&mut segment(&workplace, &["--jumps", "3", "--seed", "5"]));
    assert_ne!(table(&stdout), values);

    let child = ["--start", "parent.dcd:3", "--out", "child.dcd", "--pcoord", "child.txt"];
    let (code, stdout, stderr) = finish(&mut segment(&workplace, &child));
    assert_eq!((code, stdout.as_str()), (Some(0), ""), "{stderr}");
    let child = table(&std::fs::read_to_string(workplace.path("child.txt")).unwrap());
    assert_eq!(child[0], values[3], "its first value is its parent's last");
    let start = frames(&workplace.path("child.dcd")).remove(0);
    assert!(start.positions_angstrom == made[3].positions_angstrom, "to the last bit");

    let (_, stdout, _) = finish(&mut segment(&workplace, &["--jumps", "0"]));
    assert_eq!(table(&stdout), [values[0].clone()]);
    let (code, _, stderr) = finish(segment(&workplace, &[]).env("WEST_RAND32", "many"));
    assert!(code == Some(1) && stderr.contains("WEST_RAND32"), "{stderr}");
    let (code, _, stderr) = finish(&mut segment(&workplace, &["--coordinate", "energy"]));
    assert!(code == Some(1) && stderr.contains("no coordinate"), "{stderr}");
    let (code, _, stderr) = finish(&mut segment(&workplace, &["--out", "parent.dcd"]));
    assert!(code == Some(1) && stderr.contains("there already"), "{stderr}");
}

#[test]
fn a_server_answers_each_line_and_outlives_wrong_ones() {
    let workplace = Workplace::new();
    let mut command = workplace.command(&["serve", "--model", "model.safetensors", "--latent-steps", "5"]);
    let mut server = command
        .args(["--device", "cpu"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let two_chains = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/structures/1lmb.pdb.gz");
    let lines = [
        r#"{"id": "a", "structure": "chignolin", "jumps": 2, "seed": 9, "coordinates": ["rmsd", "rg"], "out": "a.dcd"}"#.to_owned(),
        "not json".to_owned(),
        String::new(),
        r#"{"id": 2, "structure": "chignolin", "hops": 2}"#.to_owned(),
        r#"{"id": 3, "structure": "no such file"}"#.to_owned(),
        format!(r#"{{"id": 4, "structure": {:?}}}"#, two_chains),
        r#"{"id": 5, "structure": "chignolin", "start": "a.dcd:7"}"#.to_owned(),
        r#"{"id": 6, "structure": "chignolin", "start_angstrom": [[0, 0, 0]]}"#.to_owned(),
        r#"{"id": 7, "structure": "chignolin", "coordinates": ["energy"]}"#.to_owned(),
        r#"{"id": 8, "structure": "chignolin", "jumps": -1}"#.to_owned(),
        r#"{"id": 9, "structure": "chignolin", "out": "a.dcd"}"#.to_owned(),
        r#"{"id": 10, "structure": "chignolin", "out": "no/such/folder/a.dcd"}"#.to_owned(),
        r#"{"id": "b", "structure": "chignolin", "start": "a.dcd:2", "jumps": 0, "coordinates": ["rmsd", "rg"], "end": true}"#.to_owned(),
        "\u{fffd}\u{0}{".to_owned(),
        r#"{"id": "c", "structure": "chignolin", "jumps": 2, "seed": 9, "coordinates": ["rmsd", "rg"]}"#.to_owned(),
    ];
    let mut stdin = server.stdin.take().unwrap();
    stdin.write_all(lines.join("\n").as_bytes()).unwrap();
    stdin.write_all(b"\n\xff\xfe\n").unwrap();
    drop(stdin);
    let output = server.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kind = |answer: &serde_json::Value| answer["error"]["kind"].as_str().unwrap_or("").to_owned();
    let told: Vec<(String, String)> =
        answers.iter().map(|answer| (answer["id"].to_string(), kind(answer))).collect();
    let expected = [
        ("\"a\"", ""),
        ("null", "json"),
        ("2", "json"),
        ("3", "structure"),
        ("4", "structure"),
        ("5", "start"),
        ("6", "start"),
        ("7", "coordinate"),
        ("8", "json"),
        ("9", "output"),
        ("10", "output"),
        ("\"b\"", ""),
        ("null", "json"),
        ("\"c\"", ""),
        ("null", "json"),
    ];
    let expected = expected.map(|(id, kind)| (id.to_owned(), kind.to_owned()));
    assert_eq!(told, expected, "{text}");
    let [a, b, c] = [0, 11, 13].map(|index| &answers[index]);
    assert_eq!(a["values"].as_array().unwrap().len(), 3);
    assert_eq!(a["values"], c["values"], "the same request, the same jumps, whatever lies between");
    assert_eq!(a["values"][2], b["values"][0]);
    assert_eq!(a["ok"], true);
    assert_eq!(a["units"][0], "Å");
    let end: Vec<[f32; 3]> = serde_json::from_value(b["end_angstrom"].clone()).unwrap();
    let made = frames(&workplace.path("a.dcd"));
    assert!(end == made[2].positions_angstrom, "positions survive JSON to the last bit");
}

/// The example of the real WESTPA, three iterations.
fn run_westpa(configuration: &str) {
    let Some(python) = oracle_python_with("westpa") else { return };
    let workplace = Workplace::new();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/westpa");
    let copied = Command::new("cp").arg("-r").arg(example).arg(workplace.path("westpa")).status().unwrap();
    assert!(copied.success());
    let root = workplace.path("westpa");
    let path = root.join(configuration);
    let settings = std::fs::read_to_string(&path).unwrap();
    assert!(settings.contains("max_total_iterations: 100") && settings.contains("bin_target_counts: 4"));
    let settings = settings.replace("max_total_iterations: 100", "max_total_iterations: 3");
    std::fs::write(&path, settings.replace("bin_target_counts: 4", "bin_target_counts: 2")).unwrap();
    let scripts = Path::new(&python).parent().unwrap().display().to_string();
    let search = std::env::var("PATH").unwrap_or_default();
    for script in ["init.sh", "run.sh"] {
        let output = Command::new("bash")
            .arg(script)
            .current_dir(&root)
            .env("PATH", format!("{scripts}:{search}"))
            .env("PYTHONPATH", ".")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("WEST_CFG", configuration)
            .env_remove("WEST_SIM_ROOT")
            .env("EQUIJUMP", env!("CARGO_BIN_EXE_equijump"))
            .env(
                "EQUIJUMP_FLAGS",
                format!("--latent-steps 5 --model {}", workplace.path("model.safetensors").display()),
            )
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "{script}: {}{}", text(&output.stdout), text(&output.stderr));
    }
    // Weights sum to one, and each segment begins where its parent ended.
    let check = r#"
import h5py, numpy as np
f = h5py.File("west.h5")
done = [i for i in range(1, 4) if np.all(f[f"iterations/iter_{i:08d}/seg_index"]["status"] == 2)]
assert done == [1, 2, 3], done
moved = False
for i in (2, 3):
    segments = f[f"iterations/iter_{i:08d}/seg_index"][:]
    assert abs(segments["weight"].sum() - 1.0) < 1e-9
    here, before = (f[f"iterations/iter_{k:08d}/pcoord"][:] for k in (i, i - 1))
    for segment, parent in enumerate(segments["parent_id"]):
        if parent >= 0:
            assert np.allclose(here[segment, 0], before[parent, -1], atol=1e-3), (i, segment)
    moved |= len(np.unique(np.round(here[:, -1], 4))) > 1
assert moved, "segments with other seeds go other ways"
"#;
    let checked = Command::new(&python).args(["-B", "-c", check]).current_dir(&root).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}

#[test]
fn westpa_runs_a_process_for_each_segment() {
    run_westpa("west.cfg");
}

#[test]
fn westpa_keeps_the_model_loaded() {
    run_westpa("west_serve.cfg");
}
