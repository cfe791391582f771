# same_as_run.py ROOT FOLDER STEPS PROGRAM OPTION...: the outputs of a model's library are those of `MODEL run`, bit for
# bit, of inputs that are made up after what the library's header says. STEPS is the number of steps, or 0 for a model
# without; with a + behind it each row has a length of its own up to there.
import json
import pathlib
import random
import re
import struct
import subprocess
import sys

root, folder, steps, program, *options = sys.argv[1:]
sys.path.insert(0, root + "/examples")
import arrays

ROWS = 5
random.seed(8)
has_lengths, steps = steps.endswith("+"), int(steps.rstrip("+"))


def run(*words):
    subprocess.run(words, check=True)


run("rondoc", program, *options, "--no-gradcheck", "-o", "model")
run("rondoc", program, *options, "--inference", "--emit=header,static", "-o", "rondo_model")
run("clang", "-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic", "-I.", f"-I{root}/runtime/include",
    folder + "/Inputs/run.c", "librondo_model.a", "-lm", "-o", "program")

header = pathlib.Path("rondo_model.h").read_text()
window = re.search(r"Steps go along the axis (\w+)\.", header)
lengths = [random.randint(1, max(steps, 1)) for _ in range(ROWS)]
kind, inputs, outputs, tensors = "", [], [], {}
for line in header.split("*/")[0].splitlines():
    kind = next((word for word in ["Inputs", "Outputs", "States"] if line.startswith(" * " + word)), kind)
    row = re.match(r" \*   \d+ +(\S+) +(\w+) +\[rows(.*?)\] *(.*)", line)
    if not row or kind == "States":
        continue
    name, element, shape, remark = row.groups()
    sizes = [ROWS]
    for word in shape.split(", ")[1:]:
        size = word.split(" = ")[-1]
        sizes.append(int(size) if size.isdigit() else steps)
    count = 1
    for size in sizes:
        count *= size
    if kind == "Outputs":
        outputs.append((name, 4 * count))
        continue
    limit = re.search(r"(?:tokens|each row has,) 0 to (\d+)", remark)
    if limit:
        values = [random.randint(0, int(limit[1])) for _ in range(count)]
    else:
        values = [random.uniform(-1, 1) for _ in range(count)]
    data = struct.pack(f"<{count}{'i' if element == 'int32_t' else 'f'}", *values)
    if "not looked at" in remark:
        inputs.append("-")
        continue
    pathlib.Path("in." + name).write_bytes(data)
    inputs.append("in." + name)
    tensors[name] = ("I32" if element == "int32_t" else "F32", sizes, data)
given = struct.pack(f"<{ROWS}i", *lengths)
pathlib.Path("in.lengths").write_bytes(given)
if has_lengths:
    tensors["length." + window[1]] = ("I32", [ROWS], given)
arrays.write(pathlib.Path("in.safetensors"), tensors)

words = [word for name, size in outputs for word in ("out." + name, str(size))]
run("./program", "weights", str(ROWS), str(steps or 1), "in.lengths" if has_lengths else "-", *inputs, "/", *words)
run("./model", "run", "--weights", "weights", "--in", "in.safetensors", "--out", "out.safetensors")
data = pathlib.Path("out.safetensors").read_bytes()
length = struct.unpack("<Q", data[:8])[0]
wanted = json.loads(data[8 : 8 + length])
longest = max(lengths)
for name, size in outputs:
    begin, end = (8 + length + offset for offset in wanted[name]["data_offsets"])
    found, expected = pathlib.Path("out." + name).read_bytes(), data[begin:end]
    if has_lengths and len(expected) < len(found) and wanted[name]["shape"][1] == longest:
        # The file's axis ends with the longest row.
        one, part = len(found) // ROWS, len(expected) // ROWS
        found = b"".join(found[i * one : i * one + part] for i in range(ROWS))
    assert found == expected, name
    assert any(expected), name
print(len(outputs), "outputs are the same")
