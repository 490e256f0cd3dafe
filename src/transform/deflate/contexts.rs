//! Where the contexts of each kind of decision start; those below [`LIKELY`] begin with a likely
//! one.

use super::corrections::LIKELY;

/// A token is as predicted: 16 situations, 16 histories.
pub const RIGHT: usize = 0;
/// A block is stored as was the last one.
pub const STORED: usize = 256;
/// The last block comes where the plain bytes end.
pub const LAST: usize = 258;
/// A stream that goes on has more blocks, 0, or ends, 1.
pub const ENDS: usize = LIKELY + 1125;
/// Padding is zero.
pub const PADDING: usize = 260;
/// A stored block is as long as the last one.
pub const STORED_LENGTH: usize = 261;
/// A block is full, or the plain bytes end with it.
pub const COUNT: usize = 262;
/// Fixed codes where they are shorter.
pub const FIXED: usize = 263;
/// The header is as predicted.
pub const HEADER: usize = 264;
/// The number of code lengths, for literals and for distances, is as predicted.
pub const SPLIT: usize = 265;
/// All code lengths are as predicted.
pub const ALL_LENGTHS: usize = 267;
/// All steps are as predicted.
pub const ALL_STEPS: usize = 268;
/// The lengths of the code for steps are as predicted.
pub const REPEATS: usize = 269;
/// No more lengths of the code for steps are written than needed.
pub const WRITTEN: usize = 270;
/// A code length is as predicted: 16 predicted lengths, by whether the last two were right; then
/// those of repeats.
pub const CODE_LENGTH: usize = 272;
/// A step is as predicted, by whether the last one was.
pub const STEP: usize = 272 + 128;

/// A literal in place of a match: 16 situations, 4 histories.
pub const LITERAL: usize = LIKELY;
/// The length is the likely one: 2 kinds, 16 sizes.
pub const LENGTH: usize = LIKELY + 64;
/// Other lengths: 2 kinds of 256.
pub const LENGTHS: usize = LIKELY + 96;
/// The distance is in the chain: 4 kinds.
pub const RANKED: usize = LIKELY + 608;
/// Ranks: 4 kinds of 42.
pub const RANK: usize = LIKELY + 612;
/// Distances that are in no chain.
pub const DISTANCE: usize = LIKELY + 780;
/// High bits of the number of tokens.
pub const COUNT_HIGH: usize = LIKELY + 822;
/// The number of tokens is one below a multiple of 4096.
pub const COUNT_ROUND: usize = LIKELY + 864;
/// Low bits of the number of tokens.
pub const COUNT_LOW: usize = LIKELY + 1028;
/// The length of a stored block.
pub const STORED_BITS: usize = LIKELY + 872;
/// Bits of padding.
pub const PADDING_BITS: usize = LIKELY + 888;
/// Numbers of code lengths.
pub const SPLIT_BITS: usize = LIKELY + 896;
/// Code lengths that are longer than predicted, by the predicted one; then those of repeats.
pub const LONGER: usize = LIKELY + 912;
/// How much a code length differs, less one.
pub const BY: usize = LIKELY + 944;
/// The symbol of a step.
pub const STEP_SYMBOL: usize = LIKELY + 986;
/// The span of a step.
pub const STEP_SPAN: usize = LIKELY + 988;
/// How many lengths of the code for steps are written.
pub const WRITTEN_BITS: usize = LIKELY + 1120;
