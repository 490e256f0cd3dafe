//! The binary tree whose paths are the decisions of each symbol. The tree is a Huffman tree, so
//! frequent symbols take few decisions.
//!
//! The tree is canonical: code lengths describe it completely. It saves time (2 to 6 decisions a
//! symbol instead of 8). It also saves some size, because fewer decisions, which have seen more
//! data, tell the likely symbols apart.

use crate::coder::BitCoder;
use crate::error::{Error, Result};
use crate::numeric::state_map::{entry, probability, update_entry};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Length of the longest path in the tree.
pub const DEPTH: usize = 15;
/// Children from this number on are leaves: `LEAF + symbol`.
pub const LEAF: u16 = 256;

/// The inner nodes (node 0 is the root) and the paths to the leaves.
#[derive(Clone)]
pub struct Tree {
    /// For each inner node, the offset of its probabilities within those of a context: the number
    /// of a group, and four bits for the node within the group. A group has four levels with up to
    /// fifteen nodes, numbered from 1.
    pub cells: [u16; 256],
    /// The two children of each inner node.
    pub children: Vec<[u16; 2]>,
    /// The path to each symbol, with its first step in the highest bit.
    pub paths: [u32; 256],
}

/// Code lengths for symbols that occur `counts` times. The length is 0 if a symbol does not occur.
/// At least two symbols get a length, so that there is a tree.
pub fn lengths_of(counts: &[u32; 256]) -> [u8; 256] {
    let mut counts = *counts;
    let mut symbol = 0;
    while counts.iter().filter(|&&count| count > 0).count() < 2 {
        counts[symbol] = counts[symbol].max(1);
        symbol += 1;
    }
    loop {
        let lengths = huffman(&counts);
        if lengths.iter().all(|&length| usize::from(length) <= DEPTH) {
            return lengths;
        }
        // Counts are flattened until the tree is no deeper than allowed. Only rare symbols are
        // affected.
        for count in counts.iter_mut().filter(|count| **count > 0) {
            *count = (*count >> 2) + 1;
        }
    }
}

fn huffman(counts: &[u32; 256]) -> [u8; 256] {
    let mut parents = vec![0usize; 512];
    let mut heap: BinaryHeap<_> = counts
        .iter()
        .enumerate()
        .filter(|&(_, &count)| count > 0)
        .map(|(symbol, &count)| Reverse((u64::from(count), symbol)))
        .collect();
    let mut next = 256;
    while let (Some(Reverse((low, a))), Some(Reverse((high, b)))) = (heap.pop(), heap.pop()) {
        parents[a] = next;
        parents[b] = next;
        heap.push(Reverse((low + high, next)));
        if heap.len() == 1 {
            break;
        }
        next += 1;
    }
    std::array::from_fn(|symbol| {
        let (mut node, mut length) = (symbol, 0);
        while parents[node] != 0 {
            node = parents[node];
            length += 1;
        }
        length
    })
}

impl Tree {
    /// The canonical tree of these code lengths.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if the lengths describe no complete tree.
    pub fn new(lengths: &[u8; 256]) -> Result<Self> {
        let corrupt = || Error::Corrupt("symbol tree".into());
        let mut order: Vec<u8> =
            (0..=255).filter(|&symbol| lengths[usize::from(symbol)] > 0).collect();
        order.sort_by_key(|&symbol| lengths[usize::from(symbol)]);
        let space: u32 = order
            .iter()
            .map(|&symbol| 1 << (DEPTH - usize::from(lengths[usize::from(symbol)]).min(DEPTH)))
            .sum();
        if order.len() < 2
            || space != 1 << DEPTH
            || lengths.iter().any(|&length| usize::from(length) > DEPTH)
        {
            return Err(corrupt());
        }
        let mut tree = Self { cells: [0; 256], children: vec![[0; 2]], paths: [0; 256] };
        let mut path = 0u32;
        for symbol in order {
            let length = u32::from(lengths[usize::from(symbol)]);
            tree.paths[usize::from(symbol)] = path;
            let mut node = 0;
            for depth in 0..length {
                let bit = (path >> (31 - depth) & 1) as usize;
                if depth + 1 == length {
                    tree.children[node][bit] = LEAF + u16::from(symbol);
                } else if tree.children[node][bit] == 0 {
                    tree.children[node][bit] = tree.children.len() as u16;
                    tree.children.push([0; 2]);
                    node = tree.children.len() - 1;
                } else {
                    node = usize::from(tree.children[node][bit]);
                }
            }
            path = path.wrapping_add(1 << (32 - length));
        }
        // Children have higher numbers than their parents.
        tree.cells[0] = 1;
        let mut groups = 1;
        for node in 0..tree.children.len() {
            for bit in 0..2 {
                let child = tree.children[node][bit];
                if child < LEAF {
                    let deeper = (tree.cells[node] & 15) * 2 + bit as u16;
                    tree.cells[usize::from(child)] = if deeper < 16 {
                        tree.cells[node] & !15 | deeper
                    } else {
                        groups += 1;
                        (groups - 1) << 4 | 1
                    };
                }
            }
        }
        Ok(tree)
    }
}

