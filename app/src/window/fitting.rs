//! Lines of several facts that lose whole facts where they are too long, never half of one.

/// Between two facts.
const SEPARATOR: &str = "  ·  ";

/// Facts that are known, joined; what is empty leaves no separator behind.
pub fn joined(facts: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut text = String::new();
    for fact in facts {
        let fact = fact.as_ref().trim();
        if !fact.is_empty() {
            text.push_str(if text.is_empty() { "" } else { SEPARATOR });
            text.push_str(fact);
        }
    }
    text
}

/// As many facts as fit into `width` points, the first ones first; the first one always.
pub fn joined_to_fit(ui: &egui::Ui, style: egui::TextStyle, facts: &[String], width: f32) -> String {
    let font = style.resolve(ui.style());
    let fits = |text: &String| {
        let galley = ui.painter().layout_no_wrap(text.clone(), font.clone(), egui::Color32::WHITE);
        galley.size().x <= width
    };
    let count = facts.len();
    (1..=count).rev().map(|kept| joined(&facts[..kept])).find(fits).unwrap_or_else(|| joined(facts.first()))
}

#[cfg(test)]
mod tests {
    use super::joined;

    #[test]
    fn empty_facts_leave_no_separator() {
        assert_eq!(joined(["", "chignolin", " ", "cpu", ""]), "chignolin  ·  cpu");
        assert_eq!(joined([""; 2]), "");
    }
}
