//! Contexts and weight sets of text.

use super::Sets;
use crate::model::byte_class::{ClassContext, ClassSelector};
use crate::model::context::Context::{self, *};
use crate::model::expected::{ExpectedContext, ExpectedSelector};
use crate::model::folded::FoldedContext;
use crate::model::indirect::IndirectContext;
use crate::model::line::LineContext;
use crate::model::nest::{NestContext, NestSelector};
use crate::model::number::NumberContext;
use crate::model::outline::OutlineContext;
use crate::model::phrase::PhraseContext;
use crate::model::prose::{ProseContext, ProseSelector};
use crate::model::selector::Selector;
use crate::model::table::{TableContext, TableSelector};
use crate::model::word::{WordContext, WordSelector};

/// Text: prose, source code, markup, logs.
pub(super) const TEXT: [Context; 56] = [
    Order(1),
    Order(2),
    Order(4),
    Word(WordContext::SoFar),
    Class(ClassContext::LastEight),
    Indirect(IndirectContext::AfterThree),
    Outline(OutlineContext::LastSix),
    Order(6),
    Word(WordContext::WithLastTwo),
    Nest(NestContext::InnermostTwo),
    Phrase(PhraseContext::Followers),
    Expected(ExpectedContext::AndLastTwo),
    Indirect(IndirectContext::AfterOne),
    Order(3),
    Line(LineContext::TwoAbove),
    Order(5),
    Word(WordContext::WithLastByte),
    Phrase(PhraseContext::LastLetters),
    Outline(OutlineContext::LastFour),
    Indirect(IndirectContext::AfterThreeFolded),
    Word(WordContext::WithSecondLast),
    Line(LineContext::ColumnAndAbove),
    Line(LineContext::Field),
    Order(0),
    Sparse(0xff00ff),
    Nest(NestContext::InnermostAndWord),
    Line(LineContext::WordAndStart),
    Long(12),
    Folded(FoldedContext(4)),
    Indirect(IndirectContext::AfterTwo),
    Line(LineContext::ColumnAndStart),
    Line(LineContext::WordAndAbove),
    Class(ClassContext::LastFourAndByte),
    Folded(FoldedContext(8)),
    Long(16),
    Expected(ExpectedContext::AndLastByte),
    Word(WordContext::WithLast),
    Folded(FoldedContext(6)),
    Nest(NestContext::LastName),
    Phrase(PhraseContext::Shape),
    Nest(NestContext::Marks),
    Phrase(PhraseContext::WordAndAge),
    Line(LineContext::FieldAndAbove),
    Table(TableContext::Parent),
    Table(TableContext::ByteAbove),
    Sparse(0xff_ff00),
    Sparse(0xffff_ff00),
    Sparse(0xff00_0000_00ff),
    Prose(ProseContext::ColumnAndLength),
    Prose(ProseContext::Followers),
    Prose(ProseContext::EarlierEndings),
    Prose(ProseContext::Punctuation),
    Prose(ProseContext::SentenceStart),
    Prose(ProseContext::FollowerOfTwo),
    Number(NumberContext::ShapesOfFour),
    Number(NumberContext::SecondLast),
];
pub(super) const TEXT_SETS: Sets = Sets {
    small: &[Selector::Word(WordSelector::LengthAndBits), Selector::Class(ClassSelector::LastTwo)],
    large: &[
        Selector::Class(ClassSelector::LastTwo),
        Selector::MatchLengthAndBits,
        Selector::Word(WordSelector::LengthAndBits),
        Selector::SecondLastByte,
    ],
    huge: &TEXT_HUGE,
};
const TEXT_HUGE: [Selector; 10] = [
    Selector::MatchLengthAndBits,
    Selector::OrdersSeen,
    Selector::LastByte,
    Selector::Word(WordSelector::LengthAndBits),
    Selector::Expected(ExpectedSelector::Byte),
    Selector::Class(ClassSelector::LastAndBits),
    Selector::Word(WordSelector::LengthAndClass),
    Selector::Class(ClassSelector::LastTwo),
    Selector::SecondLastByte,
    Selector::Table(TableSelector::Column),
];

