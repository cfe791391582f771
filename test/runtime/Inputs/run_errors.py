# run_errors.py FOLDER: each case is a program, a command line and the error that it must give.
import os
import resource
import subprocess
import sys

import fake
from run_helpers import write_npy

folder = sys.argv[1]
os.chdir(folder)
with open("text", "w") as file:
    file.write(fake.make_text(1, 300))
subprocess.run("fake train --data text --steps 1 --out w".split(), check=True, stdout=subprocess.DEVNULL)
good = fake.read_tensors("w")
del good["__metadata__"]
weights = {name: ("F32", shape, values) for name, (shape, values) in good.items()}
fake.write_tensors("w-plain", weights)
fake.write_tensors("v", {"a": ("F32", [2], [0.5, -1]), "c": ("F32", [2], [2, 0.25]), "u": ("F32", [3], [0] * 3)})


def save(name, **tensors):
    named = {key.replace("__", "."): tensor for key, tensor in tensors.items()}
    fake.write_tensors(name + ".safetensors", named)


def write(name, data):
    with open(name, "wb") as file:
        file.write(data)


tokens = ("I32", [3, 4], [1] * 12)
save("x", text=tokens)
save("reals", text=("F32", [3, 4], [1] * 12))
save("deep", text=("I32", [12], [1] * 12))
save("outside", text=("I32", [3, 4], [1] * 11 + [30]))
save("none", next=tokens)
save("other", text=tokens, **{"q\n": tokens})
save("state", text=tokens, state__h=("F32", [3, 6], [0] * 18))
save("longer", text=tokens, length__T=("I32", [3], [4, 5, 0]))
save("fewer", text=tokens, length__T=("I32", [2], [4, 4]))
save("halves", text=tokens, length__T=("F32", [3], [4, 4, 4]))
save("unknown", text=tokens, length__Q=("I32", [3], [4, 4, 4]))
save("joined", text=("U8", [12], [1] * 12), offsets=("I32", [3], [0, 5, 12]))
save("short", text=("U8", [12], [1] * 12), offsets=("I32", [3], [0, 5, 11]))
save("down", text=("U8", [12], [1] * 12), offsets=("I32", [3], [0, 13, 12]))
save("both", text=("U8", [12], [1] * 12), offsets=("I32", [3], [0, 5, 12]), length__T=("I32", [2], [1, 1]))
save("s-other", q=tokens)
save("s-unknown", state__q=("F32", [3, 6], [0] * 18))
save("s-rows", state__h=("F32", [2, 6], [0] * 12))
save("s-type", state__h=("I32", [3, 6], [0] * 18))
save("s-inf", state__h=("F64", [3, 6], [0] * 17 + [1e300]))
save("s-place", state__h=("F32", [3, 6], [0] * 18), position=("I32", [3], [0, -1, 0]))
save("s-places", state__h=("F32", [3, 6], [0] * 18), position=("I32", [2], [0, 0]))
save("s-reals", state__h=("F32", [3, 6], [0] * 18), position=("F32", [3], [0] * 3))
save("s-late", position=("I64", [3], [4, 4, 4]))
save("points", x=("F32", [1, 4, 2], [0] * 8))
save("five", x=("F32", [1, 5, 2], [0] * 10))
save("huge", x=("F64", [1, 4, 2], [0] * 7 + [-1e39]))
save("nan", x=("F64", [1, 4, 2], [0] * 7 + [float("nan")]))
write_npy("x.npy", "I32", [3, 4], [1] * 12)
write_npy("flat.npy", "I32", [12], [1] * 12)
write_npy("length.npy", "I32", [3], [1, 2, 5])
write_npy("points.npy", "F32", [1, 4, 2], [0] * 8)
write("cut.npy", open("x.npy", "rb").read()[:-1])
write("x.csv", b"1\n2\n3\n")
write("wide.csv", b"1,2\n3,4\n")
write("reals.csv", b"1\n2.5\n")
write("large.csv", b"1\n1e17\n")
write("outside.csv", b"1\n30\n")
write("words.csv", b"1\nx\n")
write("header.csv", b"text\n")
write("ragged.csv", b"1\n2,3\n")
write("text.npy", b"the cat")
write("zip.safetensors", b"PK\3\4" + b"\0" * 60)
write("big.npy", open("x.npy", "rb").read().replace(b"<i4", b">i4"))
write("records.npy", open("x.npy", "rb").read().replace(b"'<i4'", b"[3]  "))
write("truth.npy", open("x.npy", "rb").read()[:-48].replace(b"<i4", b"|b1") + b"\1\0\2" + b"\0" * 9)
write_npy("empty.npy", "I32", [(1 << 20) + 1, 0], [])
write_npy("many.npy", "I32", [1 << 62, 1 << 62], [])
write_npy("negative.npy", "I64", [1, 3], [1, 2, -1])
write_npy("above.npy", "I64", [1, 3], [1, 2, 1 << 32])
write("points.csv", b"1,2,3\n" * 4)
write("strange.txt", b"the cat Z")
write("good.txt", b"the cat")
before = sorted((name, os.stat(name).st_mtime_ns) for name in os.listdir("."))

