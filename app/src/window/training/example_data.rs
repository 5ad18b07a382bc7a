//! Molecular dynamics that comes with the program, to train on at once: folders `NAME/top.pdb` with `NAME/traj_*.xtc`.

use std::path::{Path, PathBuf};

use equijump_engine::session::ImportRequest;

use crate::window::typed_paths::expand;

/// What the systems are. The folders are called after it: `pep_k01` is a peptide, `fa01` a fragment of a protein.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExampleKind {
    /// Whole proteins.
    Proteins,
    /// Fragments of proteins.
    Fragments,
    /// Short peptides.
    Peptides,
}

impl ExampleKind {
    /// All, in the order of their size.
    pub const ALL: [Self; 3] = [Self::Proteins, Self::Fragments, Self::Peptides];

    fn of(name: &str) -> Self {
        let letters = name.chars().take_while(char::is_ascii_alphabetic).count();
        let numbered = name.len() > letters && name.chars().skip(letters).all(|c| c.is_ascii_digit());
        match name.as_bytes().first() {
            _ if name.starts_with("pep_") => Self::Peptides,
            Some(b'f') if numbered && letters == 2 => Self::Fragments,
            _ => Self::Proteins,
        }
    }

    /// Their name in the plural.
    pub fn name(self) -> &'static str {
        match self {
            Self::Proteins => "Proteins",
            Self::Fragments => "Fragments",
            Self::Peptides => "Peptides",
        }
    }
}

/// The only system whose trajectories are a sample of equilibrium, and the time it takes to get there, ps: so says the
/// data's README.
const IN_EQUILIBRIUM: (&str, f64) = ("chignolin", 200.0);

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

impl ExampleData {
    /// What it is.
    pub fn kind(&self) -> ExampleKind {
        ExampleKind::of(&self.name)
    }

    /// Where its store goes.
    pub fn store(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.store.safetensors", self.name))
    }

    /// How it is imported.
    pub fn request(&self, folder: &Path) -> ImportRequest {
        let (name, equilibration_ps) = IN_EQUILIBRIUM;
        let in_equilibrium = self.name == name;
        ImportRequest {
            topology: self.topology.clone(),
            trajectories: self.trajectories.clone(),
            output: self.store(folder),
            in_equilibrium,
            skip_ps: if in_equilibrium { equilibration_ps } else { 0.0 },
            ..ImportRequest::default()
        }
    }
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
    fn systems_are_grouped_by_the_names_of_their_folders() {
        let of = |names: &[&str]| names.iter().map(|name| ExampleKind::of(name)).collect::<Vec<_>>();
        assert_eq!(of(&["fa01", "fb05"]), [ExampleKind::Fragments; 2]);
        assert_eq!(of(&["pep_k01", "pep_fc07"]), [ExampleKind::Peptides; 2]);
        assert_eq!(of(&["a3d", "chignolin_gpu", "nat_1ubq", "ntl9", "fyn"]), [ExampleKind::Proteins; 5]);
        let shipped = shipped();
        let count = |kind| shipped.iter().filter(|example| example.kind() == kind).count();
        // As the README of the data groups them.
        let [proteins, fragments, peptides] = ExampleKind::ALL.map(count);
        assert!((12..100).contains(&proteins) && (8..30).contains(&fragments) && peptides >= 133);
    }

    #[test]
    fn only_what_is_in_equilibrium_is_imported_as_such() {
        let example = |name: &str| ExampleData {
            name: name.into(),
            topology: "top.pdb".into(),
            trajectories: vec!["traj_01.xtc".into()],
        };
        let request = |name: &str| example(name).request(Path::new("stores"));
        let (chignolin, villin) = (request("chignolin"), request("villin"));
        assert!(chignolin.in_equilibrium && chignolin.skip_ps == 200.0);
        assert!(!villin.in_equilibrium && villin.skip_ps == 0.0);
        assert_eq!(villin.output, Path::new("stores").join("villin.store.safetensors"));
    }

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
