#!/usr/bin/env python3
"""The data of speech.rondo, and what its logits say. Needs NumPy.

speech.py strings RECORDINGS FOLDER [COUNT] [SEED] writes train.safetensors, COUNT (25,600) strings of 3 to 7 recordings
of RECORDINGS/train.safetensors, and test.safetensors, 400 of RECORDINGS/test.safetensors. RECORDINGS has the tensors
frames [time, bands], offsets and digit, a recording behind the other; every second frame is taken. Label 0 is the
blank, so that those of the digits are 1 to 10.

speech.py labels STRINGS LOGITS [--beam N] says how many labels are wrong: insertions, deletions and substitutions for
each label that was said. Without a beam the labels are those of the likeliest class of each frame; with one, the
likeliest of the N best beginnings that are kept at each frame, each with all the ways to say it (prefix search: Graves
et al. 2006; in this form Hannun et al. 2014)."""

import argparse
import json
import pathlib
import struct
import sys

import numpy

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))
import arrays

KINDS = {"F16": "<f2", "F32": "<f4", "F64": "<f8", "I32": "<i4", "I64": "<i8", "U8": "|u1"}


def read(path):
    content = pathlib.Path(path).read_bytes()
    (size,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + size])
    header.pop("__metadata__", None)
    tensors = {}
    for name, tensor in header.items():
        first, last = tensor["data_offsets"]
        data = content[8 + size + first : 8 + size + last]
        tensors[name] = numpy.frombuffer(data, KINDS[tensor["dtype"]]).reshape(tensor["shape"])
    return tensors


def string(recordings, draw, count):
    offsets, pieces, labels = recordings["offsets"], [], numpy.zeros((count, 7), numpy.uint8)
    lengths = numpy.zeros(count, numpy.int32)
    for row in range(count):
        picks = draw.integers(0, len(recordings["digit"]), draw.integers(3, 8))
        parts = [recordings["frames"][offsets[i] : offsets[i + 1]] for i in picks]
        pieces.append(numpy.concatenate(parts)[::2])
        labels[row, : len(picks)] = recordings["digit"][picks] + 1
        lengths[row] = len(picks)
    ends = numpy.cumsum([0] + [len(piece) for piece in pieces]).astype(numpy.int32)
    frames = numpy.concatenate(pieces).astype("<f2")
    return {
        "x": ("F16", list(frames.shape), frames.tobytes()),
        "offsets": ("I32", list(ends.shape), ends.tobytes()),
        "labels": ("U8", list(labels.shape), labels.tobytes()),
        "length.L": ("I32", list(lengths.shape), lengths.tobytes()),
    }


def greedy(scores):
    path = scores.argmax(-1)
    return [int(c) for i, c in enumerate(path) if c and (i == 0 or c != path[i - 1])]


def prefixes(scores, width):
    """The likeliest labels by prefix search. Of each beginning the log-probabilities of the ways that end in a blank
    and of those that end in its last label are kept apart: behind the latter the same label again says nothing."""
    kept = {(): (0.0, -numpy.inf)}
    for frame in scores:
        new = {}

        def add(prefix, blank, label):
            before = new.get(prefix, (-numpy.inf, -numpy.inf))
            new[prefix] = (numpy.logaddexp(before[0], blank), numpy.logaddexp(before[1], label))

        for prefix, (blank, label) in kept.items():
            either = numpy.logaddexp(blank, label)
            add(prefix, either + frame[0], label + frame[prefix[-1]] if prefix else -numpy.inf)
            for c in range(1, len(frame)):
                add(prefix + (c,), -numpy.inf, (blank if prefix and c == prefix[-1] else either) + frame[c])
        best = sorted(new.items(), key=lambda item: -numpy.logaddexp(*item[1]))
        kept = dict(best[:width])
    return list(next(iter(kept)))


def distance(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (x != y))
    return row[-1]


def report(strings, logits, width):
    wrong = total = 0
    lengths = numpy.diff(strings["offsets"])
    for row, frames in enumerate(logits["logits"]):
        scores = frames[: lengths[row]].astype(float)
        scores = scores - numpy.logaddexp.reduce(scores, axis=-1, keepdims=True)
        said = strings["labels"][row, : strings["length.L"][row]].tolist()
        wrong += distance(prefixes(scores, width) if width else greedy(scores), said)
        total += len(said)
    print(f"label error {100 * wrong / total:.2f} % of {total} labels")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    strings = commands.add_parser("strings")
    strings.add_argument("recordings", type=pathlib.Path)
    strings.add_argument("folder", type=pathlib.Path)
    strings.add_argument("count", type=int, nargs="?", default=25600)
    strings.add_argument("seed", type=int, nargs="?", default=0)
    labels = commands.add_parser("labels")
    labels.add_argument("strings", type=pathlib.Path)
    labels.add_argument("logits", type=pathlib.Path)
    labels.add_argument("--beam", type=int, default=0, metavar="N")
    options = parser.parse_args()
    if options.command == "labels":
        report(read(options.strings), read(options.logits), options.beam)
        return
    draw = numpy.random.default_rng(options.seed)
    train = string(read(options.recordings / "train.safetensors"), draw, options.count)
    arrays.write(options.folder / "train.safetensors", train)
    test = string(read(options.recordings / "test.safetensors"), numpy.random.default_rng(1), 400)
    arrays.write(options.folder / "test.safetensors", test)


main()
