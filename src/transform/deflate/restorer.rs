//! Walks over a stream and codes how it differs from its prediction.
//!
//! A [`Restorer`] is passed each block and returns it. If its [`Code`] reads, the block that is
//! passed is ignored, and the returned block comes from predictions and corrections alone.

use super::contexts as at;
use super::corrections::Code;
use super::matcher::Match;
use super::parse::{Block, Form, MAX_TOKENS};
use super::predictor::{Prediction, Predictor};
use super::settings::Settings;
use super::symbols::{DISTANCE_EXTRA, Frequencies, LENGTH_EXTRA, MAX_DISTANCE, MIN_MATCH, Token};
use super::{codes, matcher};
use crate::error::{Error, Result};

/// Largest number of positions of a chain that a correction may count.
const RANKED_CHAIN: u32 = 1024;

/// Walks over the blocks of one stream.
#[derive(Debug)]
pub struct Restorer<'a, C> {
    /// Writes or reads the corrections.
    pub code: C,
    plain: &'a [u8],
    settings: Settings,
    predictor: Predictor<'a>,
    /// Number of plain bytes of the blocks so far.
    pub position: usize,
    blocks: usize,
    /// One bit for each of the last tokens: was it the predicted one? The last token is the lowest
    /// bit.
    history: usize,
    /// Length of the last stored block; and whether the last block was stored.
    stored: (usize, bool),
}

fn bad() -> Error {
    Error::Corrupt("corrections of a deflate stream".into())
}

impl<'a, C: Code> Restorer<'a, C> {
    /// Walks over a stream whose content is `plain`.
    pub fn new(
        code: C,
        matcher: &'a mut matcher::Matcher,
        plain: &'a [u8],
        settings: Settings,
    ) -> Self {
        let predictor = Predictor::new(matcher, plain, settings);
        Self {
            code,
            plain,
            settings,
            predictor,
            position: 0,
            blocks: 0,
            history: 0,
            stored: (usize::MAX, false),
        }
    }

    /// Codes `flag`, which is likely equal to `predicted`.
    fn likely(&mut self, context: usize, flag: bool, predicted: bool) -> bool {
        self.code.decide(context, flag == predicted) == predicted
    }

    /// Codes one block. `tokens` are the tokens of `told`, or become the tokens that are read.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if the corrections cannot be right.
    pub fn block(&mut self, told: &Block, tokens: &mut Vec<Token>) -> Result<Block> {
        self.blocks += 1;
        if self.code.overrun() || self.blocks > most_blocks(self.position) {
            return Err(bad());
        }
        let stored = matches!(told.form, Form::Stored { .. });
        let is_stored = self.likely(at::STORED + usize::from(self.stored.1), stored, self.stored.1);
        self.stored.1 = is_stored;
        let form = if is_stored {
            let (length, padding) = if let Form::Stored { length, padding } = told.form {
                (length, padding)
            } else {
                (0, 0)
            };
            self.stored_block(length, padding, tokens)?
        } else {
            self.tokens(tokens)?;
            self.codes(told, tokens)?
        };
        Ok(Block { last: self.is_last(told.last), form })
    }

    fn is_last(&mut self, last: bool) -> bool {
        self.position == self.plain.len() && self.likely(at::LAST, last, true)
    }

    /// Codes whether the stream ends after a block that is not the last one, because it was cut.
    pub fn ends(&mut self, ends: bool) -> bool {
        self.position == self.plain.len() && self.code.decide(at::ENDS, ends)
    }

    /// Continues after `length` plain bytes of a stored block.
    pub fn pass(&mut self, length: usize) {
        self.position += length;
        self.predictor.matcher.insert_to(self.plain, self.position);
    }

    /// Codes the bits between the last block and the next byte boundary.
    pub fn padding(&mut self, bits: u8) -> u8 {
        if self.likely(at::PADDING, bits == 0, true) {
            0
        } else {
            self.code.plain_bits(at::PADDING_BITS, 8, bits.into()) as u8
        }
    }

