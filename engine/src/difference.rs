//! In what two sets of settings differ.

use serde::Serialize;
use serde_json::Value;

/// A setting that is not as it is asked for, in words and as JSON has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingDifference {
    /// Which.
    pub setting: String,
    /// Its value.
    pub has: String,
    /// The value asked for.
    pub asked: String,
}

impl SettingDifference {
    /// The first setting in which two sets differ.
    pub(crate) fn first<T: Serialize>(own: &T, asked: &T) -> Option<Self> {
        let (Ok(Value::Object(own)), Ok(Value::Object(asked))) =
            (serde_json::to_value(own), serde_json::to_value(asked))
        else {
            return None;
        };
        own.into_iter().find_map(|(setting, value)| {
            let there = asked.get(&setting).filter(|there| **there != value)?;
            Some(Self {
                setting: setting.replace('_', " "),
                has: value.to_string(),
                asked: there.to_string(),
            })
        })
    }
}
