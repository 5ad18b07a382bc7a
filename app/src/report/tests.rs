//! Folders of results appear whole or not at all.
#![allow(clippy::unwrap_used)]

use super::files::{PAGE, ReportError, ReportFolder};

fn filled(folder: &ReportFolder, text: &str) {
    folder.add(PAGE, text.as_bytes()).unwrap();
    folder.add("summary.json", b"{}").unwrap();
}

#[test]
fn a_report_that_is_given_up_leaves_no_trace() {
    let place = tempfile::tempdir().unwrap();
    let target = place.path().join("report");
    filled(&ReportFolder::create(&target, false).unwrap(), "half");
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn results_are_replaced_only_when_allowed_and_other_folders_never() {
    let place = tempfile::tempdir().unwrap();
    let target = place.path().join("report");
    let first = ReportFolder::create(&target, false).unwrap();
    filled(&first, "first");
    first.commit().unwrap();
    std::fs::write(target.join("notes.txt"), "mine").unwrap();

    assert!(matches!(ReportFolder::create(&target, false), Err(ReportError::Exists { .. })));
    let second = ReportFolder::create(&target, true).unwrap();
    filled(&second, "second");
    assert_eq!(std::fs::read_to_string(target.join(PAGE)).unwrap(), "first");
    second.commit().unwrap();
    assert_eq!(std::fs::read_to_string(target.join(PAGE)).unwrap(), "second");
    assert_eq!(std::fs::read_to_string(target.join("notes.txt")).unwrap(), "mine");
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);

    let foreign = place.path().join("thesis");
    std::fs::create_dir(&foreign).unwrap();
    std::fs::write(foreign.join("chapter.tex"), "…").unwrap();
    assert!(matches!(ReportFolder::create(&foreign, true), Err(ReportError::Foreign { .. })));
}
