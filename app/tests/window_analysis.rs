//! Looking deeper into a run: the map on other coordinates, structure over time, distances, clusters, states.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::time::Duration;

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use equijump_app::window::file_dialogs::FileAnswer;
use equijump_app::window::kept_map::{KeptMap, MapLayers};
use equijump_app::window::session_file::{Entry, SessionFile};
use equijump_engine::analysis::{Measurement, ca_distances_angstrom, dssp};
use equijump_engine::observe::landscape::{Coordinate, Landscape, LandscapeMap, MapSettings};
use support::{WaveBackend, Window, set_number, simulate, window, window_with};

/// A window with a run of chignolin whose frames have all been looked at.
fn after_a_run(frames: u64) -> Window {
    run_in(window(), frames)
}

/// The same in a window that is there.
fn run_in(mut window: Window, frames: u64) -> Window {
    window.wait_for_protein("chignolin");
    window.settle();
    simulate(&mut window, frames);
    window
}

/// Presses a button, or brings a tab to the front.
#[track_caller]
fn press(window: &mut Window, name: &str) {
    let buttons = window.harness.get_all_by_role_and_label(Role::Button, name);
    buttons.last().expect("a button of this name").click_accesskit();
    window.settle();
}

fn map(window: &Window) -> LandscapeMap {
    let Landscape::Map(map) = &window.app().observations().landscape else { panic!("no map") };
    LandscapeMap::clone(map)
}

#[test]
fn a_measurement_on_the_map_is_that_of_all_replicas() {
    let mut window = window();
    window.wait_for_protein("chignolin");
    window.settle();
    set_number(&mut window, "Replicas", 3.0);
    let mut window = run_in(window, 20);
    let field = window.harness.get_by_role_and_label(Role::TextInput, "Select");
    field.focus();
    window.settle();
    window.harness.get_by_role_and_label(Role::TextInput, "Select").type_text("residue 2 9 and name CA");
    window.settle();
    window.harness.key_press(Key::Enter);
    window.settle();
    press(&mut window, "Measure selection");
    let distance = window.app().measurements().list()[0];
    press(&mut window, "Free energy");
    press(&mut window, "Map settings");
    window.harness.get_by_role_and_label(Role::ComboBox, "Across").click_accesskit();
    window.settle();
    let topology = window.app().project().opened.as_ref().unwrap().structure.topology.clone();
    let label = distance.label(&topology);
    window.harness.get_all_by_label(&label).last().expect("an entry of the list").click_accesskit();
    window.step_until("the map has the distance of all frames", |harness| {
        let Landscape::Map(map) = &harness.state().observations().landscape else { return false };
        map.settings.axes[0] == Coordinate::Measured(distance) && map.projections.len() == 3 * 21
    });
    let history = window.app().project().run.as_ref().unwrap().history().unwrap().clone();
    for point in &map(&window).projections {
        let positions = history.read(u64::from(point.frame), point.replica as usize).unwrap();
        assert!((f64::from(point.at[0]) - distance.value(&positions)).abs() < 1e-4, "{point:?}");
    }
}

