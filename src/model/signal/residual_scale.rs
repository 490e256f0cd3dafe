//! How far predictions miss, and to which side, by a small context.

/// Mean error and mean absolute error in each of several contexts.
#[derive(Clone)]
pub struct ResidualScale {
    cells: Vec<Cell>,
    limit: i32,
}

#[derive(Clone, Copy)]
struct Cell {
    /// Mean error, with [`EXTRA`] more fractional bits than predictions have.
    bias: i32,
    /// Mean absolute error, likewise.
    width: i32,
    count: i32,
}

const EXTRA: u32 = 4;
/// Errors are cut to this many bits.
const ERROR_LIMIT: i32 = 1 << 25;

impl ResidualScale {
    /// `contexts` contexts that expect errors of `width`; averages run over `limit` samples.
    #[must_use]
    pub fn new(contexts: usize, width: u32, limit: i32) -> Self {
        Self {
            cells: vec![
                Cell { bias: 0, width: (width << EXTRA) as i32, count: 0 };
                contexts.max(1)
            ],
            limit,
        }
    }

    /// Lets classes of [`log_class`] (two steps an octave bits, of a quarter of an error; 96 of
    /// them, repeated) start at the errors they stand for.
    pub fn start_by_class(&mut self) {
        for (context, cell) in self.cells.iter_mut().enumerate() {
            let class = (context % 96) as u32;
            cell.width =
                ((((4 + (class & 3)) << (class >> 2)) - 4).clamp(16, 1 << 22) << 2 << EXTRA) as i32;
        }
    }

    /// Mean absolute error in `context`.
    #[inline(always)]
    #[must_use]
    pub fn width(&self, context: usize) -> u32 {
        self.cells.get(context).map_or(1, |cell| (cell.width >> EXTRA) as u32)
    }

    /// Mean error in `context`: what to add to a prediction.
    #[inline(always)]
    #[must_use]
    pub fn bias(&self, context: usize) -> i32 {
        self.cells.get(context).map_or(0, |cell| cell.bias >> EXTRA)
    }

    /// Learns that `truth - prediction` was `error` in `context`.
    #[inline(always)]
    pub fn learn(&mut self, context: usize, error: i32) {
        let Some(cell) = self.cells.get_mut(context) else { return };
        let error = error.clamp(-ERROR_LIMIT, ERROR_LIMIT) << EXTRA;
        cell.count += i32::from(cell.count < self.limit);
        // The first few samples do not outvote the start entirely.
        let divisor = cell.count + 1;
        cell.bias += (error - cell.bias) / divisor;
        cell.width += (error.abs() - cell.width) / divisor;
    }
}

/// A class of a magnitude on a logarithmic scale: `2^steps` classes an octave, from 0.
#[inline(always)]
#[must_use]
pub const fn log_class(value: u32, steps: u32) -> usize {
    let value = value + (1 << steps);
    let octave = value.ilog2();
    (((octave - steps) << steps) + ((value >> (octave - steps)) & ((1 << steps) - 1))) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_ascend_by_one() {
        let mut before = 0;
        for value in 0..10_000 {
            let class = log_class(value, 1);
            assert!(class == before || class == before + 1);
            before = class;
        }
        assert_eq!(log_class(0, 2), 0);
    }

    #[test]
    fn averages_approach_the_truth() {
        let mut spread = ResidualScale::new(2, 1000, 200);
        for turn in 0..2000 {
            spread.learn(1, if turn % 2 == 0 { 300 } else { -100 });
        }
        assert!((spread.bias(1) - 100).abs() < 8, "{}", spread.bias(1));
        assert!((spread.width(1) as i32 - 200).abs() < 8);
        assert_eq!((spread.bias(0), spread.width(0)), (0, 1000));
        spread.learn(7, 1);
    }
}
