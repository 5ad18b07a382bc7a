//! What forms in panes are made of: sections, labeled rows, paths, choices, the line that tells an error.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use clap::ValueEnum;

use crate::window::action::Action;
use crate::window::asked::Asked;
use crate::window::file_dialogs::{FileRequest, Purpose};
use crate::window::focus::scroll_to_focus;
use crate::window::icons::{Icon, IconButton};
use crate::window::theme;
use crate::window::training::help;
use crate::window::typed_paths::expand;

/// Width of the column of labels.
const LABEL_WIDTH: f32 = 86.0;
/// Between labels and controls.
const COLUMN_SPACING: f32 = 10.0;

/// A section that folds away, with two columns: labels and controls.
pub(super) fn section(ui: &mut egui::Ui, title: &str, open: bool, contents: impl FnOnce(&mut egui::Ui)) {
    folding(ui, title, open, |ui| columns(ui, title, contents));
}

/// A part that folds away.
pub(super) fn folding(ui: &mut egui::Ui, title: &str, open: bool, contents: impl FnOnce(&mut egui::Ui)) {
    folding_unless(ui, title, open, false, contents);
}

/// A part that folds away, and unfolds when there is something in it to see.
pub(super) fn folding_unless(
    ui: &mut egui::Ui,
    title: &str,
    open: bool,
    unfold: bool,
    contents: impl FnOnce(&mut egui::Ui),
) {
    let header = egui::RichText::new(title).font(theme::semibold(13.0));
    let header = egui::CollapsingHeader::new(header).id_salt(title).default_open(open);
    header.open(unfold.then_some(true)).show_unindented(ui, |ui| {
        contents(ui);
        ui.add_space(4.0);
    });
}

/// Two columns: labels and controls.
pub(super) fn columns(ui: &mut egui::Ui, name: &str, contents: impl FnOnce(&mut egui::Ui)) {
    egui::Grid::new(name)
        .num_columns(2)
        .spacing([COLUMN_SPACING, 6.0])
        .min_col_width(LABEL_WIDTH)
        .max_col_width(ui.available_width() - LABEL_WIDTH - COLUMN_SPACING)
        .show(ui, contents);
}

/// A label and its control.
pub(super) fn row<R>(
    ui: &mut egui::Ui,
    label: &str,
    tooltip: &str,
    control: impl FnOnce(&mut egui::Ui, egui::Id) -> R,
) -> R {
    let id = ui.label(label).on_hover_text(tooltip).id;
    let result = control(ui, id);
    ui.end_row();
    result
}

/// A number.
pub(super) fn number(ui: &mut egui::Ui, label: &str, tooltip: &str, value: egui::DragValue<'_>) {
    row(ui, label, tooltip, |ui, label| {
        ui.add(value).labelled_by(label).on_hover_text(tooltip);
    });
}

/// One of several.
pub(super) fn choice<T: ValueEnum + PartialEq>(
    ui: &mut egui::Ui,
    label: &str,
    tooltip: &str,
    value: &mut T,
    choices: &[T],
    name: impl Fn(&T) -> String,
) {
    row(ui, label, tooltip, |ui, id| {
        let width = ui.available_width();
        egui::ComboBox::from_id_salt(label)
            .width(width)
            .truncate()
            .selected_text(name(value))
            .show_ui(ui, |ui| {
                for choice in choices {
                    let entry = ui.selectable_label(value == choice, name(choice));
                    if entry.on_hover_text(help::of_choice(choice)).clicked() {
                        *value = choice.clone();
                    }
                }
            })
            .response
            .labelled_by(id)
            .on_hover_text(format!("{tooltip}. {}", help::of_choice(value)));
    });
}

/// A line of text.
pub(super) fn text(ui: &mut egui::Ui, label: &str, tooltip: &str, hint: &str, text: &mut String) {
    row(ui, label, tooltip, |ui, label| {
        let width = ui.available_width();
        let edit = egui::TextEdit::singleline(text).hint_text(hint).desired_width(width).clip_text(true);
        ui.add(edit).labelled_by(label).on_hover_text(tooltip);
    });
}

