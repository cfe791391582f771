"""The words of a text, with what softmaxes by parts of the vocabulary have to know of each: its class and its place
there, and its path through a tree."""

import array
import collections
import heapq
import math
import re
import struct

import arrays

WORDS, CLASS, STEPS, DEPTH = 10000, 40, 32, 20
OTHER = "?"  # what is beyond the most frequent words


def split(text):
    return re.findall(r"[a-z']+|[0-9]+|[^\sa-z0-9]|\n", text.lower())


def paths(counts):
    """Of each word the inner nodes of its Huffman tree from the root on, each with the side that is taken, 1 or -1
    (Huffman 1952; of a softmax Mikolov et al. 2013)."""
    heap = [(count, word) for word, count in enumerate(counts)]
    heapq.heapify(heap)
    parents, node = {}, len(counts)
    while len(heap) > 1:
        (a, left), (b, right) = heapq.heappop(heap), heapq.heappop(heap)
        parents[left], parents[right] = (node, 1), (node, -1)
        heapq.heappush(heap, (a + b, node))
        node += 1
    found = []
    for word in range(len(counts)):
        path = []
        while word in parents:
            path.append(parents[word])
            word = path[-1][0]
        found.append([(inner - len(counts), side) for inner, side in reversed(path)])
    return found


def integers(*shape, values):
    return "I32", list(shape), array.array("i", values).tobytes()


def write_npy(path, shape, values):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    path.write_bytes(b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header.encode()
                     + array.array("f", values).tobytes())


# What models of words are trained on, by the names of the data.
KINDS = {"words": ("word", "next"), "classes": ("word", "group", "place"), "tree": ("word", "node", "side")}


def write(folder, text, kind):
    """train.safetensors and test.safetensors, the last tenth, of sequences of STEPS words, and noise.npy, the
    logarithms of how often each word is drawn as noise. A word is the number of its rank, the first ones the most
    frequent."""
    said = split(text)
    known = said[: len(said) * 9 // 10]
    names = [word for word, _ in collections.Counter(known).most_common(WORDS - 1)]
    numbers = {word: number for number, word in enumerate(names)}
    coded = [numbers.get(word, WORDS - 1) for word in said]
    counts = [1] * WORDS
    for word in coded[: len(known)]:
        counts[word] += 1
    tree = paths(counts)
    depth = max(map(len, tree))
    assert depth <= DEPTH, depth
    total = sum(counts)
    write_npy(folder / "noise.npy", (WORDS, 1), [math.log(count / total) for count in counts])
    for name, part in ("train", coded[: len(known)]), ("test", coded[len(known) :]):
        rows = (len(part) - 1) // STEPS
        now, after = part[: rows * STEPS], part[1 : rows * STEPS + 1]
        steps = [step for word in after for step in tree[word] + [(0, 0)] * (DEPTH - len(tree[word]))]
        tensors = {
            "word": integers(rows, STEPS, values=now), "next": integers(rows, STEPS, values=after),
            "group": integers(rows, STEPS, values=[word // CLASS for word in after]),
            "place": integers(rows, STEPS, values=[word % CLASS for word in after]),
            "node": integers(rows, STEPS, DEPTH, values=[node for node, _ in steps]),
            "side": arrays.reals(rows, STEPS, DEPTH, values=[side for _, side in steps])}
        arrays.write(folder / f"{name}.safetensors", {part: tensors[part] for part in KINDS[kind]})
