"""The compressors: how each is called, on one file, in one thread.

A command runs in a folder of its own. {in} is the file, {out} the archive, {back} the restored file, {dir} an empty
folder that an archiver extracts into. "<in", ">out", "<out" and ">back" redirect. On a folder a compressor of files
has tar before it; such a line runs in a shell.
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
        self.name, self.package, self.own = name, package, own
        self.program = compress.split()[0]
        self.compress, self.decompress = compress.split(), decompress.split()

    def on_folders(self):
        """The same for folders."""
        compress, decompress = " ".join(self.compress), " ".join(self.decompress)
        if "<in" in self.compress:
            compress = "tar -cf - {in} | " + compress.replace("<in ", "").replace(">out", "> {out}")
            decompress = decompress.replace("<out", "< {out}").replace(">back", "| tar -xf - -C {dir}")
        elif not self.own and "{dir}" not in decompress:
            compress = "tar -cf {in}.tar {in} && " + compress.replace("{in}", "{in}.tar")
            decompress = decompress.replace("{in}", "{in}.tar") + " && tar -xf {back} -C {dir}"
        self.compress, self.decompress = ["sh", "-c", compress], ["sh", "-c", decompress]
        return self

    @property
    def suffix(self):
        return SUFFIXES.get(os.path.basename(self.program), ".out")

    def shown(self):
        """Both commands as one would type them."""
        words = {"{in}": "FILE", "{out}": "OUT", "{back}": "BACK", "{dir}": "DIR", "<in": "<FILE", ">out": ">OUT", "<out": "<OUT", ">back": ">BACK"}

        def plain(command):
            command = command[2:] if command[0] == "sh" else command
            text = " ".join(command).replace(self.program, os.path.basename(self.program))
            for mark, word in words.items():
                text = text.replace(mark, word)
            # A bar ends a cell of a table.
            return text.replace("|", "\\|")

        return plain(self.compress), plain(self.decompress)

    def version(self):
        """What the package or the program says about itself."""
        if self.own:
            return first_line([self.program, "--version"])
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


def own(levels, threads, folders):
    """cmx at each of `levels`, on folders also on their tar files. Verification is off, as the peers have none."""
    binary = own_binary()
    call = f"{binary} -c -{{level}} -T{threads} -q -f --no-verify"
    found = []
    for level in levels:
        compress = call.format(level=level)
        if folders:
            back = f"{binary} -d -T{threads} -q -f {{out}} -C {{dir}}"
            found.append(Contender(f"cmx -{level}", f"{compress} {{in}} -o {{out}}", back, own=True).on_folders())
            back = f"{binary} -d -c -T{threads} -q <out >back"
            found.append(Contender(f"cmx -{level} tar", f"{compress} <in >out", back, own=True).on_folders())
        else:
            back = f"{binary} -d -T{threads} -q -f {{out}} -o {{back}}"
            found.append(Contender(f"cmx -{level}", f"{compress} {{in}} -o {{out}}", back, own=True))
    return found


def installed(threads, folders):
    """The peers that are there, and the names of those that are not."""

    def with_threads(command):
        for option in ("-T", "-mmt", "-t", "-p "):
            command = command.replace(f" {option}1", f" {option}{threads}")
        return command

    def peer(name, package, compress, back):
        one = Contender(name, with_threads(compress), with_threads(back), package)
        return one.on_folders() if folders else one

    have = [peer(*row) for row in PEERS if shutil.which(row[2].split()[0])]
    return have, [name for name, _, compress, _ in PEERS if not shutil.which(compress.split()[0])]


def folders_of(corpus):
    """Every folder directly in `corpus`."""
    return [(name, os.path.join(corpus, name)) for name in sorted(os.listdir(corpus)) if os.path.isdir(os.path.join(corpus, name))]


def corpus(folder):
    """Every file under `folder`, by path."""
    paths = sorted(path for path in glob.glob(os.path.join(folder, "**", "*"), recursive=True) if os.path.isfile(path))
    return [(os.path.relpath(path, folder), path) for path in paths if os.path.getsize(path) > 0]
