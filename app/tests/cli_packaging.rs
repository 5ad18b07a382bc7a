//! What a package puts on a machine: completions, manual pages, the desktop entry and what it refers to.

#![allow(clippy::unwrap_used, clippy::panic)]

mod cli_common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use cli_common::{Workplace, finish};

fn of_app(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn output(arguments: &[&str]) -> String {
    let (code, stdout, stderr) = finish(&mut Workplace::new().command(arguments));
    assert_eq!(code, Some(0), "{arguments:?}: {stderr}");
    stdout
}

#[test]
fn every_shell_gets_a_script_that_knows_the_subcommands_and_flags() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = output(&["completions", shell]);
        for word in ["simulate", "evaluate", "latent-steps", "max-hours"] {
            assert!(script.contains(word), "{shell}: no {word}");
        }
    }
    let (code, _, stderr) = finish(&mut Workplace::new().command(&["completions", "tcsh"]));
    assert_eq!(code, Some(2));
    assert!(stderr.contains("bash"), "{stderr}");
}

/// Bash itself completes with the script, where it is there.
#[test]
fn bash_completes_with_the_script() {
    if Command::new("bash").arg("--version").output().is_err() {
        equijump_tests::skip("bash is not there; install it");
        return;
    }
    let workplace = Workplace::new();
    std::fs::write(workplace.path("script"), output(&["completions", "bash"])).unwrap();
    let ask = "source ./script; COMP_WORDS=(equijump sim); COMP_CWORD=1; _equijump equijump sim equijump; \
        printf '%s\\n' \"${COMPREPLY[@]}\"";
    let mut bash = Command::new("bash");
    let (code, stdout, stderr) =
        finish(bash.args(["--norc", "-c", ask]).current_dir(workplace.folder.path()));
    assert_eq!((code, stdout.trim()), (Some(0), "simulate"), "{stderr}");
}

#[test]
fn manual_pages_are_written_for_the_program_and_each_subcommand() {
    let page = output(&["man"]);
    assert!(page.contains(".TH equijump 1") || page.contains(".TH EQUIJUMP 1"), "{page}");
    assert!(page.contains("75 out of time"), "the exit codes are told");
    let workplace = Workplace::new();
    let (code, _, stderr) = finish(&mut workplace.command(&["man", "--out", "pages"]));
    assert_eq!(code, Some(0), "{stderr}");
    for name in ["equijump", "equijump-simulate", "equijump-train", "equijump-completions"] {
        let text = std::fs::read_to_string(workplace.path(&format!("pages/{name}.1"))).unwrap();
        assert!(text.contains(".SH NAME"), "{name}");
    }
    assert!(!workplace.path("pages/equijump-man.1").exists(), "what is hidden stays hidden");
}

/// Keys of the group `[Desktop Entry]`.
fn desktop_entry() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(of_app("packaging/equijump.desktop")).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("[Desktop Entry]"));
    lines
        .map(|line| {
            let (key, value) = line.split_once('=').unwrap_or_else(|| panic!("{line} is no entry"));
            (key.to_owned(), value.to_owned())
        })
        .collect()
}

#[test]
fn the_desktop_entry_starts_the_program_with_files_of_types_that_are_declared() {
    let entry = desktop_entry();
    assert_eq!(entry["Type"], "Application");
    let words: Vec<&str> = entry["Exec"].split(' ').collect();
    assert_eq!(words, ["equijump", "open", "%f"]);
    assert!(output(&["open", "--help"]).contains("[FILE]"), "the program takes the file");
    let (code, _, stderr) = finish(&mut Workplace::new().command(&["open", "missing.pdb"]));
    assert!(code == Some(1) && stderr.contains("no file missing.pdb"), "{stderr}");
    let types: Vec<&str> = entry["MimeType"].split_terminator(';').collect();
    let declared = std::fs::read_to_string(of_app("packaging/equijump.xml")).unwrap();
    assert_eq!(declared.matches("<mime-type ").count(), types.len());
    for of in types {
        assert!(declared.contains(&format!("<mime-type type=\"{of}\">")), "{of} is not declared");
    }
    for ending in ["pdb", "cif", "dcd", "xtc", "equijump"] {
        assert!(declared.contains(&format!("pattern=\"*.{ending}\"")), "{ending}");
    }
    // The window tells the desktop the same name, so that it finds the icon.
    assert_eq!((entry["Icon"].as_str(), entry["StartupWMClass"].as_str()), ("equijump", "equijump"));
    assert!(of_app("../assets/icons/equijump.png").is_file());
    if Command::new("desktop-file-validate").arg("--version").output().is_ok() {
        let mut validate = Command::new("desktop-file-validate");
        let (code, stdout, stderr) = finish(validate.arg(of_app("packaging/equijump.desktop")));
        assert_eq!(code, Some(0), "{stdout}{stderr}");
    }
}

