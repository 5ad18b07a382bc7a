//! Tests of the module as a whole, on real structures.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bundled;

use std::path::PathBuf;

fn assets() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../assets/structures")
}
