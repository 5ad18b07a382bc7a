//! Evaluation of samples against reference trajectories: what to evaluate, and how far it is.

use egui::DragValue;
use equijump_engine::analysis::msm::Estimator;

use super::PaneContext;
use super::form::{advice, choice, error_line, folding, number, path, paths, row, section, text};
use super::simulation::{progress_bar, run_button};
use crate::window::action::Action;
use crate::window::evaluation::{
    EvaluationAction, EvaluationForm, EvaluationState, FrameChoice, NativeChoice, SampleChoice,
};
use crate::window::file_dialogs::Purpose;
use crate::window::focus::scroll_to_focus;
use crate::window::icons::Icon;
use crate::window::numbers::{grouped, human_duration};
use crate::window::project::Project;
use crate::window::theme;

pub(super) fn ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    let missing = context.evaluation.form.missing(context.project);
    buttons_ui(ui, context.evaluation, missing, context.actions);
    ui.add_space(2.0);
    let state = &mut *context.evaluation;
    if state.is_evaluating() {
        progress_ui(ui, state);
    } else if let Some(missing) = missing {
        advice(ui, missing);
    } else if state.evaluated.is_none() {
        advice(ui, "Ready to evaluate the samples against the reference.");
    }
    if let Some(error) = &state.error {
        error_line(ui, error);
    }
    ui.add_space(4.0);
    ui.separator();
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let project = context.project;
        reference_ui(ui, &mut state.form, project, context.actions);
        state.form.look_beside();
        samples_ui(ui, &mut state.form, project, context.actions);
        method_ui(ui, &mut state.form);
        report_ui(ui, state, context.actions);
        let missing = state.form.missing_of_reference(project);
        let in_no_file = || {
            let missing = state.form.reference_in_files(project).is_none();
            missing.then_some("The run that is the reference is in no file; use trajectories instead.")
        };
        let missing = missing.or_else(in_no_file);
        let missing = missing.or(context.model.source().is_none().then_some("Choose a model first."));
        super::jumps::ui(ui, &mut state.jumps, missing, context.actions);
        super::branches::ui(ui, &mut state.branches, missing, context.actions);
        scroll_to_focus(ui);
    });
}

fn buttons_ui(ui: &mut egui::Ui, state: &EvaluationState, missing: Option<&str>, actions: &mut Vec<Action>) {
    let evaluating = state.is_evaluating();
    let stopping = state.evaluating.as_ref().is_some_and(|evaluating| evaluating.stop_wanted);
    let with_icons = ui.available_width() > 180.0;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let width = (ui.available_width() - 6.0).max(120.0);
        let can_start = !evaluating && missing.is_none();
        let start = run_button(ui, can_start, Icon::Play, "Evaluate", true, with_icons, width * 0.6);
        let tooltip = missing.unwrap_or("Evaluate the samples against the reference trajectories");
        if start.on_hover_text(tooltip).on_disabled_hover_text(tooltip).clicked() {
            actions.push(Action::Evaluation(EvaluationAction::Start));
        }
        let text = if stopping { "Stopping…" } else { "Stop" };
        let can_stop = evaluating && !stopping;
        let stop = run_button(ui, can_stop, Icon::Stop, text, false, with_icons && !stopping, width * 0.4);
        if stop.on_hover_text("End the evaluation; what was shown before stays").clicked() {
            actions.push(Action::Evaluation(EvaluationAction::Stop));
        }
    });
}