#[test]
fn what_the_debian_package_takes_from_the_sources_is_there() {
    let manifest = std::fs::read_to_string(of_app("Cargo.toml")).unwrap();
    let (_, package) = manifest.split_once("[package.metadata.deb]").unwrap();
    let assets = package.lines().filter_map(|line| line.trim().strip_prefix("[\"")?.split_once('"'));
    let sources: Vec<&str> = assets.map(|(source, _)| source).collect();
    assert!(sources.len() >= 9, "{sources:?}");
    for source in sources.iter().filter(|source| !source.contains("target/")) {
        let path = of_app(source.trim_end_matches("/*"));
        assert!(path.exists(), "{} is not there", path.display());
    }
    // What the script makes.
    let script = std::fs::read_to_string(of_app("packaging/package.sh")).unwrap();
    for made in sources.iter().filter_map(|source| source.strip_prefix("../target/package/")) {
        assert!(script.contains(&made.replace("/*.1", "")), "{made} is not made by package.sh");
    }
}

/// `appimage.sh` with a stand-in for appimagetool, or without any.
fn lay_out(tool: bool) -> (Workplace, String) {
    let workplace = Workplace::new();
    let tools = workplace.path("tools");
    std::fs::create_dir(&tools).unwrap();
    if tool {
        let script = "#!/bin/sh\ntest -x \"$1/AppRun\" && echo \"made of $1 for $ARCH\" > \"$2\"\n";
        std::fs::write(tools.join("appimagetool"), script).unwrap();
        let chmod = Command::new("chmod").arg("+x").arg(tools.join("appimagetool")).status();
        assert!(chmod.unwrap().success());
    }
    let path = format!("{}:/usr/bin:/bin", tools.display());
    let mut script = Command::new("bash");
    script.arg(of_app("packaging/appimage.sh")).arg(env!("CARGO_BIN_EXE_equijump")).arg("out");
    let (code, _, stderr) = finish(script.env("PATH", path).current_dir(workplace.folder.path()));
    assert_eq!(code, Some(0), "{stderr}");
    (workplace, stderr)
}

fn image(workplace: &Workplace) -> Option<PathBuf> {
    let files = std::fs::read_dir(workplace.path("out")).unwrap();
    files.map(|file| file.unwrap().path()).find(|path| path.extension() == Some("AppImage".as_ref()))
}

#[test]
fn the_folder_of_the_appimage_starts_the_program_and_lacks_nothing() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let (workplace, stderr) = lay_out(false);
    let folder = workplace.path("out/EquiJump.AppDir");
    let (code, stdout, _) = finish(Command::new(folder.join("AppRun")).arg("--version"));
    assert!(code == Some(0) && stdout.starts_with("equijump "), "{stdout}");
    // What appimagetool asks for: one desktop entry and its icon beside AppRun.
    let name = desktop_entry()["Icon"].clone();
    for file in ["equijump.desktop", &format!("{name}.png"), ".DirIcon", "usr/bin/equijump"] {
        assert!(folder.join(file).is_file(), "{file}");
    }
    assert_eq!(stderr.contains("no appimagetool"), image(&workplace).is_none(), "{stderr}");

    let (workplace, _) = lay_out(true);
    let made = std::fs::read_to_string(image(&workplace).unwrap()).unwrap();
    assert!(made.contains("EquiJump.AppDir for "), "{made}");
}
