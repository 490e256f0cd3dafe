//! `--device`, and `cmx devices`: which device computes the networks of the strongest level.

use std::fmt::Write;
use std::thread::available_parallelism;

use cmx::internals::network::processor_speed;
use cmx::internals::simd;

use super::args::Options;
#[cfg(feature = "gpu")]
use super::device_streams;
use super::failure::Failure;
use super::job::Job;
use super::standard;

/// What computes networks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Device {
    /// A device where that is faster, else the processor.
    #[default]
    Auto,
    /// The processor.
    Processor,
    /// The device of this number in `cmx devices`.
    Graphics(usize),
}

/// Parses the value of `--device`.
pub fn parse(text: &str) -> Result<Device, String> {
    match text.split_once(':').unwrap_or((text, "0")) {
        ("auto", _) if text == "auto" => Ok(Device::Auto),
        ("cpu", _) if text == "cpu" => Ok(Device::Processor),
        ("gpu", number) => number.parse().map(Device::Graphics).map_err(|_| ()),
        _ => Err(()),
    }
    .map_err(|()| "it takes auto, cpu, gpu, or gpu:N with a number of `cmx devices`".into())
}

/// Prints the processor and every device, with the result of its check and its speeds.
pub fn run() -> Result<(), Failure> {
    let mut text =
        format!("{:<9}{:>11}{:>12}  {:<22}name\n", "device", "1 stream", "32 streams", "check");
    let (cores, speed) = (available_parallelism().map_or(1, usize::from), processor_speed());
    let all = speed * cores.min(32) as f64;
    let name = format!("{cores} cores, {}", simd::active().name());
    let _ = writeln!(text, "{:<9}{speed:>11.0}{all:>12.0}  {:<22}{name}", "cpu", "-");
    text += &devices();
    text += "Speeds are steps of the network a second, one for each byte: of one stream, and of\n\
             32 streams together, on all cores. Cores do the rest of the work of a level.\n";
    standard::print(text)
}

#[cfg(feature = "gpu")]
fn devices() -> String {
    use cmx::internals::gpu;

    let mut text = String::new();
    let found = gpu::adapters();
    for (number, adapter) in found.iter().enumerate() {
        let measured = gpu::measure(adapter);
        let (check, [one, many]) = (measured.check, measured.speeds);
        let check = match check {
            Ok(()) => format!("passed in {:.2} s", measured.checking),
            Err(trouble) => format!("failed: {trouble}"),
        };
        let software = if adapter.is_software { ", software" } else { "" };
        let name = format!("{} ({}{software})", adapter.name, adapter.interface);
        let device = format!("gpu:{number}");
        let _ = writeln!(text, "{device:<9}{one:>11.0}{many:>12.0}  {check:<22}{name}");
    }
    if found.is_empty() {
        text += "There is no device with a driver for Vulkan, Metal or DirectX 12.\n";
    }
    text
}

#[cfg(not(feature = "gpu"))]
fn devices() -> String {
    "This cmx was built without devices; `cargo install cmx --features gpu` builds one with them.\n"
        .into()
}

/// Makes the networks of a job use the device that the user chose.
///
/// # Errors
/// The user chose one, and this cmx was built without devices.
pub fn choose(options: &Options, job: Job) -> Result<(), Failure> {
    let device = options.device.unwrap_or_default();
    #[cfg(feature = "gpu")]
    {
        use cmx::internals::gpu::{Choice, choose};

        choose(match device {
            Device::Auto => {
                let threads = super::levels::wanted_threads(options)?;
                Choice::Auto { streams: device_streams::of(options, job), threads }
            }
            Device::Processor => Choice::Processor,
            Device::Graphics(number) => Choice::Adapter(number),
        });
        Ok(())
    }
    #[cfg(not(feature = "gpu"))]
    match (device, job) {
        (Device::Auto | Device::Processor, _) => Ok(()),
        (Device::Graphics(_), _) => Err(Failure::usage(
            "this cmx was built without devices; `cargo install cmx --features gpu` builds one \
             with them",
        )),
    }
}

/// Why the device that the user chose did not do all the work; one line.
pub fn warning() -> Option<String> {
    #[cfg(feature = "gpu")]
    return cmx::internals::gpu::trouble();
    #[cfg(not(feature = "gpu"))]
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_have_names() {
        assert_eq!(parse("auto"), Ok(Device::Auto));
        assert_eq!(parse("cpu"), Ok(Device::Processor));
        assert_eq!(parse("gpu"), Ok(Device::Graphics(0)));
        assert_eq!(parse("gpu:3"), Ok(Device::Graphics(3)));
        for wrong in ["", "cpu:1", "auto:0", "gpu:", "gpu:x", "cuda"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
