# check_any_length.py EXAMPLES PROGRAMS FOLDER: one binary of a model that looks ahead gives at any length what a
# binary that is compiled for that length gives: outputs and losses. The greatest length is one that the model has as
# other sizes too, so that functions have room for more positions.
import os
import re
import sys

import fake
from compiled_models import call, evaluate, reals, refuse, run, tokens

examples, programs, folder = (os.path.abspath(word) for word in sys.argv[1:])
os.chdir(folder)

ROWS, MOST = 5, 16
# AnyLengthTest has the lengths between.
LENGTHS = (1, 2, 7, MOST - 1, MOST) if "RONDO_WHOLE_SWEEPS" in os.environ else (1, 7, MOST)


def compile_for(program, name, *sizes):
    defines = [word for size in sizes for word in ("-D", size)]
    call("rondoc", program, "-O1", "--no-gradcheck", "--element=f64", *defines, "-o", name)


def write_data(path, length, ports):
    """Input and target of so many positions; the same for a length each time."""
    tensors = {}
    for port, vocab, features in ports:
        values = tokens(vocab, ROWS, length) if vocab else reals(ROWS, length, *features)
        tensors[port] = ("I32" if vocab else "F32", [ROWS, length, *features], values)
    fake.write_tensors(path, tensors)


def check(program, sizes, inputs, targets):
    """`inputs` and `targets` are of (name, vocabulary, or 0 for reals, features)."""
    with open(program) as file:
        text = file.read()
    with open("static.rondo", "w") as file:
        file.write(re.sub(r"(axis T) max \w+", r"\1", text))
    compile_for(program, "any", *sizes, f"longest={MOST}")
    shown = call("./any", "info")
    assert f"cannot be streamed, at most {MOST} positions along T" in shown, shown
    paths = re.findall(r"^  (\S+) +\[([\d, ]*)\] +\d+$", shown, re.MULTILINE)
    weights = {path: [int(size) for size in shape.split(", ")] for path, shape in paths}
    fake.write_tensors("w", {path: ("F32", shape, [0.3 * x for x in reals(*shape)]) for path, shape in weights.items()})
    for name in "any", "static":
        os.path.lexists(name + ".w") or os.symlink("w", name + ".w")
    for length in LENGTHS:
        compile_for("static.rondo", "static", *sizes, f"longest={MOST}", f"bptt={length}")
        write_data("data", length, inputs + targets)
        tensors = fake.read_tensors("data")
        fake.write_tensors("in", {port: (kind, [ROWS, length, *features], tensors[port][1])
                                  for (port, vocab, features) in inputs
                                  for kind in ["I32" if vocab else "F32"]})
        for name in "any", "static":
            run(name, "in", name + ".safetensors")
        found, wanted = (fake.read_tensors(name + ".safetensors") for name in ("any", "static"))
        assert found.keys() == wanted.keys()
        for output in found.keys() - {"__metadata__"}:
            worst = max(abs(a - b) for a, b in zip(found[output][1], wanted[output][1], strict=True))
            assert worst < 1e-11, (program, length, output, worst)
        found, wanted = evaluate("any", "data"), evaluate("static", "data")
        assert found.keys() == wanted.keys() and found["positions"] == ROWS * length, (found, wanted)
        assert all(abs(found[what] - wanted[what]) < 1e-6 * max(1, wanted[what]) for what in found), (found, wanted)
    write_data("long", MOST + 1, inputs)
    refuse("any", f"row 0 has {MOST + 1} positions along 'T', the model was compiled for at most {MOST} and looks "
           f"ahead, so that it cannot be run in parts: 'axis T max {MOST + 1}' takes as many",
           "--in", "long", "--out", "y.npy")
    write_data("long", MOST + 1, inputs + targets)
    refuse("any", f"long: sequence 0 has {MOST + 1} positions, the model looks ahead and takes at most {MOST}",
           "--data", "long", command="eval")


check(examples + "/tagger.rondo", ["H=5"], [("text", 26, [])], [("tag", 6, [])])
check(programs + "/any-encoder.rondo", [], [("x", 0, [4])], [("wanted", 0, [4])])
