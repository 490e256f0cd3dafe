"""The compressors: how each is called, on one file, in one thread.

A command runs in a folder of its own. {in} is the file, {out} the archive, {back} the restored file, {dir} an empty
folder that an archiver extracts into. "<in", ">out", "<out" and ">back" redirect.
"""

import glob
import os
import shutil
import subprocess

# name, Debian package, compress, decompress
PEERS = [
    ("xz -9e", "xz-utils", "xz -9e -T1 -c <in >out", "xz -d -T1 -c <out >back"),
    ("zstd -19", "zstd", "zstd -19 -T1 -q -c <in >out", "zstd -d -q -c <out >back"),
    ("zstd -22", "zstd", "zstd --ultra -22 --long=27 -T1 -q -c <in >out", "zstd -d --long=27 -q -c <out >back"),
    ("brotli -q 11", "brotli", "brotli -q 11 -w 24 -c <in >out", "brotli -d -c <out >back"),
    ("bzip2 -9", "bzip2", "bzip2 -9 -c <in >out", "bzip2 -d -c <out >back"),
    ("bzip3 -b 64", "bzip3", "bzip3 -e -b 64 -c <in >out", "bzip3 -d -c <out >back"),
    ("7z LZMA2", "7zip", "7z a -t7z -m0=lzma2 -mx9 -mmt1 -bd -y {out} {in}", "7z x -mmt1 -bd -y -o{dir} {out}"),
    ("7z PPMd", "7zip", "7z a -t7z -m0=ppmd -mx9 -mmt1 -bd -y {out} {in}", "7z x -mmt1 -bd -y -o{dir} {out}"),
    ("lrzip -z", "lrzip", "lrzip -z -q -f -p 1 -o {out} {in}", "lrzip -d -q -f -p 1 -o {back} {out}"),
    ("zpaq -m3", "zpaq", "zpaq a {out} {in} -m3 -t1", "zpaq x {out} {in} -to {back} -t1"),
    ("zpaq -m5", "zpaq", "zpaq a {out} {in} -m5 -t1", "zpaq x {out} {in} -to {back} -t1"),
]

# Suffixes that a tool insists on.
SUFFIXES = {"zpaq": ".zpaq", "7z": ".7z", "lrzip": ".lrz"}


class Contender:
    """One compressor with its settings."""

    def __init__(self, name, compress, decompress, package=None, own=False):
        self.name, self.compress, self.decompress = name, compress.split(), decompress.split()
        self.package, self.own = package, own

    @property
    def suffix(self):
        return SUFFIXES.get(os.path.basename(self.compress[0]), ".out")

    def shown(self):
        """Both commands as one would type them."""
        words = {"{in}": "FILE", "{out}": "OUT", "{back}": "BACK", "{dir}": "DIR", "<in": "<FILE", ">out": ">OUT", "<out": "<OUT", ">back": ">BACK"}

        def plain(command):
            text = " ".join([os.path.basename(command[0]), *command[1:]])
            for mark, word in words.items():
                text = text.replace(mark, word)
            return text

        return plain(self.compress), plain(self.decompress)

    def version(self):
        """What the package or the program says about itself."""
        if self.own:
            return first_line([self.compress[0], "--version"])
        return first_line(["dpkg-query", "-W", "-f", "${Package} ${Version}", self.package]) or "unknown"


def first_line(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except OSError:
        return ""
    return (done.stdout.strip().splitlines() or [""])[0]


def own_binary():
    """cmx: what CMX names, else the release build of this folder, else the one on the PATH."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(root, "target"))
    for path in [os.environ.get("CMX"), os.path.join(target, "release", "cmx"), shutil.which("cmx")]:
        if path and os.access(path, os.X_OK):
            return os.path.abspath(path)
    raise SystemExit("no cmx: build it (cargo build --release) or name it in CMX")


def own(levels):
    """cmx at each of `levels`. Verification is off, as the peers have none."""
    binary = own_binary()
    return [
        Contender(f"cmx -{level}", f"{binary} -c -{level} -T1 -q -f --no-verify {{in}} -o {{out}}", f"{binary} -d -T1 -q -f {{out}} -o {{back}}", own=True)
        for level in levels
    ]


def installed():
    """The peers that are there, and the names of those that are not."""
    have = [Contender(name, compress, back, package) for name, package, compress, back in PEERS if shutil.which(compress.split()[0])]
    return have, [name for name, _, compress, _ in PEERS if not shutil.which(compress.split()[0])]


def corpus(folder):
    """Every file under `folder`, by path."""
    paths = sorted(path for path in glob.glob(os.path.join(folder, "**", "*"), recursive=True) if os.path.isfile(path))
    return [(os.path.relpath(path, folder), path) for path in paths if os.path.getsize(path) > 0]