fn progress_ui(ui: &mut egui::Ui, state: &EvaluationState) {
    let Some(evaluating) = &state.evaluating else { return };
    let status = match evaluating.stage() {
        Some(stage) => {
            let label = stage.label();
            let mut letters = label.chars();
            letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
        }
        None => "Reading the files".to_owned(),
    };
    ui.add(egui::Label::new(egui::RichText::new(status).font(theme::semibold(13.0))).wrap());
    let Some(progress) = evaluating.progress() else { return };
    let total = progress.total.unwrap_or(0);
    progress_bar(ui, "Done of this stage", progress.done as f32 / total.max(1) as f32, 6.0);
    let noun = evaluating.stage().map_or("frames", |stage| stage.noun());
    let mut words = format!("{} of {} {noun}", grouped(progress.done), grouped(total));
    if let Some(left) = progress.time_left {
        words += &format!(" · {} left", human_duration(left));
    }
    ui.add(egui::Label::new(egui::RichText::new(words).small().weak()).truncate());
}

fn reference_ui(ui: &mut egui::Ui, form: &mut EvaluationForm, project: &Project, actions: &mut Vec<Action>) {
    folding(ui, "Reference", true, |ui| {
        if let Some(number) = form.reference_run {
            return reference_run_ui(ui, form, project, number);
        }
        paths(
            ui,
            "Reference trajectories",
            "Add XTC, DCD or PDB",
            "Trajectories of molecular dynamics of the protein; type a path and press Enter",
            &mut form.reference,
            &mut form.typed_reference,
            Purpose::EvaluationReference,
            actions,
        );
        let opened = project.opened.as_ref().map(|opened| &opened.structure);
        let file = opened.and_then(|structure| structure.path.as_ref()).and_then(|path| path.file_name());
        let hint =
            file.map_or("PDB or mmCIF".to_owned(), |name| format!("{}, as opened", name.to_string_lossy()));
        super::form::columns(ui, "reference files", |ui| {
            let tooltip = "File with exactly the atoms of the reference trajectories, in their order; hydrogens, \
                           waters and ions may be among them";
            path(ui, "Topology", tooltip, &hint, &mut form.topology, Purpose::EvaluationTopology, actions);
            let tooltip = "Structure that RMSD, GDT and native contacts refer to";
            row(ui, "Native", tooltip, |ui, label| {
                let opened =
                    opened.map_or("no structure is open", |structure| structure.topology.name.as_str());
                let name = |native: NativeChoice| match native {
                    NativeChoice::Opened => format!("As opened: {opened}"),
                    NativeChoice::File => "A file".to_owned(),
                };
                one_of(
                    ui,
                    "native",
                    label,
                    tooltip,
                    &mut form.native,
                    [NativeChoice::Opened, NativeChoice::File],
                    name,
                );
            });
            if form.native == NativeChoice::File {
                let hint = "PDB or mmCIF";
                path(
                    ui,
                    "Native file",
                    tooltip,
                    hint,
                    &mut form.native_file,
                    Purpose::EvaluationNative,
                    actions,
                );
            }
            text(
                ui,
                "Chain",
                "Chain of the protein, where files hold several",
                "the only one",
                &mut form.chain,
            );
            selection_ui(ui, &mut form.reference_frames);
        });
    });
}

/// A run of the window that stands for the reference.
fn reference_run_ui(ui: &mut egui::Ui, form: &mut EvaluationForm, project: &Project, number: u32) {
    let frames = project.run_of_number(number).map_or(0, |run| run.frames.saturating_sub(1));
    let sentence = format!("Run {number}, {} frames, is used as the reference.", grouped(frames));
    ui.add(egui::Label::new(sentence).wrap());
    let back = ui.link("Use trajectories instead");
    if back.on_hover_text("Evaluate against files of molecular dynamics again").clicked() {
        form.reference_run = None;
    }
    super::form::columns(ui, "reference run", |ui| selection_ui(ui, &mut form.reference_frames));
}

