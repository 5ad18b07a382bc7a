//! Grids drawn as one texture each: a cell is a texel, empty cells are transparent.

use egui_plot::{AxisHints, PlotImage, PlotPoint};

use crate::figures::Grid2;

/// A grid as a texture, uploaded again only when the grid changed.
#[derive(Default)]
pub struct HeatMapTexture {
    texture: Option<egui::TextureHandle>,
    revision: Option<(u64, bool)>,
}

impl HeatMapTexture {
    /// The grid as a plot item. `colour` is called for cells that hold something.
    pub fn image(
        &mut self,
        ctx: &egui::Context,
        name: &str,
        grid: &Grid2,
        revision: (u64, bool),
        options: egui::TextureOptions,
        colour: impl Fn(f64) -> egui::Color32,
    ) -> Option<PlotImage> {
        if grid.nx == 0 || grid.ny == 0 {
            return None;
        }
        if self.revision != Some(revision) {
            let pixels = (0..grid.ny)
                // Images have their first row at the top, grids at the bottom.
                .rev()
                .flat_map(|row| grid.values[row * grid.nx..(row + 1) * grid.nx].iter())
                .map(|&value| if value.is_finite() { colour(value) } else { egui::Color32::TRANSPARENT })
                .collect();
            let image = egui::ColorImage::new([grid.nx, grid.ny], pixels);
            match &mut self.texture {
                Some(texture) => texture.set(image, options),
                None => self.texture = Some(ctx.load_texture(name, image, options)),
            }
            self.revision = Some(revision);
        }
        let texture = self.texture.as_ref()?;
        let centre = |range: [f64; 2]| (range[0] + range[1]) / 2.0;
        let size = egui::vec2(
            (grid.x_range[1] - grid.x_range[0]) as f32,
            (grid.y_range[1] - grid.y_range[0]) as f32,
        );
        let position = PlotPoint::new(centre(grid.x_range), centre(grid.y_range));
        Some(PlotImage::new(name, texture.id(), position, size).allow_hover(false))
    }
}

/// Font size of axis titles and of tick labels, points.
const AXIS_FONT: f32 = 11.5;

/// An x axis as all plots have it: small text, labels no closer than they can be read.
pub fn axis_x(label: &str) -> AxisHints<'static> {
    styled(AxisHints::new_x(), label).label_spacing(22.0..=27.0)
}

/// A y axis as all plots have it, all of one width, so that plots above each other line up.
pub fn axis_y(label: &str) -> AxisHints<'static> {
    styled(AxisHints::new_y(), label).label_spacing(14.0..=22.0).min_thickness(36.0)
}

fn styled(axis: AxisHints<'static>, label: &str) -> AxisHints<'static> {
    axis.label(egui::RichText::new(label).size(AXIS_FONT))
        .tick_label_font(egui::FontId::proportional(AXIS_FONT))
}

/// The regions of molecular dynamics as a grey ground, smooth, under the run.
pub fn region_colour(region: f64, dark_mode: bool) -> egui::Color32 {
    let ground = if dark_mode { egui::Color32::WHITE } else { egui::Color32::BLACK };
    ground.gamma_multiply(0.075 * region as f32)
}

/// A vertical colour bar with ticks, `title` above it.
pub fn colour_bar(
    ui: &mut egui::Ui,
    rect: egui::Rect,
    title: &str,
    top: f64,
    colour: impl Fn(f64) -> egui::Color32,
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
        painter.rect_filled(slice, 0.0, colour(f64::from(low)));
    }
    for fraction in [0.0, 0.5, 1.0] {
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
