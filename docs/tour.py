"""Runs every command of tour.md and writes its output below it.

Usage: python3 docs/tour.py, with cmx on the PATH.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile

DOCS = pathlib.Path(__file__).resolve().parent
PROMPT = "    $ "


def notes(folder):
    """Creates the folder that the commands of the tour work on."""
    folder.mkdir()
    shutil.copy(DOCS / "architecture.md", folder)
    shutil.copy(DOCS / "format.md", folder)
    shutil.copy(DOCS / "format.md", folder / "copy.md")
    shutil.copy(DOCS.parent / "src/archive/extract.rs", folder)
    (folder / "latest.md").symlink_to("format.md")


def main():
    tour = DOCS / "tour.md"
    lines = tour.read_text(encoding="utf-8").splitlines()
    out = []
    with tempfile.TemporaryDirectory() as folder:
        notes(pathlib.Path(folder) / "notes")
        environment = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        environment.pop("CMX_OPT", None)
        in_output = False
        for line in lines:
            if line.startswith(PROMPT):
                command = ["bash", "-c", line.removeprefix(PROMPT)]
                done = subprocess.run(
                    command, cwd=folder, env=environment, text=True, check=False,
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                )
                out += [line, *(f"    {text}".rstrip() for text in done.stdout.splitlines())]
                in_output = True
            elif not (in_output and line.startswith("    ")):
                in_output = False
                out.append(line)
    tour.write_text("\n".join(out) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
