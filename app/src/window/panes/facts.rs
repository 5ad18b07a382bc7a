//! What the molecule on view is worth, beside it at all times: the model, what it was trained on, the conditions,
//! what one frame is.

use super::PaneContext;
use crate::window::fitting::joined;
use crate::window::models::{ModelFacts, ModelState};
use crate::window::runs::Origin;
use crate::window::theme;

/// Height of one line, and of each line more.
const ONE_LINE: f32 = 22.0;
const MORE_LINES: f32 = 14.0;
const MOST_LINES: usize = 4;
/// A lower pane has one line of facts, so that there is room for the molecule, points.
const LOW: f32 = 240.0;
const SPACING: f32 = 8.0;

/// The line as it will be drawn: all of it can be read, on several lines where one is too short and there is room.
pub(super) struct FactsLine {
    facts: Facts,
    badge: Option<Badge>,
    /// Height, points.
    pub height: f32,
}

impl FactsLine {
    /// Lays the line out for a pane of this size, points.
    pub(super) fn new(ui: &egui::Ui, context: &PaneContext<'_>, pane: egui::Vec2) -> Self {
        let (facts, badge) = (facts(context), badge(context));
        let laid_out = |text: &str, font: egui::FontId, width: f32| {
            ui.painter().layout(text.to_owned(), font, egui::Color32::WHITE, width)
        };
        let bold =
            badge.as_ref().map(|badge| badge.text.as_str()).into_iter().chain(facts.warning.as_deref());
        let bold: f32 =
            bold.map(|text| laid_out(text, warning_font(), f32::INFINITY).size().x + SPACING).sum();
        let small = egui::TextStyle::Small.resolve(ui.style());
        let lines = laid_out(&facts.text, small, (pane.x - bold).max(80.0)).rows.len();
        let more = if pane.y < LOW || lines > MOST_LINES { 0 } else { lines.max(1) - 1 };
        Self { facts, badge, height: ONE_LINE + MORE_LINES * more as f32 }
    }

    /// Draws it; the rest is in its tooltip.
    pub(super) fn ui(self, ui: &mut egui::Ui, colors: theme::Palette) {
        let Facts { text, warning, tooltip } = self.facts;
        ui.horizontal_centered(|ui| {
            ui.spacing_mut().item_spacing.x = SPACING;
            if let Some(Badge { text, unfamiliar, tooltip }) = self.badge {
                let color = if unfamiliar { colors.warn } else { colors.weak };
                let text = egui::RichText::new(text).font(warning_font()).color(color);
                ui.label(text).on_hover_text(tooltip);
            }
            if let Some(warning) = warning {
                let text = egui::RichText::new(warning).font(warning_font()).color(colors.warn);
                ui.label(text).on_hover_text(&tooltip);
            }
            let text = egui::RichText::new(text).small().weak();
            let label = egui::Label::new(text);
            let label = if self.height > ONE_LINE { label.wrap() } else { label.truncate() };
            ui.add(label).on_hover_text(tooltip);
        });
    }
}

fn warning_font() -> egui::FontId {
    theme::semibold(11.5)
}

/// How familiar the frame shown is to the model in use.
struct Badge {
    text: String,
    unfamiliar: bool,
    tooltip: String,
}

