//! An explanation as a picture: what each strip of a file costs, and which streams it comes from.
//!
//! Colours follow the theme of whoever looks at the picture.

use std::fmt::Write;

use cmx::internals::explain::{BIT, Explanation, Strip};

use super::{Explained, grouped, letters};

const WIDTH: f64 = 960.0;
/// Left edge, right edge, upper and lower end of the bars.
const LEFT: f64 = 64.0;
const RIGHT: f64 = 940.0;
const TOP: f64 = 64.0;
const BOTTOM: f64 = 300.0;
/// Height of the band of streams below the bars, and of a line of the legend.
const BAND: f64 = 14.0;
const LINE: f64 = 20.0;

/// Colours of the streams in light and in dark themes. Streams beyond them begin anew.
const COLOURS: [(&str, &str); 8] = [
    ("#1d4ed8", "#60a5fa"),
    ("#c2410c", "#fb923c"),
    ("#15803d", "#4ade80"),
    ("#7e22ce", "#c084fc"),
    ("#0e7490", "#22d3ee"),
    ("#be123c", "#fb7185"),
    ("#a16207", "#facc15"),
    ("#475569", "#94a3b8"),
];

/// The picture as SVG.
pub fn draw(explained: &Explained) -> String {
    let mut svg = String::new();
    // Writing to a String cannot fail.
    let _ = picture(&mut svg, explained);
    svg
}

fn picture(svg: &mut String, explained: &Explained) -> std::fmt::Result {
    let Explained { name, level, explanation } = explained;
    let height = BOTTOM + 70.0 + LINE * (explanation.streams.len() + 1) as f64;
    writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"13\">"
    )?;
    style(svg)?;
    let made = level.map_or(String::new(), |level| format!(" at -{level}"));
    writeln!(
        svg,
        "<rect class=\"paper\" width=\"{WIDTH}\" height=\"{height}\"/>\n\
         <text class=\"ink\" x=\"{LEFT}\" y=\"28\" font-size=\"17\">{}</text>\n\
         <text class=\"faint\" x=\"{LEFT}\" y=\"48\">{} bytes, {} in the archive{made}; \
         bits for a byte along the file</text>",
        escaped(name),
        grouped(explanation.raw),
        grouped(explanation.coded)
    )?;
    let most = explanation.strips.strips.iter().map(rate).fold(0.0, f64::max).max(1e-6);
    scale(svg, most)?;
    bars(svg, explanation, most)?;
    legend(svg, explanation)?;
    writeln!(svg, "</svg>")
}

fn style(svg: &mut String) -> std::fmt::Result {
    let rules = |is_dark: bool| {
        let [paper, ink, faint, line] = match is_dark {
            false => ["#ffffff", "#1f2937", "#6b7280", "#e5e7eb"],
            true => ["#0d1117", "#e6edf3", "#9198a1", "#30363d"],
        };
        let mut rules = format!(
            ".paper{{fill:{paper}}}.ink{{fill:{ink}}}.faint{{fill:{faint}}}.line{{stroke:{line}}}"
        );
        for (number, (light, dark)) in COLOURS.iter().enumerate() {
            let colour = if is_dark { dark } else { light };
            let _ = write!(rules, ".s{number}{{fill:{colour}}}");
        }
        rules
    };
    writeln!(
        svg,
        "<style>{}@media(prefers-color-scheme:dark){{{}}}</style>",
        rules(false),
        rules(true)
    )
}

/// Bits for a byte of a strip.
fn rate(strip: &Strip) -> f64 {
    strip.cost() as f64 / BIT as f64 / strip.raw.max(1) as f64
}

/// Lines at round numbers of bits for a byte, up to `most`.
fn scale(svg: &mut String, most: f64) -> std::fmt::Result {
    let steps = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0];
    let step = steps.into_iter().find(|step| most / step <= 5.0).unwrap_or(2.0);
    for number in 0..=(most / step) as u32 {
        let bits = step * f64::from(number);
        let y = BOTTOM - bits / most * (BOTTOM - TOP);
        writeln!(
            svg,
            "<line class=\"line\" x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
             <text class=\"faint\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{bits:.decimals$}\
             </text>",
            LEFT - 8.0,
            y + 4.0,
            decimals = if step < 0.01 {
                3
            } else if step < 0.1 {
                2
            } else {
                1
            }
        )?;
    }
    Ok(())
}

fn colour(stream: usize) -> usize {
    stream % COLOURS.len()
}

/// A bar for each strip, of the costs of its streams; below, a band of the stream that costs most.
fn bars(svg: &mut String, explanation: &Explanation, most: f64) -> std::fmt::Result {
    let total = explanation.raw.max(1) as f64;
    let place = |at: u64| LEFT + at as f64 / total * (RIGHT - LEFT);
    for (number, strip) in explanation.strips.strips.iter().enumerate() {
        let start = number as u64 * explanation.strips.length;
        let (x, end) = (place(start), place(start + strip.raw));
        let width = (end - x - 1.0).max(0.5);
        writeln!(
            svg,
            "<g><title>from {} on: {:.3} bits for a byte</title>",
            grouped(start),
            rate(strip)
        )?;
        let mut y = BOTTOM;
        for share in &strip.shares {
            let bits = share.cost as f64 / BIT as f64 / strip.raw.max(1) as f64;
            let height = bits / most * (BOTTOM - TOP);
            y -= height;
            let colour = colour(share.stream);
            writeln!(
                svg,
                "<rect class=\"s{colour}\" x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" \
                 height=\"{height:.2}\"/>"
            )?;
        }
        if let Some(main) = strip.main() {
            writeln!(
                svg,
                "<rect class=\"s{}\" x=\"{x:.2}\" y=\"{}\" width=\"{width:.2}\" \
                 height=\"{BAND}\"/>",
                colour(main),
                BOTTOM + 6.0
            )?;
        }
        writeln!(svg, "</g>")?;
    }
    for (at, anchor) in [(0, "start"), (explanation.raw / 2, "middle"), (explanation.raw, "end")] {
        writeln!(
            svg,
            "<text class=\"faint\" x=\"{:.1}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text>",
            place(at),
            BOTTOM + 6.0 + BAND + 17.0,
            grouped(at)
        )?;
    }
    Ok(())
}

fn legend(svg: &mut String, explanation: &Explanation) -> std::fmt::Result {
    let mut y = BOTTOM + 66.0;
    for (index, stream) in explanation.streams.iter().enumerate() {
        writeln!(
            svg,
            "<rect class=\"s{}\" x=\"{LEFT}\" y=\"{}\" width=\"12\" height=\"12\"/>\
             <text class=\"ink\" x=\"{}\" y=\"{y}\">{} {}: {}, {} bytes in {}</text>",
            colour(index),
            y - 11.0,
            LEFT + 20.0,
            letters(index),
            escaped(&stream.name),
            escaped(&stream.coding),
            grouped(stream.raw),
            grouped(stream.coded)
        )?;
        y += LINE;
    }
    writeln!(
        svg,
        "<text class=\"faint\" x=\"{}\" y=\"{y}\">heads of blocks {} bytes, container {}</text>",
        LEFT + 20.0,
        grouped(explanation.heads),
        grouped(explanation.container)
    )
}

/// Text within XML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
