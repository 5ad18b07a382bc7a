//! Paths as people type them: a file, a folder for all that is in it, a pattern with `*` and `?`, `~` for home.

use std::path::{Path, PathBuf};

/// Files that a typed text stands for, sorted. A folder stands for its files with one of the extensions, a pattern in the
/// last part for the files whose names match it.
///
/// # Errors
/// One sentence: nothing is there, or nothing in it is of use.
pub fn expand(typed: &str, extensions: &[&str]) -> Result<Vec<PathBuf>, String> {
    let path = with_home(typed.trim());
    let fits = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        extensions.iter().any(|extension| name.ends_with(&format!(".{extension}")))
    };
    let last = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let is_pattern = !path.exists() && last.contains(['*', '?']);
    if !is_pattern && !path.is_dir() {
        return match path.exists() {
            true => Ok(vec![path]),
            false => Err(format!("There is no file {}.", path.display())),
        };
    }
    let folder =
        if is_pattern { path.parent().map(Path::to_owned).unwrap_or_default() } else { path.clone() };
    let folder = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder };
    let entries =
        std::fs::read_dir(&folder).map_err(|_| format!("There is no folder {}.", folder.display()))?;
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|entry| entry.is_file())
        .filter(|entry| match is_pattern {
            true => matches(&last, &entry.file_name().unwrap_or_default().to_string_lossy()),
            false => fits(entry),
        })
        .collect();
    found.sort();
    if found.is_empty() {
        let what = extensions.join(", ");
        return Err(match is_pattern {
            true => format!("No file in {} is called {last}.", folder.display()),
            false => format!("{} holds no {what} file.", folder.display()),
        });
    }
    Ok(found)
}

/// The structure that goes with trajectories: the only one in their folder, or the one called after them or `top`.
pub fn topology_beside(trajectory: &Path) -> Option<PathBuf> {
    let folder = trajectory.parent()?;
    let structures =
        expand(&folder.display().to_string(), &["pdb", "cif", "gro", "pdb.gz", "cif.gz"]).ok()?;
    let others: Vec<&PathBuf> = structures.iter().filter(|path| path.as_path() != trajectory).collect();
    if let [only] = others.as_slice() {
        return Some((*only).clone());
    }
    let stem = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let own = stem(trajectory);
    let called = |names: &[&str]| others.iter().find(|path| names.contains(&stem(path).as_str()));
    called(&[own.as_str()]).or_else(|| called(&["top", "topology"])).map(|path| (*path).clone())
}

fn with_home(typed: &str) -> PathBuf {
    match (typed.strip_prefix("~/"), std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE"))) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => PathBuf::from(typed),
    }
}

/// Whether a name matches a pattern, in which `*` stands for any letters and `?` for one.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    // Where the last star was, and how much of the name it has taken.
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(letter) if *letter == '?' || *letter == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    p = at + 1;
                    n = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|letter| *letter == '*')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn patterns_match_as_in_a_shell() {
        for (pattern, name, expected) in [
            ("*.xtc", "traj_1.xtc", true),
            ("traj_??.xtc", "traj_01.xtc", true),
            ("traj_??.xtc", "traj_1.xtc", false),
            ("*a*b", "xxaxxbxb", true),
            ("*a*b", "xxaxxc", false),
            ("*", "", true),
            ("?", "", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} and {name}");
        }
    }

    #[test]
    fn folders_and_patterns_stand_for_their_files() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.xtc", "a.XTC", "c.dcd", "top.pdb", "notes.txt"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let typed = |rest: &str| folder.path().join(rest).display().to_string();
        let names = |typed: &str| -> Vec<String> {
            let found = expand(typed, &["xtc", "dcd"]).unwrap();
            found.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
        };
        assert_eq!(names(&typed("")), ["a.XTC", "b.xtc", "c.dcd"]);
        assert_eq!(names(&typed("*.xtc")), ["b.xtc"]);
        assert_eq!(names(&typed("top.pdb")), ["top.pdb"], "a file that is named is taken as it is");
        assert!(expand(&typed("*.trr"), &["xtc"]).unwrap_err().contains("No file in"));
        assert!(expand(&typed("gone.xtc"), &["xtc"]).unwrap_err().contains("There is no file"));
        assert!(expand(&typed(""), &["h5"]).unwrap_err().contains("holds no h5 file"));
        assert_eq!(topology_beside(&folder.path().join("b.xtc")), Some(folder.path().join("top.pdb")));
        std::fs::write(folder.path().join("b.pdb"), "").unwrap();
        assert_eq!(topology_beside(&folder.path().join("b.xtc")), Some(folder.path().join("b.pdb")));
        assert_eq!(topology_beside(&folder.path().join("c.dcd")), Some(folder.path().join("top.pdb")));
    }
}
