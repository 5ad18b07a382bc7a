//! What a chignolin model reproduces of the molecular dynamics it was trained on, and what not.
//!
//! `cargo run --release --example model_report -- MODEL LOG.csv OUT [FRAMES] [REPLICAS]` samples replicas from
//! the crystal structure, compares them with `assets/references/chignolin.json`, and writes `report.json`
//! and `report.png`. The reference holds all trajectories of the MD, half of which start folded.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a tool for those who train models

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use equijump_app::window::examples::EXAMPLES;
use equijump_app::window::theme::INTER_REGULAR;
use equijump_engine::analysis::observables::{NativeContacts, radius_of_gyration_angstrom};
use equijump_engine::analysis::superposition::ca_rmsd_angstrom;
use equijump_engine::analysis::{
    DihedralTable, Histogram1d, Histogram2d, RamachandranHistogram, ReferenceData, ValidityChecker,
    ValiditySummary, jensen_shannon_1d_nats, jensen_shannon_2d_nats, jensen_shannon_nats,
    ramachandran_classes,
};
use equijump_engine::network::Model;
use equijump_engine::structure::{ReadOptions, read_structure_bytes};
use equijump_engine::transport::{CpuSampler, FrameSampler, Replica, SamplerSettings};
use plotters::prelude::*;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model_path, log_path, out, rest @ ..] = &arguments[..] else {
        anyhow::bail!("usage: model_report MODEL LOG.csv OUT [FRAMES] [REPLICAS]");
    };
    let number = |i: usize, default: usize| rest.get(i).and_then(|s| s.parse().ok()).unwrap_or(default);
    let (frames, replicas) = (number(0, 500), number(1, 32));
    let out = PathBuf::from(out);
    std::fs::create_dir_all(&out)?;

    let example = EXAMPLES.iter().find(|e| e.file_name == "chignolin.pdb").expect("chignolin is bundled");
    let native = read_structure_bytes(example.file_name, example.bytes, &ReadOptions::default())?;
    let topology = native.topology.clone();
    let reference = ReferenceData::bundled(&topology).expect("chignolin has a reference");
    let model = Arc::new(Model::load(Path::new(model_path))?);
    let settings = SamplerSettings { seed: 2026, ..SamplerSettings::default() };
    let mut sampler = CpuSampler::new(model.clone(), &topology, settings.clone())?;
    let mut state: Vec<Replica> = (0..replicas as u64)
        .map(|index| Replica { index, frame: 0, positions_angstrom: native.positions_angstrom.to_vec() })
        .collect();

    let checker = ValidityChecker::new(&topology);
    let contacts = NativeContacts::new(&topology, &native.positions_angstrom);
    let dihedral_table = DihedralTable::new(&topology);
    let classes = ramachandran_classes(&topology);
    let mut chemistry = ValiditySummary::default();
    let mut rmsd = Histogram1d::new(reference.rmsd_angstrom.binning);
    let mut rg = Histogram1d::new(reference.radius_of_gyration_angstrom.binning);
    let mut native_contacts = Histogram1d::new(reference.native_contacts.binning);
    let mut tica = Histogram2d::new(reference.tica.x, reference.tica.y);
    let mut ramachandran = RamachandranHistogram::new(reference.ramachandran.bins());
    // Folded below 1.2 Å, unfolded above 2.5 Å, in between as before.
    let mut folded = vec![true; replicas];
    let (mut unfoldings, mut foldings, mut folded_frames) = (0u64, 0u64, 0u64);
    for frame in 0..frames {
        sampler.advance(&mut state, &mut |_| ControlFlow::Continue(()))?;
        for (replica, folded) in state.iter().zip(&mut folded) {
            let positions = &replica.positions_angstrom;
            chemistry.add(&checker.check(positions));
            let distance = ca_rmsd_angstrom(&topology, positions, &native.positions_angstrom);
            rmsd.add(distance, 1.0);
            rg.add(radius_of_gyration_angstrom(&topology, positions), 1.0);
            native_contacts.add(contacts.fraction(positions).unwrap_or(f64::NAN), 1.0);
            let tics = reference.basis.project(&topology, positions);
            tica.add(tics[0], tics[1], 1.0);
            ramachandran.add_frame(&classes, &dihedral_table.measure(positions));
            if *folded && distance > 2.5 {
                *folded = false;
                unfoldings += 1;
            } else if !*folded && distance < 1.2 {
                *folded = true;
                foldings += 1;
            }
            folded_frames += u64::from(*folded);
        }
        if (frame + 1) % 50 == 0 {
            println!(
                "frame {} of {frames}: {} of {} frames intact",
                frame + 1,
                chemistry.intact_frames,
                chemistry.frames
            );
        }
    }

    let counts = |h: &RamachandranHistogram| h.all_counts().iter().map(|&c| c as f64).collect::<Vec<_>>();
    let summary = |s: &ValiditySummary| {
        serde_json::json!({
            "frames": s.frames,
            "intact_share": s.intact_frames as f64 / s.frames.max(1) as f64,
            "bond_deviation_sd_angstrom": s.bonds_angstrom.standard_deviation(),
            "bond_worst_angstrom": s.bonds_angstrom.worst,
            "angle_deviation_sd_degrees": s.angles_degrees.standard_deviation(),
            "per_frame": {
                "bond_outliers": s.per_frame(s.bond_outliers),
                "angle_outliers": s.per_frame(s.angle_outliers),
                "chirality_errors": s.per_frame(s.chirality_errors),
                "cis_peptides": s.per_frame(s.cis_peptides),
                "twisted_peptides": s.per_frame(s.twisted_peptides),
                "clashes": s.per_frame(s.clashes),
            },
        })
    };
    let total = (frames * replicas) as u64;
    let report = serde_json::json!({
        "model": { "card": model.card, "config": model.config(), "parameters": model.parameter_count() },
        "sampling": { "settings": settings, "replicas": replicas, "frames": frames, "start": "5AWL crystal structure" },
        "chemistry": { "model": summary(&chemistry), "md": summary(&reference.chemistry) },
        "jensen_shannon_nats": {
            "rmsd": jensen_shannon_1d_nats(&rmsd, &reference.rmsd_angstrom)?,
            "radius_of_gyration": jensen_shannon_1d_nats(&rg, &reference.radius_of_gyration_angstrom)?,
            "native_contacts": jensen_shannon_1d_nats(&native_contacts, &reference.native_contacts)?,
            "tic_1_2": jensen_shannon_2d_nats(&tica, &reference.tica)?,
            "ramachandran": jensen_shannon_nats(&counts(&ramachandran), &counts(&reference.ramachandran))?,
        },
        "dynamics": {
            "folded_share": folded_frames as f64 / total as f64,
            "unfoldings": unfoldings,
            "foldings": foldings,
            "definition": "folded below 1.2 Å Cα RMSD, unfolded above 2.5 Å",
        },
    });
    std::fs::write(out.join("report.json"), serde_json::to_string_pretty(&report)?)?;
    println!("{}", serde_json::to_string_pretty(&report["chemistry"])?);
    println!("{}", serde_json::to_string_pretty(&report["jensen_shannon_nats"])?);
    println!("{}", serde_json::to_string_pretty(&report["dynamics"])?);

    draw(
        &out.join("report.png"),
        Path::new(log_path),
        &[
            ("Cα RMSD to the crystal structure (Å)", &rmsd, &reference.rmsd_angstrom),
            ("Radius of gyration (Å)", &rg, &reference.radius_of_gyration_angstrom),
            ("Fraction of native contacts", &native_contacts, &reference.native_contacts),
        ],
    )
}

