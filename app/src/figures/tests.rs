//! Figures come out as readable files with the data in them.
#![allow(clippy::unwrap_used)]

use super::*;

fn rmsd() -> RmsdSeries {
    let time_ns: Vec<f64> = (0..50).map(|k| 0.1 * f64::from(k)).collect();
    let rmsd_angstrom = time_ns.iter().map(|t| t.sin().abs() * 3.0).collect();
    RmsdSeries { frames: (0..50).collect(), time_ns, rmsd_angstrom, ..RmsdSeries::default() }
}

fn grid() -> Grid2 {
    let mut values = vec![f64::NAN; 100];
    values[0] = 0.0;
    values[99] = 4.0;
    Grid2 { x_range: [-1.0, 1.0], y_range: [-2.0, 2.0], nx: 10, ny: 10, values }
}

#[test]
fn bins_hold_their_own_centers_and_the_edges() {
    let grid = grid();
    for index in 0..100 {
        let [x, y] = grid.center(index);
        assert_eq!(grid.bin_of(x, y), Some(index));
    }
    assert_eq!(grid.bin_of(1.0, 2.0), Some(99));
    assert_eq!(grid.bin_of(1.01, 0.0), None);
}

#[test]
fn png_and_svg_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let ramachandran = RamachandranFigure {
        points: vec![ResiduePoint {
            index: 1,
            residue: "TYR 2".into(),
            class: "General",
            phi_degrees: -60.0,
            psi_degrees: -45.0,
        }],
        frame: 3,
        density: Grid2 { x_range: [-180.0, 180.0], y_range: [-180.0, 180.0], ..grid() },
        reference_regions: None,
    };
    let free_energy = FreeEnergyFigure {
        free_energy_kt: grid(),
        projections: vec![(0, 0, [-0.9, -1.8]), (0, 1, [0.9, 1.8])],
        reference_regions: Some(Grid2 { values: vec![2.0; 100], ..grid() }),
        basis: "Coordinates fitted to this run".into(),
        axes: ["TIC 1".into(), "Cα RMSD (Å)".into()],
        contours: vec![(1.0, vec![[-0.5, -1.0], [0.5, 1.0], [0.5, -1.0]])],
        basins: vec![BasinMark {
            letter: 'A',
            minimum: [0.1, 0.2],
            free_energy_kt: 0.0,
            population: 0.62,
            population_error: 0.08,
            visits: 3,
        }],
    };
    let text = Figure::FreeEnergy(free_energy.clone()).to_csv();
    assert!(text.contains("\ntic_1,ca_rmsd_angstrom,free_energy_kt\n"), "{text}");
    assert!(text.contains("\nA,0.100000,0.200000,0.0000,0.62000,0.08000,3\n"), "{text}");
    let structure = StructureFigure {
        frames: vec![0, 2, 4],
        time_ns: vec![0.0, 0.2, 0.4],
        residues: vec![5, 6],
        states: vec![vec!['H', ' '], vec!['H', 'E'], vec!['T', 'E']],
    };
    let text = Figure::Structure(structure.clone()).to_csv();
    assert_eq!(text.lines().next(), Some("frame,time_ns,residue_5,residue_6"));
    assert_eq!(text.lines().nth(2), Some("2,0.2000,H,E"));
    assert!(text.contains("\n0,0.0000,H,C\n"));
    let figures = [
        Figure::Rmsd(rmsd()),
        Figure::Ramachandran(ramachandran),
        Figure::FreeEnergy(free_energy),
        Figure::Structure(structure),
    ];
    for figure in figures {
        let png = folder.path().join(format!("{}.png", figure.stem()));
        figure.write(&png, FigureFormat::Png, (800, 600), "Run 1").unwrap();
        let image = image::open(&png).unwrap().to_rgb8();
        assert_eq!(image.dimensions(), (800, 600));
        assert!(image.pixels().any(|p| p.0 != [255, 255, 255]), "{} is blank", figure.stem());
        let svg = folder.path().join(format!("{}.svg", figure.stem()));
        figure.write(&svg, FigureFormat::Svg, (800, 600), "Run 1 of chignolin").unwrap();
        let text = std::fs::read_to_string(&svg).unwrap();
        assert!(text.starts_with("<svg") && text.trim_end().ends_with("</svg>"));
        assert!(text.contains("Run 1 of chignolin"), "{} does not tell its origin", figure.stem());
        assert!(figure.to_csv().lines().count() > 2);
    }
}

#[test]
fn no_data_and_no_folder_are_clear_errors() {
    let folder = tempfile::tempdir().unwrap();
    let empty = Figure::Rmsd(RmsdSeries::default());
    let message = empty.write(&folder.path().join("a.png"), FigureFormat::Png, (400, 300), "").unwrap_err();
    assert!(message.to_string().contains("simulate"), "{message}");
    let nowhere = folder.path().join("missing/a.svg");
    let message = Figure::Rmsd(rmsd()).write(&nowhere, FigureFormat::Svg, (400, 300), "").unwrap_err();
    assert!(message.to_string().contains("does not exist"), "{message}");
}

#[test]
fn csv_holds_every_value_with_its_unit() {
    let series = rmsd();
    let csv = Figure::Rmsd(series.clone()).to_csv();
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("frame,time_ns,ca_rmsd_angstrom,replica"));
    for (frame, line) in lines.enumerate() {
        let fields: Vec<f64> = line.split(',').map(|f| f.parse().unwrap()).collect();
        assert_eq!(fields[0], frame as f64);
        assert!((fields[2] - series.rmsd_angstrom[frame]).abs() < 1e-5);
    }
}
