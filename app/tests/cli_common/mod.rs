//! What the command-line tests share: the binary, a small model, and reading what it wrote.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)] // each test binary uses its part

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use equijump_engine::network::{Model, ModelCard, NetworkConfig, ParameterLayout, initial_parameters};
use equijump_engine::trajectory::{Frame, TrajectoryReader};

/// A folder with a model in it that is fast and makes no sense.
pub struct Workplace {
    pub folder: tempfile::TempDir,
}

impl Workplace {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = NetworkConfig {
            multiplicity: 4,
            conditioner_layers: 1,
            header_layers: 1,
            radial_bins: 4,
            time_bins: 4,
            ..NetworkConfig::basic()
        };
        // Small weights of mixed sign: an untrained network that leaves the molecule nearly where it is.
        let parameters =
            initial_parameters(&ParameterLayout::new(&config), |index| 0.3 * (index as f32 * 12.9898).sin());
        let card = ModelCard { name: "test".into(), ..ModelCard::default() };
        Model::new(&config, parameters, card).save(&folder.path().join("model.safetensors")).unwrap();
        Self { folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `equijump` in this folder, without a display.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_equijump"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("WAYLAND_SOCKET");
        command
    }

    /// `equijump simulate chignolin` with the small model.
    pub fn simulate(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(&["simulate", "chignolin", "--model", "model.safetensors"]);
        command.args(["--latent-steps", "5"]).args(arguments);
        command
    }
}

/// Runs to the end: exit code, stdout, stderr.
pub fn finish(command: &mut Command) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command.output().expect("the binary runs");
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    (status.code(), text(&stdout), text(&stderr))
}

/// All frames of a trajectory.
pub fn frames(path: &Path) -> Vec<Frame> {
    let mut reader = TrajectoryReader::open(path).expect("the trajectory opens");
    (0..reader.frame_count())
        .map(|index| {
            let mut frame = Frame::default();
            reader.read_frame(index, &mut frame).expect("the frame is whole");
            frame
        })
        .collect()
}

/// Writes a trajectory that walks back and forth through conformations of chignolin.
pub fn write_conformations(workplace: &Workplace, name: &str, start: usize, length: usize) {
    equijump_tests::proteins::write_conformations(&workplace.path(name), start, length);
}
