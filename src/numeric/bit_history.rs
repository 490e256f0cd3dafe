//! Bit histories: one byte that remembers which bits followed a context.
//!
//! A state is either the exact sequence of the first four bits, or a pair of bounded counts
//! (zeros, ones) and the last bit. Counts step through a ladder of levels: past the first few,
//! an increment succeeds with a probability that keeps the expected count right, so eight bits
//! reach to runs of more than a hundred. Seeing the opposite bit discounts a large count:
//! recent bits weigh more. The idea of bit histories is Mahoney's (PAQ6, ZPAQ); the state set,
//! its ladder and its transitions are derived here from the rules below.

use std::sync::LazyLock;

/// Number of variants of the transition table that a pseudo-random draw selects from.
pub const DRAWS: usize = 8;

/// Transition tables and facts about every state.
pub struct BitHistory {
    /// `next[draw][bit][state]`.
    pub next: [[[u8; 256]; 2]; DRAWS],
    /// Counts of zeros and ones that each state stands for.
    pub counts: [(u8, u8); 256],
}

/// The one table, built at first use by integer arithmetic (well under a millisecond).
pub static BIT_HISTORY: LazyLock<Box<BitHistory>> = LazyLock::new(|| Box::new(BitHistory::build()));

/// What the counts of a state say by themselves, before any map has learned what they mean: in
/// the low half, how far ones outweigh zeros (512 for all of many); in the high half, all ones if
/// only one of the two bits was ever seen, so that what is certain can weigh differently.
pub static CONFIDENCE: LazyLock<Box<[u32; 256]>> = LazyLock::new(|| {
    let mut table = Box::new([0; 256]);
    for (entry, &(zeros, ones)) in table.iter_mut().zip(&BIT_HISTORY.counts).skip(1) {
        let (zeros, ones) = (i32::from(zeros), i32::from(ones));
        let outweighs = (ones - zeros) * 512 / (zeros + ones + 1);
        let certain = if zeros == 0 || ones == 0 { 0xffff_0000 } else { 0 };
        *entry = certain | u32::from(outweighs as i16 as u16);
    }
    table
});

/// Levels that the larger count may take, by the smaller count.
const LADDER: [(u8, &[u8]); 9] = [
    (0, &[5, 6, 7, 8, 10, 12, 16, 20, 28, 40, 60, 90, 128]),
    (1, &[4, 5, 6, 7, 8, 10, 12, 16, 20, 28, 40, 56]),
    (2, &[3, 4, 5, 6, 7, 8, 10, 12, 16, 20, 28]),
    (3, &[3, 4, 5, 6, 8, 10, 12, 16, 20]),
    (4, &[4, 5, 6, 8, 10, 12, 16]),
    (5, &[5, 6, 8, 10]),
    (6, &[6, 8, 12]),
    (8, &[8, 12]),
    (12, &[12]),
];

