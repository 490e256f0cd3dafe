//! Contexts and weight sets of all that is neither text nor code nor samples.
//!
//! Of 8 contexts the list was grown. The others are what was left of many when those that were
//! missed least went, a few at a time: contexts that only help together are never found one by
//! one. What the lists bring stands in `docs/models-binary.md`.

use super::Sets;
use crate::model::byte_class::{ClassContext, ClassSelector};
use crate::model::context::Context::{self, *};
use crate::model::expected::{ExpectedContext, ExpectedSelector};
use crate::model::folded::FoldedContext;
use crate::model::indirect::IndirectContext;
use crate::model::nest::NestContext;
use crate::model::number::NumberContext;
use crate::model::outline::OutlineContext;
use crate::model::phrase::PhraseContext;
use crate::model::prose::ProseContext;
use crate::model::record::{RecordContext, RecordSelector};
use crate::model::selector::Selector;
use crate::model::similar::{SimilarContext, SimilarSelector};
use crate::model::table::TableContext;
use crate::model::word::{WordContext, WordSelector};

/// Of 8 contexts: in order of gain.
pub(super) const GENERIC_8: [Context; 8] = [
    Order(1),
    Order(2),
    Order(3),
    Record(RecordContext::RunAndAbove),
    Record(RecordContext::FourAndEightBack),
    Sparse(0xf0f0f0f0),
    Record(RecordContext::TwoAndFourBack),
    Word(WordContext::SoFar),
];

/// Of 16.
pub(super) const GENERIC_16: [Context; 16] = [
    Order(1),
    Order(2),
    Order(3),
    Record(RecordContext::TwoAndFourBack),
    Word(WordContext::SoFar),
    Record(RecordContext::RunAndAboveBySecondStride),
    Expected(ExpectedContext::AndLastByte),
    Record(RecordContext::ThreeAbove),
    Class(ClassContext::LastEight),
    Record(RecordContext::ColumnRunAndAbove),
    Sparse(0xff_0000),
    Sparse(0xff_0000_00ff),
    Phrase(PhraseContext::Followers),
    Indirect(IndirectContext::FourAfterOne),
    Sparse(0xe0_e0e0),
    Indirect(IndirectContext::FourAfterFour),
];

/// Of 24.
pub(super) const GENERIC_24: [Context; 24] = [
    Order(0),
    Order(1),
    Order(2),
    Order(3),
    Record(RecordContext::FourAndEightBack),
    Record(RecordContext::TwoAndFourBack),
    Word(WordContext::SoFar),
    Record(RecordContext::RunAndAboveBySecondStride),
    Sparse(0xff00),
    Similar(SimilarContext::MovedByTwo),
    Class(ClassContext::LastEight),
    Similar(SimilarContext::StepAbove),
    Similar(SimilarContext::TwoLikest),
    Record(RecordContext::ColumnRunAndAbove),
    Sparse(0xff_0000),
    Sparse(0xff_0000_00ff),
    Similar(SimilarContext::LikestAndLast),
    Phrase(PhraseContext::Followers),
    Expected(ExpectedContext::AndLength),
    Indirect(IndirectContext::FourAfterOne),
    Sparse(0xe0_e0e0),
    Order(8),
    Record(RecordContext::ThreeAbove),
    Indirect(IndirectContext::FourAfterFour),
];

