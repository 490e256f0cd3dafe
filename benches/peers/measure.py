"""One compressor on one file or folder: sizes, seconds, memory, and whether all came back."""

import filecmp
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time

GNU_TIME = shutil.which("time", path="/usr/bin:/bin")


class Failed(Exception):
    """The compressor failed, took too long, or gave back something else."""


def time_and_memory(command, folder, places, limit, wall):
    """Runs `command` in `folder`; gives seconds and peak memory in KiB of it and its children.

    The seconds are those of the clock on the wall with `wall`, else user + system.

    The kernel counts into a child's peak what its parent had when it was forked, so a small program (GNU
    time) stands between this one and the command where there is one.
    """
    words, streams = [], {}
    for word in command:
        if word[0] in "<>" and command[0] != "sh":
            streams[word[0]] = os.path.join(folder, places[word[1:]])
        else:
            words.append(word.format(**places))
    note = os.path.join(folder, "memory")
    if GNU_TIME:
        words = [GNU_TIME, "-q", "-f", "%M", "-o", note, *words]
    source = open(streams["<"], "rb") if "<" in streams else subprocess.DEVNULL
    sink = open(streams[">"], "wb") if ">" in streams else subprocess.DEVNULL
    with tempfile.TemporaryFile() as errors:
        start = time.monotonic()
        child = subprocess.Popen(words, stdin=source, stdout=sink, stderr=errors, cwd=folder, start_new_session=True)
        late = threading.Event()

        def end():
            late.set()
            os.killpg(child.pid, signal.SIGKILL)

        timer = threading.Timer(limit, end) if limit else None
        if timer:
            timer.start()
        _, status, usage = os.wait4(child.pid, 0)
        elapsed = time.monotonic() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if timer:
            timer.cancel()
        for stream in (source, sink):
            if stream is not subprocess.DEVNULL:
                stream.close()
        if late.is_set():
            raise Failed(f"took more than {limit:g} s")
        if child.returncode != 0:
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip().splitlines() or [f"exit code {child.returncode}"]
            raise Failed(said[-1])
    memory = usage.ru_maxrss
    if GNU_TIME:
        with open(note, encoding="ascii") as file:
            memory = int(file.read().split()[-1])
        os.remove(note)
    return elapsed if wall else usage.ru_utime + usage.ru_stime, memory


def length_of(path):
    """Bytes of the file, or of all files in the folder."""
    if os.path.isfile(path):
        return os.path.getsize(path)
    return sum(os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(path) for name in names)


def is_same(path, restored):
    if os.path.isdir(path):
        return subprocess.run(["diff", "-rq", path, restored], stdout=subprocess.DEVNULL, check=False).returncode == 0
    return filecmp.cmp(path, restored, shallow=False)


def measure(contender, path, work, limit, wall=False):
    """Compresses and restores the file or folder at `path` in the folder `work`; gives a row of numbers."""
    with tempfile.TemporaryDirectory(dir=work) as folder:
        # Short names without a folder, the same for all: some store them.
        places = {"in": "in", "out": "coded" + contender.suffix, "back": "back", "dir": "extracted"}
        at = {place: os.path.join(folder, name) for place, name in places.items()}
        if os.path.isdir(path):
            shutil.copytree(path, at["in"], symlinks=True)
        else:
            shutil.copyfile(path, at["in"])
        os.mkdir(at["dir"])
        compress, compress_memory = time_and_memory(contender.compress, folder, places, limit, wall)
        coded = os.path.getsize(at["out"])
        decompress, decompress_memory = time_and_memory(contender.decompress, folder, places, limit, wall)
        restored = os.path.join(at["dir"], "in")
        restored = restored if os.path.exists(restored) else at["back"]
        if not os.path.exists(restored) or not is_same(path, restored):
            raise Failed("it did not come back the same")
        return {
            "raw": length_of(path),
            "coded": coded,
            "compress_s": round(compress, 3),
            "decompress_s": round(decompress, 3),
            "compress_kib": compress_memory,
            "decompress_kib": decompress_memory,
        }
