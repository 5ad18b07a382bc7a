//! What an evaluation found: figures and tables to browse through.

use equijump_engine::analysis::evaluation::kinetics::Kinetics;
use equijump_engine::analysis::evaluation::{Divergence, Evaluation, Interval};

use super::{PaneContext, empty_state};
use crate::figures::evaluation::labeled;
use crate::figures::picture::Paper;
use crate::figures::{Figure, FigureError};
use crate::report::Provenance;
use crate::window::evaluation::{Evaluated, Page, Shown};
use crate::window::focus::scroll_to_focus;
use crate::window::icons::{Icon, IconButton};
use crate::window::theme::semibold;

/// A figure is drawn anew only once the pane has kept its size for this long; meanwhile the old one is stretched.
const SETTLED_AFTER_S: f64 = 0.15;

/// A figure as it was drawn last.
#[derive(Default)]
pub struct FigureTexture {
    texture: Option<egui::TextureHandle>,
    drawn: Option<Drawn>,
    wanted: Option<Drawn>,
    /// When `wanted` came up, s.
    wanted_since: f64,
    error: Option<String>,
}

/// What decides the pixels of a figure.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Drawn {
    /// Address of the evaluation; another one is another figure.
    evaluation: usize,
    page: usize,
    size: [u32; 2],
    scale: f32,
    paper: Paper,
}

pub(super) fn ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    let state = &mut *context.evaluation;
    let Some(evaluated) = &state.evaluated else {
        let (heading, advice) = if state.is_evaluating() {
            ("Nothing evaluated yet", "The trajectories are being measured.")
        } else {
            (
                "No evaluation yet",
                "Press Evaluate in the Evaluation pane to evaluate samples against a reference.",
            )
        };
        return empty_state(ui, heading, advice);
    };
    of_what_ui(ui, evaluated);
    let mut page_index = state.page.min(evaluated.pages.len().saturating_sub(1));
    choice_ui(ui, &evaluated.pages, &mut page_index);
    state.page = page_index;
    let Some(page) = evaluated.pages.get(page_index) else { return };
    ui.add(egui::Label::new(egui::RichText::new(&page.text).small().weak()).wrap());
    ui.add_space(2.0);
    match &page.shown {
        Shown::Divergences => {
            scrolled(ui, |ui| {
                let width = ui.available_width();
                egui::ScrollArea::horizontal().show(ui, |ui| divergences_ui(ui, &evaluated.evaluation));
                ui.set_max_width(width);
                warnings_ui(ui, &evaluated.evaluation);
            });
        }
        Shown::Averages => scrolled(ui, |ui| averages_ui(ui, &evaluated.evaluation)),
        Shown::Kinetics(kinetics) => scrolled(ui, |ui| {
            egui::ScrollArea::horizontal().show(ui, |ui| kinetics_ui(ui, kinetics));
        }),
        Shown::Figure(figure, aspect) => {
            let paper = Paper { ground: rgb(ui.visuals().panel_fill), ink: rgb(ui.visuals().text_color()) };
            let cache = &mut context.cache.evaluation_results;
            figure_ui(ui, evaluated, page_index, figure, *aspect, paper, cache);
        }
    }
}

/// Of what the numbers are: it need not be what is on view.
fn of_what_ui(ui: &mut egui::Ui, evaluated: &Evaluated) {
    let Provenance { samples, reference, .. } = &evaluated.provenance;
    let protein = &evaluated.evaluation.protein;
    let text = format!("{protein}: {} against {}", several(samples), several(reference));
    let label = egui::Label::new(egui::RichText::new(text).font(semibold(13.0))).truncate();
    let all = format!("Samples:\n{}\nReference:\n{}", samples.join("\n"), reference.join("\n"));
    ui.add(label).on_hover_text(all);
}

/// Names of files in a line: `traj_00.xtc … traj_31.xtc (32)`.
fn several(names: &[String]) -> String {
    let short = |name: &String| -> String {
        let path = std::path::Path::new(name);
        path.file_name().map_or_else(|| name.clone(), |name| name.to_string_lossy().into_owned())
    };
    match names {
        [] => String::new(),
        [one] => short(one),
        [first, .., last] => format!("{} … {} ({})", short(first), short(last), names.len()),
    }
}

fn rgb(color: egui::Color32) -> [u8; 3] {
    [color.r(), color.g(), color.b()]
}

fn scrolled(ui: &mut egui::Ui, contents: impl FnOnce(&mut egui::Ui)) {
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        contents(ui);
        scroll_to_focus(ui);
    });
}