/// Nothing where there is no model. Of frames that another model, or none, has made it says how familiar they are as a start.
fn badge(context: &PaneContext<'_>) -> Option<Badge> {
    let ModelState::Loaded(model) = &context.model.state else { return None };
    let origin = context.project.run.as_ref().map(|run| &run.origin);
    let foreign = match origin {
        Some(Origin::Opened { recorded: Some(recorded), .. }) => recorded.model_checksum != model.checksum,
        Some(Origin::Opened { recorded: None, .. }) => true,
        Some(Origin::Made) | None => false,
    };
    let protein = &context.project.opened.as_ref()?.structure.topology;
    // Whatever made them, it need not have been this model.
    let to = if foreign { format!(" to {}", context.model.name()) } else { String::new() };
    if model.trust.is_none() {
        // Beside a protein that the model was trained on the line says so by itself.
        let unknown = !context.model.facts().sequences.contains(&protein.sequence());
        return unknown.then(|| Badge {
            text: format!("Familiarity{to} unknown"),
            unfamiliar: false,
            tooltip:
                "The model does not say what surroundings of residues it was trained on, so how far this \
                      protein is from them cannot be measured."
                    .to_owned(),
        });
    }
    let trust = context.details?.trust.as_ref()?;
    let unfamiliar = !trust.unfamiliar().is_empty();
    Some(Badge {
        text: match unfamiliar {
            true => format!("Unfamiliar{to}: {}", trust.count_text()),
            false => format!("Familiar{to}"),
        },
        unfamiliar,
        tooltip: format!(
            "In the frame shown: {}. The model in use is judged by how far each residue's surroundings are from those \
             it was trained on; the sequence below marks the residues.",
            trust.sentence()
        ),
    })
}

struct Facts {
    text: String,
    warning: Option<String>,
    tooltip: String,
}

const NEVER_SEEN: &str = "The model has never seen this protein; its frames may be unphysical.";

fn facts(context: &PaneContext<'_>) -> Facts {
    let run = context.project.run.as_ref();
    let interval_ps = run.and_then(|run| run.frame_interval_ps());
    let frame = interval_ps.map(|interval| format!("a frame is {interval} ps"));
    let protein = context.project.opened.as_ref().map(|opened| &opened.structure.topology);
    let unseen = |sequences: &[String]| {
        let protein = protein.filter(|_| !sequences.is_empty())?;
        let sequence = protein.sequence();
        let foreign = sequences.iter().all(|known| *known != sequence);
        foreign.then(|| format!("Not trained on {}", protein.name))
    };
    if let Some(Origin::Opened { recorded, files }) = run.map(|run| &run.origin) {
        let file = files.first().and_then(|path| path.file_name());
        let file = file.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let Some(recorded) = recorded else {
            let made =
                "a trajectory that was opened, not known to be made by a model of this program".to_owned();
            return Facts {
                text: joined([file, made, frame.unwrap_or_default()]),
                warning: None,
                tooltip: "Temperature and solvent are those of whatever made the file.".to_owned(),
            };
        };
        let of_model = context.model.facts_of(recorded);
        let warning = of_model.as_ref().and_then(|facts| unseen(&facts.sequences));
        let mut tooltip = format!(
            "A run of EquiJump that was opened again. Model {}, checksum {}.",
            recorded.model, recorded.model_checksum
        );
        if warning.is_some() {
            tooltip = format!("{tooltip}\n{NEVER_SEEN}");
        }
        let (trained, conditions) = of_model.map_or((None, None), |of| (of.trained_on, of.conditions));
        let trained = trained.map(|what| format!("trained on {what}"));
        let model = format!("model {}", recorded.model);
        let text = joined([Some(file), Some(model), trained, conditions, frame].into_iter().flatten());
        return Facts { text, warning, tooltip };
    }
    let model = match run.and_then(|run| run.model.clone()) {
        Some(model) => model,
        None => context.model.facts(),
    };
    let ModelFacts { name, trained_on, conditions, sequences, card } = model;
    let warning = unseen(&sequences);
    let trained = trained_on.map(|what| format!("trained on {what}"));
    let frame = frame.or(Some("a frame is a jump of 100 ps".to_owned())).filter(|_| !card.is_empty());
    let mut tooltip = card;
    if warning.is_some() {
        tooltip = format!("{tooltip}\n{NEVER_SEEN}");
    }
    let parts = [Some(format!("Model {name}")), trained, conditions, frame];
    Facts { text: joined(parts.into_iter().flatten()), warning, tooltip }
}
