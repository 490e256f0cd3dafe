"""Sizes of every file of a set by every contender, as they come, and tables of them."""

import csv
import glob
import math
import os
import tempfile

import contenders
from measure import Failed, time_and_memory

COLUMNS = ["file", "contender", "raw", "coded", "seconds", "error"]


def everyone(args):
    """Name and command of each contender; a command runs in a shell, in a folder of its own."""
    levels = [level.strip().lstrip("-") for level in args.levels.split(",") if level.strip()]
    own = contenders.own_binary() if levels and not args.draw else "cmx"
    found = [(f"cmx -{level}", f"{own} -c -{level} -T1 -q -f --no-verify {{in}} -o {{out}}")
             for level in levels]
    found.append(("zpaq -m5", "zpaq a {out}.zpaq {in} -m5 -t1"))
    for given in args.contender:
        name, equals, command = given.partition("=")
        if not equals or "{in}" not in command:
            raise SystemExit(f"not NAME=COMMAND with {{in}} and {{out}}: {given}")
        found.append((name, command))
    return found


def measured(command, source, limit):
    """Bytes that `command` makes of the file `source`, and its user and system seconds."""
    with tempfile.TemporaryDirectory(prefix="unseen-") as folder:
        with open(os.path.join(folder, "in"), "wb") as file, open(source, "rb") as original:
            file.write(original.read())
        words = ["sh", "-c", command]
        seconds, _ = time_and_memory(words, folder, {"in": "in", "out": "out"}, limit, False)
        # Some add a suffix to the name.
        made = glob.glob(os.path.join(folder, "out*"))
        if not made:
            raise Failed("it wrote no {out}")
        return sum(os.path.getsize(path) for path in made), round(seconds, 3)


def read_rows(path):
    if not os.path.exists(path):
        return []
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def measure_all(args, path, say):
    files = sorted(name for name in os.listdir(args.folder)
                   if os.path.isfile(os.path.join(args.folder, name)))
    rows = read_rows(path)
    done = {(row["file"], row["contender"]) for row in rows}
    with open(path, "a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter="\t", lineterminator="\n")
        if not rows:
            writer.writeheader()
        for number, name in enumerate(files, 1):
            source = os.path.join(args.folder, name)
            for contender, command in everyone(args):
                if (name, contender) in done:
                    continue
                say(f"{number}/{len(files)} {name}: {contender}")
                row = {"file": name, "contender": contender, "raw": os.path.getsize(source)}
                try:
                    row["coded"], row["seconds"] = measured(command, source, args.limit)
                except Failed as why:
                    row["error"] = str(why)
                writer.writerow(row)
                file.flush()
    say("")


def mean(ratios):
    return math.exp(sum(math.log(ratio) for ratio in ratios) / len(ratios)) if ratios else None


def shown(ratio):
    return "–" if ratio is None else f"{ratio:.3f}"


def line(cells):
    return "| " + " | ".join(cells) + " |"


def groups(listed, files):
    """Groups, then kinds of more than one file, with their files; files no list knows come last."""
    found = {}
    for column in ("group", "kind"):
        for name in files:
            found.setdefault((column, listed.get(name, {}).get(column, "other")), []).append(name)
    return {key: names for key, names in found.items() if key[0] == "group" or len(names) > 1}


def markdown(rows, listed, names, reference):
    """The tables: means in all, by group and kind, then every file."""
    sizes = {(row["file"], row["contender"]): int(row["coded"]) for row in rows if row["coded"]}
    raws = {row["file"]: int(row["raw"]) for row in rows}
    others = [name for name in names if name != reference]

    def ratio(file, name):
        own, other = sizes.get((file, name)), sizes.get((file, reference))
        return own / other if own and other else None

    def means(files):
        kept = [[ratio(file, name) for file in files] for name in others]
        return [shown(mean([one for one in ratios if one])) for ratios in kept]

    seconds = {name: sum(float(row["seconds"] or 0) for row in rows if row["contender"] == name)
               for name in names}
    measured_files = list(raws)
    lines = [
        f"{len(raws)} files, {sum(raws.values()):,} bytes. Sizes are compared with those of "
        f"{reference}: geometric means, then each file.",
        "",
        line(["", "files", *others]),
        "|---|--:|" + "--:|" * len(others),
        line(["**all**", str(len(raws)), *means(measured_files)]),
    ]
    lines += [line([what if column == "group" else f"– {what}", str(len(files)), *means(files)])
              for (column, what), files in groups(listed, measured_files).items()]
    lines += ["", "CPU seconds, user + system: "
              + ", ".join(f"{name} {seconds[name]:.0f}" for name in names) + ".", ""]
    lines += [line(["file", "bytes", reference, *others]), "|---|--:|--:|" + "--:|" * len(others)]
    for file in measured_files:
        base = sizes.get((file, reference))
        cells = [f"{base:,}" if base else "–", *(shown(ratio(file, name)) for name in others)]
        lines.append(line([file, f"{raws[file]:,}", *cells]))
    errors = [row for row in rows if row["error"]]
    if errors:
        lines += ["", "Not measured:", ""]
        lines += [f"- {row['contender']}: {row['file']}: {row['error']}" for row in errors]
    return "\n".join(lines) + "\n"


def run(args, listed, say):
    """Measures what is missing and writes the tables; 1 if a contender failed."""
    os.makedirs(args.out, exist_ok=True)
    path = os.path.join(args.out, "results.tsv")
    if not args.draw:
        if not args.folder or not os.path.isdir(args.folder):
            raise SystemExit("name a folder of files, or set CMX_UNSEEN")
        measure_all(args, path, say)
    rows = read_rows(path)
    if not rows:
        raise SystemExit("nothing was measured")
    names = list(dict.fromkeys(row["contender"] for row in rows))
    by_name = {row["name"]: row for row in listed}
    text = markdown(rows, by_name, names, args.reference)
    with open(os.path.join(args.out, "unseen.md"), "w", encoding="utf-8") as file:
        file.write(text)
    print(os.path.join(args.out, "unseen.md"))
    return 1 if any(row["error"] for row in rows) else 0
