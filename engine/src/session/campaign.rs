//! Finding the trajectories that a user names by a folder, a pattern or the manifest of a run, and telling what is
//! missing of a run in shards. Nothing is merged: files are read where they lie.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::description::{RunDescription, RunDifference};
use super::shard::ShardRecord;
use crate::brief::printable;
use crate::file_error::FileError;
use crate::regular_file;
use crate::trajectory::extension_of;

/// Larger files are no manifests.
const MOST_MANIFEST_BYTES: u64 = 16 << 20;

/// Trajectories that were found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FoundTrajectories {
    /// The files, in the order in which they were named; those of a folder or pattern by name.
    pub files: Vec<PathBuf>,
    /// What is missing or not finished, in sentences.
    pub notices: Vec<String>,
    /// Names and manifests that were looked at: grows with the files and no faster.
    pub steps: usize,
}

/// Why trajectories were not found.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum CampaignError {
    #[error(
        "{} holds no trajectories (DCD, XTC, or PDB files of a run); folders below it are not looked into",
        folder.display()
    )]
    Empty { folder: PathBuf },
    #[error("{pattern} is no pattern: {reason}")]
    NoPattern { pattern: String, reason: &'static str },
    #[error("there is no file that fits {pattern}")]
    NoMatch { pattern: String },
    #[error(transparent)]
    Folder(#[from] FileError),
    #[error(
        "{name} has shards of different divisions: {} of {} replicas and {} of {}; keep those of one",
        one.0, one.1, other.0, other.1
    )]
    Divisions {
        /// The run, in printable characters.
        name: String,
        one: (u32, u32),
        other: (u32, u32),
    },
    #[error("{} and {} are no shards of one run: of the former, {difference}", one.display(), other.display())]
    OtherRun { one: PathBuf, other: PathBuf, difference: RunDifference },
}

/// The trajectories that `named` means: a folder stands for all trajectories in it (not in folders below it), the JSON
/// file beside a run for those of the run, and a name with `*`, `?` or `[…]` that is no file for all that fit it.
/// Anything else is taken as it is.
///
/// # Errors
/// [`CampaignError`]: a folder or pattern without trajectories, and shards that belong to different runs.
pub fn find_trajectories(named: &[PathBuf]) -> Result<FoundTrajectories, CampaignError> {
    let mut search = Search::default();
    for path in named {
        search.add(path)?;
    }
    search.check_shards()?;
    Ok(search.found)
}

/// A run, or a shard of one, as its manifest tells it.
struct Manifest {
    path: PathBuf,
    run: RunDescription,
    trajectories: Vec<PathBuf>,
    frames: u64,
    finished: bool,
}

#[derive(Default)]
struct Search {
    found: FoundTrajectories,
    known: HashSet<PathBuf>,
    manifests: Vec<Manifest>,
    /// Folders that were looked into, with their files.
    folders: HashMap<PathBuf, Vec<PathBuf>>,
}

/// The path without `./` before it.
fn plain(path: &Path) -> &Path {
    path.strip_prefix(".").ok().filter(|path| !path.as_os_str().is_empty()).unwrap_or(path)
}

/// Files that hold nothing but frames. A PDB file may be a topology; it counts where a manifest names it.
fn is_trajectory(path: &Path) -> bool {
    matches!(extension_of(path).as_str(), "dcd" | "xtc")
}

impl Search {
    fn add(&mut self, path: &Path) -> Result<(), CampaignError> {
        self.found.steps += 1;
        if path.is_dir() {
            return self.add_folder(path);
        }
        if path.exists() {
            return match self.manifest(path) {
                Some(manifest) => {
                    manifest.trajectories.iter().for_each(|file| self.take(file));
                    self.manifests.push(manifest);
                    Ok(())
                }
                None => {
                    self.take(path);
                    Ok(())
                }
            };
        }
        match path.to_str().filter(|text| text.contains(['*', '?', '['])) {
            Some(pattern) => self.add_pattern(pattern),
            // The reader says what is wrong with it.
            None => {
                self.take(path);
                Ok(())
            }
        }
    }

