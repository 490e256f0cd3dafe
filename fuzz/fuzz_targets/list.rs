#![no_main]

libfuzzer_sys::fuzz_target!(init: cmx_fuzz::pass_over_caught_panics(), |data: &[u8]| cmx_fuzz::list(data));
