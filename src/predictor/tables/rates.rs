//! How fast the mixers of profiles learn.

use crate::mix::mixer::Rate;

/// How fast mixers of up to 16 contexts learn.
pub(super) const RATE: Rate = Rate { first: 1200, last: 150, span: 1000, rise: 1, threshold: 500 };
/// The same for text with 16 contexts. A rise of 6 makes a spreadsheet 3 % larger, and text smaller.
pub(super) const RATE_TEXT: Rate = Rate { rise: 6, ..RATE };
/// With 40 contexts, of text of small files: first steps of 600 or 500 are 0.1 and 0.3 % larger;
/// with 24, 0.3 % against [`RATE`].
pub(super) const RATE_WIDE: Rate =
    Rate { first: 800, last: 100, span: 500, rise: 6, threshold: 500 };
/// Many inputs want smaller steps: 0.6 % on binary data with 48 contexts.
pub(super) const RATE_HUGE: Rate =
    Rate { first: 1200, last: 100, span: 300, rise: 1, threshold: 500 };
/// What is neither text nor code nor samples wants smaller first steps, and more of them. With steps
/// of 840 falling to 100, 27 files of the judging set are the same to 0.02 %.
pub(super) const RATE_HUGE_GENERIC: Rate =
    Rate { first: 650, last: 75, span: 600, rise: 1, threshold: 500 };
/// Text is more alike from end to end: 1 % against [`RATE_HUGE`] with 56 contexts.
pub(super) const RATE_HUGE_TEXT: Rate =
    Rate { first: 500, last: 60, span: 300, rise: 6, threshold: 500 };
