"""Gathers the files of a set from packages: downloads, unpacks, takes and cuts them.

Each client of a registry is called by the name of the package alone. What was downloaded stays in
the cache folder, a folder a package, so that a second run asks nobody.
"""

import base64
import codecs
import csv
import fnmatch
import glob
import gzip
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import zipfile

# A file holds at most this many bytes.
MOST = 300_000

COLUMNS = ["set", "group", "kind", "name", "bytes", "from", "package", "version", "start", "made",
           "path", "sha256"]


class Missing(Exception):
    """A package or a file in a package is not to be had."""


def read_list(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def write_list(path, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def call(command, folder):
    """Runs a client in `folder`; what it prints, or Missing with the last line of its errors."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip() or "failed").splitlines()[-1]
        raise Missing(f"{' '.join(command)}: {said}")
    return done.stdout


def debian(package, version, folder):
    """The content of a Debian package; of its newest version where that of the list is gone."""
    with tempfile.TemporaryDirectory() as work:
        try:
            call(["apt-get", "download", "-q", f"{package}={version}"], work)
        except Missing:
            call(["apt-get", "download", "-q", package], work)
        call(["dpkg-deb", "-x", glob.glob(os.path.join(work, "*.deb"))[0], folder], work)


def pypi(package, version, folder):
    """The content of a wheel; `name (tag)` names the platform of the wheel."""
    name, tag = re.fullmatch(r"(\S+)(?: \((\S+)\))?", package).groups()
    platform = ["--platform", tag, "--python-version", "311", "--implementation", "cp"]
    with tempfile.TemporaryDirectory() as work:
        call(["pip", "download", "-q", "--no-deps", "--only-binary=:all:", "-d", work,
              *(platform if tag else []), f"{name}=={version}"], work)
        with zipfile.ZipFile(glob.glob(os.path.join(work, "*.whl"))[0]) as wheel:
            wheel.extractall(folder)


def npm(package, version, folder):
    with tempfile.TemporaryDirectory() as work:
        call(["npm", "pack", "-s", f"{package}@{version}"], work)
        call(["tar", "-xzf", glob.glob(os.path.join(work, "*.tgz"))[0], "-C", folder], work)


def crates(package, version, folder):
    """The sources of a crate, which cargo unpacks to tell about the crate."""
    call(["cargo", "info", "-q", f"{package}@{version}"], folder)
    home = os.environ.get("CARGO_HOME", os.path.expanduser("~/.cargo"))
    found = glob.glob(os.path.join(home, "registry", "src", "*", f"{package}-{version}"))
    if not found:
        raise Missing(f"cargo left no sources of {package} {version}")
    shutil.copytree(found[0], folder, dirs_exist_ok=True)


REGISTRIES = {"Debian": debian, "PyPI": pypi, "npm": npm, "Cargo": crates}


def unpacked(row, cache):
    """The folder with the content of the package of a row."""
    name = re.sub(r"[^A-Za-z0-9.+-]+", "_", f"{row['package']}-{row['version']}".strip("_"))
    folder = os.path.join(cache, f"{row['from']}-{name}")
    if not os.path.isdir(folder):
        os.makedirs(cache, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as work:
            content = os.path.join(work, "content")
            os.mkdir(content)
            REGISTRIES[row["from"]](row["package"], row["version"], content)
            os.rename(content, folder)
    return folder


def contents(folder, path):
    """Each file that `path` names, in order of names: `a*/b.jar!**/*.class` looks into archives."""
    outer, _, inner = path.partition("!")
    found = sorted(glob.glob(os.path.join(glob.escape(folder), outer), recursive=True))
    found = [at for at in found if os.path.isfile(at) and not os.path.islink(at)]
    for at in found:
        if not inner:
            with open(at, "rb") as file:
                yield file.read()
            continue
        with zipfile.ZipFile(at) as archive:
            for member in sorted(archive.namelist()):
                if fnmatch.fnmatchcase(member, inner) and not member.endswith("/"):
                    yield archive.read(member)


def rotated(content):
    return codecs.encode(content.decode("latin-1"), "rot13").encode("latin-1")


def as_utf16(content):
    """Little-endian with a mark of order; what is no UTF-8 is left out."""
    return b"\xff\xfe" + content.decode("utf-8", "ignore").encode("utf-16-le")


# What is made of the bytes of a file before they are cut, or of the cut bytes.
BEFORE = {"": lambda content: content, "gunzip": gzip.decompress}
AFTER = {"rot13": rotated, "base64": base64.encodebytes, "utf-16": as_utf16}


def take(row, cache):
    """The bytes of a row: files in order, from `start` on, made and cut to MOST bytes."""
    made = row["made"].split()
    parts, length, start = [], 0, int(row["start"] or 0)
    for content in contents(unpacked(row, cache), row["path"]):
        for step in made:
            content = BEFORE[step](content) if step in BEFORE else content
        parts.append(content)
        length += len(content)
        if length >= start + MOST:
            break
    if length <= start:
        raise Missing(f"{row['package']} {row['version']} has no {row['path']}")
    content = b"".join(parts)[start : start + MOST]
    for step in made:
        content = AFTER[step](content) if step in AFTER else content
    return content[:MOST]


def gather(rows, folder, cache, record, say):
    """Writes each file of `rows` into `folder`; gives the rows that failed or differ, and why.

    With `record`, size and hash of what came go into the rows instead of being compared.
    """
    os.makedirs(folder, exist_ok=True)
    wrong = []
    for number, row in enumerate(rows, 1):
        say(f"{number}/{len(rows)} {row['name']}")
        try:
            content = take(row, cache)
        except (Missing, OSError, zipfile.BadZipFile) as why:
            wrong.append((row, str(why)))
            continue
        digest = hashlib.sha256(content).hexdigest()[:16]
        if record:
            row["bytes"], row["sha256"] = str(len(content)), digest
        elif digest != row["sha256"]:
            wrong.append((row, f"it is another file than on the list: {len(content)} bytes"))
        with open(os.path.join(folder, row["name"]), "wb") as file:
            file.write(content)
    return wrong
