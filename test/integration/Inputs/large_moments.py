# large_moments.py WINDOW OUT [VALUE]: the window with small parameters, moments of 3e38 or VALUE and a rate of 2.
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "runtime", "Inputs"))
import fake

tensors = fake.read_tensors(sys.argv[1])
metadata = tensors.pop("__metadata__")
value = float(sys.argv[3]) if len(sys.argv) > 3 else 3e38
types = {"start/": "BOOL", "step/": "I64"}
written = {}
for name, (shape, values) in tensors.items():
    kind = types.get(name, "I32" if name.startswith(("input", "target")) else "F32")
    if name.startswith(("seed/", "position/")):
        kind = "I64"
    if name.startswith("moment1/"):
        values = [value] * len(values)
    if name.startswith("parameter/"):
        values = [0.1] * len(values)
    written[name] = (kind, shape, [2.0] if name == "rate/" else values)
fake.write_tensors(sys.argv[2], written, metadata)
