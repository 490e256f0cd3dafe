//! `cmx -l`: lists what an archive holds, without decoding it.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;

use chrono::{DateTime, Local, Utc};
use cmx::Archive;
use cmx::Time;
use cmx::archive::{Entry, EntryKind};
use cmx::archive::{kind_letter, show_name};
use cmx::internals::container::format::WIDE_HASH;
use cmx::internals::input::shown::is_deceptive;
use serde_json::{Value, json};

use super::archive_input::ArchiveInput;
use super::args::Options;
use super::decompress::settings;
use super::extract::{selection, warn_about};
use super::failure::{Failure, name, with_remedy};
use super::standard::{print, print_with};
use super::{batch, others};

/// Lists the entries that the patterns after the name of the archive select; without patterns, all
/// entries.
pub fn run(options: &Options) -> Result<(), Failure> {
    let inputs = options.inputs();
    if inputs.len() == 1 || !others::are_archives(&inputs, &settings(options)?) {
        return list_one(options, &inputs[0]);
    }
    let several = |input: &Path| Options { files: vec![input.to_path_buf()], ..options.clone() };
    if options.json {
        let mut count = 0;
        let result = batch::each(&inputs, "listed", |input| {
            read(&several(input), input, |rows, archive_len| {
                print(if count > 0 { ",\n  " } else { "[\n  " })?;
                count += 1;
                print_with(|out| write_json(out, input, rows, archive_len, 2))
            })
        });
        print(if count > 0 { "\n]\n" } else { "[]\n" })?;
        return result;
    }
    batch::each(&inputs, "listed", |input| {
        print(format!("{}:\n", name(input)))?;
        list_one(&several(input), input)
    })
}

fn list_one(options: &Options, input: &Path) -> Result<(), Failure> {
    read(options, input, |rows, archive_len| {
        if options.json {
            print_with(|out| write_json(out, input, rows, archive_len, 0))?;
            return print("\n");
        }
        print(as_table(rows, archive_len, options.files.len() > 1, options.verbose > 0))
    })
}

/// Opens `input` and gives `show` the selected rows and the bytes of the archive.
fn read(
    options: &Options,
    input: &Path,
    show: impl FnOnce(&[Row], u64) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let fail = |error: cmx::Error| Failure::at(input, &error);
    let settings = settings(options)?;
    let (archive, is_hashed) =
        ArchiveInput::open(input, &settings)?.into_archive_even_cut(&settings).map_err(fail)?;
    let selection = selection(options).map_err(fail)?;
    let mut rows: Vec<Row> = archive
        .entries_with_packed()
        .map(|(entry, coded_len)| Row {
            path: Archive::path_of(&entry, input),
            entry,
            coded_len,
            is_hashed,
        })
        .collect();
    if let Some(pattern) = selection.unused(rows.iter().map(|row| &row.path)) {
        return Err(Failure::usage(format!(
            "{}: nothing matches {:?}{}",
            name(input),
            show_name(pattern),
            others::hint(&archive, input, pattern)
        )));
    }
    rows.retain(|row| selection.selects(&row.path));
    rows.sort_by(|one, other| one.path.cmp(&other.path));
    show(&rows, archive.end())?;
    warn_about(options, input, &with_remedy(archive.warnings()).collect::<Vec<_>>())
}

struct Row<'a> {
    path: Vec<u8>,
    entry: Cow<'a, Entry>,
    /// Compressed size: the share of the entry in the coded bytes of its blocks.
    coded_len: u64,
    /// Is the hash known? The hashes of a cut archive are not.
    is_hashed: bool,
}

fn as_table(rows: &[Row], archive_len: u64, is_part: bool, with_owner: bool) -> String {
    let mut text = String::from("mode       ");
    if with_owner {
        let _ = write!(text, "{:<12}", "owner");
    }
    text += "       size  compressed   ratio  modified             hash              name\n";
    for row in rows {
        let entry = &*row.entry;
        let time = entry.metadata.mtime.and_then(local).unwrap_or_default();
        let is_file = entry.kind == EntryKind::File;
        let ratio = percent(row.coded_len, entry.size)
            .filter(|_| is_file)
            .map_or(String::new(), |percent| format!("{percent:.1} %"));
        let hash = if is_file && row.is_hashed { hash(entry) } else { String::new() };
        let link = match entry.kind {
            EntryKind::Symlink => format!(" -> {}", show_name(&entry.link)),
            EntryKind::Hardlink => format!(" = {}", show_name(&entry.link)),
            _ => String::new(),
        };
        let owner = if with_owner { format!("{:<12}", owner(entry)) } else { String::new() };
        let _ = writeln!(
            text,
            "{}{owner}{:>11} {:>11} {ratio:>7}  {time:<19}  {hash:<16}  {}{link}",
            mode(entry),
            entry.size,
            row.coded_len,
            show_name(&row.path)
        );
    }
    let total: u64 = rows.iter().map(|row| row.entry.size).sum();
    let count = format!(
        "{} {}, {total} bytes",
        rows.len(),
        if rows.len() == 1 { "entry" } else { "entries" }
    );
    let _ = if is_part {
        writeln!(text, "{count}")
    } else {
        let ratio = percent(archive_len, total)
            .map_or(String::new(), |percent| format!(" ({percent:.2} %)"));
        writeln!(text, "{count}; the archive takes {archive_len} bytes{ratio}")
    };
    text
}

