//! Writes the seeds of every target to `corpus/TARGET`, from where `cargo fuzz run TARGET` takes them.

use std::path::Path;

fn main() -> std::io::Result<()> {
    for (target, files) in equijump_fuzz::seeds::all() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
        std::fs::create_dir_all(&folder)?;
        for (number, bytes) in files.iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{number}")), bytes)?;
        }
        println!("{target}: {} seeds", files.len());
    }
    Ok(())
}
