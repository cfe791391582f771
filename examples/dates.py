#!/usr/bin/env python3
"""Makes the data of dates.rondo and gnmt.rondo: dates.py FOLDER [SEED] writes train.safetensors (20,000 dates) and
test.safetensors (1,000 others, none of whose days is in the training data).

source: what is written, 30 characters padded with spaces, as positions in SOURCE. iso: the ISO date's characters as
positions in RESULT, of which the first, '<', stands before each date."""

import datetime
import pathlib
import random
import sys

import arrays

SOURCE = " 0123456789.,/-'abcdefghijklmnopqrstuvwxyz"
RESULT = "<-0123456789"
LENGTH = 30
MONTHS = "january february march april may june july august september october november december".split()
DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()


def ordinal(day):
    return f"{day}{'th' if 10 < day < 14 else {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10, 'th')}"


def spell(date, draw):
    """One of the ways to write a date. Days come before months with dots, behind them with slashes."""
    month = MONTHS[date.month - 1]
    month = draw.choice([month, month[:3], month[:3] + "."])
    day = draw.choice([str(date.day), ordinal(date.day), f"{date.day:02}"])
    # Two digits are years from 1970 to 2069.
    year = str(date.year) if draw.random() < 0.6 or not 1970 <= date.year < 2070 else f"{date.year % 100:02}"
    number = draw.choice(["{}", "{:02}"])
    d, m = number.format(date.day), number.format(date.month)
    text = draw.choice([
        f"{day} {month} {year}", f"{month} {day}, {year}", f"{day} of {month} {year}", f"{month} {day} '{year[-2:]}"
        if 1970 <= date.year < 2070 else f"{month} {day} {year}", f"{d}.{m}.{year}", f"{m}/{d}/{year}",
        f"{date.year}/{m}/{d}", f"{date.year}-{date.month:02}-{date.day:02}", f"{date.day:02}{month[:3]}{date.year}"
    ])
    weekday = DAYS[date.weekday()]
    prefix = draw.choice(["", "", "", weekday[:3] + " ", weekday[:3] + ", "])
    return (prefix + text) if len(prefix + text) <= LENGTH else text


def make(days, count, draw):
    rows = {"source": [], "iso": []}
    for _ in range(count):
        date = draw.choice(days)
        rows["source"].append([SOURCE.index(c) for c in spell(date, draw).ljust(LENGTH)])
        rows["iso"].append([RESULT.index(c) for c in date.isoformat()])
    return {name: ("U8", [count, len(of[0])], b"".join(map(bytes, of))) for name, of in rows.items()}


def days(draw):
    """All days from 1930 to 2089, in any order."""
    first, last = datetime.date(1930, 1, 1).toordinal(), datetime.date(2089, 12, 31).toordinal()
    days = [datetime.date.fromordinal(n) for n in range(first, last + 1)]
    draw.shuffle(days)
    return days


def main():
    folder = pathlib.Path(sys.argv[1])
    draw = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    drawn = days(draw)
    arrays.write(folder / "test.safetensors", make(drawn[:2000], 1000, draw))
    arrays.write(folder / "train.safetensors", make(drawn[2000:], 20000, draw))


if __name__ == "__main__":
    main()
