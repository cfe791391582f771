#!/usr/bin/env python3
"""Makes the data of the tasks: data.py FOLDER SEED TASK.. writes train.safetensors and test.safetensors of each TASK
into FOLDER/TASK, of `text` train.txt and test.txt. The tests are the same for every seed. Published data is in the
folder SHARED of the environment, or ../shared/data beside the repository: timeseries/sunspots.csv, of lines YEAR,VALUE
below a title, digits/digits.csv.gz, scikit-learn's, of lines of 64 numbers from 0 to 16 and the digit, and
tinyshakespeare.txt."""

import array
import functools
import gzip
import itertools
import math
import os
import pathlib
import random
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(1, str(ROOT / "examples"))

import arrays
import dates
import grammars
import pens
import words
from arrays import reals, tokens

SHARED = pathlib.Path(os.environ.get("SHARED", ROOT.parent / "shared" / "data"))


def adding(count, draw, _):
    xs, totals = array.array("f"), array.array("f")
    for _ in range(count):
        marked = draw.randrange(75), 75 + draw.randrange(75)
        numbers = [draw.random() for _ in range(150)]
        xs.extend(v for t, number in enumerate(numbers) for v in (number, t in marked))
        totals.append(sum(numbers[t] for t in marked))
    return {"x": reals(count, 150, 2, values=xs), "total": reals(count, 1, values=totals)}


def copy(count, draw, _):
    said = [draw.choices(range(8), k=10) for _ in range(count)]
    return {"x": tokens([row + [8] * 99 + [9] + [8] * 10 for row in said]),
            "y": tokens([[8] * 110 + row for row in said])}


def selective(count, draw, _, positions=256, fewest=8):
    xs, ys, asked = [], [], array.array("f")
    for _ in range(count):
        said = draw.choices(range(14), k=draw.choice([8, draw.randint(fewest, 8)]))
        x = [0] * positions + [1] * 8
        for t, symbol in zip(sorted(draw.sample(range(positions), len(said))), said):
            x[t] = 2 + symbol
        xs.append(x)
        ys.append([0] * positions + said + [0] * (8 - len(said)))
        asked.extend(positions <= t < positions + len(said) for t in range(positions + 8))
    return {"x": tokens(xs), "next": tokens(ys), "asked": reals(count, positions + 8, values=asked)}


def near(count, draw, test):
    """Selective copying of one to eight symbols among 32 positions, to begin with: half of the rows have eight."""
    return selective(count, draw, test, 32, 1)


def parity(count, draw, test):
    xs = [draw.choices(range(2), k=256 if test else 40) for _ in range(count)]
    return {"x": tokens(xs), "odd": tokens([[n % 2 for n in itertools.accumulate(x)] for x in xs])}


def recall(count, draw, _):
    xs, ys = [], []
    for _ in range(count):
        keys, values = draw.sample(range(16), 8), draw.choices(range(16), k=8)
        asked = draw.sample(range(8), 8)
        xs.append([v for k, value in zip(keys, values) for v in (k, 16 + value)] + [keys[n] for n in asked])
        ys.append([0] * 16 + [values[n] for n in asked])
    return {"x": tokens(xs), "y": tokens(ys)}


def sunspots(_, draw, test):
    lines = (SHARED / "timeseries" / "sunspots.csv").read_text().split()[1:]
    series = [float(line.split(",")[1]) / 100 for line in lines]  # from 1700 on
    known = 250  # to 1949
    xs, nexts, valids = array.array("f"), array.array("f"), array.array("f")
    # In training the last year that is seen is any for which the next three are before 1950.
    ends = [len(series) - 3] if test else range(71, known - 2)
    for end in ends:
        first = end - (240 if test else 60)
        for t in range(first, end):
            xs.append(series[t])
            nexts.extend(series[t + 1 : t + 4])
            valids.append(t + 1 >= known if test else t - first >= 20)
    rows, length = len(ends), len(xs) // len(ends)
    return {"x": reals(rows, length, values=xs), "next": reals(rows, length, 3, values=nexts),
            "valid": reals(rows, length, values=valids)}


def mackey_series(length, draw):
    """Of the delay 17, by steps of 0.1, at each whole time; the mean is about 0 by tanh (Jaeger 2001)."""
    past = [1.2 + 0.2 * (draw.random() - 0.5) for _ in range(171)]
    for _ in range(10 * (100 + length)):
        past.append(past[-1] + 0.1 * (0.2 * past[-171] / (1 + past[-171] ** 10) - 0.1 * past[-1]))
    return [math.tanh(value - 1) for value in past[171 + 1000 :: 10]]


