#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    equijump_fuzz::coordinates(bytes);
});
