# check_every_length.py EXAMPLES PROGRAMS FOLDER: compiles models, and compares what run gives of random weights and
# inputs, however it is cut, with the reference interpreter in double.
import os
import re
import struct
import sys

import fake
from compiled_models import call, reals, source, tokens
from run_helpers import count

examples, programs, folder = (os.path.abspath(word) for word in sys.argv[1:])
os.chdir(folder)

BATCHES, LENGTHS, WIDTHS = (1, 3, 17), (1, 2, 50, 1000), (1, 7, 64)


class Reference:
    """The function that is trained, in the dialect, with the logits in place of the loss for its result."""

    def __init__(self, program, sizes, length):
        call("rondoc", program, "--emit=rondo", "--element=f64", *sizes, "-D", f"batch={BATCHES[-1]}", "-D",
             f"bptt={length}", "-o", "all.mlir")
        with open("all.mlir") as file:
            text = re.search(r"^  func\.func @train\(.*?^  }$", file.read(), re.MULTILINE | re.DOTALL).group()
        ((logits, kind),) = re.findall(r"rondo\.cross_entropy (%\d+), %arg\d+ : (tensor<\w+>)", text)
        head = text.split("\n")[0]
        text = text.replace(head, re.sub(r" -> \(tensor<f64> {rondo\.loss}\) .*", f" -> {kind} {{", head))
        with open("reference.mlir", "w") as file:
            file.write(re.sub(r"\n    return .*", f"\n    return {logits} : {kind}", text))
        self.shape = [int(size) for size in re.findall(r"\d+(?=x)", kind)]
        # (role, name, shape, type of the elements) of each argument
        self.arguments = [(role, name, [int(size) for size in kind.split("x")[:-1]], kind.split("x")[-1])
                          for kind, role, name in re.findall(r'tensor<(\w+)> {rondo\.(\w+) = "([\w.]+)"}', head)]

    def logits(self, values):
        """Row by row, of the values of each argument in its own order; targets do not matter."""
        with open("arguments", "w") as file:
            for role, name, shape, element in self.arguments:
                given = [0] * count(shape) if role == "target" else values[name]
                data = struct.pack(f"<{len(given)}{'d' if element == 'f64' else 'i'}", *given).hex()
                kind = "x".join(map(str, shape + [element]))
                file.write(f"'--argument=dense<\"0x{data}\"> : tensor<{kind}>'\n")
        printed = call("rondo-interpret", "reference.mlir", "--function=train", "--digits=17", "@arguments")
        found = [float(number) for number in re.findall(r"[-+.\w]+", printed.rsplit(" : ", 1)[0])]
        return swap_axes(found, self.shape) if len(self.shape) == 3 else found


def swap_axes(values, shape):
    """[a, b, features] as [b, a, features]."""
    a, b, features = shape[0], shape[1], count(shape[2:])
    return [values[(i * b + j) * features + k] for j in range(b) for i in range(a) for k in range(features)]


def single(values):
    """Rounded to single precision."""
    return struct.unpack(f"<{len(values)}f", struct.pack(f"<{len(values)}f", *values))


def outputs(name, width, inputs, rows, *more):
    """The logits of the first rows: the numbers, and their bytes."""
    fake.write_tensors("x.safetensors", {port: (dtype, [rows, *shape], values[: rows * count(shape)])
                                         for port, (dtype, shape, values) in inputs.items()})
    call("./" + name, "run", "--weights", "w", "--in", "x.safetensors", "--out", "y.safetensors", *more)
    found = fake.read_tensors("y.safetensors")["logits"][1]
    with open("y.safetensors", "rb") as file:
        return found, file.read()[-width * len(found) :]


def compare(name, width, inputs, length, expected, tolerance, streams):
    whole, data = outputs(name, width, inputs, BATCHES[-1])
    assert len(whole) == len(expected)
    worst = max(abs(a - b) for a, b in zip(whole, expected))
    assert worst < tolerance, (name, length, worst, tolerance)
    for rows in BATCHES:
        part = data[: len(data) // BATCHES[-1] * rows]
        for more in [], *(["--stream", str(n)] for n in WIDTHS if streams and n <= length):
            assert outputs(name, width, inputs, rows, *more)[1] == part, (name, rows, length, more)


def check(program, *sizes, streams=True):
    sizes = [word for size in sizes for word in ("-D", size)]
    for element in "f64", "f32":
        call("rondoc", program, "-O1", "--no-gradcheck", "--element", element, *sizes, "-o", element)
    weights = None
    for length in LENGTHS:
        reference = Reference(program, sizes, length)
        if weights is None:
            fake.write_tensors("w", {path: ("F32", shape, [source.gauss(0, 0.5) for _ in range(count(shape))])
                                     for role, path, shape, _ in reference.arguments if role == "parameter"})
            weights = {path: tensor[1] for path, tensor in fake.read_tensors("w").items() if path != "__metadata__"}
        inputs, values = {}, dict(weights)
        for role, port, (axis, rows, *features), element in (a for a in reference.arguments if a[0] == "input"):
            own = tokens(9, rows, axis) if element == "i32" else single(reals(rows, axis, *features))
            inputs[port] = ("I32" if element == "i32" else "F32", [axis, *features], own)
            values[port] = swap_axes(own, [rows, axis, *features])
        expected = reference.logits(values)
        largest = max(map(abs, expected))
        compare("f64", 8, inputs, length, expected, 1e-11, streams)
        compare("f32", 4, inputs, length, expected, (1e-4 if length == 1000 else 1e-5) * largest, streams)


check(examples + "/gated.rondo", "vocab=9", "H=7")
check(examples + "/charlm.rondo", "vocab=9", "H=5", "drop=0")
check(examples + "/deepgru.rondo", "vocab=9", "H=6", "drop=0")
check(examples + "/wander.rondo", "vocab=9", "H=7")
check(examples + "/digits.rondo", "H=5")
check(programs + "/every-length.rondo")

# What looks ahead, up to the length that it says is the greatest.
check(examples + "/tagger.rondo", "V=9", "H=5", "longest=1000", streams=False)
