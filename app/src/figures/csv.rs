//! The numbers behind figures, as CSV with units in the header.

use std::fmt::Write as _;

use super::data::{FreeEnergyFigure, RamachandranFigure, RmsdSeries};

/// `frame,time_ns,ca_rmsd_angstrom`.
pub fn rmsd(series: &RmsdSeries) -> String {
    let mut text = String::from("frame,time_ns,ca_rmsd_angstrom\n");
    let values = series.time_ns.iter().zip(&series.rmsd_angstrom);
    for (frame, (time, rmsd)) in series.frames.iter().zip(values) {
        writeln!(text, "{frame},{time:.4},{rmsd:.5}").ok();
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
    text.push_str("\n# fraction of all samples of the run, bins by their centres\n");
    text.push_str("phi_degrees,psi_degrees,fraction\n");
    for (index, value) in figure.density.values.iter().enumerate().filter(|(_, v)| v.is_finite()) {
        let [phi, psi] = figure.density.centre(index);
        writeln!(text, "{phi:.2},{psi:.2},{value:.8}").ok();
    }
    text
}

/// Two tables: the map, then the coordinates of every frame.
pub fn free_energy(figure: &FreeEnergyFigure) -> String {
    let mut text = format!("# {}\n# bins by their centres\ntic1,tic2,free_energy_kt\n", figure.basis);
    for (index, value) in figure.free_energy_kt.values.iter().enumerate().filter(|(_, v)| v.is_finite()) {
        let [x, y] = figure.free_energy_kt.centre(index);
        writeln!(text, "{x:.6},{y:.6},{value:.6}").ok();
    }
    text.push_str("\nreplica,frame,tic1,tic2\n");
    for (replica, frame, [x, y]) in &figure.projections {
        writeln!(text, "{replica},{frame},{x:.6},{y:.6}").ok();
    }
    text
}
