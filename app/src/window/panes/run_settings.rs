//! Settings of the next run: protein, model, sampling, length.

use equijump_engine::network::Transport;
use equijump_engine::session::{DevicePreference, known_adapters};
use equijump_engine::transport::presets::{Preset, Presets};
use equijump_engine::transport::{Integrator, Schedule};

use super::PaneContext;
use super::form::row;
use crate::window::action::Action;
use crate::window::file_dialogs::{FileRequest, Purpose};
use crate::window::icons::{Icon, IconButton};
use crate::window::models::{ModelState, file_name};
use crate::window::numbers::grouped;
use crate::window::preferences::{LiveOutput, StartFrom, program_presets};

/// All sections, to be scrolled through.
pub(super) fn ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    protein_ui(ui, context);
    model_ui(ui, context);
    sampling_ui(ui, context);
    run_ui(ui, context);
}

fn section(ui: &mut egui::Ui, title: &str, contents: impl FnOnce(&mut egui::Ui)) {
    super::form::section(ui, title, true, contents);
}

fn protein_ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    let Some(opened) = &context.project.opened else { return };
    let topology = &opened.structure.topology;
    section(ui, "Protein", |ui| {
        row(ui, "Name", "File the structure was read from", |ui, _| {
            let response = ui.add(egui::Label::new(&topology.name).truncate());
            if let Some(path) = &opened.structure.path {
                response.on_hover_text(path.display().to_string());
            }
        });
        row(ui, "Sequence", "One letter per residue; norleucine is X", |ui, _| {
            let sequence = topology.sequence();
            ui.add(egui::Label::new(egui::RichText::new(&sequence).monospace()).truncate())
                .on_hover_text(&sequence);
        });
        row(ui, "Size", "Chain, residues and heavy atoms", |ui, _| {
            let (residues, atoms) = (topology.residue_count(), topology.atom_count());
            ui.label(format!("{} residues, {} atoms", grouped(residues as u64), grouped(atoms as u64)));
        });
        if !opened.structure.notices.is_empty() {
            row(ui, "Notices", "What reading the file changed or left out", |ui, _| {
                let notices: Vec<&str> = opened.structure.notices.iter().map(|n| n.0.as_str()).collect();
                let count = notices.len();
                ui.label(format!("{count} (point here to read)")).on_hover_text(notices.join("\n"));
            });
        }
    });
}

fn model_ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    let model = context.model;
    section(ui, "Model", |ui| {
        row(ui, "Model", "The trained network that makes the jumps", |ui, label| {
            let selected = model.name();
            let width = ui.available_width();
            egui::ComboBox::from_id_salt("model")
                .width(width)
                .truncate()
                .selected_text(selected)
                .show_ui(ui, |ui| {
                    for (index, bundled) in model.bundled.iter().enumerate() {
                        let text = format!("{} (bundled)", bundled.name);
                        let in_use = model.file.is_none() && model.chosen == index;
                        if ui.selectable_label(in_use, text).clicked() {
                            context.actions.push(Action::ChooseBundledModel(index));
                        }
                    }
                    let known = context.preferences.model_files.iter();
                    let chosen =
                        model.file.iter().filter(|file| !context.preferences.model_files.contains(file));
                    for file in chosen.chain(known) {
                        let entry = ui.selectable_label(model.file.as_ref() == Some(file), file_name(file));
                        if entry.on_hover_text(file.display().to_string()).clicked() {
                            context.actions.push(Action::ChooseModel(Some(file.clone())));
                        }
                    }
                    if ui.button("Choose file…").clicked() {
                        let suggestion = model.file.clone().unwrap_or_default();
                        let purpose = Purpose::OpenModel;
                        context.actions.push(Action::Browse(FileRequest { purpose, suggestion }));
                    }
                })
                .response
                .labelled_by(label)
                .on_hover_text("The trained network that makes the jumps");
        });
        match &model.state {
            ModelState::Loaded(info) => {
                row(ui, "Weights", "Number of weights, width, heads and residual form", |ui, _| {
                    let config = &info.config;
                    let text =
                        format!("{:.2} M, H = {}", info.parameter_count as f64 / 1e6, config.multiplicity);
                    ui.label(text).on_hover_text(if info.card.is_empty() {
                        "This model has no card."
                    } else {
                        &info.card
                    });
                });
            }
            ModelState::Loading => {
                row(ui, "", "", |ui, _| ui.weak("Loading"));
            }
            ModelState::Failed(_) | ModelState::None => {}
        }
    });
}

