//! Grids drawn as one texture each: a cell is a texel, empty cells are transparent.

use egui_plot::{AxisHints, GridInput, GridMark, PlotImage, PlotPoint};

use crate::figures::Grid2;

/// A grid as a texture, uploaded again only when the grid changed.
#[derive(Default)]
pub struct HeatMapTexture {
    texture: Option<egui::TextureHandle>,
    revision: Option<(u64, bool)>,
}

impl HeatMapTexture {
    /// The grid as a plot item. `color` is called for cells that hold something.
    pub fn image(
        &mut self,
        ctx: &egui::Context,
        name: &str,
        grid: &Grid2,
        revision: (u64, bool),
        options: egui::TextureOptions,
        color: impl Fn(f64) -> egui::Color32,
    ) -> Option<PlotImage> {
        if grid.nx == 0 || grid.ny == 0 {
            return None;
        }
        if self.revision != Some(revision) {
            let pixels = (0..grid.ny)
                // Images have their first row at the top, grids at the bottom.
                .rev()
                .flat_map(|row| grid.values[row * grid.nx..(row + 1) * grid.nx].iter())
                .map(|&value| if value.is_finite() { color(value) } else { egui::Color32::TRANSPARENT })
                .collect();
            let image = egui::ColorImage::new([grid.nx, grid.ny], pixels);
            match &mut self.texture {
                Some(texture) => texture.set(image, options),
                None => self.texture = Some(ctx.load_texture(name, image, options)),
            }
            self.revision = Some(revision);
        }
        let texture = self.texture.as_ref()?;
        let center = |range: [f64; 2]| (range[0] + range[1]) / 2.0;
        let size = egui::vec2(
            (grid.x_range[1] - grid.x_range[0]) as f32,
            (grid.y_range[1] - grid.y_range[0]) as f32,
        );
        let position = PlotPoint::new(center(grid.x_range), center(grid.y_range));
        Some(PlotImage::new(name, texture.id(), position, size).allow_hover(false))
    }
}

/// Font size of axis titles and of tick labels, points.
const AXIS_FONT: f32 = 11.5;

/// An x axis as all plots have it: small text, labels no closer than they can be read, room for its title from the first
/// time that it is drawn.
pub fn axis_x(label: &str) -> AxisHints<'static> {
    styled(AxisHints::new_x(), label).min_thickness(if label.is_empty() { 15.0 } else { 31.0 })
}

/// A y axis as all plots have it, all of one width, so that plots above each other line up.
pub fn axis_y(label: &str) -> AxisHints<'static> {
    styled(AxisHints::new_y(), label).min_thickness(38.0)
}

/// The title under a plot, where there is so much height that the plot is more than its frame.
pub fn title_below<'a>(ui: &egui::Ui, title: &'a str) -> &'a str {
    const LEAST_HEIGHT: f32 = 96.0;
    if ui.available_height() < LEAST_HEIGHT { "" } else { title }
}

/// The title of an axis, where the plot is long enough to hold it beside its numbers.
pub fn title_that_fits(title: &str, length: f32) -> &str {
    const WIDTH_PER_LETTER: f32 = 6.6;
    if length >= title.chars().count() as f32 * WIDTH_PER_LETTER + 8.0 { title } else { "" }
}

/// The titles of axes, across and up, that had no room beside them, in corners of the plot; with each goes what stands at
/// the axis.
pub fn titles_inside(ui: &egui::Ui, frame: egui::Rect, [across, up]: [(&str, &str); 2]) {
    use egui::{Align2, pos2, vec2};
    const INSET: egui::Vec2 = vec2(3.0, 2.0);
    let painter = ui.painter().with_clip_rect(frame);
    let ground = ui.visuals().extreme_bg_color.gamma_multiply(0.75);
    let color = ui.visuals().text_color();
    let font = egui::FontId::proportional(AXIS_FONT);
    for ((title, at_axis), align) in [(across, Align2::RIGHT_BOTTOM), (up, Align2::LEFT_TOP)] {
        if !at_axis.is_empty() || title.is_empty() {
            continue;
        }
        let words = painter.layout_no_wrap(title.to_owned(), font.clone(), color);
        let rect = align.align_size_within_rect(words.size(), frame.shrink2(2.0 * INSET));
        painter.rect_filled(rect.expand2(INSET), 2.0, ground);
        painter.galley(pos2(rect.left(), rect.top()), words, color);
    }
}

/// The base step of a grid is what lies so many points apart, egui_plot's least distance of lines.
const BASE_POINTS: f64 = 8.0;

/// Marks at round numbers (1, 2 or 5 times a power of ten), as many as have room for their label: all alike, so
/// that an axis is never left with a single number.
pub fn round_marks(input: GridInput, least_points: f64) -> Vec<GridMark> {
    let (low, high) = input.bounds;
    let least = input.base_step_size * least_points / BASE_POINTS;
    if !(least.is_finite() && least > 0.0 && low.is_finite() && high.is_finite()) {
        return Vec::new();
    }
    let power = 10f64.powf(least.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|step| *step >= least * 0.999);
    let step = step.unwrap_or(10.0 * power);
    let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
    if last.saturating_sub(first) > 1000 {
        return Vec::new();
    }
    (first..=last).map(|k| GridMark { value: k as f64 * step, step_size: step }).collect()
}

