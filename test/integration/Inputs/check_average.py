# check_average.py NAME: of a run with averages the checkpoint has as weights those that are saved, and others that are
# trained, of the same shapes.
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "runtime", "Inputs"))
import fake

weights = fake.read_tensors(sys.argv[1] + ".safetensors")
kept = fake.read_tensors(sys.argv[1] + ".checkpoint.safetensors")
paths = [name for name in weights if name != "__metadata__"]
assert paths
for path in paths:
    assert kept[path] == weights[path], path
    shape, values = kept["checkpoint/trained/" + path]
    assert shape == weights[path][0] and values != weights[path][1], path
