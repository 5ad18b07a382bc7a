//! Secondary structure of each residue against time.

use equijump_engine::analysis::SecondaryStructure;
use plotters::prelude::*;

use super::FigureError;
use super::data::StructureFigure;
use super::style::{Area, TEXT, failed, pen, text};

/// States as they are drawn, with their names; helices and strands in the colors that the molecule has them in.
pub const KINDS: [(&str, [u8; 3]); 6] = [
    ("α helix", [198, 62, 120]),
    ("3₁₀, π helix", [232, 142, 184]),
    ("Strand", [236, 184, 56]),
    ("Bridge", [246, 221, 150]),
    ("Turn", [47, 150, 124]),
    ("Bend", [160, 210, 190]),
];

/// Place of a state in [`KINDS`]; `None` for coil, which is left as the ground.
pub fn kind(state: SecondaryStructure) -> Option<usize> {
    use SecondaryStructure::*;
    match state {
        Coil => None,
        AlphaHelix => Some(0),
        Helix310 | PiHelix => Some(1),
        Strand => Some(2),
        Bridge => Some(3),
        Turn => Some(4),
        Bend => Some(5),
    }
}

fn kind_of_letter(letter: char) -> Option<usize> {
    "HGEBTS".find(letter).or((letter == 'I').then_some(1))
}

pub(super) fn structure<B: DrawingBackend<ErrorType: 'static>>(
    area: &Area<B>,
    figure: &StructureFigure,
    scale: f64,
) -> Result<(), FigureError> {
    let residues = figure.residues.len();
    let (Some(&end_ns), true) = (figure.time_ns.last(), figure.time_ns.len() > 1 && residues > 0) else {
        return Err(FigureError::Empty("frames"));
    };
    let step_ns = figure.time_ns[1] - figure.time_ns[0];
    let (legend, body) = area.split_vertically((44.0 * scale) as u32);
    let width = legend.dim_in_pixel().0;
    for (index, (name, [r, g, b])) in KINDS.into_iter().enumerate() {
        let x = (f64::from(width) * (0.07 + 0.15 * index as f64)) as i32;
        let (y, side) = ((20.0 * scale) as i32, (13.0 * scale) as i32);
        let color = RGBColor(r, g, b);
        legend.draw(&Rectangle::new([(x, y), (x + side, y + side)], color.filled())).map_err(failed)?;
        // The bundled font has no small digits below the line.
        let name = name.replace("3₁₀", "3-10");
        let at = (x + side + (6.0 * scale) as i32, y);
        legend.draw(&Text::new(name, at, text(scale, 15.0))).map_err(failed)?;
    }
    let mut chart = ChartBuilder::on(&body)
        .margin(14.0 * scale)
        .x_label_area_size(46.0 * scale)
        .y_label_area_size(58.0 * scale)
        .build_cartesian_2d(0.0..(end_ns + step_ns).max(1e-6), 0.5..residues as f64 + 0.5)
        .map_err(failed)?;
    let number = |place: &f64| {
        let index = (place.round() - 1.0).max(0.0) as usize;
        figure.residues.get(index).map(ToString::to_string).unwrap_or_default()
    };
    chart
        .configure_mesh()
        .disable_mesh()
        .axis_style(TEXT)
        .y_label_formatter(&number)
        .x_desc("Time (ns)")
        .y_desc("Residue")
        .label_style(text(scale, 15.0))
        .axis_desc_style(text(scale, 18.0))
        .draw()
        .map_err(failed)?;
    for residue in 0..residues {
        let (low, high) = (residue as f64 + 0.5, residue as f64 + 1.5);
        let mut start = 0;
        // One rectangle for as long as a residue stays what it is.
        while start < figure.states.len() {
            let state = figure.states[start].get(residue).copied().unwrap_or(' ');
            let length = figure.states[start..]
                .iter()
                .take_while(|states| states.get(residue).copied().unwrap_or(' ') == state)
                .count();
            if let Some((_, [r, g, b])) = kind_of_letter(state).map(|kind| KINDS[kind]) {
                let from = figure.time_ns[start];
                let to = figure.time_ns.get(start + length).copied().unwrap_or(end_ns + step_ns);
                let cell = Rectangle::new([(from, low), (to, high)], RGBColor(r, g, b).filled());
                chart.draw_series(std::iter::once(cell)).map_err(failed)?;
            }
            start += length;
        }
    }
    let frame = ShapeStyle { color: TEXT.to_rgba(), filled: false, stroke_width: pen(scale, 1.0) };
    let outline = Rectangle::new([(0.0, 0.5), (end_ns + step_ns, residues as f64 + 0.5)], frame);
    chart.draw_series(std::iter::once(outline)).map_err(failed)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_states_are_of_one_kind() {
        use SecondaryStructure::*;
        for state in [Coil, AlphaHelix, Helix310, PiHelix, Strand, Bridge, Turn, Bend] {
            assert_eq!(kind_of_letter(state.code()), kind(state), "{state:?}");
        }
    }
}
