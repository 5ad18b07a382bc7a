//! Settings of the next training, in the groups of ARCHITECTURE.md §7. Tooltips are what the command line's help says.

use egui::DragValue;
use equijump_engine::network::{Heads, NetworkConfig, ParameterLayout, Residual, Transport};
use equijump_engine::training::{PairSampling, ProteinDraw, TrainDevice, TrainSettings};

use super::form::{choice, number, path, row, section, text, what_is_this};
use crate::window::action::Action;
use crate::window::file_dialogs::Purpose;
use crate::window::training::help::{self, name_of_choice, of as about};
use crate::window::training::{TrainingAction, TrainingState};

pub(super) fn ui(ui: &mut egui::Ui, state: &mut TrainingState, actions: &mut Vec<Action>) {
    run_ui(ui, state, actions);
    let new = !state.form.go_on;
    pairs_ui(ui, &mut state.form.settings, new);
    optimizer_ui(ui, &mut state.form.settings, new);
    loss_ui(ui, &mut state.form.settings, new);
    network_ui(ui, &mut state.form.network, new);
    checks_ui(ui, &mut state.form.settings, new);
}

/// A section of settings that a run keeps: while an earlier one is to go on they are shown as they are.
fn kept(ui: &mut egui::Ui, title: &str, new: bool, contents: impl FnOnce(&mut egui::Ui)) {
    section(ui, title, false, |ui| {
        if !new {
            ui.disable();
        }
        contents(ui);
    });
}

fn run_ui(ui: &mut egui::Ui, state: &mut TrainingState, actions: &mut Vec<Action>) {
    section(ui, "Training run", true, |ui| {
        let was = state.form.go_on;
        let tooltip = "A new run, or the one that is in the folder already, from its checkpoint on";
        row(ui, "Run", tooltip, |ui, label| {
            let name = |go_on: bool| if go_on { "Continue the run in the folder" } else { "New run" };
            let width = ui.available_width();
            egui::ComboBox::from_id_salt("new or earlier run")
                .width(width)
                .truncate()
                .selected_text(name(state.form.go_on))
                .show_ui(ui, |ui| {
                    for go_on in [false, true] {
                        super::form::entry(ui, &mut state.form.go_on, go_on, name(go_on));
                    }
                })
                .response
                .labelled_by(label)
                .on_hover_text(tooltip);
        });
        let hint = "For results";
        let form = &mut state.form;
        path(ui, "Folder", about("out"), hint, &mut form.folder, Purpose::TrainingFolder, actions);
        let folder = form.folder_path();
        let read = state.earlier.as_ref().is_some_and(|(read, _)| *read == folder);
        if form.go_on && (!read || !was) && !form.folder.trim().is_empty() {
            actions.push(Action::Training(TrainingAction::ReadEarlier));
        }
        text(ui, "Name", about("name"), "Name of the model", &mut form.name);
        let done = state.earlier_run().filter(|_| state.form.go_on).map_or(1, |run| run.step.max(1));
        let form = &mut state.form;
        let settings = &mut form.settings;
        number(
            ui,
            "Steps",
            about("steps"),
            DragValue::new(&mut settings.steps).range(done..=u64::MAX).speed(50.0),
        );
        if !form.go_on {
            let batch = DragValue::new(&mut settings.batch_size).range(1..=65_536).speed(0.2);
            number(ui, "Batch size", about("batch_size"), batch);
            let times = DragValue::new(&mut settings.times_per_pair).range(1..=1024).speed(0.05);
            number(ui, "Times per pair", about("times_per_pair"), times);
        }
        let mut devices = vec![TrainDevice::Cpu, TrainDevice::Candle];
        if cfg!(feature = "cuda") {
            devices.push(TrainDevice::Cuda);
        }
        if cfg!(feature = "metal") {
            devices.push(TrainDevice::Metal);
        }
        choice(ui, "Device", about("device"), &mut settings.device, &devices, |device| match device {
            TrainDevice::Cpu => "Processor (CPU)".into(),
            TrainDevice::Candle => "Processor, reference".into(),
            TrainDevice::Cuda => "NVIDIA GPU".into(),
            TrainDevice::Metal => "GPU of the Mac".into(),
        });
        if settings.device == TrainDevice::Cpu {
            let threads = DragValue::new(&mut settings.threads).range(1..=1024).speed(0.05);
            number(ui, "Threads", about("threads"), threads);
        }
        if !form.go_on {
            let hint = "Random weights";
            path(ui, "Initial model", about("init"), hint, &mut form.init, Purpose::TrainingInit, actions);
            row(ui, "", "", |ui, _| {
                let tooltip = "Replace an earlier run in the folder";
                ui.checkbox(&mut form.replace, "Replace earlier run").on_hover_text(tooltip);
            });
        }
    });
}

