//! Tar files, base64 and checksums of the sample files.

/// The CRC-32 of `bytes`.
pub fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// A tar file of files with these names and contents.
pub fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, content) in files {
        let mut header = vec![0; 512];
        let mut put =
            |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
        put(0, name);
        put(100, "0000644\x000001750\x000001750\0");
        put(124, &format!("{:011o}\x0014700000000\0        0", content.len()));
        put(257, "ustar  \0user");
        let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        out.extend_from_slice(&header);
        out.extend_from_slice(content);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}

/// `content` as base64, in lines of `line` characters with `separator` between them.
pub fn base64(content: &[u8], line: usize, separator: &str) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for (index, at) in (0..content.len().div_ceil(3) * 4).enumerate() {
        if index > 0 && index % line == 0 {
            out += separator;
        }
        let bit = at * 6;
        let byte = |at: usize| content.get(at).copied().map(u16::from);
        out.push(match byte(bit / 8) {
            None => '=',
            Some(first) => {
                let two = first << 8 | byte(bit / 8 + 1).unwrap_or(0);
                ALPHABET[usize::from(two << (bit % 8) >> 10)] as char
            }
        });
    }
    out
}
