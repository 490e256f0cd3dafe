//! Trains the network of -9 in floats, with the derivatives of candle: many streams of records side
//! by side, a step of Adam for all of them. The result is weights for the coder's network in whole
//! numbers; no coded byte depends on how they were found.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{D, DType, Device, Result, Tensor, Var};

use super::reading::foretold;
use crate::network::lstm::Options;

/// Bytes that are features of a step, and the byte that a match foretells.
const FEATURES: usize = 5;
/// Contexts that have a row of the embedding.
const CONTEXTS: usize = 4;
/// Layers.
const LAYERS: usize = 3;
/// Cells of a layer, and sums of a step of one.
const CELLS: usize = 128;
const SUMS: usize = 3 * CELLS;
/// Steps that derivatives go back through, as in the coder.
const SPAN: usize = 32;
/// Streams that are read side by side.
const STREAMS: usize = 64;
/// One as a whole number of a file of weights.
const ONE: f64 = (1 << 28) as f64;
/// Part of the mean of squares that stays in a step.
const KEPT: f64 = 0.99;
/// Largest weights of matrices, of the output, of the embedding, and of all others, as the coder
/// has them.
const LIMITS: [f64; 4] = [1.5, 27.0 / 32.0, 1.0, 6.0];
/// Largest sum of rows of the embedding.
const LARGEST_INPUT: f64 = 0.8;

/// Rows and widths of all weights, in the order of files, with the index of the limit.
fn shapes() -> Vec<(usize, usize, usize)> {
    let Options { embedding, .. } = Options::standard();
    let layer = |inputs: usize, features: &[usize]| {
        let mut shapes = vec![(SUMS, inputs, 0)];
        shapes.extend(features.iter().map(|&rows| (rows, SUMS, 3)));
        shapes.extend([(1, SUMS, 3), (1, SUMS, 3)]);
        shapes
    };
    let mut shapes = vec![(1 << embedding.log_rows, embedding.width, 2); CONTEXTS];
    shapes.extend(layer(CELLS + embedding.width, &[256, 256, 256, 256, 257]));
    for _ in 1..LAYERS {
        shapes.extend(layer(CELLS, &[256, 256]));
    }
    shapes.extend([(17 * 16, LAYERS * CELLS, 1), (17, 16, 3)]);
    shapes
}

/// The steps of a network through pieces: features, rows of the embedding, and the byte that came.
#[derive(Default)]
pub struct Steps {
    features: Vec<[u32; FEATURES]>,
    rows: Vec<[u32; CONTEXTS]>,
    bytes: Vec<u8>,
}

impl Steps {
    /// The steps through `pieces`, one after the other.
    #[must_use]
    pub fn of(pieces: &[Vec<u8>]) -> Steps {
        let mut steps = Steps::default();
        let mut last = [0u32; FEATURES - 1];
        for piece in pieces {
            for (&byte, foretold) in piece.iter().zip(foretold(piece)) {
                if foretold < 512 {
                    let [a, b, c, d] = last;
                    steps.features.push([a, b, c, d, u32::from(foretold)]);
                    let rows = Options::standard().embedding.rows(a | b << 8 | c << 16 | d << 24);
                    steps.rows.push(rows.map(|row| row as u32));
                    steps.bytes.push(byte);
                }
                last.rotate_right(1);
                last[0] = u32::from(byte);
            }
        }
        steps
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }
}

/// The network, what it learned of squares of derivatives, and how far it has read.
pub struct Network {
    device: Device,
    weights: Vec<Var>,
    squares: Vec<Tensor>,
    /// Steps of Adam, and steps of streams that were read for them.
    steps: u64,
    read: u64,
    /// What the layers give and their cells, of all streams, after the last span.
    state: Option<Vec<[Tensor; 2]>>,
}

/// x less the logarithm of the sum of e^x, along the last dimension.
fn log_softmax(x: &Tensor) -> Result<Tensor> {
    let x = x.broadcast_sub(&x.max_keepdim(D::Minus1)?)?;
    x.broadcast_sub(&x.exp()?.sum_keepdim(D::Minus1)?.log()?)
}

