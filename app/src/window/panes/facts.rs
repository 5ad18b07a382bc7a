//! What the molecule on view is worth, beside it at all times: the model, what it was trained on, the conditions,
//! what one frame is.

use super::PaneContext;
use crate::window::models::ModelFacts;
use crate::window::runs::Origin;
use crate::window::theme;

/// Height of the line, points.
pub(super) const HEIGHT: f32 = 22.0;

/// One line, the rest in its tooltip.
pub(super) fn ui(ui: &mut egui::Ui, context: &PaneContext<'_>) {
    let Facts { text, warning, tooltip } = facts(context);
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        if let Some(warning) = warning {
            let colour = context.palette().warn;
            ui.label(egui::RichText::new(warning).font(theme::semibold(11.5)).color(colour))
                .on_hover_text(&tooltip);
        }
        let label = egui::Label::new(egui::RichText::new(text).small().weak()).truncate();
        ui.add(label).on_hover_text(tooltip);
    });
}

struct Facts {
    text: String,
    warning: Option<String>,
    tooltip: String,
}

fn facts(context: &PaneContext<'_>) -> Facts {
    let run = context.project.run.as_ref();
    let interval_ps = run.and_then(|run| run.frame_interval_ps());
    let frame = interval_ps.map(|interval| format!("a frame is {interval} ps"));
    let protein = context.project.opened.as_ref().map(|opened| &opened.structure.topology);
    if let Some(Origin::Opened { recorded, files }) = run.map(|run| &run.origin) {
        let file = files.first().and_then(|path| path.file_name());
        let file = file.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let made = match recorded {
            Some(recorded) => format!("model {}", recorded.model),
            None => "not made by a model of this program".to_owned(),
        };
        let parts = [Some(file), Some(made), frame];
        return Facts {
            text: parts.into_iter().flatten().collect::<Vec<_>>().join("  ·  "),
            warning: None,
            tooltip: match recorded {
                Some(recorded) => format!(
                    "A run of EquiJump that was opened again. Model {}, checksum {}.",
                    recorded.model, recorded.model_checksum
                ),
                None => "Temperature and solvent are those of whatever made the file.".to_owned(),
            },
        };
    }
    let model = match run.and_then(|run| run.model.clone()) {
        Some(model) => model,
        None => context.model.facts(),
    };
    let ModelFacts { name, trained_on, conditions, sequences, card } = model;
    let foreign = protein.filter(|_| !sequences.is_empty()).filter(|protein| {
        let sequence = protein.sequence();
        sequences.iter().all(|known| *known != sequence)
    });
    let warning = foreign.map(|protein| format!("Not trained on {}", protein.name));
    let trained = trained_on.map(|what| format!("trained on {what}"));
    let frame = frame.or(Some("a frame is a jump of 100 ps".to_owned())).filter(|_| !card.is_empty());
    let parts = [Some(format!("Model {name}")), trained, conditions, frame];
    let mut tooltip = card;
    if warning.is_some() {
        tooltip.push_str("\nThe model has never seen this protein; its frames may be unphysical.");
    }
    Facts { text: parts.into_iter().flatten().collect::<Vec<_>>().join("  ·  "), warning, tooltip }
}
