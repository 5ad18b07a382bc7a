#![no_main]

use equijump_app::window::session_file::SessionFile;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = SessionFile::parse(&String::from_utf8_lossy(bytes));
});