fn choice_ui(ui: &mut egui::Ui, pages: &[Page], page: &mut usize) {
    ui.horizontal(|ui| {
        let last = pages.len().saturating_sub(1);
        let back = ui.add_enabled(*page > 0, IconButton::new(Icon::StepBack, "Previous figure"));
        if back.on_hover_text("The figure before this one").clicked() {
            *page -= 1;
        }
        let label = ui.label("Figure").id;
        let width = (ui.available_width() - 40.0).clamp(100.0, 320.0);
        egui::ComboBox::from_id_salt("figure")
            .width(width)
            .height(460.0)
            .truncate()
            .selected_text(pages.get(*page).map_or("", |page| page.title.as_str()))
            .show_ui(ui, |ui| {
                for (index, entry) in pages.iter().enumerate() {
                    super::form::entry(ui, page, index, &entry.title);
                }
            })
            .response
            .labelled_by(label);
        let next = ui.add_enabled(*page < last, IconButton::new(Icon::StepForward, "Next figure"));
        if next.on_hover_text("The figure after this one").clicked() {
            *page += 1;
        }
    });
}

fn figure_ui(
    ui: &mut egui::Ui,
    evaluated: &Evaluated,
    page: usize,
    figure: &Figure,
    aspect: f32,
    paper: Paper,
    cache: &mut FigureTexture,
) {
    let available = ui.available_size();
    // As wide as the pane, and no taller than the figure bears.
    const TALLER: f32 = 1.3;
    let height = available.y.min(available.x / aspect * TALLER).max(80.0);
    let width = available.x.min(height * aspect * TALLER).max(80.0);
    let pixels_per_point = ui.ctx().pixels_per_point();
    let pixels = |points: f32| (points * pixels_per_point).round().clamp(1.0, 8192.0) as u32;
    let size = [pixels(width), pixels(height)];
    // In a narrow pane letters give way to the figure a little.
    let narrow = (width * height).sqrt() / 520.0;
    let wanted = Drawn {
        evaluation: std::sync::Arc::as_ptr(&evaluated.evaluation).addr(),
        page,
        size,
        scale: pixels_per_point * narrow.clamp(0.8, 1.15),
        paper,
    };
    cache.bring_up_to(ui.ctx(), wanted, figure);
    if let Some(error) = &cache.error {
        return empty_state(ui, "No figure", error);
    }
    let Some(texture) = &cache.texture else { return };
    let points = egui::vec2(size[0] as f32, size[1] as f32) / pixels_per_point;
    let (rect, response) = ui.allocate_exact_size(points, egui::Sense::hover());
    // On whole pixels, or all lines blur.
    let corner = (rect.min.to_vec2() * pixels_per_point).round() / pixels_per_point;
    let rect = egui::Rect::from_min_size(corner.to_pos2(), points);
    let whole = egui::Rect::from_min_max(egui::Pos2::ZERO, egui::pos2(1.0, 1.0));
    ui.painter().image(texture.id(), rect, whole, egui::Color32::WHITE);
    let title = evaluated.pages.get(page).map_or(String::new(), |page| page.title.clone());
    response.widget_info(|| {
        egui::WidgetInfo::labeled(egui::Role::GraphicsObject, true, format!("Figure: {title}"))
    });
}

impl FigureTexture {
    /// Draws the figure if it is another one, or is to have another size and that has settled.
    fn bring_up_to(&mut self, ctx: &egui::Context, wanted: Drawn, figure: &Figure) {
        if self.drawn == Some(wanted) {
            return;
        }
        let now = ctx.input(|input| input.time);
        if self.wanted != Some(wanted) {
            self.wanted = Some(wanted);
            self.wanted_since = now;
        }
        let only_resized = self.drawn.is_some_and(|drawn| {
            Drawn { size: wanted.size, scale: wanted.scale, ..drawn } == wanted && self.error.is_none()
        });
        if only_resized && now - self.wanted_since < SETTLED_AFTER_S {
            ctx.request_repaint_after(std::time::Duration::from_secs_f64(SETTLED_AFTER_S));
            return;
        }
        self.drawn = Some(wanted);
        let [width, height] = wanted.size;
        match figure.to_pixels((width, height), f64::from(wanted.scale), wanted.paper) {
            Ok(pixels) => {
                self.error = None;
                let size = [width as usize, height as usize];
                let pixels = pixels.into_iter().map(|[r, g, b]| egui::Color32::from_rgb(r, g, b)).collect();
                let image = egui::ColorImage::new(size, pixels);
                let options = egui::TextureOptions::LINEAR;
                match &mut self.texture {
                    Some(texture) => texture.set(image, options),
                    None => self.texture = Some(ctx.load_texture("figure", image, options)),
                }
            }
            Err(FigureError::Empty(what)) => {
                self.error = Some(format!("The trajectories hold no {what} to draw here."));
            }
            Err(error) => self.error = Some(format!("{error}.")),
        }
    }
}

