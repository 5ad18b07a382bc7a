//! `mpirun equijump train`: two processes of a real MPI against one. What ranks do with each other is tested without MPI
//! in `engine/src/training/ranks_tests.rs`. Needs the feature `mpi`.

#![allow(clippy::unwrap_used, clippy::panic)]

mod cli_common;

use std::process::Command;

use cli_common::{Workplace, finish, write_conformations};
use equijump_engine::training::EarlierRun;

/// A workplace with a store, where there is `mpirun`.
fn with_store() -> Option<Workplace> {
    if Command::new("mpirun").arg("--version").output().is_err() {
        equijump_tests::skip("mpirun is not there; install openmpi-bin");
        return None;
    }
    let workplace = Workplace::new();
    write_conformations(&workplace, "top.pdb", 0, 1);
    for k in 0..2 {
        write_conformations(&workplace, &format!("md{k}.dcd"), 11 * k, 30);
    }
    let import = ["import", "--topology", "top.pdb", "--out", "md.store", "md0.dcd", "md1.dcd"];
    let (code, _, stderr) = finish(&mut workplace.command(&import));
    assert_eq!(code, Some(0), "{stderr}");
    Some(workplace)
}

/// The training `arguments` on two ranks, also as root and on a machine with one core.
fn on_two_ranks(workplace: &Workplace, arguments: &[&str]) -> (Option<i32>, String, String) {
    let one = workplace.command(arguments);
    let mut command = Command::new("mpirun");
    command.args(["-n", "2"]).arg(one.get_program()).args(one.get_args());
    command.current_dir(workplace.folder.path());
    for (name, value) in one.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    for name in
        ["OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "OMPI_MCA_rmaps_base_oversubscribe"]
    {
        command.env(name, "1");
    }
    command.env("OMPI_MCA_hwloc_base_binding_policy", "none");
    finish(&mut command)
}

fn training<'a>(out: &'a str, steps: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["train", "md.store", "--out", out, "--steps", steps, "--multiplicity", "4"];
    arguments.extend(["--conditioner-layers", "1", "--header-layers", "1", "--pairs", "uniform"]);
    arguments.extend(["--batch-size", "5", "--threads", "1", "--validate-every", "4"]);
    arguments.extend(more);
    arguments
}

#[test]
fn two_ranks_of_mpi_train_as_one_process_does() {
    let Some(workplace) = with_store() else { return };
    let (code, _, stderr) = finish(&mut workplace.command(&training("one", "20", &[])));
    assert_eq!(code, Some(0), "{stderr}");
    let (code, stdout, stderr) = on_two_ranks(&workplace, &training("two", "20", &[]));
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(stdout.matches("two: 20 steps").count(), 1, "one rank talks: {stdout}");
    assert_eq!(stderr.matches("2 ranks train one model").count(), 1, "{stderr}");

    let [one, two] = ["one", "two"].map(|run| EarlierRun::load(&workplace.path(run)).unwrap());
    assert_eq!((one.step, two.step, two.log.len()), (20, 20, one.log.len()));
    assert!(one.log.len() >= 5, "{:?}", one.log);
    for (own, expected) in two.log.iter().zip(&one.log) {
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-3 * b.abs();
        assert!(close(own.losses.total, expected.losses.total), "{own:?} and {expected:?}");
        assert!(close(own.gradient_norm, expected.gradient_norm), "{own:?} and {expected:?}");
        let validations = [own.validation, expected.validation].map(|v| v.map_or(0.0, |v| v.total));
        assert!(close(validations[0], validations[1]), "{validations:?}");
    }

    // Its checkpoint goes to one process and back.
    let (code, _, stderr) = finish(&mut workplace.command(&training("two", "22", &["--resume"])));
    assert_eq!(code, Some(0), "{stderr}");
    let (code, stdout, stderr) = on_two_ranks(&workplace, &training("two", "24", &["--resume"]));
    assert!(code == Some(0) && stdout.contains("two: 24 steps"), "{stdout}{stderr}");
}

#[test]
fn an_error_is_told_once_and_the_end_of_the_time_has_its_exit_code() {
    let Some(workplace) = with_store() else { return };
    let mut arguments = training("out", "4", &[]);
    arguments[1] = "nowhere.store";
    let (code, _, stderr) = on_two_ranks(&workplace, &arguments);
    assert_eq!(code, Some(1), "{stderr}");
    assert_eq!(stderr.matches("equijump: ").count(), 1, "{stderr}");
    assert!(stderr.contains("nowhere.store") && !workplace.path("out").exists(), "{stderr}");
    // A few seconds.
    let (code, stdout, stderr) =
        on_two_ranks(&workplace, &training("out", "100000000", &["--max-hours", "0.001"]));
    assert_eq!(code, Some(75), "{stderr}");
    assert_eq!(stdout.matches("out: out of time after ").count(), 1, "{stdout}");
    assert!(EarlierRun::load(&workplace.path("out")).unwrap().step > 0);
}