    fn stored_block(
        &mut self,
        length: usize,
        padding: u8,
        tokens: &mut Vec<Token>,
    ) -> Result<Form> {
        let rest = self.plain.len() - self.position;
        let predicted = rest.min(self.stored.0).min(0xFFFF);
        let same = self.likely(at::STORED_LENGTH, length == predicted, true);
        let length = if same {
            predicted
        } else {
            self.code.plain_bits(at::STORED_BITS, 16, length as u32) as usize
        };
        if length > rest {
            return Err(bad());
        }
        self.stored.0 = if length > 0 { length } else { self.stored.0 };
        let padding = self.padding(padding);
        tokens.clear();
        self.pass(length);
        Ok(Form::Stored { length, padding })
    }

    fn tokens(&mut self, tokens: &mut Vec<Token>) -> Result<()> {
        let full = self.settings.tokens();
        let told: usize = tokens.len();
        let told_end = if C::WRITES {
            self.position + tokens.iter().map(|token| token.span()).sum::<usize>()
        } else {
            0
        };
        let usual = told == full || told < full && told_end == self.plain.len();
        let count = if self.likely(at::COUNT, usual, true) {
            None
        } else {
            // Some encoders decide at every 4096th token whether to end the block. A block has at
            // most 2^24 tokens.
            let round = self.code.decide(at::COUNT_ROUND, told & 0xFFF == 0xFFF);
            let high = self.code.number(at::COUNT_HIGH, (told >> 12) as u32) as usize;
            Some(
                high << 12
                    | if round {
                        0xFFF
                    } else {
                        self.code.plain_bits(at::COUNT_LOW, 12, told as u32 & 0xFFF) as usize
                    },
            )
        };
        if count.is_some_and(|count| count > MAX_TOKENS.min(self.plain.len() - self.position)) {
            return Err(bad());
        }
        let mut done = 0;
        while done < count.unwrap_or(full) && (count.is_some() || self.position < self.plain.len())
        {
            if self.position >= self.plain.len() {
                return Err(bad());
            }
            let told = if C::WRITES { tokens[done] } else { Token::default() };
            let token = self.token(told)?;
            if !C::WRITES {
                if done == 0 {
                    tokens.clear();
                }
                tokens.push(token);
            }
            done += 1;
        }
        if !C::WRITES {
            tokens.truncate(done);
            if self.code.overrun() {
                return Err(bad());
            }
        }
        Ok(())
    }

    /// Codes one token at [`Restorer::position`].
    ///
    /// # Errors
    /// [`Error::Corrupt`] if the corrections cannot be right.
    pub fn token(&mut self, told: Token) -> Result<Token> {
        let Prediction { token: predicted, deferred } = self.predictor.predict(self.position);
        let situation = situation(predicted, deferred);
        let right =
            self.code.decide(at::RIGHT + situation * 16 + (self.history & 15), told == predicted);
        self.history = self.history << 1 | usize::from(right);
        let token =
            if right { predicted } else { self.other(told, predicted, deferred, situation)? };
        self.predictor.pass(self.position, token);
        self.position += token.span();
        Ok(token)
    }

    /// Codes a token that is not the predicted one.
    fn other(
        &mut self,
        told: Token,
        predicted: Token,
        deferred: Match,
        situation: usize,
    ) -> Result<Token> {
        if !predicted.is_literal()
            && self
                .code
                .decide(at::LITERAL + situation * 4 + (self.history >> 1 & 3), told.is_literal())
        {
            return Ok(Token::literal(self.plain[self.position]));
        }
        let rest = self.plain.len() - self.position;
        if rest < MIN_MATCH {
            return Err(bad());
        }
        let likely = match () {
            () if !predicted.is_literal() => predicted.span(),
            () if deferred.length >= MIN_MATCH => deferred.length,
            () => {
                let mut reach = Settings { row: 9, edges: true, ..self.settings }.reach();
                reach.chain = RANKED_CHAIN;
                self.predictor
                    .matcher
                    .longest(self.plain, self.position, MIN_MATCH - 1, reach)
                    .length
            }
        };
        let kind = if predicted.is_literal() { 0 } else { 1 };
        let length = usize::from(told.length);
        let length = if likely >= MIN_MATCH
            && self.code.decide(at::LENGTH + kind * 16 + bucket(likely), length == likely)
        {
            likely
        } else {
            usize::from(
                self.code.byte(at::LENGTHS + kind * 256, length.wrapping_sub(MIN_MATCH) as u8),
            ) + MIN_MATCH
        };
        if length > rest {
            return Err(bad());
        }
        let distance = self.distance(told, length, kind * 2 + usize::from(length == likely))?;
        Ok(Token { distance: distance as u16, length: length as u16 })
    }

