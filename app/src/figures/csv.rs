//! The numbers behind figures, as CSV with units in the header.

use std::fmt::Write as _;

use super::data::{
    CurveFigure, DistanceFigure, FreeEnergyFigure, MapPairFigure, RamachandranFigure, RmsdSeries,
    StructureFigure, TraceFigure,
};

/// `frame,time_ns,ca_rmsd_angstrom,replica`, the replica on view first.
pub fn rmsd(series: &RmsdSeries) -> String {
    let mut text = String::from("frame,time_ns,ca_rmsd_angstrom,replica\n");
    let values = series.time_ns.iter().zip(&series.rmsd_angstrom);
    for (frame, (time, rmsd)) in series.frames.iter().zip(values) {
        writeln!(text, "{frame},{time:.4},{rmsd:.5},{}", series.replica).ok();
    }
    for (replica, points) in &series.others {
        for (frame, time, rmsd) in points {
            writeln!(text, "{frame},{time:.4},{rmsd:.5},{replica}").ok();
        }
    }
    text
}

/// Two tables: the angles of the frame, then the density over the run.
pub fn ramachandran(figure: &RamachandranFigure) -> String {
    let mut text = format!("# frame {}\nresidue,class,phi_degrees,psi_degrees\n", figure.frame);
    for point in &figure.points {
        writeln!(text, "{},{},{:.3},{:.3}", point.residue, point.class, point.phi_degrees, point.psi_degrees)
            .ok();
    }
    text.push_str("\n# fraction of all samples of the run, bins by their centers\n");
    text.push_str("phi_degrees,psi_degrees,fraction\n");
    for (index, value) in figure.density.values.iter().enumerate().filter(|(_, v)| v.is_finite()) {
        let [phi, psi] = figure.density.center(index);
        writeln!(text, "{phi:.2},{psi:.2},{value:.8}").ok();
    }
    text
}

/// Three tables: the map, its basins, then the coordinates of every frame.
pub fn free_energy(figure: &FreeEnergyFigure) -> String {
    let [across, up] = [0, 1].map(|axis: usize| column_name(&figure.axes[axis]));
    // Two distances, say, are told apart.
    let (across, up) = if across == up { (format!("{across}_1"), format!("{up}_2")) } else { (across, up) };
    let mut text = format!("# {}\n# bins by their centers\n{across},{up},free_energy_kt\n", figure.basis);
    for (index, value) in figure.free_energy_kt.values.iter().enumerate().filter(|(_, v)| v.is_finite()) {
        let [x, y] = figure.free_energy_kt.center(index);
        writeln!(text, "{x:.6},{y:.6},{value:.6}").ok();
    }
    if !figure.basins.is_empty() {
        writeln!(text, "\nbasin,{across},{up},free_energy_kt,population,standard_error,visits").ok();
        for basin in &figure.basins {
            let [x, y] = basin.minimum;
            let (kt, share, error) = (basin.free_energy_kt, basin.population, basin.population_error);
            let letter = basin.letter;
            writeln!(text, "{letter},{x:.6},{y:.6},{kt:.4},{share:.5},{error:.5},{}", basin.visits).ok();
        }
    }
    writeln!(text, "\nreplica,frame,{across},{up}").ok();
    for (replica, frame, [x, y]) in &figure.projections {
        writeln!(text, "{replica},{frame},{x:.6},{y:.6}").ok();
    }
    text
}

/// One table per curve: `time_ns,distance_angstrom`, and the ends of the interval where there is one. Points
/// without a number, which only interrupt a line, are not listed.
pub fn curves(figure: &CurveFigure) -> String {
    let mut text = format!("# {} against {}\n", figure.y_label, figure.x_label);
    let (x_name, y_name) = (column_name(&figure.x_label), column_name(&figure.y_label));
    for (index, curve) in figure.curves.iter().enumerate() {
        match curve.label.as_str() {
            "" if index == 0 => (),
            "" => text.push_str("\n# (continued)\n"),
            label => writeln!(text, "\n# {label}").unwrap_or_default(),
        }
        // Residues are counted.
        let decimals = if curve.x.iter().all(|x| x.fract() == 0.0) { 0 } else { 6 };
        let band = if curve.band.is_empty() { String::new() } else { format!(",{y_name}_low,{y_name}_high") };
        writeln!(text, "{x_name},{y_name}{band}").ok();
        for (k, (x, y)) in curve.x.iter().zip(&curve.y).enumerate().filter(|(_, (_, y))| y.is_finite()) {
            match curve.band.get(k) {
                Some([low, high]) => writeln!(text, "{x:.decimals$},{y:.6},{low:.6},{high:.6}").ok(),
                None => writeln!(text, "{x:.decimals$},{y:.6}").ok(),
            };
        }
    }
    text
}