TEXT, POINTS = "run --weights w --out y.safetensors --in ", "run --weights v --out y.safetensors --in "
FRAMES = "fake-frames"
x = TEXT + "x.safetensors"
NAMES = "expected a name that ends with .safetensors, .npy or .csv"
cases = [
    ("fake", "run --out y.npy", "--weights is missing"),
    ("fake", "run --weights w", "--out is missing"),
    ("fake", "run --weights w --out y.npy", "no file gives 'text', which is an input of the model 'Fake'"),
    ("fake", "run --weights w --out y.txt", f"--out: {NAMES}, found 'y.txt'"),
    ("fake", "run --weights w --out .npy", f"--out: {NAMES}, found '.npy'"),
    ("fake", x + " --out y.npy", "--out is given twice"),
    ("fake", x + " --stream 0", "--stream: expected an integer from 1 on, found '0'"),
    ("fake", x + " --seed 3", "--seed: the outputs of the model 'Fake' depend on no random numbers"),
    ("fake", x + " --part a", "--part: the model 'Fake' does not train on frames, which have parts"),
    ("fake", "run --weights w --in x.npy --out x.npy",
     "--out: expected another file than those of --in, found 'x.npy'"),
    ("fake", "run --weights w --in text=x.npy --out y.npy --state-out x.npy",
     "--state-out: expected another file than those of --in, found 'x.npy'"),
    ("fake", "run --weights y.npy --in x.npy --out y.npy",
     "--out: expected another file than that of --weights, found 'y.npy'"),
    ("fake", x + " --state-out y.safetensors", "--state-out: expected another file than that of --out, found "
     "'y.safetensors'"),
    ("fake", x + " --state-in y.safetensors", "--out: expected another file than that of --state-in, found "
     "'y.safetensors'"),
    ("fake", x + " --state-out no/s", "cannot write 'no/s': No such file or directory"),
    ("fake", "run --weights w --in x.npy --out no/y.npy", "cannot write 'no/y.npy': No such file or directory"),
    ("fake", TEXT + "gone.npy", "cannot read 'gone.npy': No such file or directory"),
    ("fake", TEXT + "reals.safetensors", "reals.safetensors: 'text' is F32, expected tokens (I32, I64 or U8)"),
    ("fake", TEXT + "deep.safetensors", "deep.safetensors: 'text' has the shape [12], expected [sequences, time]"),
    ("fake", TEXT + "outside.safetensors",
     "outside.safetensors: 'text' holds the token 30 (element 11), expected 0 to 29"),
    ("fake", TEXT + "none.safetensors", "no file gives 'text', which is an input of the model 'Fake'"),
    ("fake", TEXT + "other.safetensors",
     "other.safetensors: 'q\\n' is no input or target of the model 'Fake', expected 'text'"),
    ("fake", TEXT + "zip.safetensors",
     "zip.safetensors: found a zip archive, as numpy.savez and torch.save write them, expected safetensors: arrays by "
     "name as safetensors.numpy.save_file writes them"),
    ("fake", TEXT + "unknown.safetensors",
     "unknown.safetensors: 'length.Q' is no input or target of the model 'Fake', expected 'text'"),
    ("fake", TEXT + "state.safetensors", "state.safetensors: 'state.h' is a state, which --state-in gives"),
    ("fake", TEXT + "longer.safetensors", "longer.safetensors: 'length.T' holds 5 (element 1), expected 0 to 4"),
    ("fake", TEXT + "fewer.safetensors",
     "fewer.safetensors: 'length.T' has 2 sequences, the other tensors 3"),
    ("fake", TEXT + "halves.safetensors", "halves.safetensors: 'length.T' is F32 [3], expected I32 or I64 [sequences]"),
    ("fake", x + " --in length.T=length.npy", "length.npy: 'length.T' holds 5 (element 2), expected 0 to 4"),
    ("fake", x + " --in x.npy", "x.npy: 'text' is given twice, by 'x.safetensors' too"),
    ("fake", TEXT + "next=x.npy --in x.npy", "x.npy: the outputs do not depend on 'next'"),
    ("fake", TEXT + "q=x.npy", "x.npy: 'q' is no input of the model 'Fake', expected 'text'"),
    ("fake", TEXT + "text=x.safetensors",
     "x.safetensors: expected a file of one array: a .safetensors file has its names inside"),
    ("fake", TEXT + "flat.npy", "flat.npy: 'text' has the shape [12], expected [sequences, time]"),
    ("fake", TEXT + "points.npy", "points.npy: 'text' is F32, expected tokens (I32, I64 or U8)"),
    ("fake", TEXT + "cut.npy", "cut.npy: shape [3, 4] of I32 needs 48 bytes, found 47"),
    ("fake", TEXT + "wide.csv", "wide.csv: has 2 columns, expected the 1 of 'text' at each position"),
    ("fake", TEXT + "reals.csv", "reals.csv: line 2: field 1: expected an integer, found 2.5"),
    ("fake", TEXT + "large.csv", "large.csv: line 2: field 1: expected an integer, found 1e+17"),
    ("fake", TEXT + "outside.csv", "outside.csv: 'text' holds the token 30 (element 1), expected 0 to 29"),
    ("fake", TEXT + "header.csv", "header.csv: expected at least one row of numbers, found a header alone"),
    ("fake", TEXT + "ragged.csv", "ragged.csv: line 2: has 2 fields, the first line 1"),
    ("fake", TEXT + "text.npy", "text.npy: expected a NumPy file, which begins with \\x93NUMPY"),
    ("fake", TEXT + "big.npy", "big.npy: the type '>i4' is not read, expected <f4, <f8, <f2, <i4, <i8, |u1 or |b1 "
     "(little-endian)"),
    ("fake", TEXT + "records.npy",
     "records.npy: expected 'descr' to be one type in quotes: arrays of records are not read"),
    ("fake", TEXT + "truth.npy", "truth.npy: holds the byte 2 as a truth value (element 2), expected 0 or 1"),
    ("fake", TEXT + "empty.npy",
     "empty.npy: 'text' has 1048577 sequences without positions, expected at most 1048576"),
    ("fake", TEXT + "many.npy", f"many.npy: shape [{1 << 62}, {1 << 62}] is too large"),
    ("fake", TEXT + "negative.npy", "negative.npy: 'text' holds the token -1 (element 2), expected 0 to 29"),
    ("fake", TEXT + "above.npy", f"above.npy: 'text' holds the token {1 << 32} (element 2), expected 0 to 29"),
    ("fake", TEXT + "text=", "--in: expected a file name behind 'text=', found none"),
    ("fake", TEXT + "text=x.npy --in text=x.npy", "x.npy: 'text' is given twice, by 'x.npy' too"),
    ("fake", x + " --state-in v", "v: 'a' is no state of the model"),
    ("fake", x + " --state-out /dev/full", "cannot write '/dev/full': it is no regular file"),
    ("fake", "run --weights v --out y.npy --in x.npy", "v: no tensor 'e', which the model 'Fake' needs"),
    ("fake", "run --weights text --out y.npy --in x.npy", None),
    ("fake", TEXT + "words.csv", "words.csv: line 2: field 1: expected a number, found 'x'"),
    ("fake", TEXT + "strange.txt", "strange.txt: byte 0x5a ('Z') at offset 8 is not in the alphabet of the weights"),
    ("fake", "run --weights w-plain --out y.npy --in good.txt",
     "good.txt: w-plain has no alphabet (metadata rondo.alphabet), so it cannot read a text"),
    ("fake", "run --weights w --in x.npy --out y.csv",
     "--out: .csv holds one sequence, the inputs have 3: write .npy or .safetensors"),
    ("fake", x + " --state-in s-other.safetensors", "s-other.safetensors: 'q' is no state of the model"),
    ("fake", x + " --state-in s-unknown.safetensors", "s-unknown.safetensors: 'state.q' is no state of the model"),
    ("fake", x + " --state-in s-rows.safetensors",
     "s-rows.safetensors: 'state.h' is F32 [2, 6], expected F32 or F64 [3, 6]"),
    ("fake", x + " --state-in s-type.safetensors",
     "s-type.safetensors: 'state.h' is I32 [3, 6], expected F32 or F64 [3, 6]"),
    ("fake", x + " --state-in s-inf.safetensors",
     "s-inf.safetensors: 'state.h' holds a value that is not finite in f32 (element 17)"),
    ("fake", x + " --state-in s-place.safetensors",
     "s-place.safetensors: 'position' holds -1 (element 1), expected 0 to 2^62"),
    ("fake", x + " --state-in s-places.safetensors",
     "s-places.safetensors: 'position' is I32 [2], expected I32 or I64 [3]"),
    ("fake", x + " --state-in s-reals.safetensors",
     "s-reals.safetensors: 'position' is F32 [3], expected I32 or I64 [3]"),
    ("fake", x + " --state-in s-late.safetensors",
     "s-late.safetensors: no tensor 'state.h', which the model 'Fake' needs"),
    ("fake", x + " --state-in gone", "cannot read 'gone': No such file or directory"),
    (FRAMES, TEXT + "joined.safetensors --part a", "joined.safetensors: has no part 'a'"),
    (FRAMES, TEXT + "short.safetensors",
     "short.safetensors: 'offsets' ends with 11, expected the 12 positions of 'text'"),
    (FRAMES, TEXT + "down.safetensors",
     "down.safetensors: 'offsets' holds 12 (element 2), expected offsets that ascend from 0"),
    (FRAMES, TEXT + "both.safetensors",
     "both.safetensors: expected no 'length.T' beside 'offsets', which say the same"),
    ("fake-lines", TEXT + "text=good.txt", "good.txt: expected lines as a file without NAME=, which gives all inputs"),
    ("fake-regression", POINTS + "points.safetensors --stream 2",
     "--stream: the model 'Regression' cannot be streamed: it takes whole sequences of 4 positions"),
    ("fake-regression", POINTS + "points.safetensors --state-out s",
     "--state-out: the model 'Regression' cannot be streamed: it takes whole sequences of 4 positions"),
    ("fake-regression", POINTS + "five.safetensors",
     "row 0 has 5 positions along 'T', the model was compiled for 4 and looks ahead, so that it cannot be run in "
     "parts: -D bptt=5 (bptt=5 in Python) compiles it for as many"),
    ("fake-regression", POINTS + "huge.safetensors",
     "huge.safetensors: 'x' holds a value that is not finite in f32 (element 7)"),
    ("fake-regression", POINTS + "nan.safetensors",
     "nan.safetensors: 'x' holds a value that is not finite (element 7)"),
    ("fake-regression", POINTS + "x.npy", "x.npy: 'x' is I32, expected F16, F32, F64 or U8"),
    ("fake-regression", POINTS + "points.csv", "points.csv: has 3 columns, expected the 2 of 'x' at each position"),
    ("fake-regression", POINTS + "x=good.txt", f"good.txt: {NAMES}: 'x' is no text"),
    ("fake-regression", POINTS + "good.txt", None),
    ("fake-regression", "run --weights v --in points.npy --out y.txt",
     "--out: expected a name that ends with .safetensors, .npy or .csv, found 'y.txt'"),
    ("fake-regression", "run --weights v --in points.npy --out y.npy",
     "--out: .npy holds one array, the model 'Regression' has 2 outputs: write .safetensors"),
    ("fake-regression", "run --weights v --in points.npy --out y.csv",
     "--out: .csv holds one array, the model 'Regression' has 2 outputs: write .safetensors"),
]

for program, words, expected in cases:
    found = subprocess.run([program, *words.split()], capture_output=True, text=True)
    assert found.returncode == 1, (program, words, found)
    start = program + ": error: "
    assert found.stderr.startswith(start) and found.stderr.count("\n") == 1, (words, found.stderr)
    if expected:
        assert found.stderr == start + expected + "\n", (words, found.stderr)
# What would be larger than a file may be is not written.
found = subprocess.run(["fake", *x.split()], capture_output=True, text=True,
                       preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64)))
assert (found.returncode, found.stderr) == (1, "fake: error: cannot write 'y.safetensors': File too large\n"), found
assert sorted((name, os.stat(name).st_mtime_ns) for name in os.listdir(".")) == before
