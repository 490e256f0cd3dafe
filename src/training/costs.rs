//! What each byte of a sample costs after a prior.

use crate::block::main_kind;
use crate::budget::Budget;
use crate::coder::costs::Costs;
use crate::error::Result;
use crate::kind::Kind;
use crate::level::Level;
use crate::method::{self, choice};
use crate::prior::Prior;

/// What each byte of `sample` costs at `level` after `prior`, in units of 1/2^24 bits.
///
/// # Errors
/// Memory is short.
pub fn costs(sample: &[u8], level: &Level, prior: Option<&Prior>) -> Result<Vec<u64>> {
    let main = main_kind(sample, level);
    let kind = if main == Kind::Text && crate::words::suits(sample)? { Kind::Words } else { main };
    Budget::new(u64::MAX).coding_with(prior).run(|| {
        let method = choice::choose(level, &kind, sample)?;
        let code = method::encode(sample, method, &kind)?;
        let mut costs = Costs::default();
        method::decode_measured(&code, sample.len(), method, &kind, &mut costs)?;
        let mut each = vec![0; sample.len()];
        let (mut start, mut before) = (0, 0);
        for (end, sum) in costs.curve() {
            let share = (sum - before) / (end - start).max(1) as u64;
            each[start..end].fill(share);
            (start, before) = (end, sum);
        }
        Ok(each)
    })
}
