# before_first_step.py RUN OUT: of a run with averages, which has the weights RUN.safetensors, makes one that begins
# with these and was stopped before its first update: OUT.safetensors and OUT.checkpoint.safetensors.
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "runtime", "Inputs"))
import fake

run, out = sys.argv[1:3]
for ending in (".safetensors", ".checkpoint.safetensors"):
    tensors = fake.read_tensors(run + ending)
    metadata = tensors.pop("__metadata__")
    for name in list(metadata):
        if name in ("rondo.steps", "rondo.run.step"):
            metadata[name] = "0"
        elif name.startswith(("rondo.run.best", "rondo.run.curve", "rondo.run.validations", "rondo.run.waited")):
            del metadata[name]
    kept = {name: ("F32", shape, [0.0] * len(values) if name.startswith("checkpoint/") else values)
            for name, (shape, values) in tensors.items()}
    fake.write_tensors(out + ending, kept, metadata)