fn pairs_ui(ui: &mut egui::Ui, settings: &mut TrainSettings, new: bool) {
    kept(ui, "Frame pairs", new, |ui| {
        let picoseconds = |value| DragValue::new(value).range(0.001..=1e9).speed(1.0).suffix(" ps");
        number(ui, "Lag", about("lag_ps"), picoseconds(&mut settings.lag_ps));
        let proteins = [ProteinDraw::Equal, ProteinDraw::SquareRoot];
        choice(ui, "Proteins", about("proteins"), &mut settings.proteins, &proteins, name_of_choice);
        let choices = [PairSampling::Enhanced, PairSampling::Uniform];
        choice(ui, "Drawn", about("pairs"), &mut settings.pairs, &choices, name_of_choice);
        what_is_this(
            ui,
            "Drawn",
            "The model learns from pairs: a frame, and the frame one lag later. Enhanced draws rare shapes of the protein \
             as often as common ones, uniform takes the pairs as they come. Enhanced is the better choice almost always.",
        );
        if settings.pairs == PairSampling::Enhanced {
            let share = DragValue::new(&mut settings.enhanced_share).range(0.0..=1.0).speed(0.005);
            number(
                ui,
                "By cluster",
                about("enhanced_share"),
                share.custom_formatter(as_percent).custom_parser(percent),
            );
            let clusters = DragValue::new(&mut settings.clusters).range(1..=50_000).speed(0.5);
            number(ui, "Clusters", about("clusters"), clusters);
            number(ui, "Cluster lag", about("cluster_lag_ps"), picoseconds(&mut settings.cluster_lag_ps));
        }
        row(ui, "", "", |ui, _| {
            let tooltip = about("time_reversal");
            ui.checkbox(&mut settings.time_reversal, "Both directions of time").on_hover_text(tooltip);
        });
        let skip = DragValue::new(&mut settings.skip_ps).range(0.0..=1e12).speed(10.0).suffix(" ps");
        number(ui, "Skip", about("skip_ps"), skip);
        let held = DragValue::new(&mut settings.validation_fraction).range(0.0..=0.99).speed(0.002);
        let held = held.custom_formatter(as_percent).custom_parser(percent);
        number(ui, "Held out", about("validation_fraction"), held);
    });
}

/// A tenth is `10 %`.
fn as_percent(share: f64, _: std::ops::RangeInclusive<usize>) -> String {
    format!("{:.0} %", 100.0 * share)
}

/// `10 %` and `10` are a tenth.
fn percent(text: &str) -> Option<f64> {
    text.trim().trim_end_matches('%').trim().parse::<f64>().ok().map(|percent| percent / 100.0)
}

fn optimizer_ui(ui: &mut egui::Ui, settings: &mut TrainSettings, new: bool) {
    kept(ui, "Optimizer", new, |ui| {
        number(ui, "Learning rate", about("learning_rate"), rate(&mut settings.learning_rate, 1e-12));
        number(ui, "Final rate", about("final_learning_rate"), rate(&mut settings.final_learning_rate, 0.0));
        let warmup = DragValue::new(&mut settings.warmup_steps).speed(5.0);
        number(ui, "Warm-up", about("warmup_steps"), warmup.suffix(" steps"));
        let clip = DragValue::new(&mut settings.clip_norm).range(1e-6..=f64::INFINITY).speed(0.01);
        number(ui, "Clip norm", about("clip_norm"), clip);
        let decay =
            DragValue::new(&mut settings.ema_decay).range(0.0..=0.999_999).speed(1e-4).max_decimals(6);
        number(ui, "EMA decay", about("ema_decay"), decay);
        number(ui, "Seed", about("seed"), DragValue::new(&mut settings.seed).speed(0.1));
    });
}

