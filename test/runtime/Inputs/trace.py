# trace.py TRACE STEEP WEIGHTS: what a window holds of a step whose gradient is not finite, and of one from those
# weights after whose update they are not.
import sys

import fake

trace, steep, weights = (fake.read_tensors(path) for path in sys.argv[1:])
assert trace["__metadata__"] == {"rondo.trace": "1", "rondo.model": "Fake", "rondo.step": "1"}, trace["__metadata__"]
names = [f"{role}/{name}" for role in ("parameter", "moment1", "moment2") for name in "erwb"]
names += ["state/h", "input/text", "target/next", "start/", "step/", "rate/"]
assert sorted(trace) == sorted(names + ["__metadata__"]), sorted(trace)
assert trace["input/text"][0] == [fake.WINDOW, fake.BATCH]
assert trace["start/"] == ([], [1])
for name in "erwb":
    assert steep[f"parameter/{name}"] == weights[name], name
    assert set(steep[f"moment1/{name}"][1]) == {0}
