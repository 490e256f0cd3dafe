#!/usr/bin/env python3
"""Makes words.txt: words.py SOURCES, from the folder that widen.py reads and from primer.txt; needs numpy and scipy.

Which words: a word's worth is how often it stands in a million words of each kind of text, added up; a word of one kind
alone (nearly) counts as three times what it is elsewhere, so that no single text fills the short codes. Words that only
the primer holds come last. The 64 of most worth have codes of one byte, the next 2,048 of two, the rest of three; each is
longer than its code.

In which order: words that stand among the same words have codes that begin alike. Every word is a vector: the positive
pointwise mutual information with the commonest words and marks one and two places before and after it, in 48 dimensions
(Levy and Goldberg, "Neural word embedding as implicit matrix factorization", 2014). A range of codes is given to words by
halves: the words are cut in two halves as unlike as can be, one for each half of the range, and so on down.
"""

import collections
import glob
import json
import re
import sys

import numpy
import scipy.sparse
import scipy.sparse.linalg

SOURCES = sys.argv[1]
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
MARK = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[.,;:!?()\"'=<>{}\[\]\n-]")
LAST, MIDDLE, FIRST = 64, 32, 32
LONGEST = 24
# Names of the projects themselves.
NAMES = {"docutils", "npmjs", "pypi", "lzma", "memchr", "corasick", "stdlib"}


def files(*patterns, only=lambda text: True):
    names = [name for pattern in patterns for name in sorted(glob.glob(f"{SOURCES}/{pattern}", recursive=True))]
    assert names, patterns
    texts = [open(name, encoding="latin1").read() for name in names]
    return [text for text in texts if only(text)]


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
    "fiction": (3, files("austen.txt", "stdlib/moby-dick/data/*.txt")),
    "speeches": (2, files("stdlib/sotu/data/*.txt")),
    "facts": (1, sorted(facts)),
    "manuals": (2, files("docutils*/docs/**/*.txt", only=public_domain)),
    "Rust": (1, files("aho*/**/*.rs", "byte*/**/*.rs", "glob*/**/*.rs", "memchr*/**/*.rs", "walk*/**/*.rs")),
    "C": (1, files("lzma-sys*/**/*.[ch]", only=public_domain)),
    "scripts": (1, files("tv4*/*.js", "type-fest*/**/*.ts")),
    "Python": (1, files("docutils*/docutils/**/*.py", only=public_domain)),
    "markup": (1, files("mdn-data*/**/*.json")),
    "primer": (3, [primer[-192 * 1024 :]]),
}


def by_worth():
    """All words, those of most worth first."""
    worth = collections.Counter()
    rates = []
    for name, (weight, texts) in KINDS.items():
        counts = collections.Counter(word.lower() for text in texts for word in WORD.findall(text))
        total = sum(counts.values())
        rates.append((weight, {word: count * 1e6 / total for word, count in counts.items() if count >= 2 or name == "primer"}))
    for word in {word for _, rate in rates for word in rate}:
        found = [rate.get(word, 0) for _, rate in rates]
        most = 3 * sorted(found)[-2] + 15
        worth[word] = sum(weight * min(rate, most) for (weight, _), rate in zip(rates, found))
    for word in {word.lower() for word in WORD.findall(primer)}:
        worth[word] += 0.1
    return [word for word in sorted(worth, key=lambda word: (-worth[word], word)) if len(word) <= LONGEST and word not in NAMES]


def vectors(words, neighbours=1500, dimensions=48):
    """A vector for each word, and how often it was seen."""
    number = {word: index for index, word in enumerate(words)}
    beside = {word: index for index, word in enumerate(words[:neighbours] + list(".,;:!?()\"'=<>{}[]\n-"))}
    seen = collections.Counter()
    for text in [text for _, texts in KINDS.values() for text in texts] + [primer]:
        tokens = [token.lower() for token in MARK.findall(text)]
        for place, token in enumerate(tokens):
            if token not in number:
                continue
            for column, distance in enumerate((-2, -1, 1, 2)):
                other = beside.get(tokens[place + distance]) if 0 <= place + distance < len(tokens) else None
                if other is not None:
                    seen[number[token], column * len(beside) + other] += 1
    rows = numpy.array([row for row, _ in seen])
    columns = numpy.array([column for _, column in seen])
    counts = numpy.array(list(seen.values()), float)
    row_sums, column_sums = numpy.bincount(rows, counts, len(words)), numpy.bincount(columns, counts)
    information = numpy.log(counts * counts.sum() / (row_sums[rows] * column_sums[columns]))
    nearness = numpy.where(columns // len(beside) % 3 == 0, 0.5, 1)
    matrix = scipy.sparse.csr_matrix((numpy.maximum(information, 0) * nearness, (rows, columns)), shape=(len(words), 4 * len(beside)))
    left, scale, _ = scipy.sparse.linalg.svds(matrix, k=dimensions, random_state=1)
    found = left * scale
    return found / (numpy.linalg.norm(found, axis=1, keepdims=True) + 1e-9), row_sums


def halves(of, vector, first):
    """Two parts of `of`, the first with `first` words: along the principal axis, then between the means of the parts."""
    around = vector[of] - vector[of].mean(0)
    along = around @ numpy.linalg.eigh(around.T @ around)[1][:, -1]
    for _ in range(8):
        order = numpy.argsort(along, kind="stable")
        along = around @ (around[order[len(of) // 2 :]].mean(0) - around[order[: len(of) // 2]].mean(0))
    order = numpy.argsort(along, kind="stable")
    return of[order[:first]], of[order[first:]]


def alike(of, vector, room):
    """The words `of` in the order of a range of codes that has `room` (a power of two) for them."""
    if len(of) <= 2:
        return list(of)
    if room // 2 >= len(of):
        return alike(of, vector, room // 2)
    left, right = halves(of, vector, room // 2)
    return alike(left, vector, room // 2) + alike(right, vector, room // 2)


words = by_worth()
chosen, ranges = [], []
for length, count in ((1, LAST), (2, LAST * MIDDLE), (3, LAST * MIDDLE * FIRST)):
    taken = set(chosen)
    ranges.append([word for word in words if len(word) > length and word not in taken][:count])
    chosen += ranges[-1]
vector, seen = vectors(chosen)
end_of_short = len(ranges[0]) + len(ranges[1])
order = alike(numpy.arange(LAST), vector, LAST) + alike(numpy.arange(LAST, end_of_short), vector, LAST * MIDDLE)
rest = numpy.arange(end_of_short, len(chosen))
# Of words hardly seen nothing is known but their endings.
known, rare = rest[seen[rest] >= 6], rest[seen[rest] < 6]
order += alike(known, vector, 1 << int(len(known) - 1).bit_length())
order += sorted(rare, key=lambda index: chosen[index][::-1])
assert sorted(order) == list(range(len(chosen)))
with open("models/words.txt", "w") as out:
    out.writelines(chosen[index] + "\n" for index in order)
print(len(chosen))
