"""Totals over all files, as a table in Markdown."""

import math
from dataclasses import dataclass, field


@dataclass
class Total:
    """What one contender came to over all files."""

    name: str
    coded: int = 0
    compress: float = 0.0
    decompress: float = 0.0
    compress_kib: float = 0.0
    decompress_kib: float = 0.0
    sizes: dict = field(default_factory=dict)


@dataclass
class Summary:
    """Everything measured, for the table and the charts."""

    raw: int
    files: list
    totals: list
    # Contender, file, and why it is not in the totals.
    errors: list


def summarise(rows, names):
    """Totals of the contenders `names` that have every file."""
    rows = [row for row in rows if row["contender"] in names]
    errors = [(row["contender"], row["file"], row["error"]) for row in rows if row["error"]]
    sizes = {row["file"]: int(row["raw"]) for row in rows if not row["error"]}
    totals = {name: Total(name) for name in names}
    for row in rows:
        if row["error"]:
            continue
        total = totals[row["contender"]]
        total.coded += int(row["coded"])
        total.compress += row["compress_s"]
        total.decompress += row["decompress_s"]
        total.compress_kib = max(total.compress_kib, row["compress_kib"])
        total.decompress_kib = max(total.decompress_kib, row["decompress_kib"])
        total.sizes[row["file"]] = int(row["coded"])
    failed = {name for name, _, _ in errors}
    errors += [(name, "", "not run on every file") for name, total in totals.items() if name not in failed and len(total.sizes) < len(sizes)]
    whole = [total for total in totals.values() if sizes and len(total.sizes) == len(sizes)]
    return Summary(sum(sizes.values()), list(sizes), whole, errors)


def frontier(totals, seconds):
    """Those that nobody beats in both size and time, fastest first."""
    best, kept = math.inf, []
    for total in sorted(totals, key=lambda total: (seconds(total), total.coded)):
        if total.coded < best:
            best = total.coded
            kept.append(total)
    return kept


def figures(number):
    """Three figures, no more."""
    digits = 2 - math.floor(math.log10(number)) if number > 0 else 2
    return f"{number:,.{min(max(digits, 0), 2)}f}"


def geometric_mean(total, reference):
    logs = [math.log(size / reference.sizes[name]) for name, size in total.sizes.items()]
    return math.exp(sum(logs) / len(logs))


def markdown(summary, contenders, reference_name, threads=1, folders=False):
    """The report: totals, size of every file, commands."""
    reference = next((total for total in summary.totals if total.name == reference_name), summary.totals[0])
    on_frontier = {total.name for total in frontier(summary.totals, lambda total: total.compress)}
    inputs = "folders" if folders else "files"
    seconds = "CPU seconds are user + system" if threads == 1 else "Seconds are those of the clock"
    lines = [
        f"{len(summary.files)} {inputs}, {summary.raw:,} bytes, each compressed on its own with {threads} thread{'s' * (threads > 1)}, all",
        f"contenders in one run. {seconds}; memory is the peak of a process. Every archive was decompressed and compared.",
        f"*Mean* is the geometric mean over the files of the size against {reference.name}. A star marks the",
        "Pareto frontier: nothing is both smaller and quicker to compress.",
        "",
        "| | total bytes | % | mean | compress, s | decompress, s | compress, MB | decompress, MB |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for total in sorted(summary.totals, key=lambda total: total.coded):
        star = " ★" if total.name in on_frontier else ""
        name = f"**{total.name}**" if total.name.startswith("cmx") else total.name
        numbers = [
            f"{total.coded:,}",
            f"{100 * total.coded / summary.raw:.2f}",
            f"{geometric_mean(total, reference):.3f}",
            figures(total.compress),
            figures(total.decompress),
            f"{total.compress_kib * 1024 / 1e6:.0f}",
            f"{total.decompress_kib * 1024 / 1e6:.0f}",
        ]
        lines.append(f"| {name}{star} | {' | '.join(numbers)} |")
    if summary.errors:
        lines += ["", "Not in the table:", ""]
        lines += [f"- {name}: {why}" + (f" ({file})" if file else "") for name, file, why in summary.errors]
    lines += ["", "![Size against time to compress](compress.svg)", "", "![Size against time to decompress](decompress.svg)", ""]
    return "\n".join(lines + by_file(summary) + commands(contenders)) + "\n"


def by_file(summary):
    """Size of each file by each contender, the smallest in bold."""
    names = [total.name for total in summary.totals]
    lines = ["## Each file", "", "| | " + " | ".join(names) + " |", "|---|" + "--:|" * len(names)]
    for file in summary.files:
        sizes = [total.sizes[file] for total in summary.totals]
        cells = [f"**{size:,}**" if size == min(sizes) else f"{size:,}" for size in sizes]
        lines.append(f"| {file} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def commands(contenders):
    """How each was called, and which version it was."""
    lines = ["## Commands", "", "| | version | compress | decompress |", "|---|---|---|---|"]
    for one in contenders:
        compress, decompress = one.shown()
        lines.append(f"| {one.name} | {one.version()} | `{compress}` | `{decompress}` |")
    return lines
