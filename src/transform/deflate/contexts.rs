//! First context of each kind of decision. In contexts below [`LIKELY`] a one is likely at the
//! start.

use super::corrections::LIKELY;

/// Is the token the predicted one? 16 situations, 16 histories.
pub const RIGHT: usize = 0;
/// Is the block stored if and only if the block before was stored?
pub const STORED: usize = 256;
/// Is the block that ends with the plain bytes the last block?
pub const LAST: usize = 258;
/// Does a stream whose plain bytes have ended go on with more blocks (0), or end (1)?
pub const ENDS: usize = LIKELY + 1125;
/// Is the padding zero?
pub const PADDING: usize = 260;
/// Has a stored block the length of the last stored block?
pub const STORED_LENGTH: usize = 261;
/// Is the block full, or do the plain bytes end with it?
pub const COUNT: usize = 262;
/// Does the block have the fixed codes if and only if these are shorter?
pub const FIXED: usize = 263;
/// Is the header the predicted one?
pub const HEADER: usize = 264;
/// Is the number of code lengths, for literals and for distances, the predicted one?
pub const SPLIT: usize = 265;
/// Are all code lengths the predicted ones?
pub const ALL_LENGTHS: usize = 267;
/// Are all steps the predicted ones?
pub const ALL_STEPS: usize = 268;
/// Are the lengths of the code for steps the predicted ones?
pub const REPEATS: usize = 269;
/// Are no more lengths of the code for steps written than necessary?
pub const WRITTEN: usize = 270;
/// Is a code length the predicted one? 16 predicted lengths, each with two bits that say whether
/// the last two lengths were predicted; then the contexts of the code for steps.
pub const CODE_LENGTH: usize = 272;
/// Is a step the predicted one? One bit says whether the last step was.
pub const STEP: usize = 272 + 128;

/// Is there a literal where a match was predicted? 16 situations, 4 histories.
pub const LITERAL: usize = LIKELY;
/// Is the length the likely one? 2 kinds, 16 sizes.
pub const LENGTH: usize = LIKELY + 64;
/// Other lengths: 2 kinds, 256 contexts each.
pub const LENGTHS: usize = LIKELY + 96;
/// Is the distance in the chain? 4 kinds.
pub const RANKED: usize = LIKELY + 608;
/// Ranks in the chain: 4 kinds, 42 contexts each.
pub const RANK: usize = LIKELY + 612;
/// Distances that are in no chain.
pub const DISTANCE: usize = LIKELY + 780;
/// High bits of the number of tokens.
pub const COUNT_HIGH: usize = LIKELY + 822;
/// Is the number of tokens one less than a multiple of 4096?
pub const COUNT_ROUND: usize = LIKELY + 864;
/// Low bits of the number of tokens.
pub const COUNT_LOW: usize = LIKELY + 1028;
/// The length of a stored block.
pub const STORED_BITS: usize = LIKELY + 872;
/// Bits of padding.
pub const PADDING_BITS: usize = LIKELY + 888;
/// Numbers of code lengths.
pub const SPLIT_BITS: usize = LIKELY + 896;
/// Is a code length longer than predicted? By the predicted length; then the contexts of the code
/// for steps.
pub const LONGER: usize = LIKELY + 912;
/// By how much a code length differs, minus one.
pub const BY: usize = LIKELY + 944;
/// The symbol of a step.
pub const STEP_SYMBOL: usize = LIKELY + 986;
/// The span of a step.
pub const STEP_SPAN: usize = LIKELY + 988;
/// Number of written lengths of the code for steps.
pub const WRITTEN_BITS: usize = LIKELY + 1120;
