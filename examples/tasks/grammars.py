"""Data of tasks that formal languages make: each function gives the arrays of `count` sequences. `legal` are the
symbols that may follow each, `valid` is 1 where there is a next one, `deep` where a memory of long ago decides it."""

from arrays import reals, tokens

# Of each node of the Reber grammar the symbols that leave it, and where to. B T P S X V E are 0 to 6.
B, T, P, S, X, V, E = range(7)
NODES = [{B: 1}, {T: 2, P: 3}, {S: 2, X: 4}, {T: 3, V: 5}, {X: 3, S: 6}, {P: 4, V: 6}, {E: 7}]


def reber_string(draw):
    """The symbols of an embedded string, and which are legal at each place."""
    symbols, legal, node = [], [], 0
    while node < 7:
        legal.append(set(NODES[node]))
        symbols.append(draw.choice(sorted(NODES[node])))
        node = NODES[node][symbols[-1]]
    second = draw.choice([T, P])
    return [B, second, *symbols, second, E], [{B}, {T, P}, *legal, {second}, {E}]


def padded(strings, length, kinds):
    """The arrays of (symbols, what is legal at each, where a memory decides), each up to before its last symbol."""
    xs, legals, valids, deeps = [], [], [], []
    for symbols, legal, deep in strings:
        steps = len(symbols) - 1
        xs.append(symbols[:-1] + [0] * (length - steps))
        legals += [k in row for row in legal[1:] + [()] * (length - steps) for k in range(kinds)]
        valids += [t < steps for t in range(length)]
        deeps += [t in deep for t in range(length)]
    rows = len(strings)
    return {"x": tokens(xs), "legal": reals(rows, length, kinds, values=legals),
            "valid": reals(rows, length, values=valids), "deep": reals(rows, length, values=deeps)}


def embedded(draw):
    """A string of at most 40 steps, and its last symbol but one that its second one decides."""
    while True:
        symbols, legal = reber_string(draw)
        if len(symbols) <= 41:
            return symbols, legal, {len(symbols) - 3}


def reber(count, draw, _):
    return padded([embedded(draw) for _ in range(count)], 40, 7)


def grammar(count, draw, _):
    """The grammar itself (Reber 1967), of at most 25 steps."""
    strings = []
    while len(strings) < count:
        symbols, legal = reber_string(draw)
        if len(symbols) <= 30:
            strings.append((symbols[2:-2], legal[2:-2], set()))
    return padded(strings, 25, 7)


def continual(count, draw, test):
    """Embedded strings one behind the other, without a mark between them; tests of ten times the length."""
    length, rows = (3000, 20) if test else (300, count)
    streams = []
    for _ in range(rows):
        symbols, legal, deep = [], [], set()
        while len(symbols) <= length:
            one, allowed, places = embedded(draw)
            deep |= {len(symbols) + place for place in places}
            symbols += one
            legal += allowed
        streams.append((symbols[: length + 1], legal[: length + 1], deep))
    return padded(streams, length, 7)


def counting(count, draw, test):
    """S aⁿ bⁿ cⁿ T, n up to 10, in tests up to 20: symbols 0 to 4. The first b decides all that follows."""
    strings = []
    for number in range(count):
        n = 1 + number % 20 if test else draw.randint(1, 10)
        symbols = [0] + [1] * n + [2] * n + [3] * n + [4]
        legal = [{0}, {1}] + [{1, 2}] * n + [{2}] * (n - 1) + [{3}] * n + [{4}]
        strings.append((symbols, legal, {3 * n}))
    return padded(strings, 61, 5)


def xor(count, draw, _):
    """Two bits, then whether they differ, ten times over (Elman 1990)."""
    rows = []
    for _ in range(count):
        pairs = [draw.choices(range(2), k=2) for _ in range(11)]
        rows.append([bit for a, b in pairs for bit in (a, b, a ^ b)][:31])
    return {"x": tokens([row[:-1] for row in rows]), "next": tokens([row[1:] for row in rows])}