/// What is left of a count when the opposite bit is seen.
const fn discounted(count: u8) -> u8 {
    match count {
        0..=2 => count,
        3..=4 => count - 1,
        5..=6 => 4,
        7..=10 => 5,
        11..=20 => 6,
        21..=40 => 7,
        _ => 8,
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// The exact bits, oldest first, and how many (up to 4).
    Sequence(u8, u8),
    /// Zeros, ones, last bit.
    Counts(u8, u8, u8),
}

fn all_states() -> Vec<State> {
    let mut states = Vec::new();
    for length in 0..=4u8 {
        for bits in 0..1u8 << length {
            states.push(State::Sequence(bits, length));
        }
    }
    for (small, levels) in LADDER {
        for &large in levels {
            for (zeros, ones) in [(small, large), (large, small)] {
                for last in 0..2 {
                    let seen = if last == 0 { zeros } else { ones };
                    let state = State::Counts(zeros, ones, last);
                    if seen > 0 && !states.contains(&state) {
                        states.push(state);
                    }
                }
            }
        }
    }
    states
}

fn counts(state: State) -> (u8, u8) {
    match state {
        State::Sequence(bits, length) => {
            let ones = bits.count_ones() as u8;
            (length - ones, ones)
        }
        State::Counts(zeros, ones, _) => (zeros, ones),
    }
}

/// The next level above `count` when the other count is `other`, if the ladder has one.
fn next_level(count: u8, other: u8) -> u8 {
    LADDER
        .iter()
        .flat_map(|&(small, levels)| levels.iter().map(move |&large| (small, large)))
        .flat_map(|(small, large)| [(small, large), (large, small)])
        .filter(|&(mine, theirs)| theirs == other && mine > count)
        .map(|(mine, _)| mine)
        .min()
        .unwrap_or(count)
}

/// The largest allowed pair that does not exceed `(zeros, ones)` and is nearest to it in ratio.
fn nearest(states: &[State], zeros: u8, ones: u8, last: u8) -> u8 {
    let mut best = (u64::MAX, 0);
    for (index, &state) in states.iter().enumerate() {
        let State::Counts(z, o, l) = state else { continue };
        if l != last || z > zeros || o > ones {
            continue;
        }
        // Distance: how far the pair shrinks, each count against its size.
        let shrink = |from: u8, to: u8| (u64::from(from - to) * 1000) / (u64::from(from) + 1);
        let cost = shrink(zeros, z).pow(2) + shrink(ones, o).pow(2);
        if cost < best.0 {
            best = (cost, index);
        }
    }
    best.1 as u8
}

/// What follows `state` after `bit`, were every pair of counts allowed: most often the first, else
/// the second, and how many draws of [`DRAWS`] choose the first.
fn successors(states: &[State], state: State, bit: u8) -> ([State; 2], usize) {
    if let State::Sequence(bits, length) = state
        && length < 4
    {
        return ([State::Sequence(bits << 1 | bit, length + 1); 2], DRAWS);
    }
    let (zeros, ones) = counts(state);
    let (same, other) = if bit == 0 { (zeros, ones) } else { (ones, zeros) };
    let other_left = discounted(other);
    if other_left == other && states.contains(&pair(bit, same, other, bit)) {
        // Climb one rung with probability 1 / gap, in eighths.
        let up = next_level(same, other);
        let gap = usize::from(up.max(same + 1) - same);
        ([pair(bit, up, other_left, bit), pair(bit, same, other_left, bit)], DRAWS.div_ceil(gap))
    } else {
        ([pair(bit, same.saturating_add(1), other_left, bit); 2], DRAWS)
    }
}

/// The number of `wanted`, or of the allowed state nearest to it.
fn number(states: &[State], wanted: State) -> u8 {
    let exact = states.iter().position(|&state| state == wanted);
    match wanted {
        State::Counts(zeros, ones, last) => {
            exact.map_or_else(|| nearest(states, zeros, ones, last), |index| index as u8)
        }
        State::Sequence(..) => exact.unwrap_or(0) as u8,
    }
}

fn pair(bit: u8, same: u8, other: u8, last: u8) -> State {
    if bit == 0 { State::Counts(same, other, last) } else { State::Counts(other, same, last) }
}

impl BitHistory {
    fn build() -> Self {
        let states = all_states();
        assert!(states.len() <= 256);
        let mut table = Self { next: [[[0; 256]; 2]; DRAWS], counts: [(0, 0); 256] };
        for (index, &state) in states.iter().enumerate() {
            table.counts[index] = counts(state);
            for bit in 0..2 {
                let (wanted, first) = successors(&states, state, bit);
                let [climbed, stayed] = wanted.map(|wanted| number(&states, wanted));
                for draw in 0..DRAWS {
                    table.next[draw][usize::from(bit)][index] =
                        if draw < first { climbed } else { stayed };
                }
            }
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_states_fit_a_byte() {
        let states = all_states();
        assert!(states.len() <= 256, "{}", states.len());
        assert_eq!(states[0], State::Sequence(0, 0));
    }

    #[test]
    fn the_transitions_are_pinned() {
        let bytes: Vec<u8> = BIT_HISTORY.next.as_flattened().concat();
        assert_eq!(
            xxhash_rust::xxh3::xxh3_64(&bytes),
            15_639_069_162_013_697_837,
            "other transitions are a new numeric contract"
        );
    }

    #[test]
    fn runs_climb_and_opposites_discount() {
        let table = &*BIT_HISTORY;
        let mut state = 0;
        for step in 0..2000usize {
            state = usize::from(table.next[step % DRAWS][1][state]);
        }
        assert_eq!(table.counts[state], (0, 128));
        let after = usize::from(table.next[0][0][state]);
        let (zeros, ones) = table.counts[after];
        assert!(zeros == 1 && (5..=8).contains(&ones), "{zeros} {ones}");
    }

    #[test]
    fn every_state_moves_towards_the_bit() {
        let table = &*BIT_HISTORY;
        for state in 0..all_states().len() {
            for bit in 0..2 {
                for draw in 0..DRAWS {
                    let (zeros, ones) = table.counts[state];
                    let (z, o) = table.counts[usize::from(table.next[draw][bit][state])];
                    // p(1) never moves the wrong way: o/(z+o) against ones/(zeros+ones).
                    let (before, after) = (
                        u32::from(ones) * (u32::from(z) + u32::from(o)),
                        u32::from(o) * (u32::from(zeros) + u32::from(ones)),
                    );
                    if bit == 1 {
                        assert!(after >= before, "{state} {zeros},{ones} -> {z},{o}")
                    } else {
                        assert!(after <= before, "{state} {zeros},{ones} -> {z},{o}")
                    }
                }
            }
        }
    }
}
