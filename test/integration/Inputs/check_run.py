# check_run.py EXAMPLES FOLDER: compiles small models, trains them for a few steps, and looks at what run gives.
import math
import os
import sys

import fake
from compiled_models import call, check_nats, evaluate, outputs, prepare, reals, run, source, tokens
from run_helpers import flat, read_bytes, read_npy

examples, folder = (os.path.abspath(word) for word in sys.argv[1:])
os.chdir(folder)


def lstm(weights, cell, x, h, c):
    """The next state of the library's cell."""
    def gate(name, function):
        w, u, b = (weights[f"{cell}.{name}.{part}"] for part in ("x", "h", "bias"))
        rows = range(len(b))
        return [function(b[r] + sum(w[r * len(x) + i] * x[i] for i in range(len(x)))
                         + sum(u[r * len(h) + i] * h[i] for i in range(len(h)))) for r in rows]
    sigmoid = lambda v: 1 / (1 + math.exp(-v))
    i, f, o, g = gate("i", sigmoid), gate("f", sigmoid), gate("o", sigmoid), gate("g", math.tanh)
    c = [a * b + d * e for a, b, d, e in zip(f, c, i, g)]
    return [a * math.tanh(b) for a, b in zip(o, c)], c


def language_model(options, tolerance):
    text = fake.make_text(2, 60)
    with open("text", "w") as file:
        file.write(text)
    sizes = "-D vocab=18 -D H=5 -D batch=2 -D bptt=7".split()
    prepare("charlm", examples + "/charlm.rondo", "text", *sizes, *options)
    result = outputs("charlm", "text")["logits"]
    tensors = fake.read_tensors("charlm.w")
    alphabet = bytes.fromhex(tensors.pop("__metadata__")["rondo.alphabet"])
    weights = {name: values for name, (_, values) in tensors.items()}
    codes = [alphabet.index(byte) for byte in text.encode()]
    assert result[0] == [1, len(text), 18]
    a = b = ([0.0] * 5, [0.0] * 5)
    for t, code in enumerate(codes):
        a = lstm(weights, "a", weights["e"][code * 5 : code * 5 + 5], *a)
        b = lstm(weights, "b", a[0], *b)
        for v in range(18):
            logit = weights["logits.bias"][v] + sum(weights["logits.b"][v * 5 + i] * b[0][i] for i in range(5))
            assert abs(logit - result[1][t * 18 + v]) < tolerance, (t, v)
    check_nats("charlm", "text", result[1], codes[1:] + [0], range(len(text) - 1))

    # A first part, and the second one from its states.
    with open("first.txt", "w") as file:
        file.write(text[:33])
    with open("second.txt", "w") as file:
        file.write(text[33:])
    run("charlm", "text", "whole.npy", "--state-out", "end")
    run("charlm", "first.txt", "first.npy", "--state-out", "state")
    run("charlm", "second.txt", "second.npy", "--state-in", "state", "--state-out", "state", "--stream", "5")
    assert read_npy("first.npy")[1] + read_npy("second.npy")[1] == read_npy("whole.npy")[1] == result[1]
    assert read_bytes("state") == read_bytes("end")
    states = fake.read_tensors("end")
    assert states["position"] == ([1], [len(text)])
    assert sorted(states) == ["__metadata__", "position", "state.a.c", "state.a.h", "state.b.c", "state.b.h"]


def classifiers():
    digit = ("U8", [6], tokens(10, 6))
    fake.write_tensors("digits.data", {"rows": ("F32", [6, 8, 8], reals(6, 8, 8)), "digit": digit})
    prepare("digits", examples + "/digits.rondo", "digits.data", "-D", "H=7", "-D", "batch=2")
    check_nats("digits", "digits.data", outputs("digits", "digits.data")["logits"][1], digit[2], range(6), "logits ")
    # The image has fewer rows than it was trained on.
    fake.write_tensors("short.data", {"rows": ("F32", [6, 3, 8], reals(6, 3, 8))})
    assert outputs("digits", "short.data")["logits"][0] == [6, 10]

    fake.write_tensors("crnn.data", {"pixels": ("F32", [6, 8, 8, 1], reals(6, 8, 8)), "digit": digit})
    prepare("crnn", examples + "/crnn.rondo", "crnn.data", "-D", "F=3", "-D", "H=5", "-D", "batch=2")
    check_nats("crnn", "crnn.data", outputs("crnn", "crnn.data", streams=False)["logits"][1], digit[2], range(6))


