//! The weights that many streams are to start from, while a network is trained on their pieces.
//!
//! Each piece is read as a coder would read it: from the center, by the usual rates. Then the center
//! moves a part of the way to where the piece led, and the next piece begins there (Reptile: Nichol,
//! Achiam and Schulman, 2018). So training looks for weights that are a good start, not for weights
//! that are good if nothing is learned any more. `models/README.md` compares both.

use super::weights::Weights;

/// Fractional bits of the part that a center moves by.
pub const PART_BITS: u32 = 16;

/// The center of some weights: values and means of squares, as [`Weights`] has them.
#[derive(Clone, Debug)]
pub struct Center {
    exact: Vec<i32>,
    moments: Vec<u32>,
    moves: Vec<u32>,
}

/// `from` moved by `part` of the way to `to`.
fn between(from: i64, to: i64, part: u32) -> i64 {
    from + (((to - from) * i64::from(part) + (1 << (PART_BITS - 1))) >> PART_BITS)
}

impl Center {
    /// The center of weights that no piece has moved.
    pub fn of(weights: &Weights) -> Center {
        Center {
            exact: weights.exact.clone(),
            moments: weights.moments.clone(),
            moves: weights.moves.clone(),
        }
    }

    /// Moves the center by `part` ([`PART_BITS`] fractional bits) of the way to `weights`, which a
    /// piece has moved, and by `decay` of that part to 0; then puts `weights` there. How often a row
    /// was moved counts up to 2^`known_moves`.
    pub fn follow(&mut self, weights: &mut Weights, part: u32, decay: u32, known_moves: u32) {
        let width = weights.width;
        let decay = ((u64::from(part) * u64::from(decay)) >> PART_BITS) as u32;
        for row in 0..self.moves.len() {
            let moves = weights.moves[row];
            if moves == self.moves[row] {
                continue;
            }
            let is_first = self.moves[row] == 0;
            self.moves[row] = moves.min(1 << known_moves);
            weights.moves[row] = self.moves[row];
            for at in row * width..(row + 1) * width {
                let moved = between(self.exact[at].into(), weights.exact[at].into(), part);
                self.exact[at] = between(moved, 0, decay) as i32;
                let moment = weights.moments[at];
                let from = if is_first { moment } else { self.moments[at] };
                self.moments[at] = between(from.into(), moment.into(), part) as u32;
            }
            let at = row * width..(row + 1) * width;
            weights.exact[at.clone()].copy_from_slice(&self.exact[at.clone()]);
            weights.moments[at.clone()].copy_from_slice(&self.moments[at]);
        }
        weights.round_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_center_goes_part_of_the_way_and_weights_go_back_to_it() {
        let mut weights = Weights::new(3, 8, || 1000);
        let mut center = Center::of(&weights);
        weights.exact[..8].fill(2000);
        weights.moments[..8].fill(500);
        (weights.moves[0], weights.moves[1]) = (1000, 1);
        center.follow(&mut weights, 1 << (PART_BITS - 2), 0, 7);
        assert_eq!(weights.exact[..16], [[1250; 8], [1000; 8]].concat());
        assert_eq!((weights.moments[0], weights.moves[0], weights.moves[2]), (500, 128, 0));
        weights.exact[..8].fill(2250);
        weights.moments[..8].fill(1000);
        weights.moves[0] += 1;
        center.follow(&mut weights, 1 << (PART_BITS - 1), 1 << (PART_BITS - 1), 7);
        // Half of the way to 2250 is 1750, and a quarter of that is taken away.
        assert_eq!((weights.exact[0], weights.moments[0], weights.moves[0]), (1313, 750, 128));
    }
}
