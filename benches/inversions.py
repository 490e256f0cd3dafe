"""Files that a level makes larger than a lower level does.

    python3 benches/inversions.py [OPTION]... FILE...

compresses each file with every level and prints a line for each inversion: a file whose size at a
level is more than 1.002 times its size at some lower level and more than four bytes above. A folder
stands for its files. With `--pieces 0.2,1,4,16,64` pieces of so many KB, from a quarter of each
file on, are taken instead of whole files. `CMX` names another binary than `target/release/cmx`.
Exits with 1 if there is an inversion.
"""

import argparse
import os
import subprocess
import sys
import tempfile

SHARE = 1.002
BYTES = 4


def files_of(paths):
    """The files that `paths` name, those of folders in order."""
    for path in paths:
        if not os.path.isdir(path):
            yield path
            continue
        for folder, folders, names in os.walk(path):
            folders.sort()
            yield from (os.path.join(folder, name) for name in sorted(names))


def contents_of(path, pieces, largest):
    """Name and bytes of what is compressed of the file at `path`."""
    length = os.path.getsize(path)
    with open(path, "rb") as file:
        if not pieces:
            if 0 < length <= largest:
                yield path, file.read()
            return
        for size in pieces:
            if length >= size:
                file.seek((length - size) // 4)
                yield f"{path} {size}", file.read(size)


def sizes_of(raw, levels, cmx):
    """The size of `raw` at each of `levels`."""
    with tempfile.NamedTemporaryFile(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as file:
        file.write(raw)
        file.flush()
        command = [cmx, "-c", "-T1", "-q", "--no-verify", "-f", "-o", "-"]
        return [
            len(subprocess.run([*command, f"-{level}", file.name], check=True, stdout=-1).stdout)
            for level in levels
        ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+")
    parser.add_argument("--levels", default="1,2,3,4,5,6,7,8")
    parser.add_argument("--pieces", default="", help="lengths in KB")
    parser.add_argument("--largest", type=float, default=1e9, help="largest file in MB")
    options = parser.parse_args()
    levels = [int(level) for level in options.levels.split(",")]
    pieces = [int(float(size) * 1000) for size in options.pieces.split(",") if size]
    cmx = os.environ.get("CMX", "target/release/cmx")
    looked_at, inversions, by_pair = 0, 0, {}
    for path in files_of(options.files):
        for name, raw in contents_of(path, pieces, options.largest * 1e6):
            looked_at += 1
            sizes = sizes_of(raw, levels, cmx)
            for index, size in enumerate(sizes[1:], 1):
                least = min(sizes[:index])
                if size > least * SHARE and size > least + BYTES:
                    lower = levels[sizes.index(least)]
                    inversions += 1
                    pair = (levels[index], lower)
                    by_pair[pair] = by_pair.get(pair, 0) + 1
                    share = 100 * (size / least - 1)
                    worse = f"-{levels[index]} {size}\t-{lower} {least}\t+{share:.2f} %"
                    print(f"{name}\t{len(raw)}\t{worse}", flush=True)
    print(f"{looked_at} inputs, {inversions} inversions")
    for (level, lower), count in sorted(by_pair.items()):
        print(f"-{level} above -{lower}: {count}")
    sys.exit(inversions > 0)


if __name__ == "__main__":
    main()