/// A learning rate, in the notation people use for it.
fn rate(value: &mut f64, least: f64) -> DragValue<'_> {
    let speed = (*value * 0.01).max(1e-7);
    DragValue::new(value)
        .range(least..=10.0)
        .speed(speed)
        .custom_formatter(|value, _| {
            // Three figures are enough to drag by, and read better than all of them.
            let text = format!("{value:.2e}");
            let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            format!("{}e{exponent}", digits.trim_end_matches('0').trim_end_matches('.'))
        })
        .custom_parser(|text| text.trim().parse().ok())
}

fn loss_ui(ui: &mut egui::Ui, settings: &mut TrainSettings, new: bool) {
    kept(ui, "Loss", new, |ui| {
        let rigid = DragValue::new(&mut settings.rigid_weight).range(0.0..=1e4).speed(0.05);
        number(ui, "Rigid weight", about("rigid_weight"), rigid);
        let position = DragValue::new(&mut settings.position_weight).range(1e-3..=1e4).speed(0.05);
        number(ui, "Cα weight", about("position_weight"), position);
        row(ui, "", "", |ui, _| {
            ui.checkbox(&mut settings.even_jumps, "Even jumps").on_hover_text(about("even_jumps"));
        });
        let rare = DragValue::new(&mut settings.rare_weight).range(1.0..=1e4).speed(0.05);
        number(ui, "Rare torsions", about("rare_weight"), rare);
        let noise = DragValue::new(&mut settings.source_noise_angstrom).range(0.0..=10.0).speed(0.005);
        number(ui, "Source noise", about("source_noise_angstrom"), noise.suffix(" Å"));
        let bend = DragValue::new(&mut settings.source_bend).range(0.0..=10.0).speed(0.01);
        number(ui, "Source bend", about("source_bend"), bend.suffix(" jumps"));
        let own = DragValue::new(&mut settings.own_share).range(0.0..=1.0).speed(0.005);
        number(ui, "Own frames", about("own_share"), own);
    });
}

