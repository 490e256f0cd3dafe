//! `cmx man`: one page, made from the definition of the flags and the texts of `cmx help`.

use std::io;

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use super::args::Args;
use super::help::TOPICS;

/// The page in the roff language.
pub fn page() -> io::Result<Vec<u8>> {
    let man = Man::new(Args::command());
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    // FILE is the only argument without a group. Its section, OPTIONS, comes first, and takes the
    // groups as subsections.
    let mut options = Vec::new();
    man.render_options_section(&mut options)?;
    page.extend_from_slice(
        String::from_utf8_lossy(&options)
            .replace(".SH ", ".SS ")
            .replacen(".SS ", ".SH ", 1)
            .as_bytes(),
    );
    page.extend_from_slice(b".SH COMMANDS\n");
    for word in Args::command().get_subcommands() {
        page.extend_from_slice(&command_section(word)?);
    }
    for topic in &TOPICS {
        page.extend_from_slice(format!(".SH {}\n.nf\n", topic.section).as_bytes());
        // The first line of the text repeats the title.
        topic
            .text
            .lines()
            .skip(2)
            .for_each(|line| page.extend_from_slice(escaped(line).as_bytes()));
        page.extend_from_slice(b".fi\n");
    }
    Ok(page)
}

/// The section about a command that is a word, and its options.
fn command_section(word: &Command) -> io::Result<Vec<u8>> {
    let word = word.clone().bin_name(format!("cmx {}", word.get_name()));
    let usage = word.clone().render_usage().to_string();
    let mut section = format!(".SS {}", escaped(usage.trim_start_matches("Usage: "))).into_bytes();
    let man = Man::new(word);
    for part in [Man::render_description_section, Man::render_options_section] {
        let mut rendered = Vec::new();
        part(&man, &mut rendered)?;
        // A part begins with a heading and with definitions of macros. The page has both already.
        let rendered = String::from_utf8_lossy(&rendered).into_owned();
        let lines = rendered
            .lines()
            .filter(|line| ![".SH ", ".ie ", ".el "].iter().any(|start| line.starts_with(start)));
        lines.for_each(|line| section.extend_from_slice(format!("{line}\n").as_bytes()));
    }
    Ok(section)
}

/// A line that roff shows as it is.
fn escaped(line: &str) -> String {
    // roff takes a line that starts with a dot or a quote for a command.
    let escape = if line.starts_with(['.', '\'']) { "\\&" } else { "" };
    format!(
        "{escape}{}\n",
        line.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq").replace('`', "\\(ga")
    )
}
