#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cmx_fuzz::round_trip(data));
