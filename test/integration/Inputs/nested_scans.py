# nested_scans.py FILE: data of the models Coverage and Grid of nested-scans.rondo.
import random
import sys

import fake

random.seed(3)


def draw(*shape):
    count = 1
    for size in shape:
        count *= size
    return "F64", list(shape), [random.uniform(-1, 1) for _ in range(count)]


fake.write_tensors(sys.argv[1] + "/coverage", {"y": draw(4, 12, 2), "goal": draw(4, 12, 5)})
fake.write_tensors(sys.argv[1] + "/grid", {"x": draw(4, 2, 12, 3, 2), "goal": draw(4, 12, 6)})