/// A path that can be typed or picked. Returns whether the user is done typing it.
pub(super) fn path(
    ui: &mut egui::Ui,
    label: &str,
    tooltip: &str,
    hint: &str,
    text: &mut String,
    purpose: Purpose,
    actions: &mut Vec<Action>,
) -> bool {
    row(ui, label, tooltip, |ui, id| {
        let width = ui.available_width();
        ui.vertical(|ui| {
            let field = path_field(ui, id, label, hint, text, purpose, actions);
            if !field.has_focus() {
                end_of_path(ui, text, width);
            }
            field.on_hover_text(if text.trim().is_empty() { tooltip } else { text.trim() }).lost_focus()
        })
        .inner
    })
}

/// The end of a path that its field is too narrow for: that is what tells it from others.
fn end_of_path(ui: &mut egui::Ui, text: &str, width: f32) {
    const FIELD_MARGIN: f32 = 42.0;
    let font = egui::TextStyle::Body.resolve(ui.style());
    let wide = |text: String| ui.painter().layout_no_wrap(text, font.clone(), egui::Color32::WHITE).size().x;
    if text.trim().is_empty() || wide(text.to_owned()) <= width - FIELD_MARGIN {
        return;
    }
    let parts: Vec<&str> = text.trim().split(['/', '\\']).collect();
    // As many of the last parts as there is room for, at least the last one.
    let tail = |from: usize| format!("…/{}", parts[from..].join("/"));
    let last = parts.len() - 1;
    let from = (1..=last).find(|from| wide(tail(*from)) <= width).unwrap_or(last);
    ui.add(egui::Label::new(egui::RichText::new(tail(from)).small().weak()).truncate());
}

/// A setting's meaning in plain words, shown on demand in the column of controls.
pub(super) fn what_is_this(ui: &mut egui::Ui, name: &str, words: &str) {
    row(ui, "", "", |ui, _| {
        let id = ui.scope_id().with(("what is this", name));
        let mut open = ui.data(|data| data.get_temp(id)).unwrap_or(false);
        ui.vertical(|ui| {
            let text = egui::RichText::new("What is this?").small();
            let button = ui.add(egui::Button::new(text).frame(false).small());
            button.widget_info(|| {
                egui::WidgetInfo::labeled(egui::Role::Button, true, format!("What is {name}?"))
            });
            if button.clicked() {
                open = !open;
                ui.data_mut(|data| data.insert_temp(id, open));
            }
            if open {
                ui.add(egui::Label::new(egui::RichText::new(words).small().weak()).wrap());
            }
        });
    });
}

/// A field for a path, and the button that opens a dialog of the desktop.
fn path_field(
    ui: &mut egui::Ui,
    label: egui::Id,
    name: &str,
    hint: &str,
    text: &mut String,
    purpose: Purpose,
    actions: &mut Vec<Action>,
) -> egui::Response {
    ui.horizontal(|ui| {
        const BROWSE_WIDTH: f32 = 26.0;
        ui.spacing_mut().item_spacing.x = 4.0;
        let width = (ui.available_width() - BROWSE_WIDTH - 4.0).max(40.0);
        let edit = egui::TextEdit::singleline(text).hint_text(hint).desired_width(width).clip_text(true);
        let response = ui.add(edit).labelled_by(label);
        let browse_name = format!("Browse for {}", name.to_lowercase());
        let browse = ui.add(IconButton::new(Icon::More, &browse_name));
        if browse.on_hover_text("Pick it in a file dialog of the desktop").clicked() {
            let suggestion = PathBuf::from(text.trim());
            actions.push(Action::Browse(FileRequest { purpose, suggestion }));
        }
        response
    })
    .inner
}

/// How many files a pattern or a folder stands for, once the disk has said so.
fn count_of(
    ui: &egui::Ui,
    field: egui::Id,
    typed: &str,
    extensions: &'static [&'static str],
) -> Option<usize> {
    type Count = Arc<Mutex<Asked<String, Option<usize>>>>;
    let count = ui.data_mut(|data| data.get_temp_mut_or_default::<Count>(field).clone());
    let look = move |typed: String| expand(&typed, extensions).ok().map(|found| found.len());
    let mut count = count.lock().unwrap_or_else(PoisonError::into_inner);
    *count.ask(ui.ctx(), typed.to_owned(), look)?
}