fn sigmoid(x: &Tensor) -> Result<Tensor> {
    ((x * 0.5)?.tanh()? * 0.5)? + 0.5
}

/// A layer: its sums without those of the matrix, what the matrix multiplies, cells before.
fn layer(
    weights: &[Tensor],
    sums: &Tensor,
    inputs: &Tensor,
    cells: &Tensor,
) -> Result<[Tensor; 2]> {
    let [matrix, gains, biases] = weights else { candle_core::bail!("a layer has three weights") };
    let sums = (inputs.matmul(&matrix.t()?)? + sums)?.reshape(((), 3, CELLS))?;
    let least = 4.0 / f64::from(1 << 20);
    let squares = sums.sqr()?.mean_keepdim(D::Minus1)?.maximum(least)?;
    let normal = sums.broadcast_div(&squares.sqrt()?)?.reshape(((), SUMS))?;
    let taken = normal.broadcast_mul(gains)?.broadcast_add(biases)?;
    let forget = sigmoid(&taken.narrow(1, 0, CELLS)?)?;
    let new = taken.narrow(1, CELLS, CELLS)?.tanh()?;
    let out = sigmoid(&taken.narrow(1, 2 * CELLS, CELLS)?)?;
    let cells = (&new + (forget * (cells - &new)?)?)?;
    Ok([(out * cells.tanh()?)?, cells])
}

impl Network {
    /// A network with the exact weights of `saved`, whole numbers with 28 fractional bits as a
    /// trainee in whole numbers saves them.
    ///
    /// # Errors
    /// Memory is short.
    pub fn of(saved: &[u8]) -> Result<Network> {
        let device = device()?;
        let (mut weights, mut squares) = (Vec::new(), Vec::new());
        let mut rest = saved;
        for (rows, width, _) in shapes() {
            let count = rows * width;
            let number = |bytes: &[u8]| {
                let whole = i32::from_le_bytes(bytes.try_into().unwrap_or_default());
                (f64::from(whole) / ONE) as f32
            };
            let values: Vec<f32> = rest[..4 * count].chunks_exact(4).map(number).collect();
            rest = &rest[8 * count + 4 * rows..];
            weights.push(Var::from_tensor(&Tensor::from_vec(values, (rows, width), &device)?)?);
            squares.push(Tensor::zeros((rows, width), DType::F32, &device)?);
        }
        Ok(Network { device, weights, squares, steps: 0, read: 0, state: None })
    }

    /// Puts the weights in place of those of `saved`.
    ///
    /// # Errors
    /// Memory is short.
    pub fn save_to(&self, saved: &mut [u8]) -> Result<()> {
        let mut at = 0;
        for ((rows, width, _), weights) in shapes().into_iter().zip(&self.weights) {
            let values = weights.flatten_all()?.to_vec1::<f32>()?;
            for (place, value) in saved[at..].chunks_exact_mut(4).zip(&values) {
                let whole = (f64::from(*value) * ONE).round() as i32;
                place.copy_from_slice(&whole.to_le_bytes());
            }
            at += 8 * rows * width + 4 * rows;
        }
        Ok(())
    }