def both_ways():
    noisy, clean = reals(5, 9, 3), reals(5, 9, 3)
    fake.write_tensors("denoise.data", {"noisy": ("F32", [5, 9, 3], noisy), "clean": ("F32", [5, 9, 3], clean)})
    prepare("denoise", examples + "/denoise.rondo", "denoise.data", "-D", "F=3", "-D", "H=5", "-D", "batch=2", "-D",
            "bptt=9")
    cleaned = outputs("denoise", "denoise.data", streams=False)["cleaned"][1]
    loss = sum((a - b) ** 2 for a, b in zip(cleaned, clean)) / len(clean)
    assert abs(evaluate("denoise", "denoise.data")["loss"] - loss) < 1e-5 * loss


def teacher():
    iso = tokens(12, 3, 10)
    fake.write_tensors("dates.data", {"source": ("U8", [3, 30], tokens(64, 3, 30)), "iso": ("I64", [3, 10], iso)})
    prepare("dates", examples + "/dates.rondo", "dates.data", "-D", "H=5", "-D", "E=4", "-D", "batch=2")
    check_nats("dates", "dates.data", outputs("dates", "dates.data", streams=False)["logits"][1], iso, range(30))


def frames():
    offsets = [0, 4, 4, 11, 17, 20]
    notes = [source.randrange(4) == 0 for _ in range(20 * 88)]
    fake.write_tensors("music.data", {f"{part}.{name}": tensor for part in ("train", "test") for name, tensor in (
        ("frames", ("U8", [20, 88], notes)), ("offsets", ("I32", [6], offsets)))})
    call("rondoc", examples + "/music.rondo", "-O1", "--no-gradcheck", "-D", "E=4", "-D", "H=5", "-D", "batch=2", "-D",
         "bptt=7", "-o", "music")
    call("./music", "train", "--data", "music.data", "--steps", "3", "--out", "music.w")
    result = outputs("music", "music.data", streams=False)
    assert result["length.T"] == ([5], [4, 0, 7, 6, 3]) and result["logits"][0] == [5, 7, 88]
    loss = 0.0
    for row in range(5):
        for t in range(offsets[row + 1] - offsets[row]):
            for note in range(88):
                logit = result["logits"][1][(row * 7 + t) * 88 + note]
                heard = notes[(offsets[row] + t) * 88 + note]
                loss += math.log1p(math.exp(-abs(logit))) + max(logit, 0) - heard * logit
    found = evaluate("music", "music.data")
    assert found["positions"] == 20 and abs(found["loss"] - loss / 20) < 1e-5 * loss, (found, loss / 20)


def lines():
    with open("names.data", "w") as file:
        file.write("anna\nbo\ncarlo\nd\n" * 2)
    prepare("names", examples + "/names.rondo", "names.data", "-D", "H=5", "-D", "vocab=10", "-D", "batch=2", "-D",
            "bptt=8")
    result = outputs("names", "names.data")
    assert result["length.T"] == ([8], [5, 3, 6, 2] * 2) and result["logits"][0] == [8, 6, 10]
    rows = [["\0abcdlnor".index(letter) for letter in name + "\0" * (6 - len(name))]
            for name in ("anna", "bo", "carlo", "d") * 2]
    places = [row * 6 + t for row, length in enumerate(result["length.T"][1]) for t in range(length)]
    check_nats("names", "names.data", result["logits"][1], flat(rows), places)


language_model(["--element=f64"], 1e-11)
language_model([], 1e-5)
classifiers()
both_ways()
teacher()
frames()
lines()
