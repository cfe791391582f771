# run.py FOLDER: outputs and states against the model in Python's doubles; the same bytes for every cut.
import os
import random
import subprocess
import sys

import fake
from run_helpers import count, flat, read_bytes, read_npy, run

os.chdir(sys.argv[1])
source = random.Random(5)
SHAPES = {"e": [30, 6], "r": [6], "w": [30, 6], "b": [30]}
fake.write_tensors("w", {name: ("F64", shape, [source.gauss(0, 0.5) for _ in range(count(shape))])
                         for name, shape in SHAPES.items()})
model = fake.Fake("w")


def follow(tokens, state=None):
    """The logits of all positions, one behind the other, and the last state."""
    state, result = state or [0.0] * fake.HIDDEN, []
    for token in tokens:
        logits, state = model.step(token, state)
        result += logits
    return result, state


def close(a, b):
    return len(a) == len(b) and all(abs(x - y) < 1e-12 for x, y in zip(a, b))


def tokens(rows, positions):
    return [[source.randrange(30) for _ in range(positions)] for _ in range(rows)]


def write(path, rows, lengths=None, dtype="I32"):
    tensors = {"text": (dtype, [len(rows), len(rows[0])], flat(rows))}
    if lengths:
        tensors["length.T"] = ("I64", [len(rows)], lengths)
    fake.write_tensors(path, tensors)


COMMAND = "--weights w --in x.safetensors --out y.safetensors "
for rows, positions in (1, 1), (1, 4), (3, 11), (17, 2), (2, 50):
    text = tokens(rows, positions)
    write("x.safetensors", text, dtype=["I32", "I64", "U8"][rows % 3])
    said = run("fake-f64", COMMAND + "--state-out s")
    assert said == f"y.safetensors: logits [{rows}, {positions}, 30]\n", said
    result, states = fake.read_tensors("y.safetensors"), fake.read_tensors("s")
    assert set(result) == {"__metadata__", "logits"} and set(states) == {"__metadata__", "state.h", "position"}
    assert result["logits"][0] == [rows, positions, 30] and states["state.h"][0] == [rows, 6]
    assert states["position"] == ([rows], [positions] * rows)
    expected = [follow(row) for row in text]
    assert close(result["logits"][1], flat(logits for logits, _ in expected))
    assert close(states["state.h"][1], flat(state for _, state in expected))
    whole, end = read_bytes("y.safetensors"), read_bytes("s")
    for width in 1, 3, 7, positions, 1000:
        run("fake-f64", COMMAND + f"--state-out s --stream {width}")
        assert read_bytes("y.safetensors") == whole and read_bytes("s") == end, width
    run("fake-f64", COMMAND)
    assert read_bytes("y.safetensors") == whole

# A first part, and a second one from its states.
text = tokens(3, 13)
whole = "--weights w --in whole.safetensors --out whole.npy --state-out whole-states"
write("whole.safetensors", text)
write("first.safetensors", [row[:5] for row in text])
write("second.safetensors", [row[5:] for row in text])
run("fake-f64", whole)
run("fake-f64", "--weights w --in first.safetensors --out first.npy --state-out s")
run("fake-f64", "--weights w --in second.safetensors --out second.npy --state-in s --state-out s --stream 3")
assert read_bytes("s") == read_bytes("whole-states")
parts, together = [read_npy(name)[1] for name in ("first.npy", "second.npy")], read_npy("whole.npy")[1]
joined = [parts[0][row * 150 : row * 150 + 150] + parts[1][row * 240 : row * 240 + 240] for row in range(3)]
assert flat(joined) == together

# Lengths of their own: zeros behind them, states behind each row's last position, no bit that depends on what is there.
lengths = [11, 0, 4]
text = tokens(3, 11)
write("x.safetensors", text, lengths)
run("fake-f64", COMMAND + "--state-out s")
result, states = fake.read_tensors("y.safetensors"), fake.read_tensors("s")
assert result["length.T"] == ([3], lengths) and states["position"] == ([3], lengths)
expected = [follow(row[:length]) for row, length in zip(text, lengths)]
assert close(result["logits"][1], flat(logits + [0.0] * (330 - len(logits)) for logits, _ in expected))
assert close(states["state.h"][1], flat(state for _, state in expected))
whole, end = read_bytes("y.safetensors"), read_bytes("s")
write("x.safetensors", [row[:length] + [29] * (11 - length) for row, length in zip(text, lengths)], lengths)
for more in "", "--stream 1", "--stream 3", "--stream 4", "--threads 2":
    run("fake-f64", COMMAND + "--state-out s " + more)
    assert read_bytes("y.safetensors") == whole and read_bytes("s") == end, more

# On from states at different positions; all rows but one are empty.
write("x.safetensors", tokens(3, 2), [0, 2, 0])
run("fake-f64", COMMAND + "--state-in s --state-out t --stream 1")
before, after = states["state.h"][1], fake.read_tensors("t")
assert after["position"] == ([3], [11, 2, 4])
assert after["state.h"][1][:6] == before[:6] and after["state.h"][1][12:] == before[12:]

# States of one precision for a model of another.
fake.write_tensors("single", {"state.h": ("F32", [1, 6], [0.5] * 6)})
write("x.safetensors", [[1, 2, 3]])
run("fake-f64", COMMAND + "--state-in single")
assert close(fake.read_tensors("y.safetensors")["logits"][1], follow([1, 2, 3], [0.5] * 6)[0])

# No row, and no position.
for shape in [0, 5], [2, 0]:
    fake.write_tensors("x.safetensors", {"text": ("I32", shape, [])})
    for more in "", "--stream 2":
        run("fake-f64", COMMAND + "--state-out s " + more)
        assert fake.read_tensors("y.safetensors")["logits"] == ([*shape, 30], [])
        assert fake.read_tensors("s")["state.h"] == ([shape[0], 6], [0.0] * 6 * shape[0])

# Weights that an entry packs.
write("x.safetensors", tokens(2, 9))
run("fake-packed", COMMAND)
packed = read_bytes("y.safetensors")
run("fake", COMMAND)
assert read_bytes("y.safetensors") == packed

# Frames stand one behind the other, in parts if there are some.
text, offsets = tokens(1, 20)[0], [0, 3, 3, 14, 20]
fake.write_tensors("x.safetensors", {"text": ("U8", [20], text), "offsets": ("I32", [5], offsets)})
run("fake-frames", COMMAND)
result = fake.read_tensors("y.safetensors")
assert result["length.T"] == ([4], [3, 0, 11, 6]) and result["logits"][0] == [4, 11, 30]
rows = [follow(text[begin:end])[0] for begin, end in zip(offsets, offsets[1:])]
assert close(result["logits"][1], flat(row + [0.0] * (330 - len(row)) for row in rows))
whole = read_bytes("y.safetensors")
run("fake-frames", COMMAND + "--stream 2")
assert read_bytes("y.safetensors") == whole
parts = {f"{part}.{name}": tensor for part in ("train", "test", "valid")
         for name, tensor in (("text", ("U8", [4], [1, 2, 3, 4])), ("offsets", ("I64", [2], [0, 4])))}
fake.write_tensors("x.safetensors", {**parts, "valid.text": ("U8", [20], text), "valid.offsets": ("I32", [5], offsets)})
run("fake-frames", COMMAND + "--part valid")
assert read_bytes("y.safetensors") == whole
run("fake-frames", COMMAND)
assert close(fake.read_tensors("y.safetensors")["logits"][1], follow([1, 2, 3, 4])[0])
