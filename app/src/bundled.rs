//! What lies inside the binary: structures under `assets/structures`, the default model.

use equijump_engine::session::{ModelSource, StructureSource};

use crate::window::examples::EXAMPLES;
use crate::window::models::BundledModel;

/// Models inside the binary; the first is the default.
pub static MODELS: &[BundledModel] = &[BundledModel {
    name: "chignolin",
    bytes: include_bytes!("../../assets/models/chignolin/model.safetensors"),
    presets: include_bytes!("../../assets/models/chignolin/presets.json"),
    trained_on: "molecular dynamics of chignolin",
    conditions: "350 K, implicit solvent",
    sequences: &["YYDPETGTWY"],
}];

/// The model that samples when the user names none.
pub fn default_model() -> Option<ModelSource> {
    MODELS.first().map(BundledModel::source)
}

/// The bundled model of that name, whatever the case.
pub fn model(name: &str) -> Option<ModelSource> {
    MODELS.iter().find(|model| model.name.eq_ignore_ascii_case(name)).map(BundledModel::source)
}

/// The bundled structure of that name (its file name without extension), whatever the case.
pub fn structure(name: &str) -> Option<StructureSource> {
    EXAMPLES
        .iter()
        .find(|example| {
            example.file_name.strip_suffix(".pdb").is_some_and(|stem| stem.eq_ignore_ascii_case(name))
        })
        .map(|example| example.source())
}
