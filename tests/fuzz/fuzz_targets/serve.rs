#![no_main]

use equijump_app::cli::serve::Request;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = Request::parse(bytes);
});