/// The hash, with 8 or 16 digits, as many as are stored.
fn hash(entry: &Entry) -> String {
    if entry.stored_len() < WIDE_HASH {
        format!("{:08x}", entry.hash)
    } else {
        format!("{:016x}", entry.hash)
    }
}

fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| 100.0 * part as f64 / whole as f64)
}

/// Entry kind and permissions as `ls -l` shows them, with s, S, t and T for setuid, setgid and
/// sticky. Then follows + if there is an access list, or @ if there are other extended attributes.
fn mode(entry: &Entry) -> String {
    let bits = entry.metadata.mode.unwrap_or(0);
    let mut text = String::from(kind_letter(entry.kind));
    for (shift, special, letter) in [(6, 0o4000, 's'), (3, 0o2000, 's'), (0, 0o1000, 't')] {
        text.push(if bits >> shift & 4 != 0 { 'r' } else { '-' });
        text.push(if bits >> shift & 2 != 0 { 'w' } else { '-' });
        let executes = bits >> shift & 1 != 0;
        text.push(match (bits & special != 0, executes) {
            (true, true) => letter,
            (true, false) => letter.to_ascii_uppercase(),
            (false, true) => 'x',
            (false, false) => '-',
        });
    }
    let has_list = entry.xattrs.iter().any(|(name, _)| name.starts_with(b"system.posix_acl_"));
    text.push(if has_list {
        '+'
    } else if entry.xattrs.is_empty() {
        ' '
    } else {
        '@'
    });
    text
}

/// User and group as stored; a dash if they are not stored.
fn owner(entry: &Entry) -> String {
    entry.owner.map_or_else(|| "-".into(), |(user, group)| format!("{user}/{group}"))
}

fn local(time: Time) -> Option<String> {
    DateTime::from_timestamp(time.seconds, time.nanos)
        .map(|time| time.with_timezone(&Local).format("%Y-%m-%d %H:%M:%S").to_string())
}

/// Writes one JSON object, with each line indented by `indent` spaces. Entries are written one by
/// one, because a JSON tree of all entries would take several times the memory of the index.
fn write_json(
    out: &mut impl Write,
    input: &Path,
    rows: &[Row],
    archive_len: u64,
    indent: usize,
) -> io::Result<()> {
    let line = format!("\n{:indent$}", "");
    let archive = escaped(&json!(input.to_string_lossy()).to_string());
    write!(
        out,
        "{{{line}  \"archive\": {archive},{line}  \"archive_size\": {archive_len},{line}  \"entries\": ["
    )?;
    for (number, row) in rows.iter().enumerate() {
        let entry = escaped(&format!("{:#}", row_json(row))).replace('\n', &format!("{line}    "));
        write!(out, "{}{line}    {entry}", if number > 0 { "," } else { "" })?;
    }
    let total: u64 = rows.iter().map(|row| row.entry.size).sum();
    let end = if rows.is_empty() { "" } else { &format!("{line}  ") };
    write!(out, "{end}],{line}  \"size\": {total}{line}}}")
}

/// JSON text in which every character that controls a terminal or deceives a reader is escaped.
/// Such characters occur only in strings, so the meaning of the text is unchanged.
pub fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for letter in json.chars() {
        if is_deceptive(letter) && letter != '\n' {
            let mut units = [0; 2];
            letter
                .encode_utf16(&mut units)
                .iter()
                .for_each(|unit| text.push_str(&format!("\\u{unit:04x}")));
        } else {
            text.push(letter);
        }
    }
    text
}

fn row_json(row: &Row) -> Value {
    let entry = &*row.entry;
    let kind = match entry.kind {
        EntryKind::File => "file",
        EntryKind::Directory => "directory",
        EntryKind::Symlink => "symlink",
        EntryKind::Hardlink => "hardlink",
    };
    let mut value = json!({ "path": String::from_utf8_lossy(&row.path), "kind": kind, "size": entry.size, "packed": row.coded_len });
    if std::str::from_utf8(&row.path).is_err() {
        value["path_hex"] = hex(&row.path).into();
    }
    if entry.kind == EntryKind::File && row.is_hashed {
        value["hash"] = hash(entry).into();
    }
    if let Some(bits) = entry.metadata.mode {
        value["mode"] = format!("{bits:04o}").into();
    }
    if let Some(time) = entry
        .metadata
        .mtime
        .and_then(|time| DateTime::<Utc>::from_timestamp(time.seconds, time.nanos))
    {
        value["modified"] = time.to_rfc3339().into();
    }
    if let Some((user, group)) = entry.owner {
        value["owner"] = json!([user, group]);
    }
    if !entry.xattrs.is_empty() {
        value["xattrs"] = entry
            .xattrs
            .iter()
            .map(|(name, _)| String::from_utf8_lossy(name).into_owned())
            .collect();
    }
    if !entry.link.is_empty() {
        value["link"] = String::from_utf8_lossy(&entry.link).into();
        if std::str::from_utf8(&entry.link).is_err() {
            value["link_hex"] = hex(&entry.link).into();
        }
    }
    value
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
