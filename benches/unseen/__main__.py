"""Files of many kinds that no list of contexts was chosen on, and what compressors make of them.

    python3 benches/unseen gather SET FOLDER [--cache FOLDER] [--only NAME]
    python3 benches/unseen table FOLDER --levels 5,8 [--contender 'NAME=COMMAND'] [--out FOLDER]

`gather` fills FOLDER with the files of a set, `choose` or `judge`, that files.tsv lists: a file a
row, from which package, and its hash. A file is the first 300,000 bytes of what the row names, from
`start` on. `choose` is for choosing between models; `judge` only tells how well the choice holds
for files that had no part in it. Both have the same kinds, from other packages or other files; the
parity of a hash of the kind decided which file of a pair judges.

`table` compresses each file by each level of cmx, by zpaq and by each contender, one at a time, and
writes sizes as they come (results.tsv) and a table of them (unseen.md). {in} and {out} in a
COMMAND stand for the file and the compressed file. A run that was broken off goes on where it was.
"""

import argparse
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(os.path.dirname(HERE), "peers"))

import gather
import table

LIST = os.path.join(HERE, "files.tsv")


def arguments():
    parser = argparse.ArgumentParser(
        prog="benches/unseen", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    ways = parser.add_subparsers(dest="way", required=True)
    way = ways.add_parser("gather", help="fill a folder with the files of a set")
    way.add_argument("set", choices=["choose", "judge"])
    way.add_argument("folder")
    way.add_argument("--cache", default="target/unseen", metavar="FOLDER",
                     help="folder for unpacked packages (default: %(default)s)")
    way.add_argument("--only", metavar="NAME", help="gather this file alone")
    way.add_argument("--record", action="store_true",
                     help="write sizes and hashes of what came into files.tsv")
    way = ways.add_parser("table", help="compress each file and compare sizes")
    way.add_argument("folder", nargs="?", default=os.environ.get("CMX_UNSEEN"),
                     help="folder that `gather` filled (default: CMX_UNSEEN)")
    way.add_argument("--levels", default="5,6,7,8", help="levels of cmx (default: %(default)s)")
    way.add_argument("--contender", action="append", default=[], metavar="NAME=COMMAND",
                     help="another compressor; may be repeated")
    way.add_argument("--reference", default="zpaq -m5",
                     help="contender that others are compared with (default: %(default)s)")
    way.add_argument("--limit", type=float, metavar="SECONDS",
                     help="end a contender that takes longer for one file")
    way.add_argument("--out", default="target/unseen-table", metavar="FOLDER",
                     help="folder for what is written (default: %(default)s)")
    way.add_argument("--draw", action="store_true",
                     help="measure nothing: write the table anew from results.tsv")
    return parser.parse_args()


def say(text):
    print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def fill(args):
    rows = gather.read_list(LIST)
    chosen = [row for row in rows if row["set"] == args.set and args.only in (None, row["name"])]
    wrong = gather.gather(chosen, args.folder, os.path.abspath(args.cache), args.record, say)
    say("")
    if args.record:
        gather.write_list(LIST, rows)
    for row, why in wrong:
        print(f"{row['set']}/{row['name']}: {why}", file=sys.stderr)
    print(f"{len(chosen) - len(wrong)} of {len(chosen)} files are in {args.folder}")
    return 1 if wrong else 0


def main():
    args = arguments()
    if args.way == "gather":
        return fill(args)
    return table.run(args, gather.read_list(LIST), say)


if __name__ == "__main__":
    sys.exit(main())
