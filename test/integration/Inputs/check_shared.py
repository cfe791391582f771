# check_shared.py FOLDER: what `later` has taken from the weights `n` of another model. Writes files that it refuses.
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../runtime/Inputs"))
import fake

folder = sys.argv[1]
n, l, own, both, same = (fake.read_tensors(f"{folder}/{name}") for name in ("n", "l", "own", "both", "same"))
shared = [name for name in n if name in l and name != "__metadata__"]
assert len(shared) == 11 and "table" in shared and "reader.r.x" in shared, shared
for name in shared:
    assert l[name] == both[name] == n[name] != own[name], name
for name in ("logits.a", "logits.bias"):
    assert l[name] == own[name] == both[name], name
assert all(same[name] == own[name] for name in own if name != "__metadata__")
for weights in (l, both):
    assert weights["__metadata__"]["rondo.alphabet"] == n["__metadata__"]["rondo.alphabet"]
assert l["__metadata__"]["rondo.steps"] == "1" and both["__metadata__"]["rondo.steps"] == "2"

fake.write_tensors(folder + "/none", {"stranger": ("F32", [2], [1.0, 2.0])})
fake.write_tensors(folder + "/tokens", {"table": ("I32", [30, 8], [1] * 240)})
fake.write_tensors(folder + "/infinite", {"table": ("F32", [30, 8], [float("inf")] * 240)})
fake.write_tensors(folder + "/letters", {"table": ("F32", [30, 8], [1.0] * 240)}, {"rondo.alphabet": "6162"})
