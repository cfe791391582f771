# padded.py FOLDER: the same sequences of tokens as frames and as arrays with lengths, frames with parts, and frames
# that are too few or too long.
import random
import sys

import fake

folder = sys.argv[1]
source = random.Random(4)
WIDTH = fake.WINDOW + 1  # the target is one ahead


def make_rows(sizes):
    return [[source.randrange(fake.VOCAB) for _ in range(size)] for size in sizes]


def make_frames(rows, part=""):
    offsets = [sum(len(row) for row in rows[:i]) for i in range(len(rows) + 1)]
    tokens = [token for row in rows for token in row]
    return {part + "text": ("U8", [len(tokens)], tokens), part + "offsets": ("I32", [len(offsets)], offsets)}


rows = make_rows([6, 2, 3, 6, 1, 4, 4])
fake.write_tensors(folder + "/frames", make_frames(rows))
padded = [token for row in rows for token in row + [7] * (WIDTH - len(row))]
fake.write_tensors(folder + "/arrays", {"text": ("I64", [len(rows), WIDTH], padded),
                                        "length.T": ("I32", [len(rows)], [max(len(row) - 1, 0) for row in rows])})
fake.write_tensors(folder + "/parts", {**make_frames(rows, "train."), **make_frames(make_rows([6, 2]), "valid."),
                                       **make_frames(make_rows([5, 0]), "test.")})
fake.write_tensors(folder + "/few", make_frames(rows[:3]))
fake.write_tensors(folder + "/long", make_frames(make_rows([3, 7, 9])))
