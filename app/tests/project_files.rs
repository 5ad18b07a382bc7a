//! Project files: what is written comes back, whatever it is, and what is damaged is refused with one sentence.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::PathBuf;

use equijump_app::viewport::{Camera, Style};
use equijump_app::window::kept_map::{KeptCoordinate, KeptMap, MapLayers};
use equijump_app::window::layout;
use equijump_app::window::preferences::RunSettings;
use equijump_app::window::session_file::{Entry, SessionFile};
use equijump_engine::transport::SamplerSettings;
use equijump_tests::damage::check;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

fn path() -> impl Strategy<Value = PathBuf> {
    "/[\\PC]{1,20}".prop_map(PathBuf::from)
}

fn entry() -> impl Strategy<Value = Entry> {
    let interval = option::of(1e-3..1e6f64);
    prop_oneof![
        "[a-z]{1,9}".prop_map(Entry::Example),
        (path(), option::of("[A-Z]"), any::<bool>())
            .prop_map(|(path, chain, longest_segment)| { Entry::Structure { path, chain, longest_segment } }),
        (vec(path(), 1..4), option::of(path()), option::of("[A-Z]"), interval).prop_map(
            |(files, topology, chain, interval_ps)| Entry::Frames { files, topology, chain, interval_ps }
        ),
    ]
}

fn camera() -> impl Strategy<Value = Camera> {
    let number = -1e6..1e6f32;
    (prop::array::uniform3(number.clone()), prop::array::uniform4(-1.0..1.0f32), number).prop_map(
        |(target_angstrom, world_from_view, distance_angstrom)| Camera {
            target_angstrom,
            world_from_view,
            distance_angstrom,
            ..Camera::default()
        },
    )
}

fn run_settings() -> impl Strategy<Value = RunSettings> {
    (any::<u64>(), 0.0..100.0f32, 1..1024u32, any::<u64>(), any::<bool>(), option::of(path())).prop_map(
        |(seed, epsilon, replicas, frames, until_stopped, model_file)| RunSettings {
            sampler: SamplerSettings { seed, epsilon, ..SamplerSettings::default() },
            replicas,
            frames,
            until_stopped,
            model_file,
            ..RunSettings::default()
        },
    )
}

fn map() -> impl Strategy<Value = KeptMap> {
    let axis = prop_oneof![
        Just(KeptCoordinate::Tic1),
        Just(KeptCoordinate::NativeContacts),
        vec(any::<usize>(), 0..5).prop_map(KeptCoordinate::Measured),
    ];
    (prop::array::uniform2(axis), any::<bool>(), 0.1..3.0f64, any::<bool>()).prop_map(
        |(axes, smooth, bandwidth_factor, path)| KeptMap {
            axes,
            smooth,
            bandwidth_factor,
            layers: MapLayers { path, ..MapLayers::default() },
        },
    )
}

fn project() -> impl Strategy<Value = SessionFile> {
    let places = (any::<usize>(), any::<usize>(), any::<usize>(), option::of(any::<usize>()));
    let measurements = vec(vec(any::<usize>(), 2..5), 0..4);
    let looks = (option::of(camera()), option::of(run_settings()), any::<bool>(), option::of(map()));
    (vec(entry(), 0..5), places, measurements, looks).prop_map(
        |(entries, (on_view, frame, replica, marked_atom), measurements, (camera, run, whole, map))| {
            SessionFile {
                version: 1,
                entries,
                on_view,
                frame,
                replica,
                camera,
                measurements,
                marked_atom,
                selected: None,
                map,
                style: whole.then(Style::default),
                run,
                layout: whole.then(layout::default_tree),
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_project_comes_back_as_it_was_written(project in project()) {
        let text = serde_json::to_string_pretty(&project).unwrap();
        let read = SessionFile::parse(&text).unwrap();
        prop_assert_eq!(serde_json::to_value(&read).unwrap(), serde_json::to_value(&project).unwrap());
        prop_assert_eq!((read.entries, read.camera, read.run), (project.entries, project.camera, project.run));
    }
}

#[test]
fn a_damaged_project_is_refused_with_one_sentence() {
    let whole = SessionFile {
        version: 1,
        entries: vec![Entry::Frames {
            files: vec![PathBuf::from("/data/run.dcd")],
            topology: None,
            chain: None,
            interval_ps: Some(100.0),
        }],
        style: Some(Style::default()),
        run: Some(RunSettings::default()),
        layout: Some(layout::default_tree()),
        ..SessionFile::default()
    };
    let text = serde_json::to_vec_pretty(&whole).unwrap();
    check("project", &text, |bytes| {
        SessionFile::parse(&String::from_utf8_lossy(bytes)).err().into_iter().collect()
    });
}

#[test]
fn a_project_that_names_no_end_of_files_is_refused() {
    let refusal = |text: &str| SessionFile::parse(text).unwrap_err();
    let entries = vec![r#"{"example": "chignolin"}"#; 20_000].join(",");
    assert!(refusal(&format!(r#"{{"version": 1, "entries": [{entries}]}}"#)).contains("more than"));
    assert!(refusal(r#"{"version": 2}"#).contains("newer"));
    assert!(refusal("{").contains("no project"));
    // As deep as a parser that calls itself would fall.
    assert!(refusal(&format!(r#"{{"entries": {}"#, "[".repeat(1_000_000))).contains("no project"));
}