def mackey(_, draw, test):
    """In tests 200 values are known; the next ones are asked for behind 100 of them, and the 84th behind all."""
    rows, length = (50, 283) if test else (20, 566)
    series = [mackey_series(length + 1, draw) for _ in range(rows)]
    given = [not test or t < 200 for t in range(length)] * rows
    valid = [t >= (100 if test else 200) and (not test or t < 200 or t == 282) for t in range(length)] * rows
    return {"x": reals(rows, length, values=[v for row in series for v in row[:-1]]),
            "next": reals(rows, length, values=[v for row in series for v in row[1:]]),
            "given": reals(rows, length, values=given), "valid": reals(rows, length, values=valid)}


def plan(_, draw, test):
    """The plans are the same in training and tests. No action comes twice in one: what was done says where one is."""
    draw = random.Random(4)
    actions = [draw.sample(range(8), 8) for _ in range(4)]
    values = [0.9 if action >> part & 1 else 0.1 for row in actions for action in row for part in range(3)]
    return {"plan": reals(4, 8, 4, values=[k == p for p in range(4) for _ in range(8) for k in range(4)]),
            "action": reals(4, 8, 3, values=values)}


def wave(_, draw, test):
    """One waveform, the same in training and tests."""
    draw = random.Random(8)
    tones = [(draw.uniform(0.5, 1), draw.uniform(2, 40) * math.tau / 320, draw.uniform(0, math.tau)) for _ in range(5)]
    wave = [sum(a * math.sin(w * t + p) for a, w, p in tones) for t in range(320)]
    mean = sum(wave) / 320
    deviation = math.sqrt(sum((v - mean) ** 2 for v in wave) / 320)
    return {"one": reals(1, 320, 1, values=[1] * 320),
            "sample": reals(1, 320, 1, values=[(v - mean) / deviation for v in wave])}


def periods(count, draw, _):
    xs, times, between = array.array("f"), array.array("f"), []
    for _ in range(count):
        between.append(draw.randrange(2))
        period = draw.uniform(5, 6) if between[-1] else draw.choice([draw.uniform(1, 5), draw.uniform(6, 100)])
        begin = draw.uniform(0, period)
        seen = sorted(draw.uniform(0, 60) for _ in range(60))
        times.extend(seen)
        xs.extend(math.sin((t - begin) * math.tau / period) for t in seen)
    return {"x": reals(count, 60, 1, values=xs), "time": reals(count, 60, values=times),
            "between": ("U8", [count], bytes(between))}


def echo(count, draw, _):
    rows = tokens([draw.choices(range(8), k=10) for _ in range(count)])
    return {"x": rows, "same": rows}


@functools.cache
def digits():
    """The tests, a fifth in an order of a fixed seed, and the others: pixels from 0 to 1, and the digit."""
    with gzip.open(SHARED / "digits" / "digits.csv.gz", "rt") as file:
        images = [[float(value) for value in line.split(",")] for line in file]
    random.Random(1).shuffle(images)
    return images[: len(images) // 5], images[len(images) // 5 :]


def images(test, name, *shape):
    part = digits()[0 if test else 1]
    return {name: reals(len(part), *shape, values=[v / 16 for image in part for v in image[:64]]),
            "digit": ("U8", [len(part)], bytes(int(image[64]) for image in part))}


def pixels(_, draw, test):
    return images(test, "pixel", 64, 1)


def deep(_, draw, test):
    return images(test, "pixels", 64)


def grid(_, draw, test):
    return images(test, "pixels", 8, 8, 1)


def draw(_, __, test):
    """Images to be drawn again; none is dreamt of."""
    pixels = images(test, "pixels", 8, 8)["pixels"]
    count = pixels[1][0]
    return {"pixels": pixels, "dream": reals(count, values=[0] * count)}


def hopfield(_, draw, test, units=200, patterns=20, flipped=0.1):
    """Patterns of ±1, which are stored; in tests the same, of which some signs are flipped to begin with."""
    fixed = random.Random(2)
    rows = [[fixed.choice([-1, 1]) for _ in range(units)] for _ in range(patterns)]
    if not test:
        return {name: reals(patterns, units, values=sum(rows, [])) for name in ("seen", "pattern")}
    seen = [row[:] for row in rows]
    for row in seen:
        for unit in draw.sample(range(units), round(flipped * units)):
            row[unit] = -row[unit]
    return {name: reals(patterns, units, values=sum(part, [])) for name, part in (("seen", seen), ("pattern", rows))}


def scheduled(count, draw, test):
    """The dates of examples/dates.py: no day of the tests is one of the training's."""
    days = dates.days(random.Random(1))
    return dates.make(days[:2000] if test else days[2000:], count, draw)


def elnino(_, draw, test):
    """The surface of the sea by months from 1950, less 20 degrees, over 2: to 1995 for training."""
    lines = (SHARED / "timeseries" / "elnino.csv").read_text().split()[1:]
    series = [(float(value) - 20) / 2 for line in lines for value in line.split(",")[1:]]
    known, length = 46 * 12, 240
    # Each window knows some years before what counts; the next year of each month that counts is in its part.
    ends = [len(series) - 12] if test else range(length, known - 12 + 1, 3)
    begins = [0 if test else end - length for end in ends]
    xs, nexts, valids = [], [], []
    for begin, end in zip(begins, ends):
        for t in range(begin, end):
            xs.append(series[t])
            nexts += series[t + 1 : t + 13]
            valids.append(t + 1 >= known if test else t - begin >= 60)
    rows, steps = len(begins), len(xs) // len(begins)
    return {"x": reals(rows, steps, values=xs), "next": reals(rows, steps, 12, values=nexts),
            "valid": reals(rows, steps, values=valids)}


def gradients(_, draw, test):
    """A long sequence of noise, of which only the last state counts."""
    return {"x": reals(1, 100, 4, values=[draw.gauss(0, 1) for _ in range(100 * 4)])}


SHAPES = {"circle": ("0110", "1111", "1111", "0110"), "square": ("1111", "1111", "1111", "1111"),
          "cross": ("1001", "0110", "0110", "1001"), "frame": ("1111", "1001", "1001", "1111")}
COLOURS = [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0)]


