//! The network of one stream: on a device, or on the processor where the device fails.
//!
//! The host keeps a state of the network and what happened since. So the processor can go on at any
//! byte: it repeats what happened. Each [`CHECKPOINT`] events the state is fetched from the device.

use std::sync::Arc;

use super::lanes::Request;
use super::server::{Lane, Masses, Server};
use crate::network::image::{Image, OUTPUTS, SPAN};
use crate::network::lstm::Lstm;
use crate::network::{ByteNetwork, NIBBLES};
use crate::simd::NetworkKernels;

/// Events between two states that the host has: 64 Ki bytes, which the processor repeats in a few
/// seconds.
const CHECKPOINT: usize = 3 << 16;

/// The network of the levels as a model of whole bytes.
#[derive(Debug)]
pub struct Stream<K> {
    kernels: K,
    server: Arc<Server>,
    work: Work<K>,
    /// The masses of the last prediction of a device.
    masses: Box<Masses>,
}

/// Who computes.
#[derive(Debug)]
enum Work<K> {
    /// A device, which has the state of `since` and all of `events`, but for the last byte learned.
    Device(Remote),
    /// The processor.
    Processor(Box<Lstm<K>>),
}

#[derive(Debug)]
struct Remote {
    /// The lane, once something was predicted.
    lane: Option<Lane>,
    /// A state that was, and what happened since.
    since: Arc<Image>,
    events: Vec<Event>,
    /// The step of the span that is next for the device.
    at: usize,
    last: u32,
    /// A byte that the device has yet to learn.
    unlearned: Option<u8>,
}

/// What happens to a network, in 16 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Forward(Option<u8>),
    Learn(u8),
    Advance(u8),
}

impl Remote {
    fn of(image: Image) -> Self {
        Remote {
            lane: None,
            at: image.at,
            last: u32::from_le_bytes(image.last),
            since: Arc::new(image),
            events: Vec::new(),
            unlearned: None,
        }
    }

    /// Another one in the same state, with a lane of its own to come. Where the state cannot be
    /// fetched, there is none.
    fn copy(&self) -> Option<Self> {
        let Some(lane) = &self.lane else {
            return Some(Remote {
                lane: None,
                since: self.since.clone(),
                events: self.events.clone(),
                ..*self
            });
        };
        let image = self.fetch(lane)?;
        let events = self.unlearned.map(Event::Learn).into_iter().collect();
        Some(Remote { lane: None, since: Arc::new(image), events, ..*self })
    }

    /// The state of the device. `None` where the device fails.
    fn fetch(&self, lane: &Lane) -> Option<Image> {
        let mut image = Image::clone(&self.since);
        lane.read(&mut image).ok()?;
        (image.at, image.last) = (self.at, self.last.to_le_bytes());
        Some(image)
    }

    /// Predicts on the device. `None` where that fails.
    fn forward(&mut self, server: &Server, foretold: Option<u8>) -> Option<Masses> {
        if self.events.len() >= CHECKPOINT
            && let Some(lane) = &self.lane
        {
            self.since = Arc::new(self.fetch(lane)?);
            self.events.clear();
            self.events.extend(self.unlearned.map(Event::Learn));
        }
        if self.lane.is_none() {
            self.lane = Some(server.lane(&self.since)?);
        }
        self.events.push(Event::Forward(foretold));
        let lane = self.lane.as_ref()?;
        let forward_at = (self.at + usize::from(self.unlearned.is_some())) % SPAN;
        let request = Request {
            at: self.at as u32,
            forward_at: forward_at as u32,
            last: self.last,
            foretold: foretold.map_or(256, u32::from),
            byte: self.unlearned.map_or(0, u32::from),
            ..Request::default()
        };
        let learns = self.unlearned.is_some();
        let masses = lane.ask(request, learns, learns && forward_at == 0).ok()?;
        self.unlearned = None;
        self.at = forward_at;
        Some(masses)
    }

    /// The same network on the processor.
    fn on_processor<K: NetworkKernels>(&self, kernels: K) -> Box<Lstm<K>> {
        let mut network = Box::new(Lstm::of_image(kernels, Image::clone(&self.since)));
        let mut masses = [0; NIBBLES];
        for event in &self.events {
            match *event {
                Event::Forward(foretold) => network.forward(foretold, &mut masses),
                Event::Learn(byte) => network.learn(byte),
                Event::Advance(byte) => network.advance(byte),
            }
        }
        network
    }
}

impl<K: NetworkKernels> Stream<K> {
    /// A network of the levels, as it starts a stream; one that learns.
    pub fn of(mut network: Lstm<K>, server: Arc<Server>) -> Self {
        let work = Work::Device(Remote::of(network.image()));
        let masses = Box::new([0; OUTPUTS]);
        Stream { kernels: network.kernels(), server, work, masses }
    }
}

impl<K: NetworkKernels> Clone for Stream<K> {
    fn clone(&self) -> Self {
        let work = match &self.work {
            Work::Processor(network) => Work::Processor(network.clone()),
            Work::Device(remote) => match remote.copy() {
                Some(copy) => Work::Device(copy),
                None => Work::Processor(remote.on_processor(self.kernels)),
            },
        };
        let (server, masses) = (self.server.clone(), self.masses.clone());
        Stream { kernels: self.kernels, server, work, masses }
    }
}

impl<K: NetworkKernels> ByteNetwork for Stream<K> {
    fn forward(&mut self, foretold: Option<u8>, masses: &mut [u32; NIBBLES]) {
        if let Work::Device(remote) = &mut self.work {
            if let Some(all) = remote.forward(&self.server, foretold) {
                *self.masses = all;
                masses.copy_from_slice(&all[OUTPUTS - NIBBLES..]);
                return;
            }
            // What happened may hold this prediction already: to predict again changes nothing.
            self.work = Work::Processor(remote.on_processor(self.kernels));
        }
        if let Work::Processor(network) = &mut self.work {
            network.forward(foretold, masses);
        }
    }

    fn low(&mut self, high: u8, masses: &mut [u32; NIBBLES]) {
        match &mut self.work {
            Work::Processor(network) => network.low(high, masses),
            Work::Device(_) => {
                masses.copy_from_slice(&self.masses[usize::from(high) * NIBBLES..][..NIBBLES]);
            }
        }
    }

    fn learn(&mut self, byte: u8) {
        match &mut self.work {
            Work::Processor(network) => network.learn(byte),
            Work::Device(remote) => {
                remote.events.push(Event::Learn(byte));
                remote.unlearned = Some(byte);
            }
        }
    }

    fn advance(&mut self, byte: u8) {
        match &mut self.work {
            Work::Processor(network) => network.advance(byte),
            Work::Device(remote) => {
                remote.events.push(Event::Advance(byte));
                remote.last = remote.last << 8 | u32::from(byte);
            }
        }
    }
}
