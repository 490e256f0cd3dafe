#!/usr/bin/env python3
"""Makes words.txt: words.py SOURCES, from the folder that widen.py reads and from primer.txt.

A word's worth is how often it stands in a million words of each kind of text, added up; a word of one kind alone
(nearly) counts as three times what it is elsewhere, so that no single text fills the short codes. Words that only the
primer holds come last. The order is that of the codes: 80 of one byte, 2,560 of two, the rest of three, each word longer
than its code.
"""

import collections
import glob
import json
import re
import sys

SOURCES = sys.argv[1]
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
ONE, TWO, THREE = 80, 80 * 32, 80 * 32 * 16
LONGEST = 24


def read(*patterns, only=lambda text: True):
    names = [name for pattern in patterns for name in sorted(glob.glob(f"{SOURCES}/{pattern}", recursive=True))]
    assert names, patterns
    texts = [open(name, encoding="latin1").read() for name in names]
    return "\n".join(text for text in texts if only(text))


def strings(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [text for item in value for text in strings(item)]
    return [value] if isinstance(value, str) else []


def public_domain(text):
    return "public domain" in text.lower()


facts = {text for name in glob.glob(f"{SOURCES}/factbook*/package/*/*.json") for text in strings(json.load(open(name)))}
primer = open("models/primer.txt", encoding="latin1").read()

# Kinds of text, and how much each counts.
KINDS = {
    "fiction": (3, read("austen.txt", "stdlib/moby-dick/data/*.txt")),
    "speeches": (2, read("stdlib/sotu/data/*.txt")),
    "facts": (1, "\n".join(sorted(facts))),
    "manuals": (2, read("docutils*/docs/**/*.txt", only=public_domain)),
    "Rust": (1, read("aho*/**/*.rs", "byte*/**/*.rs", "glob*/**/*.rs", "memchr*/**/*.rs", "walk*/**/*.rs")),
    "C": (1, read("lzma-sys*/**/*.[ch]", only=public_domain)),
    "scripts": (1, read("tv4*/*.js", "type-fest*/**/*.ts")),
    "Python": (1, read("docutils*/docutils/**/*.py", only=public_domain)),
    "markup": (1, read("mdn-data*/**/*.json")),
    "primer": (3, primer[-192 * 1024:]),
}

worth = collections.Counter()
rates = []
for name, (weight, text) in KINDS.items():
    counts = collections.Counter(word.lower() for word in WORD.findall(text))
    total = sum(counts.values())
    rates.append((weight, {word: count * 1e6 / total for word, count in counts.items() if count >= 2 or name == "primer"}))
for word in {word for _, rate in rates for word in rate}:
    found = [rate.get(word, 0) for _, rate in rates]
    most = 3 * sorted(found)[-2] + 15
    worth[word] = sum(weight * min(rate, most) for (weight, _), rate in zip(rates, found))
for word in {word.lower() for word in WORD.findall(primer)}:
    worth[word] += 0.1

# Names of the projects themselves.
NAMES = {"docutils", "lzma", "memchr", "corasick", "stdlib"}
words = [word for word in sorted(worth, key=lambda word: (-worth[word], word)) if len(word) <= LONGEST and word not in NAMES]
chosen = []
for length, count in ((1, ONE), (2, TWO), (3, THREE)):
    taken = set(chosen)
    chosen += [word for word in words if len(word) > length and word not in taken][:count]
with open("models/words.txt", "w") as out:
    out.writelines(word + "\n" for word in chosen)
print(len(chosen))