/// Settings that the user may choose by name: the model's presets first; of the program's those that the model has none
/// of that name for and that say something else.
fn offered_presets(models: Option<&Presets>) -> Vec<(String, Preset)> {
    let title = |name: &str| {
        let mut letters = name.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
    };
    let mut offered: Vec<(String, Preset)> = models
        .into_iter()
        .flat_map(|presets| &presets.0)
        .map(|(name, preset)| (title(name), preset.clone()))
        .collect();
    for (name, preset) in program_presets() {
        if !offered.iter().any(|(known, other)| known == name || other.matches(&preset.settings)) {
            offered.push((name.to_owned(), preset));
        }
    }
    offered
}

fn sampling_ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    let info = match &context.model.state {
        ModelState::Loaded(info) => Some(info),
        _ => None,
    };
    let models = info.map(|info| &info.presets);
    let transport = info.map(|info| info.config.transport);
    let settings = &mut context.preferences.run.sampler;
    section(ui, "Sampling", |ui| {
        row(ui, "Preset", "Settings that go together", |ui, label| {
            let offered = offered_presets(models);
            let present = offered.iter().find(|(_, preset)| preset.matches(settings));
            let text = present.map_or("Custom", |(title, _)| title.as_str());
            let width = ui.available_width();
            egui::ComboBox::from_id_salt("preset")
                .width(width)
                .selected_text(text)
                .show_ui(ui, |ui| {
                    for (title, preset) in &offered {
                        let entry = ui.selectable_label(preset.matches(settings), title.as_str());
                        let tooltip = match preset.note.as_str() {
                            "" => "Settings that come with the model",
                            note => note,
                        };
                        if entry.on_hover_text(tooltip).clicked() {
                            preset.apply(settings);
                        }
                    }
                })
                .response
                .labelled_by(label)
                .on_hover_text("Settings that go together");
        });
        row(ui, "Integrator", "How the latent path from frame to frame is followed", |ui, label| {
            let name = |integrator| match integrator {
                Integrator::Sde => "SDE, stochastic",
                Integrator::Ode => "ODE, Euler",
                Integrator::OdeHeun => "ODE, Heun",
            };
            let tooltip = |integrator| match integrator {
                Integrator::Sde => "Stochastic, by Euler–Maruyama, as in the paper",
                Integrator::Ode => "Deterministic, once noise has spread the start",
                Integrator::OdeHeun => "As the ODE with Euler, second order; two network calls a step",
            };
            let width = ui.available_width();
            egui::ComboBox::from_id_salt("integrator")
                .width(width)
                .truncate()
                .selected_text(name(settings.integrator))
                .show_ui(ui, |ui| {
                    for integrator in [Integrator::Sde, Integrator::Ode, Integrator::OdeHeun] {
                        super::form::entry(ui, &mut settings.integrator, integrator, name(integrator))
                            .on_hover_text(tooltip(integrator));
                    }
                })
                .response
                .labelled_by(label)
                .on_hover_text(tooltip(settings.integrator));
        });
        row(
            ui,
            "Latent steps",
            "Steps of the latent path per frame; time per frame grows with them",
            |ui, label| {
                let steps = egui::DragValue::new(&mut settings.latent_steps).range(2..=10_000).speed(0.5);
                ui.add(steps)
                    .labelled_by(label)
                    .on_hover_text("Steps of the latent path per frame, at least 2");
            },
        );
        let stochastic = settings.integrator == Integrator::Sde;
        row(ui, "Noise ε", "Noise strength of the SDE in units of σ²", |ui, label| {
            let epsilon =
                egui::DragValue::new(&mut settings.epsilon).range(0.0..=20.0).speed(0.01).max_decimals(3);
            ui.add_enabled(stochastic, epsilon)
                .labelled_by(label)
                .on_hover_text("Noise strength ε in units of σ²")
                .on_disabled_hover_text("The ODE integrators draw a fixed noise at first and none later");
        });
        if transport.is_none_or(Transport::has_noise_gain) {
            row(ui, "Noise gain", "More noise early on the latent path", |ui, label| {
                let gain = egui::DragValue::new(&mut settings.noise_gain)
                    .range(0.0..=10.0)
                    .speed(0.005)
                    .max_decimals(3);
                ui.add(gain).labelled_by(label).on_hover_text(
                    "How much more noise than its own the bridge gets at τ = 0, falling to none at τ = 1: makes up \
                     for jumps that spread too little",
                );
            });
        }
        if transport.is_none_or(Transport::has_position_epsilon) {
            row(
                ui,
                "Cα noise",
                "Factor on ε for the Cα positions, past the first fifth of latent time",
                |ui, label| {
                    let factor = egui::DragValue::new(&mut settings.position_epsilon_factor)
                        .range(0.0..=20.0)
                        .speed(0.01)
                        .max_decimals(3)
                        .prefix("× ");
                    ui.add_enabled(stochastic, factor)
                    .labelled_by(label)
                    .on_hover_text(
                        "Factor on ε for the Cα positions past the first fifth of latent time; late noise there \
                         slows the motion down",
                    )
                    .on_disabled_hover_text("The ODE integrators add no late noise");
                },
            );
        }
        if transport.is_none_or(Transport::has_schedules) {
            row(ui, "Schedule", "How ε depends on the latent time τ", |ui, label| {
                ui.add_enabled_ui(stochastic, |ui| {
                    let name = |schedule| match schedule {
                        Schedule::Matched => "Matched to γ(τ)",
                        Schedule::Window => "Window, 0.1 < τ < 0.9",
                    };
                    let width = ui.available_width();
                    egui::ComboBox::from_id_salt("schedule")
                        .width(width)
                        .truncate()
                        .selected_text(name(settings.schedule))
                        .show_ui(ui, |ui| {
                            for (schedule, tooltip) in [
                                (
                                    Schedule::Matched,
                                    "ε follows γ: bounded everywhere, no noise in the last step",
                                ),
                                (Schedule::Window, "Noise only between τ = 0.1 and 0.9"),
                            ] {
                                super::form::entry(ui, &mut settings.schedule, schedule, name(schedule))
                                    .on_hover_text(tooltip);
                            }
                        })
                        .response
                        .labelled_by(label)
                        .on_hover_text("How ε depends on the latent time τ");
                });
            });
        }
        row(ui, "Seed", "The same seed and settings give the same trajectory", |ui, label| {
            ui.horizontal(|ui| {
                let seed = egui::DragValue::new(&mut settings.seed).speed(0.1);
                ui.add(seed).labelled_by(label).on_hover_text("The same seed gives the same trajectory");
                if ui.button("New").on_hover_text("Take another seed for the next run").clicked() {
                    settings.seed = fresh_seed();
                }
            });
        });
    });
}

