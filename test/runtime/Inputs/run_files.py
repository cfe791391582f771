# run_files.py FOLDER: each kind of file that run reads and writes, against the model in Python.
import os
import random
import struct
import subprocess
import sys

import fake
from run_helpers import flat, read_bytes, read_csv, read_npy, run, write_npy

os.chdir(sys.argv[1])
source = random.Random(6)
with open("text", "w") as file:
    file.write(fake.make_text(1, 300))
subprocess.run("fake-f64 train --data text --steps 1 --out w".split(), check=True, stdout=subprocess.DEVNULL)
model = fake.Fake("w")
sentence = "the cat sat on the red mat\n"
tokens = model.tokens(sentence)

# A text, tokens as a table and as an array, by name or without, are the same.
fake.write_tensors("x.safetensors", {"text": ("I32", [1, len(tokens)], tokens)})
run("fake-f64", "--weights w --in x.safetensors --out y.safetensors")
logits = fake.read_tensors("y.safetensors")["logits"][1]
state, expected = [0.0] * fake.HIDDEN, []
for token in tokens:
    row, state = model.step(token, state)
    expected += row
assert all(abs(a - b) < 1e-12 for a, b in zip(logits, expected))
with open("x.txt", "w") as file:
    file.write(sentence)
with open("x.csv", "w") as file:
    file.write("token\n" + "\n".join(map(str, tokens)) + "\n")
write_npy("x.npy", "I32", [1, len(tokens)], tokens)
write_npy("long.npy", "I64", [1, len(tokens)], tokens, version=2)
write_npy("small.npy", "U8", [1, len(tokens)], tokens, version=3, order="F")
for word in "x.safetensors", "x.txt", "text=x.txt", "x.csv", "text=x.csv", "x.npy", "text=long.npy", "small.npy":
    for out in "y.safetensors", "y.npy", "y.csv":
        run("fake-f64", f"--weights w --in {word} --out {out}")
    assert fake.read_tensors("y.safetensors")["logits"] == ([1, len(tokens), 30], logits), word
    assert read_npy("y.npy") == ([1, len(tokens), 30], logits)
    assert flat(read_csv("y.csv")) == logits and len(read_csv("y.csv")) == len(tokens)
run("fake-f64", "--weights w --in /dev/stdin --out y.npy", sentence.encode())
assert read_npy("y.npy")[1] == logits

# Lengths in a file of their own.
write_npy("length.npy", "I64", [1], [5])
run("fake-f64", "--weights w --in x.npy --in length.T=length.npy --out y.npy")
assert read_npy("y.npy") == ([1, 5, 30], logits[:150])
with open("length.csv", "w") as file:
    file.write("6\n")
run("fake-f64", "--weights w --in text=x.npy --in length.T=length.csv --out y.safetensors")
assert fake.read_tensors("y.safetensors")["length.T"] == ([1], [6])

# A line is a row, from its mark on.
with open("lines", "w") as file:
    file.write("ab\nc\nabca\n" * 2)
subprocess.run("fake-lines train --data lines --steps 1 --split 0 --out lw".split(), check=True,
               stdout=subprocess.DEVNULL)
run("fake-lines", "--weights lw --in lines --out y.safetensors")
lines = fake.read_tensors("y.safetensors")
assert lines["length.T"] == ([6], [3, 2, 5] * 2) and lines["logits"][0] == [6, 5, 30]
fake.write_tensors("x.safetensors", {"text": ("U8", [1, 3], [0, 1, 2])})
run("fake-lines", "--weights lw --in x.safetensors --out y.npy")
assert read_npy("y.npy")[1] == lines["logits"][1][:90]
assert lines["logits"][1][90:150] == [0.0] * 60

# Reals: any of their types, any order, a table with a header. The model looks ahead, and has two outputs.
x = [[round(source.gauss(0, 1) * 16) / 16 for _ in range(2)] for _ in range(4)]
fake.write_tensors("v", {"a": ("F32", [2], [0.5, -1]), "c": ("F32", [2], [2, 0.25]), "u": ("F32", [3], [0] * 3)})
prediction = [0.5 * p[0] - p[1] + 2 * q[0] + 0.25 * q[1] for p, q in zip(x, x[::-1])]
drift = [[p[i] - q[i] for i in range(2)] for p, q in zip(x, x[::-1])]
fake.write_tensors("x.safetensors", {"x": ("F64", [1, 4, 2], flat(x)), "y": ("F32", [1, 4], [9.0] * 4)})
write_npy("half.npy", "F16", [1, 4, 2], flat(x))
write_npy("single.npy", "F32", [1, 4, 2], flat(x), order="F")
write_npy("double.npy", "F64", [1, 4, 2], flat(x), version=3, order="F")
with open("x.csv", "w") as file:
    file.write("\ufeffleft, \"right, or so\"\r\n" + "".join(f"{a}, {b}\r\n" for a, b in x))
for word in "x.safetensors", "half.npy", "single.npy", "double.npy", "x.csv", "x=x.csv":
    run("fake-regression", f"--weights v --in {word} --out y.safetensors")
    result = fake.read_tensors("y.safetensors")
    assert result["prediction"] == ([1, 4], prediction) and result["drift"] == ([1, 4, 2], flat(drift)), word
truths = [[1, 0], [0, 0], [1, 1], [0, 1]]
write_npy("truths.npy", "BOOL", [1, 4, 2], flat(truths))
run("fake-regression", "--weights v --in truths.npy --out y.safetensors")
assert fake.read_tensors("y.safetensors")["drift"][1] == [1, -1, -1, -1, 1, 1, -1, 1]

# An output without positions is a row of a table for each sequence.
both = flat(x) + [-value for value in flat(x)]
write_npy("two.npy", "F32", [2, 4, 2], both)
run("fake-whole", "--weights v --in two.npy --out y.csv")
mean = sum(prediction) / 4
rows = read_csv("y.csv")
assert len(rows) == 2 and abs(rows[0][0] - mean) < 1e-6 and rows[1] == [-rows[0][0]]

# A file takes the place of another one as a whole, and nothing else is left there.
before = set(os.listdir("."))
run("fake-whole", "--weights v --in two.npy --out y.csv")
assert set(os.listdir(".")) == before