/// Of 64, and of 80: the last sixteen are those that a list of 64 misses least.
pub(super) const GENERIC_WIDE: [Context; 80] = [
    Order(0),
    Order(1),
    Order(2),
    Order(3),
    Word(WordContext::SoFar),
    Record(RecordContext::RunAndAboveBySecondStride),
    Sparse(0xffff_0000),
    Sparse(0xff00),
    Class(ClassContext::LastEight),
    Similar(SimilarContext::TwoLikest),
    Record(RecordContext::TwoAboveBySecondStride),
    Sparse(0xff_ff00),
    Record(RecordContext::LastAboveAndLeft),
    Record(RecordContext::ColumnRunAndAbove),
    Record(RecordContext::ColumnAndLastTwo),
    Record(RecordContext::ColumnAndTwoAbove),
    Indirect(IndirectContext::AfterTwo),
    Sparse(0xff_00ff),
    Record(RecordContext::FollowersOfColumnAndAbove),
    Record(RecordContext::EightAndSixteenBack),
    Record(RecordContext::DistanceLastAndAbove),
    Indirect(IndirectContext::AfterThree),
    Sparse(0xf0ff),
    Record(RecordContext::AlignmentAndLast),
    Sparse(0xff_0000),
    Sparse(0xff_0000_00ff),
    Similar(SimilarContext::LikestAndLast),
    Word(WordContext::WithSecondLast),
    Long(12),
    Word(WordContext::WithLastTwo),
    Nest(NestContext::InnermostTwo),
    Phrase(PhraseContext::Followers),
    Outline(OutlineContext::LastFour),
    Indirect(IndirectContext::AfterThreeFolded),
    Folded(FoldedContext(8)),
    Word(WordContext::WithLast),
    Nest(NestContext::LastName),
    Phrase(PhraseContext::Shape),
    Nest(NestContext::Marks),
    Phrase(PhraseContext::WordAndAge),
    Table(TableContext::ByteAbove),
    Prose(ProseContext::Followers),
    Number(NumberContext::ShapesOfFour),
    Outline(OutlineContext::LastTwo),
    Outline(OutlineContext::LastEight),
    Expected(ExpectedContext::AndLength),
    Indirect(IndirectContext::FourAfterOne),
    Indirect(IndirectContext::OneAfterTwo),
    Indirect(IndirectContext::AfterUpperHalves),
    Sparse(0xf8_f8f8),
    Sparse(0xe0_e0e0),
    Sparse(0xdfdf_dfe0),
    Sparse(0xffc0_ffc0),
    Sparse(0xff00_0000_00ff),
    Sparse(0xff00_0000_0000),
    Sparse(0xff00_0000_0000_0000),
    Sparse(0xff_ff00_0000),
    Sparse(0xff_ff00_0000_0000),
    Sparse(0xff_00ff_0000),
    Sparse(0xff00_0000_ff00_0000),
    Sparse(0xffe0_00ff),
    Indirect(IndirectContext::FourAfterFour),
    Indirect(IndirectContext::AfterUpperHalvesAndLastTwo),
    Indirect(IndirectContext::AfterFollower),
    Order(4),
    Expected(ExpectedContext::AndLastByte),
    Record(RecordContext::BigEndianPairAbove),
    Similar(SimilarContext::ThreeAbove),
    Similar(SimilarContext::StepAbove),
    Record(RecordContext::AlignmentAndLastTwo),
    Record(RecordContext::StepAbove),
    Record(RecordContext::FollowersAndLast),
    Record(RecordContext::LittleEndianWord),
    Sparse(0xf0f0),
    Outline(OutlineContext::LastSix),
    Expected(ExpectedContext::AndLengthAndLast),
    Class(ClassContext::LastTwelve),
    Indirect(IndirectContext::TwoAfterTwo),
    Indirect(IndirectContext::TwoAfterThree),
    Indirect(IndirectContext::AfterGap),
];

pub(super) const GENERIC_SETS: Sets = Sets {
    small: &[Selector::Record(RecordSelector::AlignmentAndZeroDistance), Selector::SecondLastByte],
    large: &[
        Selector::Record(RecordSelector::AlignmentAndZeroDistance),
        Selector::Class(ClassSelector::LastTwo),
        Selector::SecondLastByte,
        Selector::MatchLength,
    ],
    huge: &GENERIC_HUGE,
};
const GENERIC_HUGE: [Selector; 12] = [
    Selector::MatchLength,
    Selector::OrdersSeen,
    Selector::LastByte,
    Selector::Record(RecordSelector::AlignmentAndZeroDistance),
    Selector::SecondLastByte,
    Selector::Class(ClassSelector::LastTwo),
    Selector::Bits,
    Selector::Similar(SimilarSelector::Differences),
    // The last two: 0.25 % of 26 files of the choosing set of `benches/unseen`.
    Selector::Word(WordSelector::LengthAndClass),
    Selector::Expected(ExpectedSelector::Byte),
    Selector::ThirdLastByte,
    Selector::Record(RecordSelector::Column),
];