/// A number over its interval.
fn interval_ui(ui: &mut egui::Ui, interval: &Interval, decimals: usize, unit: &str) {
    let Interval { value, low, high } = *interval;
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        if !value.is_finite() {
            ui.weak("–");
            return;
        }
        ui.add(egui::Label::new(format!("{value:.decimals$}{unit}")).extend());
        if low.is_finite() && high.is_finite() {
            let text = egui::RichText::new(format!("{low:.decimals$} – {high:.decimals$}")).small().weak();
            ui.add(egui::Label::new(text).extend());
        }
    });
}

fn table(ui: &mut egui::Ui, name: &str, header: &[&str], rows: impl FnOnce(&mut egui::Ui)) {
    egui::Grid::new(name).striped(true).num_columns(header.len()).spacing([18.0, 4.0]).show(ui, |ui| {
        for title in header {
            ui.add(egui::Label::new(egui::RichText::new(*title).font(semibold(12.0))).extend());
        }
        ui.end_row();
        rows(ui);
    });
}

fn divergences_ui(ui: &mut egui::Ui, evaluation: &Evaluation) {
    let scores = &evaluation.scores;
    let cells = |ui: &mut egui::Ui, divergence: &Divergence| {
        interval_ui(ui, &divergence.samples, 4, "");
        interval_ui(ui, &divergence.floor, 4, "");
        let floors = format!("{:.4}", divergence.scaled_floor);
        let tooltip = format!(
            "What the floor would be for as much time as was compared; the divergence is {:.1} times this",
            divergence.floors()
        );
        ui.add(egui::Label::new(floors).extend()).on_hover_text(tooltip);
    };
    let header: &[&str] = if scores.weighted {
        &[
            "",
            "Markov-weighted",
            "Floor",
            "Floor at this length",
            "All frames alike",
            "Floor",
            "Floor at this length",
        ]
    } else {
        &["", "Divergence", "Floor", "Floor at this length"]
    };
    table(ui, "divergences", header, |ui| {
        for row in &scores.divergences {
            ui.label(row.quantity.label());
            if scores.weighted {
                match &row.weighted {
                    Some(divergence) => cells(ui, divergence),
                    None => {
                        for _ in 0..3 {
                            ui.label("");
                        }
                    }
                }
            }
            cells(ui, &row.plain);
            ui.end_row();
        }
    });
}

fn averages_ui(ui: &mut egui::Ui, evaluation: &Evaluation) {
    table(ui, "averages", &["", "Reference", "Samples", "Error"], |ui| {
        for row in &evaluation.scores.averages {
            ui.label(labeled(row.quantity));
            interval_ui(ui, &row.reference, 3, "");
            interval_ui(ui, &row.samples, 3, "");
            interval_ui(ui, &row.percent_error, 1, " %");
            ui.end_row();
        }
    });
}

fn kinetics_ui(ui: &mut egui::Ui, kinetics: &Kinetics) {
    table(ui, "kinetics", &["", "Reference", "Samples"], |ui| {
        for row in &kinetics.rows {
            ui.label(row.measure.label());
            for (interval, events) in [&row.reference, &row.samples].into_iter().zip(row.events) {
                match interval {
                    Some(interval) => interval_ui(ui, interval, row.measure.decimals(), ""),
                    None => {
                        ui.weak("not supported").on_hover_text(format!("seen {events:.0} times"));
                    }
                }
            }
            ui.end_row();
        }
    });
}

fn warnings_ui(ui: &mut egui::Ui, evaluation: &Evaluation) {
    if evaluation.warnings.is_empty() {
        return;
    }
    ui.add_space(10.0);
    ui.label(egui::RichText::new("Keep in mind").font(semibold(13.0)));
    for warning in &evaluation.warnings {
        let color = ui.visuals().warn_fg_color;
        let text = egui::RichText::new(crate::window::wording::in_window_words(warning));
        ui.add(egui::Label::new(text.color(color)).wrap().selectable(true));
    }
}