/// Marks along x. A number that would reach far beyond the right end of the axis, where the pane ends, is left out.
pub fn x_marks(input: GridInput) -> Vec<GridMark> {
    // Least distance of numbers, room right of the plot, half the width of a digit, points.
    const LEAST: f64 = 44.0;
    const ROOM: f64 = 8.0;
    const HALF_DIGIT: f64 = 3.3;
    let (high, value_per_point) = (input.bounds.1, input.base_step_size / BASE_POINTS);
    let mut marks = round_marks(input, LEAST);
    if let (Some(last), true) = (marks.last(), marks.len() > 2) {
        let half = HALF_DIGIT * mark_label(*last).chars().count() as f64;
        if (high - last.value) / value_per_point + ROOM < half {
            marks.pop();
        }
    }
    marks
}

/// Least distance of numbers along y, points.
pub fn y_marks(input: GridInput) -> Vec<GridMark> {
    round_marks(input, 20.0)
}

fn styled(axis: AxisHints<'static>, label: &str) -> AxisHints<'static> {
    axis.label(egui::RichText::new(label).size(AXIS_FONT))
        .tick_label_font(egui::FontId::proportional(AXIS_FONT))
        // The marks are as far apart as they must be; none is faded.
        .label_spacing(4.0..=8.0)
        .formatter(|mark, _| mark_label(mark))
}

/// The number at a mark, with the digits that tell it from the next one.
fn mark_label(mark: GridMark) -> String {
    let step = mark.step_size.abs();
    let decimals = if step > 0.0 { (-step.log10() - 1e-6).ceil().clamp(0.0, 9.0) as usize } else { 0 };
    // A rounded zero has no sign.
    let value = if mark.value.abs() < 0.5 * step { 0.0 } else { mark.value };
    format!("{value:.decimals$}")
}

/// The regions of molecular dynamics as a grey ground, smooth, under the run.
pub fn region_color(region: f64, dark_mode: bool) -> egui::Color32 {
    let ground = if dark_mode { egui::Color32::WHITE } else { egui::Color32::BLACK };
    ground.gamma_multiply(0.075 * region as f32)
}

/// A vertical color bar with ticks, `title` above it.
pub fn color_bar(
    ui: &mut egui::Ui,
    rect: egui::Rect,
    title: &str,
    top: f64,
    color: impl Fn(f64) -> egui::Color32,
) {
    let painter = ui.painter();
    let text = ui.visuals().weak_text_color();
    let font = egui::TextStyle::Small.resolve(ui.style());
    painter.text(rect.left_top(), egui::Align2::LEFT_TOP, title, font.clone(), text);
    let bar = egui::Rect::from_min_max(
        egui::pos2(rect.left(), rect.top() + 18.0),
        egui::pos2(rect.left() + 10.0, rect.bottom()),
    );
    const STEPS: usize = 48;
    for step in 0..STEPS {
        let (low, high) = (step as f32 / STEPS as f32, (step + 1) as f32 / STEPS as f32);
        let slice = egui::Rect::from_min_max(
            egui::pos2(bar.left(), bar.bottom() - high * bar.height()),
            egui::pos2(bar.right(), bar.bottom() - low * bar.height()),
        );
        painter.rect_filled(slice, 0.0, color(f64::from(low)));
    }
    // Numbers that would overprint each other are left out.
    let fractions: &[f64] = match bar.height() / ui.text_style_height(&egui::TextStyle::Small) {
        lines if lines < 1.0 => &[],
        lines if lines < 2.0 => &[1.0],
        lines if lines < 3.5 => &[0.0, 1.0],
        _ => &[0.0, 0.5, 1.0],
    };
    for &fraction in fractions {
        let y = bar.bottom() - fraction as f32 * bar.height();
        let align = match fraction {
            0.0 => egui::Align2::LEFT_BOTTOM,
            1.0 => egui::Align2::LEFT_TOP,
            _ => egui::Align2::LEFT_CENTER,
        };
        let label = format!("{:.1}", fraction * top);
        painter.text(egui::pos2(bar.right() + 4.0, y), align, label, font.clone(), text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_number_of_an_axis_stays_inside_the_pane() {
        // 300 points for 15 000, a point for 50: "15000" at the very end would reach 16 points beyond it.
        let marks = |high: f64| -> Vec<f64> {
            let input = GridInput { bounds: (0.0, high), base_step_size: 400.0 };
            x_marks(input).into_iter().map(|mark| mark.value).collect()
        };
        assert_eq!(marks(15_000.0), [0.0, 5000.0, 10_000.0]);
        assert_eq!(marks(16_000.0), [0.0, 5000.0, 10_000.0, 15_000.0]);
        let short = GridInput { bounds: (0.0, 50.0), base_step_size: 400.0 / 300.0 };
        assert_eq!(x_marks(short).last().map(|mark| mark.value), Some(50.0));
    }

    #[test]
    fn marks_are_told_apart_and_zero_has_no_sign() {
        let labels = |step: f64| -> Vec<String> {
            (-2..=1).map(|k| mark_label(GridMark { value: f64::from(k) * step, step_size: step })).collect()
        };
        assert_eq!(labels(0.5), ["-1.0", "-0.5", "0.0", "0.5"]);
        assert_eq!(labels(20.0), ["-40", "-20", "0", "20"]);
        assert_eq!(mark_label(GridMark { value: -1e-17, step_size: 0.1 }), "0.0");
    }
}
