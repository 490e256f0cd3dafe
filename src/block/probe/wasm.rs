//! WebAssembly modules: everything up to the end of their code.

use crate::block::piece::Piece;
use crate::block::split::Context;
use crate::kind::Kind;
use crate::transform::wasm;

/// Less than this is not worth a stream of its own.
const MIN_LENGTH: usize = 1 << 10;

/// The module up to the end of its code.
pub fn probe(bytes: &[u8], context: &mut Context) -> Option<Vec<Piece>> {
    if !context.level.unpacked.wasm {
        return None;
    }
    let code = wasm::find(bytes)?;
    if code.length(bytes) < MIN_LENGTH {
        return None;
    }
    // Bodies are read as code once to find where they end, once to check the inverse.
    context.charge(2 * code.length(bytes))?;
    let (parts, length) = wasm::forward(bytes, &code)?;
    let inner = Piece::copy(Kind::Wasm, parts.inner.len());
    Some(vec![Piece::transformed(length, parts, vec![inner])])
}
