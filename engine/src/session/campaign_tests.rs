//! What folders, patterns and manifests stand for, with empty files: nothing here reads a frame.

#![allow(clippy::unwrap_used)]

use serde_json::json;

use super::*;
use crate::session::shard::{RunPaths, Shard};
use crate::transport::SamplerSettings;

/// Writes the files of shard `index`, as a run would leave them.
fn write_shard(output: &Path, index: u32, count: u32, of_replicas: u32, finished: bool) -> RunPaths {
    let own = Shard::new(index, count).unwrap().replicas(of_replicas).unwrap();
    let record = ShardRecord { index, count, first_replica: own.start, of_replicas };
    let paths = RunPaths::new(output, own.len(), Some(record));
    let description = RunDescription {
        structure: "dialanine".into(),
        sequence: "AA".into(),
        start_crc32: 1,
        model: "model".into(),
        model_checksum: "2/3".into(),
        settings: SamplerSettings::default(),
        replicas: own.len(),
        shard: Some(record),
        frame_interval_ps: 100.0,
        trust: None,
    };
    for path in &paths.trajectories {
        std::fs::write(path, "").unwrap();
    }
    let json = description.to_json(5, finished, &paths.trajectories);
    std::fs::write(&paths.description, json.to_string()).unwrap();
    std::fs::write(&paths.state, "").unwrap();
    std::fs::write(&paths.topology, "").unwrap();
    paths
}

fn names(found: &FoundTrajectories) -> Vec<String> {
    found.files.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_folder_a_pattern_and_manifests_name_the_trajectories_of_a_campaign_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("run.dcd");
    let mut manifests = Vec::new();
    for index in 0..3 {
        manifests.push(write_shard(&output, index, 3, 10, true).description);
    }
    std::fs::write(folder.path().join("notes.json"), "[1, 2]").unwrap();
    std::fs::write(folder.path().join(".run_r000.dcd"), "").unwrap();
    let expected: Vec<String> = (0..10).map(|replica| format!("run_r{replica:03}.dcd")).collect();
    let pattern = |text: &str| vec![folder.path().join(text)];
    for named in [pattern(""), pattern("run_r*.dcd"), pattern("run*"), manifests, pattern("*_shard*.json")] {
        let found = find_trajectories(&named).unwrap();
        assert_eq!(names(&found), expected, "{named:?}");
        assert_eq!(found.notices, [""; 0]);
    }
    let plain = vec![folder.path().join("run_r007.dcd"), PathBuf::from("not/there.dcd")];
    assert_eq!(find_trajectories(&plain).unwrap().files, plain, "files are taken as they are");
}

#[test]
fn shards_that_are_missing_or_not_finished_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("run.xtc");
    for index in (0..12).filter(|index| ![1, 5, 6, 7, 11].contains(index)) {
        write_shard(&output, index, 12, 24, index != 3);
    }
    std::fs::remove_file(folder.path().join("run_r017.xtc")).unwrap();
    for named in ["", "run_r*.xtc"] {
        let found = find_trajectories(&[folder.path().join(named)]).unwrap();
        assert_eq!(found.files.len(), 13);
        let told = found.notices.join("\n");
        assert!(told.contains("of the 12 shards"), "{told}");
        assert!(told.contains("5 missing: 1, 5–7, 11"), "{told}");
        assert!(told.contains("1 not finished: 3"), "{told}");
        assert!(told.contains("not there: run_r017.xtc"), "{told}");
    }
}

#[test]
fn shards_of_different_runs_are_not_taken_for_one() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("run.dcd");
    write_shard(&output, 0, 2, 4, true);
    let paths = write_shard(&output, 1, 2, 4, true);
    let text = std::fs::read_to_string(&paths.description).unwrap();
    let mut other: serde_json::Value = serde_json::from_str(&text).unwrap();
    other["run"]["settings"]["seed"] = json!(7);
    std::fs::write(&paths.description, other.to_string()).unwrap();
    let error = find_trajectories(&[folder.path().to_owned()]).unwrap_err().to_string();
    assert!(error.contains("its seed is 0, not 7"), "{error}");
    std::fs::write(&paths.description, text).unwrap();
    write_shard(&output, 2, 4, 8, true);
    let error = find_trajectories(&[folder.path().to_owned()]).unwrap_err().to_string();
    assert!(error.contains("different divisions"), "{error}");
}

#[test]
fn what_names_nothing_is_refused_and_manifests_lead_to_no_other_folder() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |name: &str| find_trajectories(&[folder.path().join(name)]).unwrap_err().to_string();
    assert!(refused("").contains("holds no trajectories"));
    assert!(refused("*.dcd").contains("no file that fits"));
    assert!(refused("[a-").contains("is no pattern"));
    let paths = write_shard(&folder.path().join("run.dcd"), 0, 1, 2, true);
    let text = std::fs::read_to_string(&paths.description).unwrap();
    let mut other: serde_json::Value = serde_json::from_str(&text).unwrap();
    other["trajectories"] = json!(["../secret.dcd", "/etc/passwd", "..", "run_r001.dcd", 3]);
    std::fs::write(&paths.description, other.to_string()).unwrap();
    assert_eq!(names(&find_trajectories(&[paths.description]).unwrap()), ["run_r001.dcd"]);
}

/// The bookkeeping of 10,000 replicas: what is looked at grows as their number does.
#[test]
fn ten_thousand_replicas_cost_ten_times_as_much_as_a_thousand() {
    let steps = |replicas: u32| {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("run.dcd");
        let count = replicas / 100;
        for index in 0..count {
            write_shard(&output, index, count, replicas, true);
        }
        let by_folder = find_trajectories(&[folder.path().to_owned()]).unwrap();
        let by_pattern = find_trajectories(&[folder.path().join("run_r*.dcd")]).unwrap();
        assert_eq!(by_folder.files.len(), replicas as usize);
        assert_eq!(by_folder.files, by_pattern.files);
        [by_folder.steps, by_pattern.steps]
    };
    let (thousand, ten_thousand) = (steps(1000), steps(10_000));
    for (few, many) in thousand.into_iter().zip(ten_thousand) {
        assert!(few >= 1000 && many <= 10 * few, "{few} steps for 1,000, {many} for 10,000 replicas");
    }
}
