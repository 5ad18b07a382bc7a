//! Questions that a structure file raises: which chain, and what to do about a break.

use equijump_engine::session::{ChainSummary, OpenRequest, TrajectoryRequest};

use super::widgets::buttons;
use crate::window::action::Action;
use crate::window::focus::scroll_to_focus;
use crate::window::wording::in_window_words;

/// What is opened once the chain is known.
#[derive(Clone, Debug)]
pub enum ToOpen {
    /// A structure.
    Structure(OpenRequest),
    /// Trajectories.
    Trajectory(TrajectoryRequest),
}

impl ToOpen {
    fn name(&self) -> String {
        match self {
            ToOpen::Structure(request) => request.source.display_name(),
            ToOpen::Trajectory(request) => {
                let file = request.topology.as_ref().or(request.files.first());
                let name = file.and_then(|path| path.file_name());
                name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
            }
        }
    }

    fn with_chain(&self, chain: String) -> Action {
        match self {
            ToOpen::Structure(request) => Action::Open(OpenRequest { chain: Some(chain), ..request.clone() }),
            ToOpen::Trajectory(request) => {
                Action::OpenTrajectory(TrajectoryRequest { chain: Some(chain), ..request.clone() })
            }
        }
    }
}

/// Which of several chains.
#[derive(Clone, Debug)]
pub struct ChainChoice {
    request: ToOpen,
    chains: Vec<ChainSummary>,
    selected: usize,
}

impl ChainChoice {
    /// Starts with the first chain.
    pub fn new(request: ToOpen, chains: Vec<ChainSummary>) -> Self {
        Self { request, chains, selected: 0 }
    }

    pub(super) fn ui(&mut self, ui: &mut egui::Ui, actions: &mut Vec<Action>) {
        let name = self.request.name();
        ui.label(format!("{name} holds several protein chains; one is simulated at a time."));
        ui.add_space(4.0);
        egui::ScrollArea::vertical().max_height(240.0).show(ui, |ui| {
            for (index, chain) in self.chains.iter().enumerate() {
                let text = format!("Chain {} ({} residues)", chain.id, chain.residues);
                ui.radio_value(&mut self.selected, index, text);
            }
            scroll_to_focus(ui);
        });
        if buttons(ui, "Open", !self.chains.is_empty(), actions)
            && let Some(chain) = self.chains.get(self.selected)
        {
            actions.push(Action::CloseDialog);
            actions.push(self.request.with_chain(chain.id.clone()));
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
        Self { request, sentence: in_window_words(&sentence) }
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
            actions.push(Action::Open(request));
        }
    }
}