fn samples_ui(ui: &mut egui::Ui, form: &mut EvaluationForm, project: &Project, actions: &mut Vec<Action>) {
    folding(ui, "Samples", true, |ui| {
        super::form::columns(ui, "samples from", |ui| {
            let tooltip = "What is evaluated against the reference";
            row(ui, "Samples", tooltip, |ui, label| {
                let frames = project.frame_count().saturating_sub(1);
                let name = |samples: SampleChoice| match samples {
                    SampleChoice::Run if frames > 0 => format!("This run, {} frames", grouped(frames as u64)),
                    SampleChoice::Run => "This run".to_owned(),
                    SampleChoice::Files => "Files".to_owned(),
                };
                one_of(
                    ui,
                    "samples",
                    label,
                    tooltip,
                    &mut form.samples,
                    [SampleChoice::Run, SampleChoice::Files],
                    name,
                );
            });
        });
        if form.samples == SampleChoice::Files {
            paths(
                ui,
                "Sample trajectories",
                "Add DCD, XTC or PDB",
                "Trajectories to evaluate, written by this program or any other; type a path and press Enter",
                &mut form.sample_files,
                &mut form.typed_sample,
                Purpose::EvaluationSamples,
                actions,
            );
        }
        super::form::columns(ui, "sample frames", |ui| {
            if form.samples == SampleChoice::Files {
                let tooltip = "File with the atoms of the samples, where they are not those of the reference; what \
                               this program writes beside its trajectories is found by itself";
                let purpose = Purpose::EvaluationSampleTopology;
                path(
                    ui,
                    "Sample topology",
                    tooltip,
                    "found beside",
                    &mut form.sample_topology,
                    purpose,
                    actions,
                );
            }
            selection_ui(ui, &mut form.sample_frames);
        });
    });
}

/// Which frames of some files.
fn selection_ui(ui: &mut egui::Ui, selection: &mut FrameChoice) {
    let skip = DragValue::new(&mut selection.skip_ps).range(0.0..=1e12).speed(10.0).suffix(" ps");
    number(ui, "Skip", "Leave out what happened before this time in each file: equilibration", skip);
    let stride = DragValue::new(&mut selection.stride).range(1..=1_000_000).speed(0.05);
    number(ui, "Stride", "Take every N-th frame", stride);
    let tooltip = "Time between the frames of the files; replaces what they say, and is needed where they say \
                   nothing";
    row(ui, "Frame interval", tooltip, |ui, label| {
        ui.horizontal_wrapped(|ui| {
            ui.checkbox(&mut selection.interval_given, "").labelled_by(label).on_hover_text(tooltip);
            if selection.interval_given {
                let interval = DragValue::new(&mut selection.interval_ps).range(1e-6..=1e9).speed(1.0);
                ui.add(interval.suffix(" ps")).labelled_by(label).on_hover_text(tooltip);
            } else {
                ui.weak("as the files say");
            }
        });
    });
}

