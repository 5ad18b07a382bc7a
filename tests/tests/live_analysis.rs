//! Live observables, and the references that come with the program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::sync::Arc;

use equijump_engine::analysis::*;
use equijump_engine::structure::{OpenedStructure, ResidueType};
use equijump_tests::proteins::{bundled, chain};

/// A start structure that breathes slowly and shakes fast: positions are scaled by a slow wave, and one
/// end moves with a fast one.
fn frame(start: &[[f32; 3]], replica: usize, t: usize) -> Vec<[f32; 3]> {
    let slow = 1.0 + 0.05 * (0.01 * t as f32 + replica as f32).sin();
    start
        .iter()
        .enumerate()
        .map(|(atom, p)| {
            let fast = 0.2 * (2.1 * t as f32 + 0.7 * atom as f32 + replica as f32).sin();
            [slow * p[0] + fast, slow * p[1], slow * p[2] - fast]
        })
        .collect()
}

fn live(
    opened: &OpenedStructure,
    with_reference: bool,
    replicas: usize,
    settings: &LiveSettings,
) -> LiveObservables {
    let reference = with_reference
        .then(|| Arc::new(ReferenceData::bundled(&opened.topology).expect("a bundled reference")));
    LiveObservables::new(
        Arc::clone(&opened.topology),
        Arc::clone(&opened.positions_angstrom),
        reference,
        replicas,
        100.0,
        settings,
    )
    .unwrap()
}

#[test]
fn the_bundled_reference_belongs_to_chignolin_and_to_nothing_else() {
    let chignolin = bundled("chignolin");
    let data = ReferenceData::bundled(&chignolin.topology).unwrap();
    assert!(ReferenceData::bundled(&bundled("villin").topology).is_none());
    assert_eq!(data.tica.total(), data.frames as f64);
    assert_eq!(data.tica.outside, 0.0);
    assert_eq!(data.rmsd_angstrom.total(), data.frames as f64);
    // Every residue but the two ends has φ and ψ.
    assert_eq!(data.ramachandran.total(), 8 * data.frames);
    // The crystal structure lies in a populated cell of the map: it is the folded state.
    let p = data.basis.project(&chignolin.topology, &chignolin.positions_angstrom);
    let cell = data.tica.y.index(p[1]).unwrap() * data.tica.x.bins + data.tica.x.index(p[0]).unwrap();
    assert!(data.tica.weights[cell] > 0.0);
    // Proline keeps to φ < 0, glycine does not.
    let positive_phi = |class: RamachandranClass| {
        let counts = data.ramachandran.counts(class);
        let half = counts.len() / 2;
        counts[half..].iter().sum::<u64>() as f64 / counts.iter().sum::<u64>() as f64
    };
    assert!(positive_phi(RamachandranClass::Proline) < 1e-3);
    assert!(positive_phi(RamachandranClass::Glycine) > 0.1);
    assert_eq!(data.chemistry.chirality_errors, 0);
}

#[test]
fn a_damaged_reference_file_is_a_clear_error() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/references/chignolin.json");
    let text = std::fs::read_to_string(path).unwrap();
    assert!(ReferenceData::from_json(&text).is_ok());
    for (damaged, expected) in [
        (text.replace("YYDPETGTWY", "YYDPETGTW"), "its TICA basis belongs to another sequence"),
        (text.replace("\"format\":1", "\"format\":99"), "it has format 99"),
        (text.replacen("\"bins\":50", "\"bins\":51", 1), "a histogram does not fit its bins"),
        (text[..text.len() / 2].to_string(), "EOF while parsing"),
        (String::new(), "EOF while parsing"),
    ] {
        let error = ReferenceData::from_json(&damaged).unwrap_err().to_string();
        assert!(error.contains(expected) && error.len() < 200, "{error}");
    }
}

#[test]
fn live_values_are_those_of_the_single_functions() {
    let opened = bundled("chignolin");
    let (topology, start) = (&opened.topology, &opened.positions_angstrom);
    let mut live = live(&opened, true, 2, &LiveSettings::default());
    let basis = live.basis().unwrap().clone();
    let contacts = NativeContacts::new(topology, start);
    let mut rama = RamachandranHistogram::default();
    for t in 0..30 {
        for replica in 0..2 {
            let positions = frame(start, replica, t);
            let got = live.ingest(replica, t as u64, &positions).unwrap();
            let rmsd = ca_rmsd_angstrom(topology, &positions, start);
            assert!((f64::from(got.point.rmsd_angstrom) - rmsd).abs() < 1e-6);
            assert_eq!(got.point.native_contacts, contacts.fraction(&positions).unwrap() as f32);
            let p = basis.project(topology, &positions);
            assert_eq!(got.tica, Some([p[0], p[1]]));
            rama.add_frame(&ramachandran_classes(topology), &dihedrals(topology, &positions));
        }
    }
    assert_eq!(live.ramachandran(), &rama);
    assert_eq!(live.series(0).len(), 30);
    assert_eq!(live.series(1)[29].frame, 29);
    assert_eq!(live.frame_count(), 60);
    assert_eq!(live.tica_map().unwrap().total(), 60.0);
    assert_eq!(live.projections().len(), 60);
    assert!(live.refit_request().is_none(), "a reference is not refitted");
    assert!(matches!(live.basis_source(), BasisSource::Reference { .. }));
    assert!(live.series(7).is_empty());
}