    fn take(&mut self, file: &Path) {
        self.found.steps += 1;
        let file = plain(file);
        if self.known.insert(file.to_owned()) {
            self.found.files.push(file.to_owned());
        }
    }

    fn add_folder(&mut self, folder: &Path) -> Result<(), CampaignError> {
        self.look_into(folder)?;
        let names = self.folders.get(plain(folder)).cloned().unwrap_or_default();
        let mut of_runs = HashSet::new();
        for manifest in names.iter().filter_map(|path| self.manifest(path)) {
            of_runs.extend(manifest.trajectories);
        }
        let mut any = false;
        for path in names.iter().filter(|path| is_trajectory(path) || of_runs.contains(*path)) {
            any = true;
            self.take(path);
        }
        if !any {
            return Err(CampaignError::Empty { folder: folder.to_owned() });
        }
        Ok(())
    }

    fn add_pattern(&mut self, pattern: &str) -> Result<(), CampaignError> {
        let matches = glob::glob(pattern)
            .map_err(|error| CampaignError::NoPattern { pattern: pattern.to_owned(), reason: error.msg })?;
        // In the order of their names.
        let matches: Vec<PathBuf> = matches.filter_map(Result::ok).collect();
        if matches.is_empty() {
            return Err(CampaignError::NoMatch { pattern: pattern.to_owned() });
        }
        for path in matches {
            self.found.steps += 1;
            if path.is_dir() {
                self.add_folder(&path)?;
                continue;
            }
            // What is missing is told by the manifests that lie beside.
            self.look_into(path.parent().unwrap_or(Path::new(".")))?;
            match extension_of(&path).as_str() {
                "json" => {
                    if let Some(manifest) = self.manifest(&path) {
                        manifest.trajectories.iter().for_each(|file| self.take(file));
                        self.manifests.push(manifest);
                    }
                }
                // `run*` fits these as well.
                "state" | "bak" | "lock" => {}
                "pdb"
                    if path.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("_topology")) => {
                }
                _ => self.take(&path),
            }
        }
        Ok(())
    }

    /// Reads the names and the manifests in a folder, once. Hidden files are left out.
    fn look_into(&mut self, folder: &Path) -> Result<(), CampaignError> {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        if self.folders.contains_key(plain(folder)) {
            return Ok(());
        }
        let unreadable = FileError::read(folder);
        let mut names = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(&unreadable)? {
            self.found.steps += 1;
            let entry = entry.map_err(&unreadable)?;
            if !entry.file_name().to_string_lossy().starts_with('.') {
                names.push(plain(&entry.path()).to_owned());
            }
        }
        names.sort();
        for path in &names {
            if extension_of(path) == "json"
                && let Some(manifest) = self.manifest(path)
            {
                self.manifests.push(manifest);
            }
        }
        self.folders.insert(plain(folder).to_owned(), names);
        Ok(())
    }

    /// What a file tells of a run; `None` where it is another one.
    fn manifest(&mut self, path: &Path) -> Option<Manifest> {
        if extension_of(path) != "json" {
            return None;
        }
        self.found.steps += 1;
        let path = plain(path);
        let bytes = regular_file::read(path, MOST_MANIFEST_BYTES).ok()?;
        let value: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
        let run: RunDescription = serde_json::from_value(value["run"].clone()).ok()?;
        // Names, not paths: a manifest leads to nothing outside of its folder.
        let names = value["trajectories"].as_array()?.iter().filter_map(|name| name.as_str());
        let names = names.filter(|name| Path::new(name).file_name().is_some_and(|own| own == *name));
        Some(Manifest {
            run,
            trajectories: names.map(|name| path.with_file_name(name)).collect(),
            frames: value["frames_after_start"].as_u64().unwrap_or(0),
            finished: value["finished"] == true,
            path: path.to_owned(),
        })
    }

    /// Notes what is missing of the runs that files were taken of, and refuses what does not belong together.
    fn check_shards(&mut self) -> Result<(), CampaignError> {
        let mut campaigns: BTreeMap<PathBuf, Vec<(ShardRecord, &Manifest)>> = BTreeMap::new();
        let mut seen = HashSet::new();
        let mut all_lost = HashSet::new();
        for manifest in &self.manifests {
            if !seen.insert(&manifest.path)
                || !manifest.trajectories.iter().any(|file| self.known.contains(file))
            {
                continue;
            }
            self.found.steps += manifest.trajectories.len();
            let name = printable(&manifest.path.display().to_string());
            let lost: Vec<&PathBuf> = manifest.trajectories.iter().filter(|file| !file.exists()).collect();
            if !lost.is_empty() {
                all_lost.extend(lost.iter().copied());
                let lost: Vec<String> = lost
                    .iter()
                    .map(|file| printable(&file.file_name().unwrap_or_default().to_string_lossy()))
                    .collect();
                self.found
                    .notices
                    .push(format!("{name} names trajectories that are not there: {}", lost.join(", ")));
            }
            match (manifest.run.shard, stem_of_campaign(&manifest.path)) {
                (Some(shard), Some(stem)) => campaigns.entry(stem).or_default().push((shard, manifest)),
                _ if !manifest.finished => self
                    .found
                    .notices
                    .push(format!("{name} is of a run that is not finished ({} frames)", manifest.frames)),
                _ => {}
            }
        }
        self.found.files.retain(|file| !all_lost.contains(file));
        for (stem, mut shards) in campaigns {
            shards.sort_by_key(|(shard, _)| shard.index);
            let name = printable(&stem.display().to_string());
            let Some((first, of)) = shards.first().map(|(shard, manifest)| (*shard, *manifest)) else {
                continue;
            };
            let whole = |run: &RunDescription| RunDescription { shard: None, replicas: 0, ..run.clone() };
            let expected = whole(&of.run);
            for (shard, manifest) in &shards {
                if (shard.count, shard.of_replicas) != (first.count, first.of_replicas) {
                    return Err(CampaignError::Divisions {
                        name,
                        one: (first.count, first.of_replicas),
                        other: (shard.count, shard.of_replicas),
                    });
                }
                if let Some(difference) = expected.difference(&whole(&manifest.run)) {
                    return Err(CampaignError::OtherRun {
                        one: of.path.clone(),
                        other: manifest.path.clone(),
                        difference,
                    });
                }
            }
            let there: HashMap<u32, &Manifest> =
                shards.iter().map(|(shard, manifest)| (shard.index, *manifest)).collect();
            self.found.steps += shards.len();
            let (mut missing, mut unfinished) = (Vec::new(), Vec::new());
            // As many as a manifest may claim are not counted through one by one.
            let told = first.count.min(first.of_replicas).min(MOST_SHARDS_TOLD);
            for index in 0..told {
                match there.get(&index) {
                    None => missing.push(index),
                    Some(manifest) if !manifest.finished => unfinished.push(index),
                    Some(_) => {}
                }
            }
            for (what, which) in [("missing", missing), ("not finished", unfinished)] {
                if !which.is_empty() {
                    self.found.notices.push(format!(
                        "of the {} shards of {name}, {} {what}: {}",
                        first.count,
                        which.len(),
                        ranges(&which)
                    ));
                }
            }
        }
        Ok(())
    }
}

/// Shards that are looked for by number, at most.
const MOST_SHARDS_TOLD: u32 = 1 << 20;

/// `out/run` for `out/run_shard003of100.json`.
fn stem_of_campaign(manifest: &Path) -> Option<PathBuf> {
    let stem = manifest.file_stem()?.to_str()?;
    let (run, _) = stem.rsplit_once("_shard")?;
    Some(manifest.with_file_name(run))
}

/// `3, 7–9` for ascending numbers.
fn ranges(numbers: &[u32]) -> String {
    let mut parts: Vec<(u32, u32)> = Vec::new();
    for &number in numbers {
        match parts.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => parts.push((number, number)),
        }
    }
    let text = |&(first, last): &(u32, u32)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first}–{last}"),
    };
    parts.iter().map(text).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
#[path = "campaign_tests.rs"]
mod tests;