    /// Steps that it has read.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.read
    }

    /// Bits of all of the steps from `at` on of each stream, and their state after them.
    fn span(&mut self, steps: &Steps, starts: &[usize], length: usize) -> Result<Tensor> {
        let streams = starts.len();
        let zero = || Tensor::zeros((streams, CELLS), DType::F32, &self.device);
        let mut state = match self.state.take() {
            Some(state) if state[0][0].dim(0)? == streams => state,
            _ => (0..LAYERS).map(|_| Ok([zero()?, zero()?])).collect::<Result<_>>()?,
        };
        // Of step t of all streams, then of the next step.
        let each = |t: usize| starts.iter().map(move |start| start + t);
        let all: Vec<usize> = (0..length).flat_map(each).collect();
        let sum_of_rows =
            |tables: &[Tensor], ids: &dyn Fn(usize, usize) -> u32| -> Result<Tensor> {
                let mut sum: Option<Tensor> = None;
                for (number, rows) in tables.iter().enumerate() {
                    let ids: Vec<u32> = all.iter().map(|&at| ids(at, number)).collect();
                    let ids = Tensor::from_vec(ids, streams * length, &self.device)?;
                    let part = rows.index_select(&ids, 0)?;
                    sum = Some(match sum {
                        None => part,
                        Some(sum) => (sum + part)?,
                    });
                }
                sum.ok_or_else(|| candle_core::Error::Msg("a sum of no rows".into()))
            };
        let tensors: Vec<Tensor> = self.weights.iter().map(|w| w.as_tensor().clone()).collect();
        let (tables, mut rest) = tensors.split_at(CONTEXTS);
        let embedded = sum_of_rows(tables, &|at, number| steps.rows[at][number])?;
        let embedded = embedded.clamp(-LARGEST_INPUT, LARGEST_INPUT)?;
        // Of each layer: the sums of its features, and matrix, gains and biases.
        let mut layers = Vec::new();
        for number in 0..LAYERS {
            let features = if number == 0 { FEATURES } else { 2 };
            let (own, after) = rest.split_at(features + 3);
            let sums = sum_of_rows(&own[1..=features], &|at, number| steps.features[at][number])?;
            let weights = [0, features + 1, features + 2].map(|index| own[index].clone());
            layers.push((sums, weights));
            rest = after;
        }
        let mut hidden = Vec::new();
        for t in 0..length {
            let part = |sums: &Tensor| sums.narrow(0, t * streams, streams);
            let mut below = Tensor::cat(&[&state[0][0], &part(&embedded)?], 1)?;
            for ((sums, weights), state) in layers.iter().zip(&mut state) {
                *state = layer(weights, &part(sums)?, &below, &state[1])?;
                below = state[0].clone();
            }
            let given: Vec<&Tensor> = state.iter().map(|[given, _]| given).collect();
            hidden.push(Tensor::cat(&given, 1)?);
        }
        self.state = Some(state.iter().map(|state| state.each_ref().map(Tensor::detach)).collect());
        let hidden = Tensor::cat(&hidden, 0)?;
        let logits = hidden.matmul(&rest[0].t()?)?;
        let logits = logits.broadcast_add(&rest[1].reshape(17 * 16)?)?;
        let logits = logits.reshape((streams * length, 17, 16))?;
        let bytes: Vec<u32> =
            (0..length).flat_map(each).map(|at| u32::from(steps.bytes[at])).collect();
        let of_nibble = |logits: &Tensor, shift: u32| -> Result<Tensor> {
            let nibbles: Vec<u32> = bytes.iter().map(|byte| byte >> shift & 15).collect();
            let nibbles = Tensor::from_vec(nibbles, (streams * length, 1), &self.device)?;
            log_softmax(logits)?.gather(&nibbles, 1)?.sum_all()
        };
        let high = of_nibble(&logits.narrow(1, 16, 1)?.squeeze(1)?.contiguous()?, 4)?;
        // The node of the low nibble is that of the high one.
        let nodes: Vec<u32> = bytes.iter().flat_map(|byte| [byte >> 4; 16]).collect();
        let nodes = Tensor::from_vec(nodes, (streams * length, 1, 16), &self.device)?;
        let low = logits.contiguous()?.gather(&nodes, 1)?.squeeze(1)?.contiguous()?;
        let low = of_nibble(&low, 0)?;
        (high + low)? * (-1.0 / std::f64::consts::LN_2)
    }

    /// Reads `count` steps of `steps` in spans of all streams and learns, with rates of `rate`; the
    /// bits that they took. Goes on where the last call ended.
    ///
    /// # Errors
    /// Memory is short.
    pub fn learn(&mut self, steps: &Steps, count: usize, rate: f64) -> Result<f64> {
        let streams = STREAMS.min(steps.len() / (2 * SPAN)).max(1);
        let each = steps.len() / streams;
        let spans = (each / SPAN).max(1);
        let (mut done, mut bits) = (0, 0.0);
        while done < count {
            let number = self.steps as usize % spans;
            if number == 0 {
                self.state = None;
            }
            let starts: Vec<usize> =
                (0..streams).map(|stream| stream * each + number * SPAN).collect();
            let length = SPAN.min(each);
            let loss = self.span(steps, &starts, length)?;
            bits += f64::from(loss.to_scalar::<f32>()?);
            done += streams * length;
            self.read += (streams * length) as u64;
            self.steps += 1;
            self.descend(&(loss / (streams * length) as f64)?, rate)?;
        }
        Ok(bits / done as f64)
    }

    /// A step of Adam without a mean of derivatives.
    fn descend(&mut self, loss: &Tensor, rate: f64) -> Result<()> {
        let gradients = loss.backward()?;
        let known = 1.0 - KEPT.powi(self.steps.min(10_000) as i32);
        for ((weights, squares), (_, _, limit)) in
            self.weights.iter().zip(&mut self.squares).zip(shapes())
        {
            let Some(gradient) = gradients.get(weights) else { continue };
            *squares = ((&*squares * KEPT)? + (gradient.sqr()? * (1.0 - KEPT))?)?.detach();
            let root = ((&*squares / known)?.sqrt()? + 1e-8)?;
            let moved = (weights.as_tensor() - ((gradient / root)? * rate)?)?;
            weights.set(&moved.clamp(-LIMITS[limit], LIMITS[limit])?.detach())?;
        }
        Ok(())
    }

    /// Bits a byte of the first `count` steps, in one stream, without learning.
    ///
    /// # Errors
    /// Memory is short.
    pub fn cost(&mut self, steps: &Steps, count: usize) -> Result<f64> {
        self.state = None;
        let count = count.min(steps.len());
        let mut bits = 0.0;
        for at in (0..count).step_by(SPAN) {
            let length = SPAN.min(count - at);
            bits += f64::from(self.span(steps, &[at], length)?.to_scalar::<f32>()?);
        }
        self.state = None;
        Ok(bits / count.max(1) as f64)
    }

    /// Writes a checkpoint that [`Network::resume`] goes on from.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn checkpoint(&self, path: &Path) -> Result<()> {
        let mut all: HashMap<String, Tensor> = HashMap::new();
        for (index, (weights, squares)) in self.weights.iter().zip(&self.squares).enumerate() {
            all.insert(format!("weights-{index}"), weights.as_tensor().clone());
            all.insert(format!("squares-{index}"), squares.clone());
        }
        all.insert(
            "steps".into(),
            Tensor::new(&[self.steps as i64, self.read as i64], &self.device)?,
        );
        // A run that ends meanwhile leaves the last checkpoint whole.
        let new = path.with_extension("new");
        candle_core::safetensors::save(&all, &new)?;
        Ok(std::fs::rename(&new, path)?)
    }

    /// Goes on from a checkpoint.
    ///
    /// # Errors
    /// The file cannot be read, or is none of such a network.
    pub fn resume(&mut self, path: &Path) -> Result<()> {
        let all = candle_core::safetensors::load(path, &self.device)?;
        let part = |name: String| {
            let found = all.get(&name).cloned();
            found.ok_or_else(|| candle_core::Error::Msg(format!("no {name} in the checkpoint")))
        };
        for (index, (weights, squares)) in self.weights.iter().zip(&mut self.squares).enumerate() {
            weights.set(&part(format!("weights-{index}"))?)?;
            *squares = part(format!("squares-{index}"))?;
        }
        if let [steps, read] = part("steps".into())?.to_vec1::<i64>()?[..] {
            (self.steps, self.read) = (steps as u64, read as u64);
        }
        Ok(())
    }
}

/// The device that trains: the first one of CUDA where candle was built for it, else the processor.
fn device() -> Result<Device> {
    Device::cuda_if_available(0)
}
