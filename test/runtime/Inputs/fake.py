# The hand-written model of FakeModel.cpp in Python's own doubles, and safetensors files, with the standard library
# only.

import json
import math
import random
import struct

BATCH, WINDOW, HIDDEN, VOCAB = 3, 5, 6, 30
FORMATS = {"F32": "f", "F64": "d", "I32": "i", "I64": "q", "U8": "B", "BOOL": "B"}


def read_tensors(path):
    """Name -> (shape, flat list of values); the metadata under "__metadata__"."""
    with open(path, "rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(length))
        data = file.read()
    tensors = {"__metadata__": header.pop("__metadata__", {})}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        form = FORMATS[entry["dtype"]]
        count = (end - begin) // struct.calcsize(form)
        tensors[name] = (entry["shape"], list(struct.unpack("<%d%s" % (count, form), data[begin:end])))
    return tensors


def write_tensors(path, tensors, metadata=None):
    """tensors: name -> (dtype, shape, flat list)."""
    header, data = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for name, (dtype, shape, values) in tensors.items():
        packed = struct.pack("<%d%s" % (len(values), FORMATS[dtype]), *values)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def write_lines(path, source, count, longest):
    """Lines of up to so many letters, of which `source` draws each."""
    with open(path, "w") as file:
        file.write("".join("".join(source.choice("abc") for _ in range(1 + i % longest)) + "\n" for i in range(count)))


def write_frames(path, name, dtype, shape, draw):
    """Eight sequences, one of them empty, of frames of that shape; `draw` gives so many numbers."""
    lengths = [9, 30, 3, 6, 0, 21, 12, 18]
    offsets = [sum(lengths[:i]) for i in range(len(lengths) + 1)]
    shape = [offsets[-1], *shape]
    write_tensors(path, {name: (dtype, shape, draw(math.prod(shape))), "offsets": ("I32", [len(offsets)], offsets)})


def make_text(seed, words=1500):
    """A text of 16 distinct bytes that a small model learns quickly."""
    source = random.Random(seed)
    vocabulary = "the cat sat on a mat and saw the dog run to red house".split()
    return "".join(source.choice(vocabulary) + source.choice("  \n") for _ in range(words))


class Fake:
    """The model with the weights of a file."""

    def __init__(self, path):
        tensors = read_tensors(path)
        self.alphabet = bytes.fromhex(tensors["__metadata__"].get("rondo.alphabet", ""))
        self.e, self.r, self.w, self.b = (tensors[name][1] for name in "erwb")

    def tokens(self, text):
        return [self.alphabet.index(byte) for byte in text.encode()]

    def step(self, token, state):
        """The logits and the next state."""
        h = [math.tanh(self.e[token * HIDDEN + i] + self.r[i] * state[i]) for i in range(HIDDEN)]
        logits = [self.b[v] + sum(self.w[v * HIDDEN + i] * h[i] for i in range(HIDDEN)) for v in range(VOCAB)]
        return logits, h

    def losses(self, tokens, targets, state):
        """The loss at each position, whether the likeliest symbol is right, and the last state."""
        result = []
        for token, target in zip(tokens, targets):
            logits, state = self.step(token, state)
            top = max(logits)
            loss = math.log(sum(math.exp(x - top) for x in logits)) + top - logits[target]
            result.append((loss, logits.index(top) == target))
        return result, state