fn method_ui(ui: &mut egui::Ui, form: &mut EvaluationForm) {
    let settings = &mut form.settings;
    section(ui, "Method", false, |ui| {
        number(
            ui,
            "TICA lag",
            "Lag of the slow coordinates, which are fitted to the reference",
            lag(&mut settings.tica.lag_ps),
        );
        let tooltip =
            "Lag of the Markov models; by default chosen by the implied timescales of the reference";
        row(ui, "Markov lag", tooltip, |ui, label| {
            ui.horizontal(|ui| {
                let mut given = settings.markov_lag_ps.is_some();
                if ui.checkbox(&mut given, "").labelled_by(label).on_hover_text(tooltip).changed() {
                    settings.markov_lag_ps = given.then_some(settings.tica.lag_ps);
                }
                match &mut settings.markov_lag_ps {
                    Some(value) => {
                        ui.add(lag(value)).labelled_by(label).on_hover_text(tooltip);
                    }
                    None => {
                        ui.weak("by timescales");
                    }
                }
            });
        });
        let clusters = DragValue::new(&mut settings.clusters).range(2..=10_000).speed(0.5);
        number(
            ui,
            "Clusters",
            "How many clusters there are; they are the states of the Markov models",
            clusters,
        );
        let estimators = [Estimator::Reversible, Estimator::Plain];
        let name = crate::window::training::help::name_of_choice;
        choice(ui, "Estimator", "Estimator of the Markov models", &mut settings.estimator, &estimators, name);
        let folded = DragValue::new(&mut settings.folded_below_angstrom).range(0.1..=50.0).speed(0.01);
        let tooltip = "A frame is folded when its Cα RMSD from the native structure is below this";
        number(ui, "Folded below", tooltip, folded.suffix(" Å"));
        let least = settings.folded_below_angstrom;
        let unfolded =
            DragValue::new(&mut settings.unfolded_beyond_angstrom).range(least..=100.0).speed(0.01);
        let tooltip = "A frame is unfolded when its Cα RMSD from the native structure is beyond this";
        number(ui, "Unfolded beyond", tooltip, unfolded.suffix(" Å"));
        let bootstrap = DragValue::new(&mut settings.bootstrap).range(20..=100_000).speed(1.0);
        number(ui, "Replicates", "Bootstrap replicates behind each confidence interval", bootstrap);
        let confidence = DragValue::new(&mut settings.confidence).range(0.5..=0.999).speed(0.001);
        let confidence = confidence.custom_formatter(|value, _| format!("{:.1} %", 100.0 * value));
        let percent = |text: &str| {
            text.trim().trim_end_matches('%').trim().parse::<f64>().ok().map(|percent| percent / 100.0)
        };
        number(ui, "Confidence", "Confidence of the intervals", confidence.custom_parser(percent));
        number(
            ui,
            "Seed",
            "Seed of clustering and resampling",
            DragValue::new(&mut settings.seed).speed(0.1),
        );
    });
}

/// A lag time.
fn lag(value: &mut f64) -> DragValue<'_> {
    DragValue::new(value).range(0.001..=1e9).speed(10.0).suffix(" ps")
}

fn report_ui(ui: &mut egui::Ui, state: &mut EvaluationState, actions: &mut Vec<Action>) {
    folding(ui, "Report", true, |ui| {
        super::form::columns(ui, "report", |ui| {
            let tooltip = "Folder for the report: one HTML page, and all numbers as CSV beside it";
            let form = &mut state.form;
            path(ui, "Folder", tooltip, "For the report", &mut form.folder, Purpose::ReportFolder, actions);
            row(ui, "", "", |ui, _| {
                ui.checkbox(&mut form.replace, "Replace").on_hover_text("Replace the report that is there");
            });
        });
        let saving = state.saving.is_some();
        let text = if saving { "Saving…" } else { "Save report" };
        let size = egui::vec2(ui.available_width(), 26.0);
        let can_save = state.evaluated.is_some() && !saving && !state.form.folder.trim().is_empty();
        let button = ui.add_enabled_ui(can_save, |ui| ui.add_sized(size, egui::Button::new(text))).inner;
        let tooltip = if state.evaluated.is_none() {
            "Evaluate first"
        } else if state.form.folder.trim().is_empty() {
            "Choose a folder first"
        } else {
            "Write the evaluation as a page that can be passed on"
        };
        if button.on_hover_text(tooltip).on_disabled_hover_text(tooltip).clicked() {
            actions.push(Action::Evaluation(EvaluationAction::Save));
        }
        if let Some(page) = &state.saved {
            let name = page.display().to_string();
            ui.add(egui::Label::new(egui::RichText::new(format!("Written: {name}")).small().weak()).wrap());
        }
    });
}

/// A list of few choices.
fn one_of<T: Copy + PartialEq, const N: usize>(
    ui: &mut egui::Ui,
    salt: &str,
    label: egui::Id,
    tooltip: &str,
    value: &mut T,
    choices: [T; N],
    name: impl Fn(T) -> String,
) {
    let width = ui.available_width();
    egui::ComboBox::from_id_salt(salt)
        .width(width)
        .truncate()
        .selected_text(name(*value))
        .show_ui(ui, |ui| {
            for choice in choices {
                super::form::entry(ui, value, choice, name(choice));
            }
        })
        .response
        .labelled_by(label)
        .on_hover_text(tooltip);
}
