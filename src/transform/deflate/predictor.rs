//! Predicts the next token that an encoder with known settings would write.

use super::matcher::{Match, Matcher};
use super::settings::{Search, Settings};
use super::symbols::{MAX_MATCH, MIN_MATCH, Token};

/// A predicted token.
#[derive(Debug, Clone, Copy)]
pub struct Prediction {
    /// The token.
    pub token: Token,
    /// The match at this position, if the token is a literal only because the match at the next
    /// position is longer.
    pub deferred: Match,
}

/// Predicts the tokens of a stream in order.
#[derive(Debug)]
pub struct Predictor<'a> {
    /// The chains of earlier positions.
    pub matcher: &'a mut Matcher,
    plain: &'a [u8],
    settings: Settings,
    /// The match that a lazy search found at the position after the last one, with that position.
    pending: Option<(usize, Match)>,
}

impl<'a> Predictor<'a> {
    /// Starts at the front of `plain`.
    pub fn new(matcher: &'a mut Matcher, plain: &'a [u8], settings: Settings) -> Self {
        matcher.start(plain.len(), settings.hash, settings.four);
        Self { matcher, plain, settings, pending: None }
    }

    /// The predicted token at `position`, which must be inside the plain bytes.
    pub fn predict(&mut self, position: usize) -> Prediction {
        let literal = Token::literal(self.plain[position]);
        let none = Match::default();
        let settings = self.settings;
        match settings.row().search {
            Search::Off => {
                self.matcher.insert_to(self.plain, position + 1);
                Prediction { token: literal, deferred: none }
            }
            Search::Runs => {
                self.matcher.insert_to(self.plain, position + 1);
                Prediction { token: self.run(position).unwrap_or(literal), deferred: none }
            }
            Search::Greedy { .. } => {
                let found =
                    self.matcher.longest(self.plain, position, MIN_MATCH - 1, settings.reach());
                Prediction { token: token(found, literal), deferred: none }
            }
            Search::Lazy { good, lazy } => {
                let here = match self.pending.take() {
                    Some((at, found)) if at == position => found,
                    _ => self.lazily(position, MIN_MATCH - 1, good),
                };
                if here.length < MIN_MATCH {
                    return Prediction { token: literal, deferred: none };
                }
                if here.length < lazy && position + 1 < self.plain.len() {
                    let next = self.lazily(position + 1, here.length, good);
                    if next.length > here.length {
                        self.pending = Some((position + 1, next));
                        return Prediction { token: literal, deferred: here };
                    }
                }
                Prediction { token: token(here, literal), deferred: none }
            }
        }
    }

    /// The search of lazy settings. `least` is the length of the match one position before, 2 if
    /// there was none.
    fn lazily(&mut self, position: usize, least: usize, good: usize) -> Match {
        let mut reach = self.settings.reach();
        if least >= good {
            reach.chain >>= 2;
        }
        let found = self.matcher.longest(self.plain, position, least, reach);
        if found.distance == 0 || self.settings.poor(found.length, found.distance) {
            Match::default()
        } else {
            found
        }
    }

    fn run(&self, position: usize) -> Option<Token> {
        let before = *self.plain.get(position.checked_sub(1)?)?;
        let length = self.plain[position..]
            .iter()
            .take(MAX_MATCH)
            .take_while(|&&byte| byte == before)
            .count();
        (length >= MIN_MATCH).then_some(Token { distance: 1, length: length as u16 })
    }

    /// Continues after `token`, the actual token at `position`.
    pub fn pass(&mut self, position: usize, token: Token) {
        let end = position + token.span();
        if !token.is_literal() {
            self.pending = None;
        }
        match self.settings.row().search {
            Search::Greedy { insert } if !token.is_literal() && token.span() > insert => {
                self.matcher.insert_to(self.plain, position + 1);
                self.matcher.pass_to(end);
            }
            _ => self.matcher.insert_to(self.plain, end),
        }
    }
}

fn token(found: Match, literal: Token) -> Token {
    if found.length < MIN_MATCH || found.distance == 0 {
        literal
    } else {
        // A distance is at most 2^15, a length at most 258, so both fit 16 bits.
        Token { distance: found.distance as u16, length: found.length as u16 }
    }
}
