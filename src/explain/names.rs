//! Kinds and methods in words.

use crate::block::Role;
use crate::kind::Kind;
use crate::method::Method;

/// What a stream holds.
pub fn of_content(role: Role, kind: &Kind) -> String {
    let name = match role {
        Role::Program => "how blocks are put together",
        Role::Side => "what transforms need besides",
        Role::Compressed => "compressed already",
        Role::Content => return of_kind(kind),
    };
    name.into()
}

fn of_kind(kind: &Kind) -> String {
    match *kind {
        Kind::Generic => "binary".into(),
        Kind::Text => "text".into(),
        Kind::Words => "text as words".into(),
        Kind::Table => "table".into(),
        Kind::Exe => "x86 code".into(),
        Kind::Font => "font".into(),
        Kind::Wasm => "WebAssembly".into(),
        Kind::Image { bits, row_bytes } => format!("image, {bits} bits, rows of {row_bytes} bytes"),
        Kind::Image16 { row_bytes, .. } => format!("image, 16 bits, rows of {row_bytes} bytes"),
        Kind::Audio { channels, bits, .. } => format!("sound, {channels} × {bits} bits"),
    }
}

/// How a stream is coded.
pub fn of_method(method: &Method) -> String {
    match method {
        Method::Stored => "stored".into(),
        Method::Sorted(_) => "sorted".into(),
        Method::Mixed(mixing) if mixing.primer == 0 => format!("mixed, {}", mixing.row.name),
        Method::Mixed(mixing) if mixing.prior != 0 => {
            format!("mixed, {}, prior {:08x}", mixing.row.name, mixing.prior as u32)
        }
        Method::Mixed(mixing) => {
            format!("mixed, {}, primer {}", mixing.row.name, mixing.primer)
        }
        Method::Continued => "after a reference block".into(),
    }
}