fn network_ui(ui: &mut egui::Ui, network: &mut NetworkConfig, new: bool) {
    kept(ui, "Network", new, |ui| {
        let tooltip = about("transport");
        let mut transport = network.transport;
        choice(ui, "Transport", tooltip, &mut transport, &Transport::ALL, |transport| match transport {
            Transport::Ddpm => "DDPM".into(),
            other => name_of_choice(other),
        });
        if transport != network.transport {
            network.choose_transport(transport);
        }
        let h = DragValue::new(&mut network.multiplicity).range(1..=1024).speed(0.1);
        number(ui, "Width H", about("multiplicity"), h);
        let heads = [Heads::Endpoint, Heads::Paper];
        choice(ui, "Heads", about("heads"), &mut network.heads, &heads, name_of_choice);
        network.estimate_inputs &= network.can_see_estimates();
        let residuals = [Residual::Sum, Residual::Concat];
        choice(
            ui,
            "Residual",
            about("residual"),
            &mut network.residual,
            &residuals,
            |residual| match residual {
                Residual::Sum => "Sum".into(),
                Residual::Concat => "Concatenation".into(),
            },
        );
        what_is_this(
            ui,
            "Residual",
            "How a layer hands on what came in: Sum adds its result to it, Concatenation puts both side by side, with more \
             weights. Leave it, unless a published model is to be rebuilt.",
        );
        row(ui, "Weights", "Number of weights of this network", |ui, _| {
            let text = match network.check() {
                Ok(()) => format!("{:.2} M", ParameterLayout::new(network).total() as f64 / 1e6),
                Err(_) => "too many".to_owned(),
            };
            ui.label(text);
        });
        let layers = |value| DragValue::new(value).range(1..=64).speed(0.05);
        number(ui, "Conditioner", about("conditioner_layers"), layers(&mut network.conditioner_layers));
        what_is_this(
            ui,
            "Conditioner",
            "The layers that read the frame the jump starts from. They run once a frame, so more of them cost little.",
        );
        number(ui, "Headers", about("header_layers"), layers(&mut network.header_layers));
        what_is_this(
            ui,
            "Headers",
            "The layers that read the half-made frame at each latent step and say where it goes. They run at every latent \
             step, so each makes simulating slower.",
        );
        let neighbors = DragValue::new(&mut network.neighbors).range(1..=256).speed(0.05);
        number(ui, "Neighbors", about("neighbors"), neighbors);
        let bins = DragValue::new(&mut network.radial_bins).range(2..=1024).speed(0.1);
        number(ui, "Radial bins", about("radial_bins"), bins);
        let range = DragValue::new(&mut network.radial_cutoff_angstrom).range(1.0..=200.0).speed(0.1);
        number(ui, "Radial range", about("radial_cutoff_angstrom"), range.suffix(" Å"));
        let clamp = DragValue::new(&mut network.sequence_clamp).range(1..=1024).speed(0.05);
        number(ui, "Offsets ±", about("sequence_clamp"), clamp);
        what_is_this(
            ui,
            "Offsets",
            "The network knows how far two residues are apart along the chain, up to this many; all that are farther apart \
             look alike to it.",
        );
        let bins = DragValue::new(&mut network.time_bins).range(2..=10_000).speed(0.2);
        number(ui, "Time bins", about("time_bins"), bins);
        let sigma = |value| DragValue::new(value).range(0.01..=100.0).speed(0.01).suffix(" Å");
        number(
            ui,
            "Noise σ_P",
            about("sigma_position_angstrom"),
            sigma(&mut network.sigma_position_angstrom),
        );
        number(ui, "Noise σ_V", about("sigma_vector_angstrom"), sigma(&mut network.sigma_vector_angstrom));
        what_is_this(
            ui,
            "σ",
            "How widely a jump is spread by noise on its way: σ_P for the Cα, σ_V for all other atoms seen from their Cα. \
             About as wide as the protein moves in one lag; the defaults fit 100 ps.",
        );
        row(ui, "Inputs", "What headers see beyond the paper's inputs", |ui, _| {
            ui.checkbox(&mut network.strain_inputs, "Strain").on_hover_text(about("strain_inputs"));
        });
        row(ui, "", "", |ui, _| {
            let tooltip = about("displacement_inputs");
            ui.checkbox(&mut network.displacement_inputs, "Displacement").on_hover_text(tooltip);
        });
        row(ui, "", "", |ui, _| {
            ui.checkbox(&mut network.torsion_inputs, "Torsions").on_hover_text(about("torsion_inputs"));
        });
        row(ui, "", "", |ui, _| {
            let tooltip = about("source_torsion_inputs");
            ui.checkbox(&mut network.source_torsion_inputs, "Torsions of the start").on_hover_text(tooltip);
            let tooltip = about("source_frame_inputs");
            ui.checkbox(&mut network.source_frame_inputs, "Vectors of the start").on_hover_text(tooltip);
            let tooltip = about("carried_inputs");
            ui.checkbox(&mut network.carried_inputs, "Carried pieces").on_hover_text(tooltip);
        });
        row(ui, "", "", |ui, _| {
            let possible = network.can_see_estimates();
            let estimate = egui::Checkbox::new(&mut network.estimate_inputs, "Estimate of the step before");
            ui.add_enabled(possible, estimate)
                .on_hover_text(about("estimate_inputs"))
                .on_disabled_hover_text("For the bridge and the endpoint head");
        });
        row(ui, "", "", |ui, _| {
            let frame = egui::Checkbox::new(&mut network.frame_inputs, "Residue frames");
            ui.add_enabled(network.displacement_inputs, frame).on_hover_text(about("frame_inputs"));
        });
    });
}

fn checks_ui(ui: &mut egui::Ui, settings: &mut TrainSettings, new: bool) {
    kept(ui, "Checkpoints", new, |ui| {
        let steps = |value| DragValue::new(value).range(1..=u64::MAX).speed(5.0).suffix(" steps");
        number(ui, "Validate every", help::of("validate_every"), steps(&mut settings.validate_every));
        number(ui, "Save every", help::of("checkpoint_every"), steps(&mut settings.checkpoint_every));
    });
}
