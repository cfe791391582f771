# shifts.py FOLDER: writes the data of shifts.rondo; shifts.py FOLDER compare A B: checks the gradients.
import random
import sys

import fake

folder = sys.argv[1]
if len(sys.argv) == 2:
    random.seed(7)
    # Words and places count on from a random start; a place of which the memory says nothing else is its number.
    words, places, memory = [], [], []
    for _ in range(40):
        word, place = random.randrange(5), random.randrange(3)
        words += [(word + 2 * t) % 5 for t in range(6)]
        places += [(place + t) % 3 for t in range(6)]
        memory += [1.0 if i == s else 0.0 for s in range(3) for i in range(3)]
    fake.write_tensors(folder + "/places", {
        "memory": ("F64", [40, 3, 3], memory), "next": ("U8", [40, 6], words), "place": ("U8", [40, 6], places)})
    x = {(b, t, n): [random.uniform(-1, 1), random.uniform(-1, 1)]
         for b in range(2) for t in range(6) for n in range(3)}
    y = ("F64", [2, 6, 3, 4], [random.uniform(-1, 1) for _ in range(144)])
    shifted = []
    for b, t, n in x:
        shifted += [-1.0, -1.0] if n == 0 else [0.5, 0.5] if t < 4 else x[b, t - 4, n - 1]
    fake.write_tensors(folder + "/inside", {"x": ("F64", [2, 6, 3, 2], sum(x.values(), [])), "y": y})
    fake.write_tensors(folder + "/given", {"p": ("F64", [2, 6, 3, 2], shifted), "y": y})
    # Positions 3 and 4; those before, from -1 on, are a state.
    rows, late = range(3), [random.uniform(-1, 1) for _ in range(48)]
    def at(positions):
        return sum([x.get((b, t, n), [0.5, 0.5]) for b in range(2) for t in positions for n in rows], [])
    given = sum([[-1.0, -1.0] if n == 0 else x.get((b, t - 4, n - 1), [0.5, 0.5])
                 for b in range(2) for t in (3, 4) for n in rows], [])
    fake.write_tensors(folder + "/inside-late", {
        "x": ("F64", [2, 2, 3, 2], at((3, 4))), "state.p.past": ("F64", [2, 4, 3, 2], at(range(-1, 3))),
        "y": ("F64", [2, 2, 3, 4], late)})
    fake.write_tensors(folder + "/given-late", {
        "p": ("F64", [2, 2, 3, 2], given), "y": ("F64", [2, 2, 3, 4], late)})
else:
    inside, given = (fake.read_tensors(folder + "/" + name + "-grad") for name in sys.argv[3:])
    checked = 0
    for name in set(inside) - {"__metadata__", "state.p.past"}:
        for a, b in zip(inside[name][1], given[name][1], strict=True):
            assert abs(a - b) < 1e-12, (name, a, b)
            checked += 1
    assert checked > 80, checked