fn draw(path: &Path, log: &Path, panels: &[(&str, &Histogram1d, &Histogram1d)]) -> anyhow::Result<()> {
    plotters::style::register_font("sans-serif", FontStyle::Normal, INTER_REGULAR).ok();
    let root = BitMapBackend::new(path, (1400, 900)).into_drawing_area();
    root.fill(&WHITE)?;
    let areas = root.split_evenly((2, 2));
    let mut series: Vec<(f64, f64, Option<f64>)> = Vec::new();
    let text = std::fs::read_to_string(log)?;
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let column = |name: &str| header.iter().position(|h| *h == name).expect("a column of the log");
    let (step, loss, validation) = (column("step"), column("loss"), column("validation_loss"));
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        series.push((cells[step].parse()?, cells[loss].parse()?, cells[validation].parse().ok()));
    }
    let last = series.last().map_or(1.0, |s| s.0);
    let largest = series.iter().skip(3).map(|s| s.1).fold(0.0, f64::max);
    let mut chart = ChartBuilder::on(&areas[0])
        .caption("Loss", ("sans-serif", 26))
        .margin(16)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..last, 0.0..largest)?;
    chart
        .configure_mesh()
        .x_desc("Step")
        .y_desc("Loss per atom (Å²)")
        .label_style(("sans-serif", 18))
        .draw()?;
    chart
        .draw_series(LineSeries::new(
            series.iter().map(|s| (s.0, s.1)),
            RGBColor(31, 119, 180).stroke_width(2),
        ))?
        .label("training")
        .legend(|(x, y)| PathElement::new([(x, y), (x + 20, y)], RGBColor(31, 119, 180).stroke_width(2)));
    let held_out: Vec<(f64, f64)> = series.iter().filter_map(|s| Some((s.0, s.2?))).collect();
    chart
        .draw_series(LineSeries::new(held_out, RGBColor(214, 39, 40).stroke_width(2)))?
        .label("held-out trajectories (averaged weights)")
        .legend(|(x, y)| PathElement::new([(x, y), (x + 20, y)], RGBColor(214, 39, 40).stroke_width(2)));
    chart.configure_series_labels().label_font(("sans-serif", 18)).background_style(WHITE.mix(0.8)).draw()?;
    for (area, (title, model, md)) in areas[1..].iter().zip(panels) {
        let density = |h: &Histogram1d| -> Vec<(f64, f64)> {
            let scale = 1.0 / (h.total() * h.binning.width());
            h.weights.iter().enumerate().map(|(i, w)| (h.binning.center(i), w * scale)).collect()
        };
        let (model, reference) = (density(model), density(md));
        let top = model.iter().chain(&reference).map(|p| p.1).fold(0.0, f64::max);
        let mut chart = ChartBuilder::on(area)
            .margin(16)
            .x_label_area_size(44)
            .y_label_area_size(64)
            .build_cartesian_2d(md.binning.min..md.binning.max, 0.0..top * 1.05)?;
        chart.configure_mesh().x_desc(*title).y_desc("Density").label_style(("sans-serif", 18)).draw()?;
        for (points, name, color) in
            [(reference, "MD", RGBColor(110, 110, 110)), (model, "model", RGBColor(31, 119, 180))]
        {
            chart
                .draw_series(LineSeries::new(points, color.stroke_width(2)))?
                .label(name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], color.stroke_width(2)));
        }
        chart
            .configure_series_labels()
            .label_font(("sans-serif", 18))
            .background_style(WHITE.mix(0.8))
            .draw()?;
    }
    root.present()?;
    Ok(())
}
