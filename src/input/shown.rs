//! Names of files and reasons of the system, as text for people.

use std::io;
use std::path::Path;

/// Escapes a path for people: control characters, characters that change the direction of writing
/// or are invisible, and bytes that are not UTF-8. An escaped name cannot act on a terminal, nor
/// look like another name.
#[must_use]
pub fn show_name(path: &[u8]) -> String {
    let mut shown = String::new();
    for chunk in path.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c == '\\' {
                shown.push_str("\\\\");
            } else if is_deceptive(c) {
                shown.extend(c.escape_default());
            } else {
                shown.push(c);
            }
        }
        chunk.invalid().iter().for_each(|byte| shown.push_str(&format!("\\x{byte:02x}")));
    }
    shown
}

/// Does the character act on a terminal, change the direction of writing, or is it invisible?
#[must_use]
pub fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}')
        || matches!(c, '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}')
        || matches!(c, '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// Escapes a path of the file system in the same way as [`show_name`].
#[must_use]
pub fn show_path(path: &Path) -> String {
    show_name(path.as_os_str().as_encoded_bytes())
}

/// The text of an error of the system, without its number.
#[must_use]
pub fn reason(error: &io::Error) -> String {
    error.to_string().split(" (os error").next().unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_act_or_deceive() {
        assert_eq!(show_name("naïve file.txt".as_bytes()), "naïve file.txt");
        assert_eq!(show_name(b"a\x1b[2Jb\n"), "a\\u{1b}[2Jb\\n");
        assert_eq!(show_name("exe\u{202E}txt.\u{200B}".as_bytes()), "exe\\u{202e}txt.\\u{200b}");
        assert_eq!(show_name(b"\xff\\"), "\\xff\\\\");
    }
}
