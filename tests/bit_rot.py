#!/usr/bin/env python3
"""What a flipped byte, and a burst of 512 bytes, cost in archives of 50 source files.

    tests/bit_rot.py CMX FOLDER [PLACES]

CMX is the program, FOLDER any folder with enough .rs files of 30 to 80 KB (the sources of crates), PLACES how many places
spread evenly over each archive are damaged, one at a time. Needs zip, unzip, tar, xz, zstd, par2 and 7z. Prints a table for
docs/testing.md: bytes of each archive, bytes of it that are there to repair, and how many of the 50 files are lost in the
mean and at worst when the tools of the format have done what they can.
"""

import os
import shutil
import subprocess
import sys
import tempfile

FILES = 50


def run(*command, cwd):
    return subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True).returncode


def choose(folder, target):
    """Copies 50 files, spread evenly over all that are of the right size, to `target`."""
    found = []
    for root, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(root, name)
            if name.endswith(".rs") and 30_000 <= os.path.getsize(path) < 80_000:
                found.append(path)
    found.sort()
    if len(found) < FILES:
        sys.exit(f"{folder}: {len(found)} files of the right size, {FILES} are needed")
    os.mkdir(target)
    for number in range(FILES):
        path = found[number * len(found) // FILES]
        shutil.copyfile(path, os.path.join(target, f"{number:02}-{os.path.basename(path)}"))


class Format:
    def __init__(self, name, make, restore, added=lambda work: 0):
        self.name, self.make, self.restore, self.added = name, make, restore, added


def formats(cmx):
    def make_cmx(*flags):
        return lambda work: run(cmx, "-q", "-f", *flags, "d", "-o", "packed", cwd=work)

    def restore_cmx(work):
        if run(cmx, "-q", "-f", "-d", "packed", "-C", "out", cwd=work) == 0 or not lost(work):
            return
        shutil.rmtree(os.path.join(work, "out"), ignore_errors=True)
        run(cmx, "repair", "-q", "-f", "packed", "-o", "y", cwd=work)
        run(cmx, "-q", "-f", "-d", "y", "-C", "out", cwd=work)

    def parity_of(work):
        # What is between the index and the footer: a record of parity, found by the marker of its first head.
        data = open(os.path.join(work, "packed"), "rb").read()
        at = data.find(b"\xb9cm\x9f")
        return len(data) - 25 - data.rfind(b"\xb7cm\x9d\x03", 0, at) if at >= 0 else 0

    def make_par2(work):
        run("sh", "-c", "tar -cf - d | zstd -19 -q -o packed", cwd=work)
        run("par2", "create", "-q", "-q", "-b200", "-r2", "-n1", "packed.par2", "packed", cwd=work)

    def restore_par2(work):
        run("par2", "repair", "-q", "-q", "packed.par2", cwd=work)
        run("sh", "-c", "mkdir -p out; zstd -dcq packed | tar -xf - -C out", cwd=work)

    def par2_bytes(work):
        return sum(os.path.getsize(os.path.join(work, name)) for name in os.listdir(work) if name.endswith(".par2"))

    return [
        Format("cmx -5", make_cmx("-5"), restore_cmx, parity_of),
        Format("cmx -5 --parity 2%", make_cmx("-5", "--parity", "2%"), restore_cmx, parity_of),
        Format(
            "zip -9",
            lambda work: (run("zip", "-9", "-q", "-r", "packed.zip", "d", cwd=work), os.rename(f"{work}/packed.zip", f"{work}/packed")),
            lambda work: run("unzip", "-q", "-o", "packed", "-d", "out", cwd=work),
        ),
        Format(
            "tar.xz -9e",
            lambda work: run("sh", "-c", "tar -cf - d | xz -9e -T1 -c > packed", cwd=work),
            lambda work: run("sh", "-c", "mkdir -p out; xz -dc < packed | tar -xf - -C out", cwd=work),
        ),
        Format(
            "7z -mx9",
            lambda work: (run("7z", "a", "-mx9", "packed.7z", "d", cwd=work), os.rename(f"{work}/packed.7z", f"{work}/packed")),
            lambda work: run("7z", "x", "-y", "-oout", "packed", cwd=work),
        ),
        Format("tar.zst -19 + par2 -r2", make_par2, restore_par2, par2_bytes),
    ]


def lost(work):
    """How many of the files were not restored as they were."""
    count = 0
    for name in os.listdir(os.path.join(work, "d")):
        source, restored = (os.path.join(work, folder, name) for folder in ("d", "out/d"))
        same = os.path.exists(restored) and open(source, "rb").read() == open(restored, "rb").read()
        count += not same
    return count


def trial(form, work, whole, at, length):
    damaged = bytearray(whole)
    for place in range(at, min(at + length, len(whole))):
        damaged[place] ^= 0x55
    open(os.path.join(work, "packed"), "wb").write(damaged)
    shutil.rmtree(os.path.join(work, "out"), ignore_errors=True)
    form.restore(work)
    return lost(work)


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    cmx, folder = os.path.abspath(sys.argv[1]), sys.argv[2]
    places = int(sys.argv[3]) if len(sys.argv) == 4 else 40
    print("| | bytes | of them to repair | lost by a flipped byte | at worst | by 512 bytes | at worst |", flush=True)
    print("|---|--:|--:|--:|--:|--:|--:|", flush=True)
    for form in formats(cmx):
        with tempfile.TemporaryDirectory() as work:
            choose(folder, os.path.join(work, "d"))
            form.make(work)
            whole = open(os.path.join(work, "packed"), "rb").read()
            added = form.added(work)
            if added == 0 and "par" in form.name:
                sys.exit(f"{form.name}: nothing was added")
            total = len(whole) + (added if "par2" in form.name else 0)
            form.restore(work)
            if lost(work):
                sys.exit(f"{form.name}: the whole archive does not give the files")
            cells = []
            for length in (1, 512):
                counts = [trial(form, work, whole, (2 * place + 1) * len(whole) // (2 * places), length) for place in range(places)]
                cells += [f"{sum(counts) / places:.1f}", str(max(counts))]
            print(f"| {form.name} | {total:,} | {added:,} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