/// A column's name from an axis label, its unit in words: `time_ns` for `Time (ns)`.
fn column_name(label: &str) -> String {
    const WORDS: [(&str, &str); 10] = [
        ("Å²", "angstrom2"),
        ("Å", "angstrom"),
        ("°", "degrees"),
        ("µ", "u"),
        ("α", "a"),
        ("β", "b"),
        ("φ", "phi"),
        ("ψ", "psi"),
        ("χ", "chi"),
        ("−", "-"),
    ];
    let mut words = label.to_owned();
    for (sign, word) in WORDS {
        words = words.replace(sign, word);
    }
    let mut name = String::new();
    for letter in words.chars().flat_map(char::to_lowercase) {
        if letter.is_ascii_alphanumeric() {
            name.push(letter);
        } else if !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
    }
    let name = name.trim_end_matches('_');
    if name.is_empty() { "value".to_owned() } else { name.to_owned() }
}

/// Bins by their centers, one column per map; bins that both maps leave empty are not listed.
pub fn map_pair(figure: &MapPairFigure) -> String {
    let value = column_name(&figure.value_label);
    let [left, right] = [0, 1].map(|side: usize| column_name(&figure.titles[side]));
    let (across, up) = (column_name(&figure.x_label), column_name(&figure.y_label));
    let mut text = format!("# {}\n{across},{up},{left}_{value},{right}_{value}\n", figure.value_label);
    let [first, second] = &figure.maps;
    // Cells of residues are counted by them.
    let decimals = if first.center(0).iter().all(|x| x.fract() == 0.0) { 0 } else { 6 };
    for (index, (a, b)) in first.values.iter().zip(&second.values).enumerate() {
        if a.is_finite() || b.is_finite() {
            let [x, y] = first.center(index);
            writeln!(text, "{x:.decimals$},{y:.decimals$},{a:.6},{b:.6}").ok();
        }
    }
    text
}

/// `frame,time_ns`, then a column for each residue with its DSSP letter, `C` for coil.
pub fn structure(figure: &StructureFigure) -> String {
    let mut text = String::from("frame,time_ns");
    for residue in &figure.residues {
        write!(text, ",residue_{residue}").ok();
    }
    text.push('\n');
    for ((frame, time_ns), states) in figure.frames.iter().zip(&figure.time_ns).zip(&figure.states) {
        write!(text, "{frame},{time_ns:.4}").ok();
        for state in states {
            write!(text, ",{}", if *state == ' ' { 'C' } else { *state }).ok();
        }
        text.push('\n');
    }
    text
}

/// One line per pair of residues, counted from 1.
pub fn distances(figure: &DistanceFigure) -> String {
    let [left, right] = [0, 1].map(|side: usize| column_name(&figure.titles[side]));
    let mut text = format!("# mean Cα distance, Å\nresidue_i,residue_j,{left}_angstrom,{right}_angstrom\n");
    for i in 0..figure.residues {
        for j in i + 1..figure.residues {
            let pair = figure.pair(i, j);
            let [a, b] = [0, 1].map(|side: usize| figure.mean_angstrom[side][pair]);
            writeln!(text, "{},{},{a:.5},{b:.5}", i + 1, j + 1).ok();
        }
    }
    text
}

/// Every trace, point by point.
pub fn traces(figure: &TraceFigure) -> String {
    let mut text = String::from("ensemble,trace,residue,x_angstrom,y_angstrom\n");
    let mut write = |ensemble: &str, trace: usize, points: &[[f64; 2]]| {
        for (residue, [x, y]) in points.iter().enumerate() {
            writeln!(text, "{ensemble},{trace},{},{x:.3},{y:.3}", residue + 1).ok();
        }
    };
    write("native", 0, &figure.native);
    for (title, traces) in figure.titles.iter().zip(&figure.traces) {
        traces.iter().enumerate().for_each(|(k, trace)| write(title, k, trace));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::{Curve, CurveRole};

    #[test]
    fn columns_are_named_with_quantity_and_unit() {
        assert_eq!(column_name("Time (ns)"), "time_ns");
        assert_eq!(column_name("Dihedral (°)"), "dihedral_degrees");
        assert_eq!(column_name("Cα RMSD (Å)"), "ca_rmsd_angstrom");
        assert_eq!(column_name("Free energy (kT)"), "free_energy_kt");
    }

    #[test]
    fn breaks_in_a_line_are_no_rows_of_numbers() {
        let figure = CurveFigure {
            stem: "dihedral".into(),
            x_label: "Time (ns)".into(),
            y_label: "Dihedral (°)".into(),
            logarithmic: false,
            curves: vec![Curve {
                label: "ψ".into(),
                role: CurveRole::Samples,
                x: vec![0.0, 0.1, 0.1, 0.2],
                y: vec![179.0, f64::NAN, -179.0, -178.0],
                band: Vec::new(),
            }],
            points: false,
            bars: false,
        };
        let text = curves(&figure);
        let rows: Vec<&str> = text.lines().skip_while(|line| !line.starts_with("time_ns")).collect();
        assert_eq!(rows[0], "time_ns,dihedral_degrees");
        assert_eq!(rows[1..], ["0.000000,179.000000", "0.100000,-179.000000", "0.200000,-178.000000"]);
    }
}
