# gallery_sums.py ROOT RONDOC FOLDER: the probabilities that classes and a tree give to all words sum up to 1. In double
# precision, each word's as the loss where it is the next one.
import json
import math
import pathlib
import random
import struct
import subprocess
import sys

root, rondoc, folder = pathlib.Path(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
sys.path[1:1] = [str(root / "examples" / "tasks"), str(root / "examples")]

import arrays
import words

COUNT, CLASSES = 30, 5
PATHS = words.paths([1 + random.Random(number).randrange(9) for number in range(COUNT)])
DEPTH = max(map(len, PATHS))


def classes(word):
    return {"group": words.integers(1, 1, values=[word // (COUNT // CLASSES)]),
            "place": words.integers(1, 1, values=[word % (COUNT // CLASSES)])}


def tree(word):
    steps = PATHS[word] + [(0, 0)] * (DEPTH - len(PATHS[word]))
    return {"node": words.integers(1, 1, DEPTH, values=[node for node, _ in steps]),
            "side": ("F64", [1, 1, DEPTH], struct.pack(f"{DEPTH}d", *(side for _, side in steps)))}


def full(word):
    return {"next": words.integers(1, 1, values=[word])}


def loss_of(model, data):
    arrays.write(folder / "one.safetensors", {"word": words.integers(1, 1, values=[3]), **data})
    call(model, "grad", "--in", folder / "one.safetensors", "--weights", f"{model}.safetensors", "--out",
         folder / "told.safetensors")
    content = (folder / "told.safetensors").read_bytes()
    begin = 8 + int.from_bytes(content[:8], "little")
    entry = json.loads(content[8:begin])["loss"]
    assert entry["dtype"] == "F64", entry
    return struct.unpack("d", content[begin + entry["data_offsets"][0] : begin + entry["data_offsets"][1]])[0]


def call(*command):
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)


for name, more, data in ("Full", [], full), ("Classes", [f"-DC={CLASSES}"], classes), ("Tree", [f"-DD={DEPTH}"], tree):
    model = folder / name
    call(rondoc, root / "examples" / "tasks" / "words.rondo", "--model", name, "--element=f64", f"-DV={COUNT}", *more,
         "-DE=4", "-DH=4", "-Dbatch=1", "-Dbptt=1", "-Dsteps=3", "-o", model)
    arrays.write(folder / "train.safetensors", {"word": words.integers(1, 1, values=[3]), **data(7)})
    call(model, "train", "--data", folder / "train.safetensors", "--split", 0, "--out", f"{model}.safetensors")
    losses = [loss_of(model, data(word)) for word in range(COUNT)]
    assert max(losses) - min(losses) > 0.01, losses
    assert abs(sum(math.exp(-loss) for loss in losses) - 1) < 1e-9, (name, losses)
    print(name, "sums up to 1")
