//! How fast the processor computes the network of the levels.

use std::time::Instant;

use super::lstm::Lstm;
use super::start::Start;
use super::{ByteNetwork, NIBBLES};
use crate::simd::{NetworkKernels, NetworkWork, over_network_kernels};

/// Steps a second on one thread, learning included.
#[must_use]
pub fn processor_speed() -> f64 {
    over_network_kernels(crate::simd::active(), Steps)
}

/// Steps of a span: all weights have moved after each.
const SPAN: u32 = 32;

struct Steps;

impl NetworkWork for Steps {
    type Output = f64;

    fn run<K: NetworkKernels>(self, kernels: K) -> f64 {
        speed(kernels)
    }
}

fn speed<K: NetworkKernels>(kernels: K) -> f64 {
    let mut network = Lstm::starting(kernels, Start::Text);
    let mut masses = [0; NIBBLES];
    let mut spans = 0u32;
    let begun = Instant::now();
    while begun.elapsed().as_millis() < 100 {
        for at in 0..SPAN {
            let byte = (at * 41 + spans * 7) as u8;
            network.forward(None, &mut masses);
            network.low(byte >> 4, &mut masses);
            network.learn(byte);
            network.advance(byte);
        }
        spans += 1;
    }
    f64::from(spans * SPAN) / begun.elapsed().as_secs_f64()
}
