# regression.py FOLDER: arrays that FakeRegression.cpp can fit exactly.
import random
import sys

import fake

folder = sys.argv[1]
source = random.Random(2)
A, C = (0.5, -1.0), (0.25, 0.75)


def write(name, count, length, whole, spoil=None):
    xs, ys = [], []
    for _ in range(count):
        x = [[source.gauss(0, 1) for _ in A] for _ in range(length)]
        y = []
        for t in range(length):
            # Each window of four is a sequence of its own.
            mirror = t // 4 * 4 + 3 - t % 4
            other = x[mirror] if mirror < length else x[t]
            y.append(sum(a * v + c * w for a, c, v, w in zip(A, C, x[t], other)))
        xs += [value for point in x for value in point]
        ys += [sum(y) / length] if whole else y
    if spoil is not None:
        xs[spoil] = float("nan")
    fake.write_tensors(folder + "/" + name, {"x": ("F64", [count, length, 2], xs),
                                             "y": ("F32", [count] if whole else [count, length], ys)})


write("timed", 20, 4, False)
write("long", 3, 10, False)
write("whole", 20, 4, True)
write("untimed-long", 4, 10, True)
write("nan", 4, 4, False, spoil=3)
