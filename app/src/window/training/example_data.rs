//! Molecular dynamics that comes with the program, to train on at once: folders `NAME/top.pdb` with `NAME/traj_*.xtc`.

use std::path::{Path, PathBuf};

use crate::window::typed_paths::expand;

/// Trajectories of one protein.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExampleData {
    /// Name of the folder.
    pub name: String,
    /// Atoms of the trajectories.
    pub topology: PathBuf,
    /// Trajectories, sorted.
    pub trajectories: Vec<PathBuf>,
}

/// What comes with the program: beside it, as installed packages have it, or in the sources that it was built from.
pub fn shipped() -> Vec<ExampleData> {
    let program = std::env::current_exe().ok();
    let beside = program.as_deref().and_then(Path::parent);
    let places = [
        beside.map(|folder| folder.join("md")),
        beside.map(|folder| folder.join("../share/equijump/md")),
        Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/md")),
    ];
    let found = places.into_iter().flatten().map(|place| in_folder(&place));
    found.into_iter().find(|found| !found.is_empty()).unwrap_or_default()
}

/// Example data in a folder, by name.
pub fn in_folder(place: &Path) -> Vec<ExampleData> {
    let Ok(entries) = std::fs::read_dir(place) else { return Vec::new() };
    let mut found: Vec<ExampleData> = entries
        .filter_map(|entry| {
            let folder = entry.ok()?.path();
            let topology = folder.join("top.pdb");
            let trajectories = expand(&folder.join("traj_*.xtc").display().to_string(), &["xtc"]).ok()?;
            let name = folder.file_name()?.to_string_lossy().into_owned();
            topology.is_file().then_some(ExampleData { name, topology, trajectories })
        })
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn whole_folders_are_found_and_others_are_not() {
        let place = tempfile::tempdir().unwrap();
        for (folder, file) in [
            ("villin", "top.pdb"),
            ("villin", "traj_2.xtc"),
            ("villin", "traj_1.xtc"),
            ("no-topology", "traj_1.xtc"),
            ("no-frames", "top.pdb"),
        ] {
            std::fs::create_dir_all(place.path().join(folder)).unwrap();
            std::fs::write(place.path().join(folder).join(file), "").unwrap();
        }
        let found = in_folder(place.path());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].name, "villin");
        assert!(found[0].trajectories[0].ends_with("traj_1.xtc") && found[0].trajectories.len() == 2);
        assert!(in_folder(&place.path().join("nowhere")).is_empty());
    }
}