#[test]
fn the_map_is_drawn_on_the_coordinates_that_are_chosen() {
    let mut window = after_a_run(40);
    let first = map(&window);
    assert_eq!(first.settings.axes, [Coordinate::Tic1, Coordinate::Tic2]);
    assert!(first.bandwidth.is_some() && !first.basins.list.is_empty());
    press(&mut window, "Map settings");
    for (axis, coordinate) in [("Across", Coordinate::Rmsd), ("Up", Coordinate::RadiusOfGyration)] {
        window.harness.get_by_role_and_label(Role::ComboBox, axis).click_accesskit();
        window.settle();
        let label = coordinate.label();
        window.harness.get_all_by_label(&label).last().expect("an entry of the list").click_accesskit();
        window.settle();
    }
    window.step_until("the map has the other coordinates", |harness| {
        let Landscape::Map(map) = &harness.state().observations().landscape else { return false };
        map.settings.axes == [Coordinate::Rmsd, Coordinate::RadiusOfGyration]
    });
    let other = map(&window);
    assert_eq!(other.projections.len(), 41);
    // The other's coordinate makes the axes change places. The list closes, although nothing was clicked by mouse.
    for axes in
        [[Coordinate::RadiusOfGyration, Coordinate::Rmsd], [Coordinate::Rmsd, Coordinate::RadiusOfGyration]]
    {
        window.harness.get_by_role_and_label(Role::ComboBox, "Across").click_accesskit();
        window.settle();
        window.harness.get_all_by_label(&axes[0].label()).last().expect("an entry").click_accesskit();
        window.settle();
        window.step_until("the axes have changed places", |harness| {
            let Landscape::Map(map) = &harness.state().observations().landscape else { return false };
            map.settings.axes == axes
        });
    }
    for (point, series) in other.projections.iter().zip(&window.app().observations().series) {
        assert_eq!(point.frame, series.frame);
        assert_eq!(point.at, [series.rmsd_angstrom, series.radius_of_gyration_angstrom]);
    }
    window.step_until("the frame shown has its place on the map", |harness| {
        let details = harness.state().details_for_test();
        details.and_then(|details| Some((details.on_map?[0] - details.rmsd_angstrom).abs() < 1e-9))
            == Some(true)
    });
    // Bins in place of the kernel.
    window.harness.get_by_role_and_label(Role::RadioButton, "Bins").click_accesskit();
    window.step_until("the map has bins", |harness| {
        let Landscape::Map(map) = &harness.state().observations().landscape else { return false };
        map.bandwidth.is_none() && map.free_energy_kt.nx == 50
    });
    window.settle();
    assert!(window.harness.query_by_label("Free-energy map").is_some());
    // That choice is undone, then those before it.
    for axes in [
        [Coordinate::Rmsd, Coordinate::RadiusOfGyration],
        [Coordinate::RadiusOfGyration, Coordinate::Rmsd],
        [Coordinate::Rmsd, Coordinate::RadiusOfGyration],
        [Coordinate::Rmsd, Coordinate::Tic2],
    ] {
        window.harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
        window.step_until("the map is as before", |harness| {
            let Landscape::Map(map) = &harness.state().observations().landscape else { return false };
            map.settings.smooth && map.settings.axes == axes
        });
    }
}

#[test]
fn secondary_structure_is_that_of_each_frame_and_distances_are_means() {
    let mut window = after_a_run(30);
    let topology = window.app().project().opened.as_ref().unwrap().structure.topology.clone();
    let history = window.app().project().run.as_ref().unwrap().history().unwrap().clone();
    let columns = window.app().observations().structure.clone().expect("structure over time");
    assert_eq!(columns.len(), 31);
    for column in columns.iter() {
        assert_eq!(column.states, dssp(&topology, &history.read(column.frame, 0).unwrap()));
    }
    let contacts = window.app().observations().contacts.clone().unwrap();
    let frames: Vec<Vec<f64>> =
        (0..31).map(|frame| ca_distances_angstrom(&topology, &history.read(frame, 0).unwrap())).collect();
    // Pairs i < j, row by row; the first is that of the first two residues.
    let mean = frames.iter().map(|frame| frame[0]).sum::<f64>() / 31.0;
    assert!((contacts.mean_angstrom[1] - mean).abs() < 1e-3, "{} and {mean}", contacts.mean_angstrom[1]);

    press(&mut window, "Structure");
    assert!(window.harness.query_by_label("Secondary structure plot").is_some());
    let plot = window.harness.get_by_label("Secondary structure plot").rect();
    window.harness.drag_at(plot.center());
    window.harness.drop_at(plot.center());
    window.settle();
    let shown = window.app().timeline().frame();
    assert!((14..=17).contains(&shown), "a click in the middle shows the middle, not frame {shown}");
    assert!(window.app().selected_atom().is_some(), "and marks the residue");

    press(&mut window, "Contacts");
    assert!(window.harness.query_by_label("Contact map").is_some());
    press(&mut window, "Distances");
    assert!(window.harness.query_by_label("Distance map").is_some());
}