/// A seed from the clock, short enough to note down.
pub(super) fn fresh_seed() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    (now.as_nanos() % 1_000_000) as u64
}

fn run_ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    // What was opened from elsewhere has an interval of its own, and the next run that of the model.
    let made = context.project.run.as_ref().filter(|run| run.is_of_this_program());
    let interval_ps = made.and_then(|run| run.frame_interval_ps());
    let run = &mut context.preferences.run;
    section(ui, "Run", |ui| {
        row(ui, "Frames", "New frames per replica", |ui, label| {
            ui.horizontal(|ui| {
                let frames = egui::DragValue::new(&mut run.frames).range(1..=10_000_000).speed(1.0);
                ui.add_enabled(!run.until_stopped, frames)
                    .labelled_by(label)
                    .on_hover_text("New frames per replica");
                if let (Some(interval_ps), false) = (interval_ps, run.until_stopped) {
                    ui.weak(format!("{:.1} ns", run.frames as f64 * interval_ps / 1000.0));
                }
            });
        });
        row(ui, "", "", |ui, _| {
            ui.checkbox(&mut run.until_stopped, "Until stopped")
                .on_hover_text("Keep going until Stop is pressed");
        });
        row(ui, "Start from", "Conformation of frame 0 of the next run", |ui, label| {
            let name = |start| match start {
                StartFrom::Structure => "Start structure",
                StartFrom::FrameShown => "Frame shown",
            };
            let width = ui.available_width();
            egui::ComboBox::from_id_salt("start")
                .width(width)
                .selected_text(name(run.start_from))
                .show_ui(ui, |ui| {
                    for start in [StartFrom::Structure, StartFrom::FrameShown] {
                        super::form::entry(ui, &mut run.start_from, start, name(start));
                    }
                })
                .response
                .labelled_by(label)
                .on_hover_text("Conformation of frame 0 of the next run");
        });
        row(ui, "Replicas", "Independent trajectories made together from the same start", |ui, label| {
            let replicas = egui::DragValue::new(&mut run.replicas).range(1..=1024).speed(0.05);
            ui.add(replicas)
                .labelled_by(label)
                .on_hover_text("Independent trajectories made together; one is shown at a time");
        });
        row(ui, "Device", "Where to compute", |ui, label| {
            let name = |device: &DevicePreference| match device {
                DevicePreference::Auto => "Fastest available".to_owned(),
                DevicePreference::Cpu => "Processor (CPU)".to_owned(),
                DevicePreference::Gpu => "Graphics (GPU)".to_owned(),
                DevicePreference::AllGpus => "All graphics adapters".to_owned(),
                DevicePreference::Adapter(name) => name.clone(),
            };
            let width = ui.available_width();
            egui::ComboBox::from_id_salt("device")
                .width(width)
                .truncate()
                .selected_text(name(&run.device))
                .show_ui(ui, |ui| {
                    let adapters = known_adapters().iter();
                    let choices = [DevicePreference::Auto, DevicePreference::Cpu, DevicePreference::Gpu]
                        .into_iter()
                        .chain(adapters.map(|adapter| DevicePreference::Adapter(adapter.name.clone())));
                    for device in choices {
                        let text = name(&device);
                        super::form::entry(ui, &mut run.device, device, text);
                    }
                })
                .response
                .labelled_by(label)
                .on_hover_text("Where to compute; \"fastest\" is found by a short measurement");
        });
    });
    output_ui(ui, &mut context.preferences.run.output, context.actions);
    if let Some(info) = context.project.run.as_ref().and_then(|run| run.info.as_ref()) {
        ui.weak(format!("Last run on {}", info.device_name));
    }
}

