//! Does a window hold x86 code?

/// Whether `window` (some KiB) looks like x86 or x86-64 code: calls and jumps with small
/// displacements are frequent, and so are the most common opcodes and prefixes.
pub fn is_x86(window: &[u8]) -> bool {
    if window.len() < 512 {
        return false;
    }
    let mut near = 0;
    let mut branches = 0;
    let mut common = 0;
    for five in window.windows(5) {
        match five[0] {
            0xE8 => {
                branches += 1;
                // Object files have zeros where a linker puts displacements.
                near += usize::from(
                    matches!((five[4], five[3]), (0, 0..=0x7F) | (0xFF, 0x80..=0xFF))
                        && (five[1] != five[2] || five[1..] == [0; 4]),
                );
            }
            // mov r, r/m; mov r/m, r; lea; REX.W; ret
            0x8B | 0x89 | 0x8D | 0x48 | 0xC3 => common += 1,
            _ => {}
        }
    }
    near * 256 >= window.len() && near * 2 >= branches && common * 24 >= window.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Before a linker has been there, calls have no displacement.
    #[test]
    fn code_of_object_files_is_code() {
        let function = [0x48, 0x89, 0xFB, 0xE8, 0, 0, 0, 0, 0x8B, 0x43, 0x10, 0x5B, 0xC3, 0x90];
        assert!(is_x86(&function.repeat(400)));
        assert!(!is_x86(&[0xE8, 0, 0, 0, 0].repeat(400)));
    }

    #[test]
    fn noise_and_text_are_not_code() {
        let mut state = 1u32;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(16384)
        .collect();
        assert!(!is_x86(&noise));
        assert!(!is_x86(&b"A plain line of text, HHHHH.\n".repeat(600)));
        assert!(!is_x86(&[0; 16384]));
    }
}