#[test]
fn new_panes_are_exported_with_their_units() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = after_a_run(10);
    window.dialogs.will_answer(FileAnswer::Picked(folder.path().to_owned()));
    window.harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::E);
    window.settle();
    for name in ["Browse…", "Export"] {
        press(&mut window, name);
    }
    window.step_until("it is told", |harness| harness.state().log().to_text().contains("Wrote"));
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let structure = read("chignolin-secondary-structure.csv");
    assert!(structure.starts_with("frame,time_ns,residue_1"), "{structure}");
    assert_eq!(structure.lines().count(), 12);
    let header = |name: &str| read(name).lines().find(|line| !line.starts_with('#')).unwrap().to_owned();
    assert_eq!(header("chignolin-ca_distances.csv"), "residue_i,residue_j,start_angstrom,run_angstrom");
    assert_eq!(
        header("chignolin-contacts.csv"),
        "residue_i,residue_j,run_share_of_frames_with_ca_within_8_angstrom,start_share_of_frames_with_ca_within_8_angstrom"
    );
    assert!(read("chignolin-contacts.csv").contains("\n1,1,1.000000,1.000000\n"));
    let fluctuation = read("chignolin-fluctuation.csv");
    assert!(
        fluctuation.starts_with("# RMSF (Å) against Residue\nresidue,rmsf_angstrom\n1,"),
        "{fluctuation}"
    );
    assert!(read("chignolin-free-energy.csv").contains("standard_error"));
    for name in ["secondary-structure", "ca_distances"] {
        assert!(folder.path().join(format!("chignolin-{name}.png")).exists(), "{name}");
    }
}

#[test]
fn a_cluster_leads_to_its_frames_and_back_to_all() {
    let mut window = after_a_run(40);
    press(&mut window, "Clusters");
    press(&mut window, "Group all frames");
    window.step_until("the clusters are there", |harness| harness.query_by_label("Cluster 1").is_some());
    press(&mut window, "Cluster 1");
    let subset = window.app().timeline().subset().expect("only its frames are played").to_vec();
    assert!(!subset.is_empty() && subset.len() < 41, "{subset:?}");
    assert!(subset.contains(&window.app().timeline().frame()), "one of them is shown");
    press(&mut window, "Free energy");
    assert!(window.harness.query_by_label_contains("frames selected: cluster 1").is_some());
    press(&mut window, "All frames");
    assert_eq!(window.app().timeline().subset(), None);
}

#[test]
fn a_run_is_divided_into_states_or_the_pane_says_why_not() {
    let mut window = after_a_run(20);
    press(&mut window, "States");
    assert!(window.harness.query_by_label("Too few frames").is_some());
    let mut window = after_a_run(60);
    press(&mut window, "States");
    press(&mut window, "Find states");
    window.step_until("there is an answer", |harness| {
        let refused = harness.query_by_label_contains("No states can be told apart").is_some();
        refused || harness.query_by_label("State A").is_some()
    });
}

#[test]
fn settings_of_the_map_are_in_the_project_and_come_back_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("first.equijump"), folder.path().join("second.equijump"));
    let layers = MapLayers { contours: false, basins: true, path: true };
    let settings = MapSettings {
        axes: [Coordinate::RadiusOfGyration, Coordinate::Measured(Measurement::Distance([1, 60]))],
        smooth: true,
        bandwidth_factor: 1.5,
    };
    let project = SessionFile {
        version: 1,
        entries: vec![Entry::Example("chignolin".to_owned())],
        measurements: vec![vec![1, 60]],
        map: Some(KeptMap::of(settings, layers)),
        ..SessionFile::default()
    };
    std::fs::write(&first, serde_json::to_string(&project).unwrap()).unwrap();
    let backend = WaveBackend { latent_steps: 4, step_time: Duration::ZERO };
    let mut window = run_in(window_with(Some(first), backend), 40);
    window.step_until("the map has the coordinates of the project", |harness| {
        let Landscape::Map(map) = &harness.state().observations().landscape else { return false };
        map.settings == settings
    });
    window.dialogs.will_answer(FileAnswer::Picked(second.clone()));
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::S);
    window.settle();
    press(&mut window, "Leave them out");
    window.step_until("the project is written", |_| second.exists());
    let written = SessionFile::parse(&std::fs::read_to_string(&second).unwrap()).unwrap();
    assert_eq!(written.map, project.map);
}
