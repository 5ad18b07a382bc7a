//! Files damaged at random: every reader answers with contents or with one sentence, and none panics.
//!
//! What reads them, and what is damaged, is shared with the targets of `cargo fuzz` (`tests/fuzz`).
//! `EQUIJUMP_FUZZ=SECONDS` damages each file for so long, starting with `EQUIJUMP_FUZZ_SEED`.

#[path = "../fuzz/src/lib.rs"]
#[allow(dead_code)]
mod targets;

use equijump_tests::damage::check;
use targets::{resealed, seeds};

fn check_all(name: &str, files: Vec<Vec<u8>>, read: fn(&[u8]) -> Vec<String>) {
    for (number, whole) in files.iter().enumerate() {
        check(&format!("{name}-{number}"), whole, read);
    }
}

/// As it is, and with its checksum made right: the former tests the checksum, the latter what is behind it.
fn check_sealed(name: &str, files: Vec<Vec<u8>>, read: fn(&[u8]) -> Vec<String>) {
    for (number, whole) in files.iter().enumerate() {
        check(&format!("{name}-{number}"), whole, read);
        check(&format!("{name}-{number}-resealed"), whole, |bytes| read(&resealed(bytes.to_vec())));
    }
}

#[test]
fn structures_as_pdb() {
    check_all("pdb", seeds::pdb(), targets::pdb);
    check_all("pdb-packed", seeds::pdb_packed(), targets::pdb_packed);
}

#[test]
fn structures_as_mmcif() {
    check_all("mmcif", seeds::mmcif(), targets::mmcif);
    check_all("mmcif-packed", seeds::mmcif_packed(), targets::mmcif_packed);
}

#[test]
fn structures_as_gro() {
    check_all("gro", seeds::gro(), targets::gro);
}

#[test]
fn crystals() {
    check_all("crystal", seeds::crystal(), targets::crystal);
}

#[test]
fn trajectories_as_dcd() {
    check_all("dcd", seeds::dcd(), targets::dcd);
}

#[test]
fn trajectories_as_xtc() {
    check_all("xtc", seeds::xtc(), targets::xtc);
}

#[test]
fn trajectories_as_pdb() {
    check_all("models", seeds::models(), targets::models);
}

#[test]
fn trajectories_on_their_way_into_a_store() {
    check("import-dcd", &seeds::trajectory("dcd"), targets::import_dcd);
    check("import-xtc", &seeds::trajectory("xtc"), targets::import_xtc);
    check("import-pdb", &seeds::trajectory("pdb"), targets::import_pdb);
}

#[test]
fn stores() {
    check_sealed("store", seeds::store(), targets::store);
}

#[test]
fn models() {
    check_sealed("model", seeds::model(), targets::model);
}

#[test]
fn checkpoints() {
    check_sealed("checkpoint", seeds::checkpoint(), targets::checkpoint);
}

#[test]
fn states_of_runs() {
    check_sealed("run-state", seeds::run_state(), targets::run_state);
}

#[test]
fn descriptions_of_runs() {
    check_all("run-description", seeds::run_description(), targets::run_description);
}

#[test]
fn descriptions_of_comparisons() {
    check_all("config", seeds::config(), targets::config);
}

#[test]
fn presets() {
    check_all("presets", seeds::presets(), targets::presets);
}

#[test]
fn references() {
    check_all("reference", seeds::reference(), targets::reference);
}

#[test]
fn folders_of_trainings() {
    check_all("training-run", seeds::training_run(), targets::training_run);
}

#[test]
fn selections_of_atoms() {
    check_all("selection", seeds::selection(), targets::selection);
}

#[test]
fn names_of_coordinates() {
    check_all("coordinates", seeds::coordinates(), targets::coordinates);
}