def captions(count, draw, _, side=12):
    """Scenes of two shapes of 4 x 4 pixels that differ, with noise, and what is said of them: colour and shape of the
    one whose colour, or shape, comes first, where it is (above, below, left, right), colour and shape of the other."""
    pixels, told = array.array("f"), []
    shapes = list(SHAPES.values())
    for _ in range(count):
        first, second = sorted(draw.sample([(colour, shape) for colour in range(4) for shape in range(4)], 2))
        while True:
            (y, x), (v, u) = ((draw.randrange(side - 3), draw.randrange(side - 3)) for _ in range(2))
            if max(abs(y - v), abs(x - u)) >= 4 and abs(y - v) != abs(x - u):
                break
        image = [draw.uniform(0, 0.2) for _ in range(3 * side * side)]
        for (colour, shape), top, left in ((first, y, x), (second, v, u)):
            for row, line in enumerate(shapes[shape]):
                for column in range(4):
                    at = 3 * ((top + row) * side + left + column)
                    if line[column] == "1":
                        image[at : at + 3] = [0.8 * part + draw.uniform(0, 0.2) for part in COLOURS[colour]]
        where = (0 if y < v else 1) if abs(y - v) > abs(x - u) else (2 if x < u else 3)
        pixels.extend(image)
        told.append([1 + first[0], 5 + first[1], 9 + where, 1 + second[0], 5 + second[1]])
    return {"pixels": reals(count, side, side, 3, values=pixels), "caption": tokens(told)}


SIZES = {adding: 20000, copy: 60000, selective: 10000, near: 80000, parity: 20000, recall: 150000,
         sunspots: 0, mackey: 0, plan: 0, wave: 0, periods: 20000, echo: 40000, pixels: 0, deep: 0, grid: 0, draw: 0,
         captions: 12000, pens.strokes: 4000, hopfield: 0, scheduled: 20000, elnino: 0, gradients: 0,
         grammars.reber: 5000, grammars.grammar: 5000, grammars.continual: 1500, grammars.counting: 5000,
         grammars.xor: 1000}
TASKS = {make.__name__: make for make in SIZES}


def write_text(path):
    text = (SHARED / "tinyshakespeare.txt").read_bytes()
    known = len(text) * 9 // 10
    (path / "train.txt").write_bytes(text[:known])
    (path / "test.txt").write_bytes(text[known:])


def main(folder, seed, *names):
    for name in names:
        path = pathlib.Path(folder) / name
        path.mkdir(parents=True, exist_ok=True)
        if name == "text":
            write_text(path)
            continue
        if name in words.KINDS:
            words.write(path, (SHARED / "tinyshakespeare.txt").read_text(), name)
            continue
        make = TASKS[name]
        arrays.write(path / "test.safetensors", make(1000, random.Random(f"test {name}"), True))
        arrays.write(path / "train.safetensors", make(SIZES[make], random.Random(f"{seed} {name}"), False))


if __name__ == "__main__":
    main(*sys.argv[1:])
