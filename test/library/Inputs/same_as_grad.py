# same_as_grad.py MODEL WEIGHTS LIBRARY ROOT FOLDER: the gradients of a library are those of `MODEL grad`, bit for bit.
import json
import pathlib
import random
import struct
import subprocess
import sys

model, weights, library, root, folder = sys.argv[1:]
sys.path.insert(0, root + "/examples")
import arrays

random.seed(4)
walks = struct.pack("<288f", *(random.uniform(-1, 1) for _ in range(16 * 9 * 2)))
quarters = struct.pack("<16i", *(random.randrange(4) for _ in range(16)))
arrays.write(pathlib.Path("batch"), {"walk": ("F32", [16, 9, 2], walks), "ends": ("I32", [16], quarters)})
subprocess.run([model, "grad", "--weights", weights, "--in", "batch", "--out", "gradients"], check=True)

data = pathlib.Path("gradients").read_bytes()
length = struct.unpack("<Q", data[:8])[0]
wanted = {}
for name, tensor in json.loads(data[8 : 8 + length]).items():
    if name != "__metadata__" and not name.startswith("state."):
        begin, end = (8 + length + offset for offset in tensor["data_offsets"])
        wanted[name] = struct.unpack(f"<{(end - begin) // 4}f", data[begin:end])

subprocess.run(
    ["clang", "-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic", "-I.", f"-I{root}/runtime/include"]
    + [folder + "/Inputs/grad.c", library, "-lm", "-o", "grad"],
    check=True,
)
names = [word for name, values in wanted.items() if name != "loss" for word in (name, str(len(values)))]
said = subprocess.run(["./grad", weights, *names], input=walks + quarters, stdout=subprocess.PIPE, check=True).stdout
found = {line.split()[0]: tuple(map(float.fromhex, line.split()[1:])) for line in said.decode().splitlines()}
assert len(found) > 10 and found == wanted, (found["loss"], wanted["loss"])
assert any(value != 0 for value in found["steps.z.h"])
