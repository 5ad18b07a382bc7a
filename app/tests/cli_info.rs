//! `equijump info` as a user runs it: chains, and no noise on stderr.
#![allow(clippy::unwrap_used)]

mod cli_common;

use cli_common::{Workplace, finish};

#[test]
fn a_chain_of_several_is_described_where_it_is_named() {
    let workplace = Workplace::new();
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/structures/chignolin.pdb");
    let text = std::fs::read_to_string(source).unwrap();
    let atoms: Vec<&str> = text.lines().filter(|line| line.starts_with("ATOM")).collect();
    // The same molecule once more, aside.
    let moved = |line: &str| {
        let x: f32 = line[30..38].trim().parse().unwrap();
        format!("{}B{}{:8.3}{}", &line[..21], &line[22..30], x + 40.0, &line[38..])
    };
    let one = atoms.iter().map(|line| (*line).to_owned());
    let other = atoms.iter().map(|line| moved(line));
    let both: Vec<String> = one.chain(["TER".to_owned()]).chain(other).collect();
    std::fs::write(workplace.path("two.pdb"), both.join("\n") + "\nEND\n").unwrap();

    let (code, stdout, stderr) = finish(&mut workplace.command(&["info", "two.pdb"]));
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("--chain"), "{stdout}");
    let (code, stdout, stderr) = finish(&mut workplace.command(&["info", "two.pdb", "--chain", "B"]));
    assert_eq!(code, Some(0), "{stderr}");
    assert!(!stdout.contains("--chain") && stdout.contains("YYDPETGTWY"), "{stdout}");
}

#[test]
fn devices_are_listed_without_complaints_where_there_is_no_desktop_session() {
    let workplace = Workplace::new();
    let mut command = workplace.command(&["info", "--devices"]);
    let (code, stdout, stderr) = finish(command.env_remove("XDG_RUNTIME_DIR").env_remove("NODEVICE_SELECT"));
    assert_eq!(code, Some(0));
    assert!(stdout.contains("cpu"), "{stdout}");
    assert!(stderr.is_empty(), "{stderr}");
}
