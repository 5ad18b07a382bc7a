//! Questions that a structure file raises: which chain, and what to do about a break.

use equijump_engine::session::{ChainSummary, OpenRequest};

use super::buttons;
use crate::window::action::Action;

/// Which of several chains.
#[derive(Clone, Debug)]
pub struct ChainChoice {
    request: OpenRequest,
    chains: Vec<ChainSummary>,
    selected: usize,
}

impl ChainChoice {
    /// Starts with the first chain.
    pub fn new(request: OpenRequest, chains: Vec<ChainSummary>) -> Self {
        Self { request, chains, selected: 0 }
    }

    pub(super) fn ui(&mut self, ui: &mut egui::Ui, actions: &mut Vec<Action>) {
        let name = self.request.source.display_name();
        ui.label(format!("{name} holds several protein chains; one is simulated at a time."));
        ui.add_space(4.0);
        egui::ScrollArea::vertical().max_height(240.0).show(ui, |ui| {
            for (index, chain) in self.chains.iter().enumerate() {
                let text = format!("Chain {} ({} residues)", chain.id, chain.residues);
                ui.radio_value(&mut self.selected, index, text);
            }
        });
        if buttons(ui, "Open", !self.chains.is_empty(), actions)
            && let Some(chain) = self.chains.get(self.selected)
        {
            let request = OpenRequest { chain: Some(chain.id.clone()), ..self.request.clone() };
            actions.push(Action::CloseDialog);
            actions.push(Action::OpenConfirmed(request));
        }
    }
}

/// Whether to take part of a broken chain.
#[derive(Clone, Debug)]
pub struct SegmentChoice {
    request: OpenRequest,
    sentence: String,
}

impl SegmentChoice {
    /// `sentence` says where the chain is broken.
    pub fn new(request: OpenRequest, sentence: String) -> Self {
        Self { request, sentence }
    }

    pub(super) fn ui(&mut self, ui: &mut egui::Ui, actions: &mut Vec<Action>) {
        ui.add(egui::Label::new(&self.sentence).wrap());
        ui.add_space(4.0);
        ui.add(
            egui::Label::new(
                "The model needs an unbroken chain. You can simulate the longest unbroken segment alone.",
            )
            .wrap(),
        );
        if buttons(ui, "Open longest segment", true, actions) {
            let request = OpenRequest { longest_segment: true, ..self.request.clone() };
            actions.push(Action::CloseDialog);
            actions.push(Action::OpenConfirmed(request));
        }
    }
}