/// Codes the code lengths. For each symbol: does it occur, given whether its neighbours occur; then
/// the difference to the last length, in unary steps. About 40 bytes for text.
pub fn code_lengths<C: BitCoder>(coder: &mut C, lengths: &[u8; 256]) -> [u8; 256] {
    let mut present = [entry(1 << 21, 0); 32];
    let mut steps = [entry(1 << 21, 0); 64];
    let mut coded = [0u8; 256];
    let mut last = 6u8;
    let code = |coder: &mut C, slot: &mut u32, bit: bool| {
        let bit =
            coder.code(u32::from(bit), probability(*slot).clamp(1 << 12, (1 << 22) - (1 << 12)));
        *slot = update_entry(*slot, bit, 30);
        bit == 1
    };
    for symbol in 0..256 {
        let neighbours = (1..=2).fold(0, |seen, back| {
            seen * 2 + usize::from(symbol >= back && coded[symbol - back] > 0)
        });
        let length = lengths[symbol];
        if !code(coder, &mut present[(symbol >> 5) * 4 + neighbours], length > 0) {
            continue;
        }
        let longer = code(coder, &mut steps[0], length > last);
        let mut now = last;
        let mut step = 0;
        // A longer length has at least one step, a shorter or equal one may have none.
        if longer {
            now += 1;
        }
        while if longer { usize::from(now) < DEPTH } else { now > 1 } {
            step = (step + 1).min(15);
            if !code(coder, &mut steps[usize::from(longer) * 16 + 16 + step], now != length) {
                break;
            }
            now = if longer { now + 1 } else { now - 1 };
        }
        coded[symbol] = now;
        last = now.clamp(1, DEPTH as u8 - 1);
    }
    coded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coder::{Decoder, Encoder};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn trees_survive_coding(
            counts in proptest::collection::vec(prop_oneof![Just(0u32), 0u32..20, any::<u32>()], 256),
        ) {
            let counts: [u32; 256] = counts.try_into().unwrap();
            let lengths = lengths_of(&counts);
            let tree = Tree::new(&lengths).unwrap();
            for symbol in (0..256).filter(|&symbol| lengths[symbol] > 0) {
                let mut node = 0;
                for depth in 0..lengths[symbol] {
                    node = tree.children[usize::from(node)][(tree.paths[symbol] >> (31 - depth) & 1) as usize];
                }
                prop_assert_eq!(node, LEAF + symbol as u16);
            }
            let mut encoder = Encoder::new();
            code_lengths(&mut encoder, &lengths);
            let bytes = encoder.finish();
            prop_assert_eq!(code_lengths(&mut Decoder::new(&bytes), &[0; 256]), lengths);
        }

        #[test]
        fn any_bytes_give_a_tree_or_an_error(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let _ = Tree::new(&code_lengths(&mut Decoder::new(&bytes), &[0; 256]));
        }
    }

    #[test]
    fn steep_counts_stay_within_the_depth() {
        let mut counts = [0; 256];
        let (mut a, mut b) = (1u32, 1u32);
        for count in counts.iter_mut().take(44) {
            *count = a;
            (a, b) = (b, a + b);
        }
        Tree::new(&lengths_of(&counts)).unwrap();
    }
}
