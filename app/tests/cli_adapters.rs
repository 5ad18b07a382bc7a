//! `--device gpu:all` on two adapters: Mesa's software driver, listed twice.

#![allow(clippy::unwrap_used, clippy::panic)]

mod cli_common;

use std::path::PathBuf;
use std::process::Command;

use cli_common::{Workplace, finish, frames};

/// The manifest of Mesa's software driver.
fn software_driver() -> Option<PathBuf> {
    let manifests = std::fs::read_dir("/usr/share/vulkan/icd.d").ok()?;
    manifests
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("lvp_icd")))
}

#[test]
fn replicas_dealt_out_over_two_adapters_are_those_of_one() {
    let Some(manifest) = software_driver() else {
        equijump_tests::skip("there is no software Vulkan; install mesa-vulkan-drivers");
        return;
    };
    let workplace = Workplace::new();
    std::fs::copy(&manifest, workplace.path("again.json")).unwrap();
    let twice = std::env::join_paths([&manifest, &workplace.path("again.json")]).unwrap();
    // Older loaders know the older name alone.
    let with_drivers = |mut command: Command| {
        command.env("VK_DRIVER_FILES", &twice).env("VK_ICD_FILENAMES", &twice);
        finish(&mut command)
    };
    let (_, listed, _) = with_drivers(workplace.command(&["info", "--devices"]));
    if listed.matches("software, Vulkan").count() != 2 {
        equijump_tests::skip(
            "the Vulkan loader does not list a driver twice; install libvulkan1 1.3 or newer",
        );
        return;
    }
    for (device, out) in [("gpu", "one.dcd"), ("gpu:all", "all.dcd")] {
        let arguments = ["--replicas", "5", "--frames", "2", "--seed", "4", "--device", device, "--out", out];
        let (code, stdout, stderr) = with_drivers(workplace.simulate(&arguments));
        assert_eq!(code, Some(0), "{stderr}");
        let told = format!("{stdout}{stderr}");
        assert_eq!(told.contains(" and GPU, llvmpipe"), device == "gpu:all", "{told}");
    }
    for replica in 0..5 {
        let [one, all] =
            ["one", "all"].map(|run| frames(&workplace.path(&format!("{run}_r00{replica}.dcd"))));
        assert_eq!((one.len(), all.len()), (3, 3));
        for (a, b) in one.iter().zip(&all) {
            for (a, b) in a.positions_angstrom.iter().zip(&b.positions_angstrom) {
                assert!((0..3).all(|axis| (a[axis] - b[axis]).abs() < 1e-3), "replica {replica}");
            }
        }
    }
}