/// What a folder is searched for.
fn extensions(purpose: Purpose) -> &'static [&'static str] {
    match purpose {
        Purpose::TrainingStore => &["store.safetensors"],
        _ => &["xtc", "dcd"],
    }
}

/// Several paths: a field for one more, and those there are, each with a button that removes it. Returns
/// whether the list has changed.
pub(super) fn paths(
    ui: &mut egui::Ui,
    label: &str,
    hint: &str,
    tooltip: &str,
    paths: &mut Vec<PathBuf>,
    typed: &mut String,
    purpose: Purpose,
    actions: &mut Vec<Action>,
) -> bool {
    let before = paths.len();
    let count = if before > 1 { format!("{label} ({before})") } else { label.to_owned() };
    let id = ui.label(count).on_hover_text(tooltip).id;
    // Above the list, so that it stays in place while the list grows.
    let field = path_field(ui, id, label, hint, typed, purpose, actions).on_hover_text(tooltip);
    let entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
    if entered && !typed.trim().is_empty() {
        match expand(typed, extensions(purpose)) {
            Ok(found) => {
                typed.clear();
                for path in found {
                    if !paths.contains(&path) {
                        paths.push(path);
                    }
                }
            }
            // The sentence stays until something else is typed.
            Err(sentence) => {
                let refused = (typed.clone(), sentence);
                ui.data_mut(|data| data.insert_temp(field.id, refused));
            }
        }
        field.request_focus();
    }
    if !typed.trim().is_empty() {
        let refused: Option<(String, String)> = ui.data(|data| data.get_temp(field.id));
        match refused.filter(|(refused, _)| refused == typed) {
            Some((_, sentence)) => error_line(ui, &sentence),
            None if typed.contains(['*', '?']) || typed.ends_with('/') => {
                if let Some(count) = count_of(ui, field.id, typed, extensions(purpose)) {
                    let plural = if count == 1 { "file" } else { "files" };
                    ui.small(format!("{count} {plural}; press Enter to add"));
                }
            }
            None => {}
        }
    }
    let mut removed = None;
    let mut list = |ui: &mut egui::Ui| {
        for (index, path) in paths.iter().enumerate() {
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 4.0;
                let remove = ui.add(IconButton::new(Icon::Remove, &format!("Remove {name}")).size(20.0));
                if remove.on_hover_text("Remove it from the list; the file is kept").clicked() {
                    removed = Some(index);
                }
                ui.add(egui::Label::new(&*name).truncate()).on_hover_text(path.display().to_string());
            });
        }
    };
    // A list of many keeps to a part of the pane.
    const TALLEST: f32 = 112.0;
    if before > 4 {
        egui::ScrollArea::vertical().id_salt(label).max_height(TALLEST).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = 2.0;
            list(ui);
            scroll_to_focus(ui);
        });
    } else {
        list(ui);
    }
    if let Some(index) = removed {
        paths.remove(index);
    }
    paths.len() != before
}

/// One sentence in red: why something could not be done.
pub(super) fn error_line(ui: &mut egui::Ui, sentence: &str) {
    let color = ui.visuals().error_fg_color;
    ui.add(egui::Label::new(egui::RichText::new(sentence).color(color)).wrap().selectable(true));
}

/// A quiet sentence: what to do, or what there is.
pub(super) fn advice(ui: &mut egui::Ui, sentence: &str) {
    ui.add(egui::Label::new(egui::RichText::new(sentence).weak()).wrap());
}

/// An entry of a list of choices, which closes once one was taken, by keyboard as well.
pub(super) fn entry<V: PartialEq>(
    ui: &mut egui::Ui,
    value: &mut V,
    choice: V,
    text: impl Into<egui::WidgetText>,
) -> egui::Response {
    let text: egui::WidgetText = text.into();
    let response = ui.selectable_value(value, choice, text);
    if response.clicked() {
        ui.close();
    }
    response
}
