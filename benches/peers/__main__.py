"""Every installed compressor beside every level of cmx, file by file, in one run.

    CMX_CORPUS=FOLDER python3 benches/peers [--levels 1,3,5] [--skip PATTERN] [--out FOLDER]

Each file is compressed on its own, by all contenders in turn before the next file, in one thread, so that a
slow minute of the machine falls on all. CPU seconds are user + system, memory is the peak of the process.
Every archive is decompressed and compared. Written are results.tsv, a row a file and contender (as they
come), peers.md and two charts. A run that was broken off is continued by calling it again with the same --out.
With --folders each folder in FOLDER is compressed as a whole: by cmx and 7z as it is, by the others and once more
by cmx as a tar file. With --threads seconds are those of the clock.
"""

import argparse
import csv
import fnmatch
import os
import sys
import tempfile

import chart
import contenders
import report
from measure import Failed, length_of, measure

COLUMNS = ["file", "contender", "raw", "coded", "compress_s", "decompress_s", "compress_kib", "decompress_kib", "error"]


def arguments():
    parser = argparse.ArgumentParser(prog="benches/peers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", default=os.environ.get("CMX_CORPUS"), help="folder of files (default: CMX_CORPUS)")
    parser.add_argument("--levels", default="1,2,3,4,5,6,7,8,9", help="levels of cmx, as in 1,3,5")
    parser.add_argument("--folders", action="store_true", help="compress each folder of the corpus as a whole")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="threads of those that have them (default: 1)")
    parser.add_argument("--skip", action="append", default=[], metavar="PATTERN", help="leave out contenders, as in 'zpaq*'; may be repeated")
    parser.add_argument("--largest", type=float, metavar="MB", help="leave out files larger than this")
    parser.add_argument("--limit", type=float, metavar="SECONDS", help="end a contender that takes longer for one file, and leave it out from then on")
    parser.add_argument("--reference", default="zpaq -m5", help="contender that others are compared with")
    parser.add_argument("--out", default="target/peers", help="folder for what is written (default: %(default)s)")
    parser.add_argument("--draw", action="store_true", help="measure nothing: write table and charts anew from results.tsv")
    return parser.parse_args()


def chosen(args):
    levels = [level.strip().lstrip("-") for level in args.levels.split(",") if level.strip()]
    peers, missing = contenders.installed(args.threads, args.folders)
    if missing:
        print("not installed:", ", ".join(missing), file=sys.stderr)
    everyone = contenders.own(levels, args.threads, args.folders) + peers
    return [one for one in everyone if not any(fnmatch.fnmatch(one.name, pattern) for pattern in args.skip)]


def read_rows(path):
    if not os.path.exists(path):
        return []
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    for row in rows:
        for column in COLUMNS[2:-1]:
            row[column] = float(row[column]) if row[column] else None
    return rows


def run(args, path):
    if not args.corpus or not os.path.isdir(args.corpus):
        raise SystemExit("name a folder of files: --corpus FOLDER, or CMX_CORPUS")
    inputs = contenders.folders_of(args.corpus) if args.folders else contenders.corpus(args.corpus)
    files = [(name, path) for name, path in inputs if not args.largest or length_of(path) <= args.largest * 1e6]
    everyone, rows = chosen(args), read_rows(path)
    done = {(row["file"], row["contender"]) for row in rows}
    out_of_the_race = {row["contender"] for row in rows if row["error"]}
    is_new = not rows
    with open(path, "a", newline="", encoding="utf-8") as file, tempfile.TemporaryDirectory(prefix="peers-") as work:
        writer = csv.DictWriter(file, COLUMNS, delimiter="\t", lineterminator="\n")
        if is_new:
            writer.writeheader()
        for number, (name, source) in enumerate(files, 1):
            for one in everyone:
                if (name, one.name) in done or one.name in out_of_the_race:
                    continue
                print(f"\r\x1b[K{number}/{len(files)} {name}: {one.name}", end="", file=sys.stderr, flush=True)
                row = {"file": name, "contender": one.name}
                try:
                    row |= measure(one, source, work, args.limit, args.threads > 1)
                except Failed as why:
                    print(f"\r\x1b[K{name}: {one.name}: {why}", file=sys.stderr)
                    row["error"] = str(why)
                    out_of_the_race.add(one.name)
                writer.writerow(row)
                file.flush()
    print("\r\x1b[K", end="", file=sys.stderr)
    return everyone


def main():
    args = arguments()
    os.makedirs(args.out, exist_ok=True)
    path = os.path.join(args.out, "results.tsv")
    everyone = chosen(args) if args.draw else run(args, path)
    summary = report.summarise(read_rows(path), [one.name for one in everyone])
    if not summary.totals:
        raise SystemExit("nothing was measured")
    with open(os.path.join(args.out, "peers.md"), "w", encoding="utf-8") as file:
        file.write(report.markdown(summary, everyone, args.reference, args.threads, args.folders))
    for way in ("compress", "decompress"):
        with open(os.path.join(args.out, f"{way}.svg"), "w", encoding="utf-8") as file:
            file.write(chart.svg(summary, way))
    print(os.path.join(args.out, "peers.md"))
    wrong = [name for name, _, why in summary.errors if name.startswith("cmx") and "come back" in why]
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
