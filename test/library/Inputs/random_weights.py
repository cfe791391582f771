# random_weights.py MODEL FILE ROOT: writes random weights of a compiled model, by what its `info` says.
import random
import re
import subprocess
import sys

model, path, root = sys.argv[1:]
sys.path.insert(0, root + "/test/runtime/Inputs")
import fake

random.seed(1)
tensors = {}
for name, sizes in re.findall(r"^  (\S+) +\[([0-9, ]+)\] ", subprocess.check_output([model, "info"], text=True), re.M):
    shape = [int(size) for size in sizes.split(",")]
    count = 1
    for size in shape:
        count *= size
    tensors[name] = ("F32", shape, [random.uniform(-0.1, 0.1) for _ in range(count)])
fake.write_tensors(path, tensors)
