use std::collections::HashSet;

use super::*;

#[test]
fn every_command_is_listed_once_with_its_own_text_and_shortcut() {
    let unique: HashSet<_> = UiCommand::ALL.iter().collect();
    assert_eq!(unique.len(), UiCommand::ALL.len());
    let texts: HashSet<_> = UiCommand::ALL.iter().map(|c| c.text().text).collect();
    assert_eq!(texts.len(), UiCommand::ALL.len(), "two commands share a label");
    let mut shortcuts = HashSet::new();
    for &command in UiCommand::ALL {
        if let Some(shortcut) = command.text().shortcut {
            let key = format!("{:?} {:?}", shortcut.modifiers, shortcut.logical_key);
            assert!(shortcuts.insert(key), "{command:?} takes a shortcut that is in use");
        }
    }
}

#[test]
fn labels_are_in_sentence_case_without_full_stop() {
    for &command in UiCommand::ALL {
        let row = command.text();
        assert!(!row.text.ends_with('.') && !row.tooltip.ends_with('.'), "{command:?}");
        assert!(row.text.starts_with(char::is_uppercase), "{command:?}");
        let inner_capitals = row.text.split(' ').skip(1).filter(|w| w.starts_with(char::is_uppercase));
        assert!(
            inner_capitals.filter(|w| !["EquiJump", "MD", "OpenMM…", "OpenMM"].contains(w)).count() == 0,
            "{command:?}"
        );
    }
}

#[test]
fn menus_open_by_the_first_letters_of_their_titles() {
    let letters: HashSet<String> = Menu::ALL.into_iter().map(|menu| menu.key().name().to_owned()).collect();
    assert_eq!(letters.len(), Menu::ALL.len());
    assert!(Menu::ALL.into_iter().all(|menu| menu.title().starts_with(menu.key().name())));
}