/// Text as words. The first eight and sixteen were grown for streams of codes, the next eight for
/// source code.
pub(super) const WORDS: [Context; 56] = [
    Order(1),
    Order(2),
    Order(4),
    Outline(OutlineContext::LastSix),
    Folded(FoldedContext(4)),
    Word(WordContext::SoFar),
    Order(0),
    Prose(ProseContext::ColumnAndLength),
    Nest(NestContext::InnermostAndWord),
    Prose(ProseContext::FineClasses),
    Line(LineContext::ColumnAndAbove),
    Order(6),
    Indirect(IndirectContext::AfterThree),
    Sparse(0xff_ff00),
    Indirect(IndirectContext::AfterOne),
    Folded(FoldedContext(3)),
    Word(WordContext::WithLastTwo),
    Line(LineContext::TwoAbove),
    Prose(ProseContext::Followers),
    Prose(ProseContext::SentenceStart),
    Class(ClassContext::LastEight),
    Nest(NestContext::Marks),
    Line(LineContext::WordAndStart),
    Phrase(PhraseContext::Followers),
    Order(3),
    Order(5),
    Word(WordContext::WithLast),
    Word(WordContext::WithLastByte),
    Folded(FoldedContext(6)),
    Line(LineContext::FieldAndAbove),
    Word(WordContext::WithSecondLast),
    Indirect(IndirectContext::AfterTwo),
    Line(LineContext::ColumnAndStart),
    Class(ClassContext::LastFourAndByte),
    Folded(FoldedContext(8)),
    Expected(ExpectedContext::AndLastByte),
    Line(LineContext::Field),
    Nest(NestContext::InnermostTwo),
    Outline(OutlineContext::LastFour),
    Prose(ProseContext::EarlierEndings),
    Prose(ProseContext::Punctuation),
    Prose(ProseContext::QuarterColumn),
    Prose(ProseContext::Capitals),
    Prose(ProseContext::LastFourWords),
    Prose(ProseContext::FollowerOfTwo),
    Prose(ProseContext::ThirdLastWord),
    Indirect(IndirectContext::AfterThreeFolded),
    Phrase(PhraseContext::WordAndAge),
    Phrase(PhraseContext::LastLetters),
    Phrase(PhraseContext::Shape),
    Prose(ProseContext::FineClassAndTwo),
    Prose(ProseContext::ClassesOfTwo),
    Prose(ProseContext::ClassAndSecondLast),
    Folded(FoldedContext(5)),
    Prose(ProseContext::ClassOfLast),
    Prose(ProseContext::ClassAndRoom),
];
pub(super) const WORDS_SETS: Sets = Sets {
    small: &[Selector::Word(WordSelector::LengthAndBits), Selector::Class(ClassSelector::LastTwo)],
    large: &[
        Selector::Class(ClassSelector::LastTwo),
        Selector::Class(ClassSelector::LastAndBits),
        Selector::SecondLastByte,
        Selector::LastByte,
    ],
    huge: &[
        Selector::MatchLengthAndBits,
        Selector::OrdersSeen,
        Selector::LastByte,
        Selector::Word(WordSelector::LengthAndBits),
        Selector::Expected(ExpectedSelector::Byte),
        Selector::Class(ClassSelector::LastAndBits),
        Selector::Word(WordSelector::LengthAndClass),
        Selector::Class(ClassSelector::LastTwo),
        Selector::SecondLastByte,
        Selector::Prose(ProseSelector::ClassOfLast),
    ],
};

/// Text of small files.
pub(super) const WIDE_SETS: [Selector; 8] = [
    Selector::Class(ClassSelector::LastTwo),
    Selector::Class(ClassSelector::LastAndBits),
    Selector::SecondLastByte,
    Selector::LastByte,
    Selector::MatchLengthAndBits,
    Selector::Word(WordSelector::LengthAndBits),
    Selector::Nest(NestSelector::DepthAndBracket),
    Selector::Prose(ProseSelector::ClassOfLast),
];
