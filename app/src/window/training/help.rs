//! What each setting of a training means: the very text that `equijump train --help` prints.

use std::collections::HashMap;
use std::sync::OnceLock;

use clap::{Args as _, ValueEnum};
use equijump_engine::session::TrainRequest;

/// The explanation of a setting by the name of its field; empty for a name that there is not.
pub fn of(setting: &str) -> &'static str {
    static TEXTS: OnceLock<HashMap<String, String>> = OnceLock::new();
    let texts = TEXTS.get_or_init(|| {
        let command = TrainRequest::augment_args(clap::Command::new("train"));
        command
            .get_arguments()
            .filter_map(|argument| {
                let text = argument.get_long_help().or_else(|| argument.get_help())?;
                Some((argument.get_id().to_string(), text.to_string()))
            })
            .collect()
    });
    texts.get(setting).map_or("", String::as_str)
}

/// The explanation of one choice of a setting.
pub fn of_choice<T: ValueEnum>(choice: &T) -> String {
    let value = choice.to_possible_value();
    value.and_then(|value| value.get_help().map(ToString::to_string)).unwrap_or_default()
}

/// Name of one choice of a setting: `flow-matching` is `Flow matching`.
pub fn name_of_choice<T: ValueEnum>(choice: &T) -> String {
    let name = choice.to_possible_value().map(|value| value.get_name().replace('-', " ")).unwrap_or_default();
    let mut letters = name.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use equijump_engine::network::Transport;

    #[test]
    fn settings_and_choices_have_their_texts() {
        assert_eq!(of("batch_size"), "Frame pairs per step");
        assert!(of("sigma_position_angstrom").contains("σ_P"));
        assert_eq!(name_of_choice(&Transport::FlowMatching), "Flow matching");
        assert!(of_choice(&Transport::Ddpm).contains("Ho et al."));
        assert_eq!(of("no such setting"), "");
    }
}