    /// Codes the distance of a copy of `length` bytes.
    fn distance(&mut self, told: Token, length: usize, kind: usize) -> Result<usize> {
        let Self { code, plain, position, predictor, .. } = self;
        let wanted = Match { length, distance: told.distance.into() };
        let rank = if C::WRITES {
            predictor.matcher.rank(plain, *position, wanted, RANKED_CHAIN)
        } else {
            None
        };
        if code.decide(at::RANKED + kind, rank.is_some()) {
            let rank = code.number(at::RANK + kind * 42, rank.unwrap_or(0));
            if C::WRITES {
                return Ok(wanted.distance);
            }
            return predictor
                .matcher
                .ranked(plain, *position, length, rank, RANKED_CHAIN)
                .ok_or_else(bad);
        }
        let distance =
            code.number(at::DISTANCE, u32::from(told.distance.wrapping_sub(1))) as usize + 1;
        let here = plain.get(*position..*position + length).ok_or_else(bad)?;
        let start =
            position.checked_sub(distance).filter(|_| distance <= MAX_DISTANCE).ok_or_else(bad)?;
        if plain[start..].starts_with(here) { Ok(distance) } else { Err(bad()) }
    }

    /// Codes whether the block has fixed codes, and otherwise its header.
    fn codes(&mut self, told: &Block, tokens: &[Token]) -> Result<Form> {
        let uses = Frequencies::of(tokens);
        let extra = tokens.iter().filter(|token| !token.is_literal()).map(|token| {
            let (length, distance) = (
                super::symbols::length_symbol(token.length),
                super::symbols::distance_symbol(token.distance),
            );
            u64::from(LENGTH_EXTRA[length] + DISTANCE_EXTRA[distance])
        });
        let extra = extra.sum();
        let fixed = codes::fixed_cost(&uses, extra);
        let method = self.settings.method;
        let predict = || codes::predict(&uses, method, self.settings.joint);
        // Every predicted header is longer than the fixed codes of a short block. So the codes of a
        // short block are computed only if the block has a header.
        let short = fixed <= codes::SHORT_BLOCK_BITS;
        let mut predicted = if short { None } else { Some(predict()) };
        let shorter = predicted.as_ref().is_none_or(|header| {
            fixed.div_ceil(8) <= codes::cost(&uses, header, extra).div_ceil(8)
        });
        if self.code.decide(at::FIXED, (told.form == Form::Fixed) == shorter) == shorter {
            return Ok(Form::Fixed);
        }
        let predicted = predicted.take().unwrap_or_else(predict);
        let header = if let Form::Dynamic(header) = &told.form { header } else { &predicted };
        if self.likely(
            at::HEADER,
            matches!(&told.form, Form::Dynamic(header) if **header == predicted),
            true,
        ) {
            return Ok(Form::Dynamic(Box::new(predicted)));
        }
        let header =
            codes::correct(&mut self.code, header, &predicted, method, self.settings.joint)
                .ok_or_else(bad)?;
        Ok(Form::Dynamic(Box::new(header)))
    }
}

/// Largest number of blocks before a block that starts at `position`. Each block takes time, even
/// an empty one.
pub fn most_blocks(position: usize) -> usize {
    position / 8 + 1024
}

/// The context of a predicted token.
fn situation(predicted: Token, deferred: Match) -> usize {
    match () {
        () if predicted.is_literal() => {
            if deferred.length < MIN_MATCH {
                0
            } else {
                1 + bucket(deferred.length).min(3)
            }
        }
        () if predicted.length == 3 => {
            5 + usize::from(predicted.distance > 256) + usize::from(predicted.distance > 4096)
        }
        () => 8 + bucket(predicted.span()).min(7),
    }
}

/// The class of a length, 0 to 9.
fn bucket(length: usize) -> usize {
    match length {
        0..=7 => length.saturating_sub(3),
        8..=11 => 5,
        12..=19 => 6,
        20..=63 => 7,
        64..=257 => 8,
        _ => 9,
    }
}