#[test]
fn without_a_reference_the_run_gets_a_basis_of_its_own() {
    let opened = bundled("trpcage");
    let start = &opened.positions_angstrom;
    let mut live = live(&opened, false, 2, &LiveSettings::default());
    assert!(matches!(live.basis_source(), BasisSource::Waiting { pairs: 0, needed: 380 }));
    let mut t = 0;
    while live.refit_request().is_none() {
        for replica in 0..2 {
            assert_eq!(live.ingest(replica, t, &frame(start, replica, t as usize)).unwrap().tica, None);
        }
        t += 1;
        assert!(t < 1000);
    }
    // 190 distances need 380 pairs; 20 frames of each replica wait for their partner.
    assert_eq!(t, 190 + 20);
    assert!(live.tica_map().is_none());
    let basis = live.refit_request().unwrap().run().unwrap();
    live.adopt(basis.clone()).unwrap();
    assert!(matches!(live.basis_source(), BasisSource::Run { pairs: 380 }));
    // The frames before the fit are on the map too, and so is the newest.
    assert_eq!(live.projections().len(), 2 * t as usize);
    assert_eq!(live.tica_map().unwrap().outside, 0.0);
    let newest = basis.project(&opened.topology, &frame(start, 1, t as usize - 1));
    let shown = live.newest(1).unwrap().tica.unwrap();
    assert!((shown[0] - newest[0]).abs() < 1e-9);

    // Streaming through the run equals one fit of all frames.
    let settings = TicaSettings { components: 2, max_features: 190, ..TicaSettings::default() };
    let mut batch = TicaFit::new(&opened.topology, 100.0, settings).unwrap();
    for replica in 0..2 {
        let mut window = batch.window();
        for time in 0..t as usize {
            let features = batch.features().measure(&opened.topology, &frame(start, replica, time));
            batch.push(&mut window, &features).unwrap();
        }
    }
    let batch = batch.fit(None).unwrap();
    for d in 0..2 {
        assert!((batch.eigenvalues[d] - basis.eigenvalues[d]).abs() < 1e-7);
    }

    // The next refit waits until the run has grown by a quarter, and keeps the directions.
    assert!(live.refit_request().is_none());
    while live.refit_request().is_none() {
        for replica in 0..2 {
            assert!(live.ingest(replica, t, &frame(start, replica, t as usize)).unwrap().tica.is_some());
        }
        t += 1;
    }
    let refitted = live.refit_request().unwrap().run().unwrap();
    assert_eq!(refitted.pairs, 476);
}

#[test]
fn a_gap_in_the_frames_starts_a_new_trajectory() {
    let opened = bundled("chignolin");
    let start = &opened.positions_angstrom;
    let mut live = live(&opened, false, 1, &LiveSettings::default());
    for t in (0..30).chain(1000..1030) {
        live.ingest(0, t, &frame(start, 0, t as usize)).unwrap();
    }
    assert!(matches!(live.basis_source(), BasisSource::Waiting { pairs: 20, .. }));
}

#[test]
fn bad_frames_are_refused_and_change_nothing() {
    let opened = bundled("chignolin");
    let mut live = live(&opened, true, 1, &LiveSettings::default());
    let mut positions = (*opened.positions_angstrom).clone();
    assert!(live.ingest(1, 0, &positions).is_err());
    assert!(live.ingest(0, 0, &positions[1..]).is_err());
    positions[4][2] = f32::NAN;
    assert!(matches!(live.ingest(0, 5, &positions), Err(AnalysisError::NonFinite { frame: 5, .. })));
    assert_eq!(live.frame_count(), 0);
    assert!(live.series(0).is_empty() && live.tica_map().is_none());
    let villin = bundled("villin");
    let wrong = ReferenceData::bundled(&opened.topology).map(Arc::new);
    let result = LiveObservables::new(
        villin.topology,
        villin.positions_angstrom,
        wrong,
        1,
        100.0,
        &LiveSettings::default(),
    );
    assert!(result.is_err());
}

#[test]
fn long_runs_stay_within_their_budget() {
    let opened = bundled("chignolin");
    let start = &opened.positions_angstrom;
    let settings =
        LiveSettings { max_points: 400, max_feature_bytes: 45 * 4 * 100, ..LiveSettings::default() };
    let mut live = live(&opened, false, 4, &settings);
    let frames = 700;
    for t in 0..frames {
        for replica in 0..4 {
            live.ingest(replica, t, &frame(start, replica, t as usize)).unwrap();
        }
    }
    let basis = live.refit_request().unwrap().run().unwrap();
    live.adopt(basis).unwrap();
    assert!(live.projections().len() <= 100 && live.projections().len() >= 50);
    for replica in 0..4 {
        let series = live.series(replica);
        assert!(series.len() <= 100 && series.len() >= 50 && series[0].frame == 0);
        let step = series[1].frame - series[0].frame;
        assert!(series.windows(2).all(|w| w[1].frame - w[0].frame == step));
    }
    // Histograms count every frame.
    assert_eq!(live.ramachandran().total(), 8 * 4 * frames);
    assert_eq!(live.validity().frames, 4 * frames);
}

#[test]
fn chains_too_short_for_tica_still_have_all_else() {
    let topology = Arc::new(chain("AG", [ResidueType::Ala, ResidueType::Gly]));
    let positions: Vec<[f32; 3]> =
        (0..topology.atom_count()).map(|i| [1.4 * i as f32, (i % 2) as f32, 0.3 * (i % 3) as f32]).collect();
    let mut live = LiveObservables::new(
        Arc::clone(&topology),
        Arc::new(positions.clone()),
        None,
        1,
        100.0,
        &LiveSettings::default(),
    )
    .unwrap();
    let observed = live.ingest(0, 0, &positions).unwrap();
    assert!(observed.point.rmsd_angstrom < 1e-6 && observed.point.native_contacts.is_nan());
    assert!(matches!(live.basis_source(), BasisSource::Unavailable { .. }));
}
