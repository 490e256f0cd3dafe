//! Contexts and weight sets of text tables, and of other text that is as regular.

use super::Sets;
use crate::model::byte_class::{ClassContext, ClassSelector};
use crate::model::context::Context::{self, *};
use crate::model::expected::{ExpectedContext, ExpectedSelector};
use crate::model::folded::FoldedContext;
use crate::model::indirect::IndirectContext;
use crate::model::line::LineContext;
use crate::model::nest::NestContext;
use crate::model::number::NumberContext;
use crate::model::outline::OutlineContext;
use crate::model::phrase::PhraseContext;
use crate::model::prose::ProseContext;
use crate::model::record::RecordContext;
use crate::model::selector::Selector;
use crate::model::similar::{SimilarContext, SimilarSelector};
use crate::model::table::{TableContext, TableSelector};
use crate::model::word::{WordContext, WordSelector};

/// CSV, TSV, and generated text. The first 24 were grown on tables. The others are those that text and
/// generic data share, and the best of either: 4 tables of the choosing set of `benches/unseen` are
/// 8 to 20 % smaller with all 64, 17 other ones 0.1 to 9 %.
pub(super) const TABLE: [Context; 64] = [
    Order(1),
    Order(2),
    Table(TableContext::Decimals),
    Table(TableContext::Parent),
    Table(TableContext::ByteAbove),
    Order(4),
    Indirect(IndirectContext::AfterOne),
    Class(ClassContext::LastEight),
    Table(TableContext::FourClassesBefore),
    Table(TableContext::SecondClassBefore),
    Indirect(IndirectContext::AfterThree),
    Folded(FoldedContext(4)),
    Order(0),
    Table(TableContext::AnyColumn),
    Table(TableContext::FirstAndThirdClassBefore),
    Line(LineContext::ColumnAndStart),
    Table(TableContext::TwoClassesBefore),
    Table(TableContext::FirstClass),
    Table(TableContext::BestAndThirdBest),
    Table(TableContext::CellBefore),
    Table(TableContext::SecondBest),
    Table(TableContext::AboveAndParent),
    Table(TableContext::TwoParents),
    Table(TableContext::ThirdBest),
    Order(3),
    Word(WordContext::SoFar),
    Word(WordContext::WithLastByte),
    Word(WordContext::WithLastTwo),
    Word(WordContext::WithSecondLast),
    Word(WordContext::WithLast),
    Outline(OutlineContext::LastFour),
    Outline(OutlineContext::LastSix),
    Outline(OutlineContext::LastTwo),
    Number(NumberContext::ShapesOfFour),
    Nest(NestContext::InnermostTwo),
    Phrase(PhraseContext::Followers),
    Phrase(PhraseContext::LastLetters),
    Phrase(PhraseContext::Shape),
    Line(LineContext::TwoAbove),
    Line(LineContext::Field),
    Line(LineContext::FieldAndAbove),
    Line(LineContext::ColumnAndAbove),
    Indirect(IndirectContext::AfterTwo),
    Indirect(IndirectContext::FourAfterOne),
    Indirect(IndirectContext::FourAfterFour),
    Indirect(IndirectContext::AfterThreeFolded),
    Expected(ExpectedContext::AndLength),
    Expected(ExpectedContext::AndLengthAndLast),
    Similar(SimilarContext::TwoLikest),
    Similar(SimilarContext::LikestAndLast),
    Record(RecordContext::RunAndAboveBySecondStride),
    Record(RecordContext::TwoAboveBySecondStride),
    Record(RecordContext::ColumnRunAndAbove),
    Record(RecordContext::LastAboveAndLeft),
    Sparse(0xff00),
    Sparse(0xff_ff00),
    Sparse(0xff_00ff),
    Class(ClassContext::LastFourAndByte),
    Class(ClassContext::LastTwelve),
    Order(6),
    Long(12),
    Folded(FoldedContext(6)),
    Prose(ProseContext::Followers),
    Prose(ProseContext::ColumnAndLength),
];

pub(super) const TABLE_SETS: Sets = Sets {
    small: &[
        Selector::Table(TableSelector::ColumnAndOffset),
        Selector::Table(TableSelector::OffsetAndDecimals),
    ],
    large: &[
        Selector::Table(TableSelector::ColumnAndOffset),
        Selector::MatchLengthAndBits,
        Selector::SecondLastByte,
        Selector::Table(TableSelector::OffsetAndDecimals),
    ],
    huge: &TABLE_HUGE,
};
const TABLE_HUGE: [Selector; 12] = [
    Selector::MatchLengthAndBits,
    Selector::SecondLastByte,
    Selector::Table(TableSelector::ColumnAndOffset),
    Selector::LastByte,
    Selector::Table(TableSelector::OffsetAndDecimals),
    Selector::Table(TableSelector::Column),
    Selector::OrdersSeen,
    Selector::Expected(ExpectedSelector::Byte),
    Selector::Class(ClassSelector::LastTwo),
    Selector::Word(WordSelector::LengthAndClass),
    Selector::Similar(SimilarSelector::Differences),
    Selector::Bits,
];
