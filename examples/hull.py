#!/usr/bin/env python3
"""Makes the data of hull.rondo: hull.py FOLDER [SEED] writes train.safetensors (200,000 sets of points) and
test.safetensors (2,000 others).

points: the mark (-1, -1) and behind it 5 to 10 points of the unit square in any order, padded to 11 with zeros;
length.S is their number with the mark. corner: the positions of the corners of their convex hull, counter-clockwise
from the lowest one, and then that of the mark, 0; length.T is how many these are."""

import array
import pathlib
import random
import sys

import arrays

POINTS, CORNERS = 11, 11


def hull(points):
    """The corners' positions (Andrew 1979: monotone chain), counter-clockwise from the lowest."""
    order = sorted(range(len(points)), key=points.__getitem__)

    def chain(indices):
        result = []
        for i in indices:
            while len(result) > 1:
                (ax, ay), (bx, by), (cx, cy) = points[result[-2]], points[result[-1]], points[i]
                if (bx - ax) * (cy - ay) - (by - ay) * (cx - ax) > 0:
                    break
                result.pop()
            result.append(i)
        return result[:-1]

    corners = chain(order) + chain(order[::-1])
    first = min(range(len(corners)), key=lambda i: points[corners[i]][::-1])
    return corners[first:] + corners[:first]


def make(count, draw):
    points, corners, lengthS, lengthT = array.array("f"), bytearray(), array.array("i"), array.array("i")
    for _ in range(count):
        drawn = [(draw.random(), draw.random()) for _ in range(draw.randint(5, POINTS - 1))]
        corner = [1 + i for i in hull(drawn)] + [0]
        drawn.insert(0, (-1, -1))
        lengthS.append(len(drawn))
        lengthT.append(len(corner))
        points.extend(value for point in drawn + [(0, 0)] * (POINTS - len(drawn)) for value in point)
        corners.extend(corner + [0] * (CORNERS - len(corner)))
    return {"points": ("F32", [count, POINTS, 2], points.tobytes()), "corner": ("U8", [count, CORNERS], bytes(corners)),
            "length.S": ("I32", [count], lengthS.tobytes()), "length.T": ("I32", [count], lengthT.tobytes())}


def main():
    folder = pathlib.Path(sys.argv[1])
    draw = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    arrays.write(folder / "train.safetensors", make(200000, draw))
    arrays.write(folder / "test.safetensors", make(2000, draw))


main()
