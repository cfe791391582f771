"""Strokes that somebody might have written: signs of a few corners, with another size, slant and shake each time."""

import math

from arrays import reals

# The corners of each sign, in half of its height, y upwards.
SIGNS = {
    "o": [(math.cos(a * math.pi / 4 + 1.6) / 2, 0.5 + math.sin(a * math.pi / 4 + 1.6) / 2) for a in range(9)],
    "l": [(0, 0), (0.5, 0.8), (0.6, 1.8), (0.4, 2), (0.25, 1.6), (0.25, 0.3), (0.45, 0), (0.7, 0.1)],
    "u": [(0, 1), (0, 0.3), (0.2, 0), (0.5, 0.1), (0.7, 0.4), (0.7, 1), (0.7, 0)],
    "n": [(0, 0), (0, 1), (0, 0.7), (0.3, 1), (0.6, 0.8), (0.6, 0)],
    "e": [(0, 0.5), (0.6, 0.55), (0.5, 0.95), (0.2, 1), (0, 0.6), (0.1, 0.15), (0.4, 0), (0.7, 0.2)],
    "z": [(0, 1), (0.6, 1), (0, 0), (0.6, 0)],
}
POINTS = 12  # of each sign


def along(corners, count):
    """So many points at equal distances on the way through the corners."""
    lengths = [math.dist(a, b) for a, b in zip(corners, corners[1:])]
    points = []
    for n in range(count):
        left, piece = sum(lengths) * n / (count - 1), 0
        while piece < len(lengths) - 1 and left > lengths[piece]:
            left -= lengths[piece]
            piece += 1
        (x, y), (u, v), part = corners[piece], corners[piece + 1], min(1, left / lengths[piece])
        points.append((x + part * (u - x), y + part * (v - y)))
    return points


def line(draw, signs):
    """The moves of a line of signs: right, up, and 1 where the pen is lifted behind it."""
    size, slant, at, places = draw.uniform(0.8, 1.2), draw.uniform(-0.3, 0.5), 0, []
    for _ in range(signs):
        for n, (x, y) in enumerate(along(draw.choice(list(SIGNS.values())), POINTS)):
            x, y = (v + draw.gauss(0, 0.02) for v in (x + slant * y, y))
            places.append((at + size * x, size * y, n == POINTS - 1))
        at += size * draw.uniform(1, 1.2)
    return [(4 * (x - u), 4 * (y - v), lifted) for (u, v, _), (x, y, lifted) in zip([(0, 0, 0)] + places, places)]


def strokes(count, draw, _):
    """Lines of five signs. What comes is the move behind the one that is read, at first none."""
    pen, following = [], []
    for _ in range(count):
        moves = line(draw, 5)
        pen += [0, 0, 1] + [v for move in moves[:-1] for v in move]
        following += [v for move in moves for v in move]
    shape = count, 5 * POINTS, 3
    return {"pen": reals(*shape, values=pen), "dream": reals(count, values=[0] * count),
            "next": reals(*shape, values=following)}