/// The trajectory file written while the run goes on.
fn output_ui(ui: &mut egui::Ui, output: &mut LiveOutput, actions: &mut Vec<Action>) {
    let label = ui.checkbox(&mut output.enabled, "Write a file while running").on_hover_text(
        "Frames go to disk as they are made, with topology and settings beside them; the file stays readable \
         whatever happens",
    );
    if !output.enabled {
        return;
    }
    ui.horizontal(|ui| {
        const BROWSE_WIDTH: f32 = 30.0;
        let width = ui.available_width() - BROWSE_WIDTH - ui.spacing().item_spacing.x;
        let edit = egui::TextEdit::singleline(&mut output.path)
            .hint_text("run.dcd, .xtc or .pdb")
            .desired_width(width)
            .clip_text(true);
        ui.add(edit)
            .labelled_by(label.id)
            .on_hover_text("Path of the trajectory; its ending chooses the format");
        let browse = ui.add(IconButton::new(Icon::More, "Choose output file"));
        if browse.on_hover_text("Pick it in a file dialog of the desktop").clicked() {
            let suggestion = std::path::PathBuf::from(output.path.trim());
            actions.push(Action::Browse(FileRequest { purpose: Purpose::RunOutput, suggestion }));
        }
    });
    ui.checkbox(&mut output.overwrite, "Replace files that are there");
    if output.path.trim().is_empty() {
        super::form::error_line(ui, "Name the file, or no file is written.");
    }
}

#[cfg(test)]
mod tests {
    use equijump_engine::transport::SamplerSettings;

    use super::*;

    #[test]
    fn presets_of_the_model_come_first_and_are_not_offered_twice() {
        let titles = |presets: Option<&Presets>| -> Vec<String> {
            offered_presets(presets).into_iter().map(|(title, _)| title).collect()
        };
        let own = program_presets().map(|(name, _)| name);
        assert_eq!(titles(None), own);
        let preset = |latent_steps| Preset {
            settings: SamplerSettings { latent_steps, ..SamplerSettings::default() },
            note: String::new(),
            model_crc32: None,
        };
        let presets = Presets(
            [("fast".to_owned(), preset(17)), ("default".to_owned(), preset(100))].into_iter().collect(),
        );
        let all = titles(Some(&presets));
        // Of a name there is one: the model's.
        assert_eq!(all, ["Default", "Fast", "Deterministic"]);
        let mut settings = SamplerSettings { seed: 3, ..SamplerSettings::default() };
        offered_presets(Some(&presets))[1].1.apply(&mut settings);
        assert_eq!((settings.latent_steps, settings.seed), (17, 3));
    }
}
