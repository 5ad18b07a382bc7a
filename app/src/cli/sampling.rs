//! The model and the sampling settings that a command line asks for.

use std::path::Path;

use anyhow::{anyhow, bail};
use equijump_engine::network::Transport;
use equijump_engine::session::{LoadModel, ModelSource};
use equijump_engine::transport::presets::{DEFAULT_PRESET, Presets};
use equijump_engine::transport::{Integrator, SamplerSettings};

use super::job::Jobs;
use crate::shared::bundled;

/// A file, or a bundled model where there is no such file.
pub(super) fn model_source(path: &Path) -> anyhow::Result<ModelSource> {
    if path.exists() {
        return Ok(ModelSource::File(path.to_owned()));
    }
    match path.to_str().and_then(bundled::model) {
        Some(source) => Ok(source),
        None => bail!("there is no file {} and no bundled model of that name", path.display()),
    }
}

/// The model that was named, a file or a bundled one, else the bundled one for a protein of this sequence.
pub(super) fn model_of(named: Option<&Path>, sequence: &str) -> anyhow::Result<ModelSource> {
    match named {
        Some(named) => model_source(named),
        None => bundled::default_model(sequence)
            .ok_or_else(|| anyhow!("this build holds no model; name one with --model FILE")),
    }
}

/// The presets that a model carries.
pub(super) fn presets_of(model: &ModelSource) -> anyhow::Result<Presets> {
    match model {
        ModelSource::File(path) => Ok(Presets::beside(path)?),
        ModelSource::Bundled { presets, .. } => Ok(Presets::parse(presets)?),
    }
}

/// The transport that a model was trained for; `None` if the user interrupted.
pub(super) fn transport_of(jobs: &Jobs, model: &ModelSource) -> anyhow::Result<Option<Transport>> {
    let loaded = jobs.run(LoadModel(model.clone()), |_| ())?;
    Ok(loaded.ok().map(|model| model.config.transport))
}

/// The settings of a preset of the model, but for those that are given by flags.
pub(super) fn settings_of(
    jobs: &Jobs,
    model: &ModelSource,
    preset: Option<&str>,
    flags: &SamplerSettings,
    given: &impl Fn(&str) -> bool,
) -> anyhow::Result<SamplerSettings> {
    let presets = presets_of(model).map_err(|error| anyhow!(error))?;
    let name = preset.unwrap_or(DEFAULT_PRESET);
    let preset = presets.get(name).map_err(|error| anyhow!(error))?;
    let mut settings = with_flags(&preset.settings, flags, given)?;
    let own = presets.0.contains_key(name) || given("integrator");
    // Settings that come with a model are for its transport; of the program's, flow matching has no stochastic sampler.
    if !own && transport_of(jobs, model)? == Some(Transport::FlowMatching) {
        settings.integrator = Integrator::Ode;
    }
    Ok(settings)
}

/// The settings of a preset, but for those that are given by flags, and the seed. Fields and flags share their names.
fn with_flags(
    preset: &SamplerSettings,
    flags: &SamplerSettings,
    given: &impl Fn(&str) -> bool,
) -> anyhow::Result<SamplerSettings> {
    // JSON knows no infinity and no NaN.
    flags.check().map_err(|error| anyhow!(error))?;
    let mut settings = serde_json::to_value(preset)?;
    if let (Some(settings), serde_json::Value::Object(flags)) =
        (settings.as_object_mut(), serde_json::to_value(flags)?)
    {
        settings.extend(flags.into_iter().filter(|(name, _)| name == "seed" || given(name)));
    }
    Ok(serde_json::from_value(settings)?)
}
