#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // Else hardly any input would get past the checksum.
    equijump_fuzz::store(&equijump_fuzz::resealed(bytes.to_vec()));
});
