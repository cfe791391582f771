# check_run_axes.py PROGRAMS FOLDER: lengths, outputs without positions and axes on both sides of time.
import os
import sys

import fake
from compiled_models import call, check_nats, outputs, prepare, reals, refuse, run
from run_helpers import flat, read_bytes, write_npy

programs, folder = (os.path.abspath(word) for word in sys.argv[1:])
os.chdir(folder)


def lengths():
    with open("pairs.data", "w") as file:
        file.write("ab\tba\nabcde\tedcba\nc\tc\n" * 2)
    prepare("pairs", programs + "/lengths.rondo", "pairs.data", "--model", "Pairs")
    result = outputs("pairs", "pairs.data", streams=False)
    assert result["length.T"] == ([6], [3, 6, 2] * 2) and result["logits"][0] == [6, 6, 16]
    rows = [["\0abcde".index(letter) for letter in name + "\0" * (6 - len(name))] for name in ("ba", "edcba", "c") * 2]
    places = [row * 6 + t for row, length in enumerate(result["length.T"][1]) for t in range(length)]
    check_nats("pairs", "pairs.data", result["logits"][1], flat(rows), places, "logits ")

    # Lengths along two axes: what is behind them does not count, and without them each is the whole axis.
    x, z = reals(3, 5, 3), reals(3, 5, 4, 2)
    data = {"x": ("F32", [3, 5, 3], x), "z": ("F32", [3, 5, 4, 2], z)}
    whole = {"length.T": ("I32", [3], [5] * 3), "length.N": ("I64", [3], [4] * 3)}
    part = {"length.T": ("I32", [3], [2, 5, 4]), "length.N": ("I64", [3], [4, 1, 0])}
    targets = {"y": data["x"], "label": ("U8", [3], [0, 1, 2])}
    fake.write_tensors("several.data", {**data, **whole, **targets})
    prepare("several", programs + "/lengths.rondo", "several.data", "--model", "Arrays", "-D", "batch=3")
    expected = outputs("several", "several.data", streams=False)
    assert expected.pop("length.T") == ([3], [5] * 3)
    fake.write_tensors("plain.data", data)
    assert outputs("several", "plain.data", streams=False) == expected
    fake.write_tensors("part.data", {**data, **part})
    expected = outputs("several", "part.data", streams=False)
    assert all(value == 0 for value in expected["guess"][1][2 * 3 : 5 * 3])
    for row in range(3):
        t, n = part["length.T"][2][row], part["length.N"][2][row]
        x[row * 15 + t * 3 : row * 15 + 15] = [7.0] * (15 - 3 * t)
        for i in range(40):
            if i // 8 >= t or i % 8 // 2 >= n:
                z[row * 40 + i] = -7.0
    fake.write_tensors("part.data", {"x": ("F32", [3, 5, 3], x), "z": ("F32", [3, 5, 4, 2], z), **part})
    assert outputs("several", "part.data", streams=False) == expected


def ends():
    x = reals(4, 9, 2)
    fake.write_tensors("ends.data", {"x": ("F32", [4, 9, 2], x), "y": ("F32", [4, 9, 1], reals(4, 9)),
                                     "length.T": ("I32", [4], [9, 1, 3, 4])})
    fake.write_tensors("train.data", {"x": ("F32", [4, 9, 2], x), "y": ("F32", [4, 9, 1], reals(4, 9))})
    call("rondoc", programs + "/run.rondo", "--model", "Ends", "-O1", "--no-gradcheck", "-o", "ends")
    call("./ends", "train", "--data", "train.data", "--split", "0", "--steps", "2", "--out", "ends.w")
    result = outputs("ends", "ends.data")
    run("ends", "ends.data", "y.safetensors", "--state-out", "s", "--stream", "2")
    states = fake.read_tensors("s")
    assert sorted(states) == ["__metadata__", "position", "state.a.h"] and states["state.a.h"] == result["end"]
    # A state that no output depends on may be there.
    fake.write_tensors("t", {"state.a.h": ("F32", *result["end"]), "state.b.h": ("F32", *result["end"])})
    run("ends", "ends.data", "y.safetensors", "--state-in", "s")
    run("ends", "ends.data", "z.safetensors", "--state-in", "t")
    assert read_bytes("y.safetensors") == read_bytes("z.safetensors") != read_bytes("ends.safetensors")
    fake.write_tensors("empty.data", {"x": ("F32", [4, 9, 2], x), "length.T": ("I32", [4], [9, 0, 3, 4])})
    expected = "row 1 has no positions, of which the output 'end' is to be made"
    for more in [], ["--state-in", "s"], ["--state-in", "s", "--stream", "1"]:
        refuse("ends", expected, "--in", "empty.data", "--out", "y.safetensors", *more)


def grid():
    offsets, c = [0, 5, 5, 12, 20], reals(4, 2, 2)
    frames = reals(20, 3, 2, 2)
    arrays = [0.0] * (4 * 3 * 7 * 4)
    for row in range(4):
        for t in range(offsets[row + 1] - offsets[row] - (row == 3)):
            for n in range(3):
                place = ((row * 3 + n) * 7 + t) * 4
                arrays[place : place + 4] = frames[((offsets[row] + t) * 3 + n) * 4 :][:4]
    offsets[4] -= 1
    tensors = {"x": ("F32", [19, 3, 2, 2], frames[: 19 * 12]), "c": ("F32", [4, 2, 2], c)}
    fake.write_tensors("grid.data", {**tensors, "y": ("F32", [19, 1], reals(19)), "offsets": ("I32", [5], offsets)})
    fake.write_tensors("rows.data", {**tensors, "x": ("F32", [4, 3, 7, 2, 2], arrays),
                                     "length.T": ("I32", [4], [5, 0, 7, 7])})
    prepare("grid", programs + "/run.rondo", "grid.data", "--model", "Grid")
    result = outputs("grid", "grid.data")
    assert result["out"][0] == [4, 3, 7, 2, 2] and result["column"][0] == [4, 7, 2, 3]
    assert outputs("grid", "rows.data") == result
    write_npy("x.npy", "F32", [4, 3, 7, 2, 2], arrays)
    with open("c.csv", "w") as file:
        file.write("".join(",".join(map(repr, c[row * 4 : row * 4 + 4])) + "\n" for row in range(4)))
    fake.write_tensors("length.data", {"length.T": ("I32", [4], [5, 0, 7, 7])})
    run("grid", "x=x.npy", "y.safetensors", "--in", "c=c.csv", "--in", "length.data", "--stream", "3")
    assert fake.read_tensors("y.safetensors") == result
    refuse("grid", "x.npy: expected NAME=FILE, which says what is in the file: the model's inputs are 'x', 'c'",
           "--in", "x.npy", "--out", "y.safetensors")
    refuse("grid", "c.csv: 'x' has an axis before 'T', so that a position is no row: give it as .npy or .safetensors",
           "--in", "x=c.csv", "--out", "y.safetensors")
    refuse("grid", "--out: .npy holds one array, the model 'Grid' has 3 outputs: write .safetensors",
           "--in", "rows.data", "--out", "y.npy")


lengths()
ends()
grid()
