# check_generate.py PROGRAM EXAMPLES FOLDER: what compiled models generate is what a plain decoder finds by their run.
import math
import os
import sys

import fake
from compiled_models import call, prepare, reals, refuse, run, source, tokens
from run_helpers import read_npy

program, examples, folder = (os.path.abspath(word) for word in sys.argv[1:])
os.chdir(folder)
LENGTH = 12


def log_softmax(row):
    top = max(row)
    total = math.log(sum(math.exp(x - top) for x in row))
    return [x - top - total for x in row]


class Decoder:
    """Over `run` of a whole window for all sequences, of which each position is looked at when all before are known."""

    def __init__(self, name, answer, output, classes, inputs, ahead=False):
        self.name, self.answer, self.output, self.classes, self.inputs = name, answer, output, classes, inputs
        self.ahead = ahead  # what is read is the sequence itself, with the first symbol before it

    def logits(self, rows, sequences, first):
        """The logits behind each sequence, which belongs to that row of the inputs."""
        fed = [([first] if self.ahead and first is not None else []) + s for s in sequences]
        padded = [symbol for s in fed for symbol in s + [0] * (LENGTH - len(s))]
        tensors = {self.answer: ("I32", [len(fed), LENGTH], padded)}
        for name, (kind, shape, values) in self.inputs.items():
            size = math.prod(shape[1:])
            picked = [v for r in rows for v in values[r * size : r * size + size]]
            tensors[name] = (kind, [len(rows), *shape[1:]], picked)
        fake.write_tensors("step", tensors)
        run(self.name, "step", "step.safetensors")
        shape, values = fake.read_tensors("step.safetensors")[self.output]
        step = math.prod(shape[1:]) // LENGTH
        assert step == self.classes
        found = []
        for i, s in enumerate(fed):
            at = len(s) - 1 if self.ahead else len(s)
            if shape[1] == LENGTH:
                row = values[(i * LENGTH + at) * step : (i * LENGTH + at + 1) * step]
            else:  # the positions are the last dimension
                row = [values[(i * step + k) * LENGTH + at] for k in range(step)]
            # Behind a row's length there are no positions to choose.
            count = self.inputs["length.S"][2][rows[i]] if "length.S" in self.inputs else step
            found.append(log_softmax(row[:count]))
        return found

    def greedy(self, prompts, first, until, most):
        sequences, scores = [list(p) for p in prompts], [0.0] * len(prompts)
        live = list(range(len(prompts)))
        for _ in range(most):
            going = []
            for row, logits in zip(live, self.logits(live, [sequences[r] for r in live], first) if live else []):
                symbol = logits.index(max(logits))
                scores[row] += logits[symbol]
                if symbol != until:
                    sequences[row].append(symbol)
                    going.append(row)
            live = going
        return [s[len(p) :] for s, p in zip(sequences, prompts)], scores

    def beam(self, prompts, first, until, most, width, penalty):
        value = lambda score, count: score / ((5 + count) / 6) ** penalty
        live = [[(0.0, [])] for _ in prompts]
        ended = [[] for _ in prompts]
        for count in range(1, most + 1):
            rows = [row for row, beams in enumerate(live) for _ in beams]
            logits = iter(self.logits(rows, [list(prompts[r]) + s for r, b in enumerate(live) for _, s in b], first)
                          if rows else [])
            for row, beams in enumerate(live):
                options = [(score + p, s + [symbol]) for score, s in beams for symbol, p in enumerate(next(logits))]
                options.sort(key=lambda option: -option[0])
                live[row] = []
                for score, s in options[: width - len(ended[row])]:
                    if s[-1] == until or count == most:
                        ended[row].append((value(score, count), score, s[: -1] if s[-1] == until else s))
                    else:
                        live[row].append((score, s))
        best = [max(hypotheses, key=lambda h: h[0]) for hypotheses in ended]
        return [s for _, _, s in best], [score for _, score, _ in best]


def generate(name, inputs, *more, prompts=None, first=None):
    """The sequences and the logarithms of their probabilities."""
    words = list(more)
    if inputs:
        fake.write_tensors("in", inputs)
        words += ["--in", "in"]
    if prompts is not None:
        longest = max(map(len, prompts))
        padded = [symbol for p in prompts for symbol in p + [0] * (longest - len(p))]
        lengths = ("I64", [len(prompts)], [*map(len, prompts)])
        fake.write_tensors("prompts.safetensors", {name[1]: ("I32", [len(prompts), longest], padded),
                                                   "length.T": lengths})
        words += ["--prompts", "prompts.safetensors"]
    call("./" + name[0], "generate", "--weights", name[0] + ".w", "--out", "out.safetensors", *words)
    found = fake.read_tensors("out.safetensors")
    (rows, width), symbols = found[name[1]]
    lengths = found["length.T"][1]
    assert width == max(lengths, default=0), (width, lengths)
    for row, length in enumerate(lengths):
        assert symbols[row * width + length : (row + 1) * width] == [0] * (width - length)
    return [symbols[r * width : r * width + n] for r, n in enumerate(lengths)], found["log_probability"][1]


def check(found, expected, what):
    assert found[0] == expected[0], (what, found, expected)
    assert all(abs(a - b) < 1e-4 for a, b in zip(found[1], expected[1])), (what, found, expected)


def compare(decoder, first, until, most, promptless=True):
    """Greedy and by beams, with prompts of different lengths and without."""
    name = (decoder.name, decoder.answer)
    rows = next(iter(decoder.inputs.values()))[1][0] if decoder.inputs else 5
    ends = decoder.inputs["length.S"][2] if "length.S" in decoder.inputs else [decoder.classes] * rows
    prompts = [tokens(ends[n], n % 4 + (not promptless)) for n in range(rows)]
    for given in [[[]] * rows, prompts] if promptless else [prompts]:
        use = given if given is prompts or not decoder.inputs else None
        if use is not None and not any(use):
            use = None if decoder.inputs else [[]] * rows
        greedy = decoder.greedy(given, first, until, most)
        more = ["--max", str(most)]
        check(generate(name, decoder.inputs, *more, prompts=use), greedy, "greedy")
        check(generate(name, decoder.inputs, *more, "--beam", "1", prompts=use), greedy, "beam of 1")
        top = generate(name, decoder.inputs, *more, "--temperature", "1", "--top-k", "1", prompts=use)
        check(top, greedy, "the top one")
        for width, penalty in (2, 0.6), (5, 0.0), (5, 1.5):
            found = generate(name, decoder.inputs, *more, "--beam", str(width), "--length-penalty", str(penalty),
                             prompts=use)
            check(found, decoder.beam(given, first, until, most, width, penalty), (width, penalty))
    return greedy[0]


def model(name, *options, data):
    prepare(name, program, data, "--model", name, "--element=f64", "-D", "rate=0.05", *options)


def answers():
    rows = 7
    inputs = {"source": ("I32", [rows, 6], tokens(9, rows, 6)), "style": ("F64", [rows, 2], reals(rows, 2))}
    fake.write_tensors("data", {**inputs, "answer": ("I32", [rows, LENGTH], tokens(7, rows, LENGTH)),
                                "seen": ("F64", [rows, LENGTH], reals(rows, LENGTH))})
    model("Answer", data="data")
    decoder = Decoder("Answer", "answer", "logits", 7, inputs)
    lengths = set(map(len, compare(decoder, 2, 1, 8)))
    assert len(lengths) > 1, lengths
    # One row, no row, each row by itself, any number of threads; a file with more than is read.
    whole = generate(("Answer", "answer"), inputs, "--beam", "3")
    assert generate(("Answer", "answer"), inputs, "--beam", "3", "--threads", "1") == whole
    for row in range(rows):
        alone = {n: (k, [1, *s[1:]], v[row * math.prod(s[1:]) : (row + 1) * math.prod(s[1:])])
                 for n, (k, s, v) in inputs.items()}
        found = generate(("Answer", "answer"), alone, "--beam", "3")
        assert found == ([whole[0][row]], [whole[1][row]]), (row, found, whole)
    none = {n: (k, [0, *s[1:]], []) for n, (k, s, v) in inputs.items()}
    assert generate(("Answer", "answer"), none) == ([], [])
    call("./Answer", "generate", "--weights", "Answer.w", "--in", "data", "--beam", "3", "--out", "data.npy")
    shape, values = read_npy("data.npy")
    assert [values[r * shape[1] : r * shape[1] + len(s)] for r, s in enumerate(whole[0])] == whole[0]
    # An end at once, and none before the most.
    bias = fake.read_tensors("Answer.w")
    metadata = bias.pop("__metadata__")
    bias = {n: ("F64", s, v) for n, (s, v) in bias.items()}
    for towards, length in (50.0, 0), (-50.0, 8):
        changed = list(bias["last.bias"][2])
        changed[1] = towards
        fake.write_tensors("Answer.w", {**bias, "last.bias": ("F64", bias["last.bias"][1], changed)}, metadata)
        for more in [], ["--beam", "3"]:
            assert set(map(len, generate(("Answer", "answer"), inputs, *more)[0])) == {length}, (towards, more)
    fake.write_tensors("Answer.w", bias, metadata)
    return inputs


def many():
    """More rows than have room for what is held are what some of them are alone."""
    rows = 1200
    inputs = {"source": ("I32", [rows, 6], tokens(9, rows, 6)), "style": ("F64", [rows, 2], reals(rows, 2))}
    model("Answer", "-D", "H=300", data="data")
    whole = generate(("Answer", "answer"), inputs)
    for first, end in (1000, 1200), (1100, 1103):
        some = {n: (k, [end - first, *s[1:]], v[first * s[1] : end * s[1]]) for n, (k, s, v) in inputs.items()}
        assert generate(("Answer", "answer"), some) == (whole[0][first:end], whole[1][first:end])


def attention():
    """To what has been said, in functions for this alone, as a loss looks ahead."""
    rows = 5
    inputs = {"source": ("I32", [rows, 6], tokens(9, rows, 6))}
    fake.write_tensors("said", {**inputs, "answer": ("I32", [rows, LENGTH], tokens(7, rows, LENGTH))})
    model("Says", data="said")
    compare(Decoder("Says", "answer", "logits", 7, inputs), 2, 1, 8)


def points():
    rows = 5
    inputs = {"points": ("F64", [rows, 5, 2], reals(rows, 5, 2)), "length.S": ("I32", [rows], [5, 1, 3, 2, 5])}
    corners = [corner % inputs["length.S"][2][i // LENGTH] for i, corner in enumerate(tokens(5, rows, LENGTH))]
    pace = {"pace": ("F64", [rows, LENGTH], reals(rows, LENGTH))}
    for name, beside in ("Points", {}), ("Others", pace):
        fake.write_tensors("points", {**inputs, **beside, "corner": ("I32", [rows, LENGTH], corners)})
        model(name, data="points")
        decoder = Decoder(name, "corner", "scores", 5, {**inputs, **beside})
        all_found = compare(decoder, 0, None, 4)
        for row, found in enumerate(all_found):
            assert len(found) == 4 and max(found) < inputs["length.S"][2][row]
    assert generate(("Others", "corner"), inputs)[0] == decoder.greedy([[]] * rows, 0, None, 4)[0]


def texts():
    fake.write_tensors("text", {"text": ("I32", [9, 13], tokens(8, 9, 13))})
    model("Text", data="text")
    compare(Decoder("Text", "text", "logits", 8, {}, ahead=True), 3, 7, 9)
    model("Bare", data="text")
    compare(Decoder("Bare", "text", "logits", 8, {}, ahead=True), None, None, 7, promptless=False)


def drawing(inputs):
    """Draws depend on the seed and the row alone, and come as often as the model says."""
    name = ("Answer", "answer")
    draw = lambda *more: generate(name, inputs, "--temperature", "1", *more)
    assert draw("--seed", "5") == draw("--seed", "5") != draw("--seed", "6")
    # The first symbol of many equal rows.
    count = 4000
    same = {n: (k, [count, *s[1:]], v[: math.prod(s[1:])] * count) for n, (k, s, v) in inputs.items()}
    logits = Decoder("Answer", "answer", "logits", 7, inputs).logits([0], [[]], 2)[0]
    for temperature, k, p in (1, 7, 1), (2, 7, 1), (1, 3, 1), (1, 7, 0.6), (2, 4, 0.7):
        weights = [math.exp(x / temperature) for x in logits]
        order = sorted(range(7), key=lambda i: -weights[i])[:k]
        total, share, kept = sum(weights[i] for i in order), 0.0, []
        for i in order:
            if kept and share >= p * total:
                break
            kept.append(i)
            share += weights[i]
        found = generate(name, same, "--max", "1", "--temperature", str(temperature), "--top-k", str(k), "--top-p",
                         str(p))[0]
        for i in range(7):
            times = sum(s == ([i] if i != 1 else []) for s in found)
            expected = weights[i] / share if i in kept else 0
            assert abs(times / count - expected) < 0.04, (temperature, k, p, i, times / count, expected)


def refusals(inputs):
    fake.write_tensors("in", {"points": ("F64", [2, 5, 2], [0.5] * 20), "length.S": ("I32", [2], [3, 0])})
    refuse("Points", "row 1: expected a position that 'corner' can be, found none", "--in", "in", "--out", "o.npy",
           command="generate")
    # Row 0 has ended when the other one has no further index.
    fake.write_tensors("in", {"points": ("F64", [2, 5, 2], [0.5] * 20), "length.S": ("I32", [2], [3, 2])})
    fake.write_tensors("prompts", {"corner": ("I32", [2, 5], [0] * 10), "length.T": ("I32", [2], [0, 5])})
    refuse("Others", "row 1 goes on to 13 positions, of which 12 have an index", "--in", "in", "--out", "o.npy",
           "--prompts", "prompts", "--max", "9", command="generate")
    fake.write_tensors("in", inputs)
    out = ["--in", "in", "--out", "o.safetensors"]
    for expected, *more in [
        ("--in: expected --out beside, where to write what is generated", "--in", "in"),
        ("--prompt is of a text that is printed: expected --prompts beside --out", *out, "--prompt", "a"),
        ("-n is of a text that is printed: expected --max beside --out", *out, "-n", "3"),
        ("'answer' is no text to go on from: expected --out, where to write what is generated", "-n", "3"),
        ("--top-p: expected a number above 0, at most 1, found '1.5'", *out, "--top-p", "1.5"),
        ("--temperature 0 takes the likeliest symbol: expected no --top-k beside", *out, "--temperature", "0",
         "--top-k", "2"),
        ("--seed: expected no drawing beside --beam, which searches", *out, "--beam", "2", "--seed", "3"),
        ("--length-penalty: expected --beam beside, whose hypotheses are compared by it", *out, "--length-penalty",
         "1"),
        ("--out: expected a name that ends with .safetensors or .npy, found 'o.csv'", "--in", "in", "--out", "o.csv"),
        ("no file gives 'source', which is an input of the model 'Answer'", "--out", "o.npy"),
        ("--out: expected another file than those of --in, found 'same.npy'", "--in", "style=same.npy", "--out",
         "same.npy"),
    ]:
        refuse("Answer", expected, *more, command="generate")
    fake.write_tensors("p.safetensors", {"answer": ("I32", [2, 1], [0, 9])})
    refuse("Answer", "p.safetensors: 'answer' holds the token 9 (element 1), expected 0 to 6", *out, "--prompts",
           "p.safetensors", command="generate")
    fake.write_tensors("p.safetensors", {"length.T": ("I32", [2], [0, 1])})
    refuse("Answer", "p.safetensors: expected 'answer', which is generated, found no such tensor", *out, "--prompts",
           "p.safetensors", command="generate")
    huge = 1 << 62
    refuse("Answer", "expected fewer sequences, or shorter ones, than 7 with 2 hypotheses of "
           f"{huge} symbols each", *out, "--beam", "2", "--max", str(huge), command="generate")
    fake.write_tensors("p.safetensors", {"answer": ("I32", [2, 1], [0, 6])})
    refuse("Answer", "in: 'source' has 7 sequences, the tensors before it 2", *out, "--prompts", "p.safetensors",
           command="generate")
    fake.write_tensors("p.safetensors", {"text": ("I32", [2, 1], [0, 6]), "length.T": ("I32", [2], [1, 0])})
    refuse("Bare", "row 1: expected a prompt, since the program says no symbol before the first one, found none",
           "--prompts", "p.safetensors", "--out", "o.npy", "--max", "3", command="generate")
    refuse("Bare", "expected --max, how many symbols there are at most, as the program says no 'max'", "--prompts",
           "p.safetensors", "--out", "o.npy", command="generate")
    assert not os.path.exists("o.npy") and not os.path.exists("o.safetensors")


def write(name, text):
    with open(name, "w") as file:
        file.write(text)


def lines():
    """Of pairs the first column, with prompts that are lines; what is written are lines too."""
    pairs = "12\tone two\n305\tthree nil five\r\n9\tnine\n"
    write("pairs", pairs * 3)
    sizes = "-D H=6 -D E=4 -D batch=3 -D bptt=16 --element=f64".split()
    prepare("numbers", examples + "/numbers.rondo", "pairs", *sizes)
    generate = lambda *more: call("./numbers", "generate", "--weights", "numbers.w", "--max", "9", "--out", *more)
    metadata = fake.read_tensors("numbers.w")["__metadata__"]
    alphabet, of_source = (bytes.fromhex(metadata["rondo." + name]) for name in ("alphabet", "source_alphabet"))
    write("sources", "12\n305\tunread\n9")
    write("prompts", "one\n\nfive f\n")

    def array(rows, code, width):
        return "I32", [3, width], [t for row in rows for t in [*map(code.index, row), *[0] * (width - len(row))]]

    digits = array([b"12", b"305", b"9"], of_source, 6)
    fake.write_tensors("in.safetensors", {"digits": digits, "length.S": ("I32", [3], [2, 3, 1])})
    beginnings = array([b"one", b"", b"five f"], alphabet, 6)
    fake.write_tensors("p.safetensors", {"text": beginnings, "length.T": ("I32", [3], [3, 0, 6])})
    for more in [], ["--beam", "3"], ["--temperature", "3", "--seed", "2"]:
        for given, by_lines in ([], []), (["--prompts", "p.safetensors"], ["--prompts", "prompts"]):
            generate("out", "--in", "sources", *by_lines, *more)
            generate("out.safetensors", "--in", "in.safetensors", *given, *more)
            found = fake.read_tensors("out.safetensors")
            (_, width), symbols = found["text"]
            expected = b"".join(bytes(alphabet[t] for t in symbols[r * width : r * width + n]) + b"\n"
                                for r, n in enumerate(found["length.T"][1]))
            with open("out", "rb") as file:
                assert file.read() == expected, (more, expected)
    write("bad", "12\nx1\n")
    unknown = "bad:2: byte 0x78 ('x') at offset 0 is not in the alphabet of the weights"
    refuse("numbers", unknown, "--in", "bad", "--out", "o", command="generate")
    write("bad", "12\n\tx\n")
    refuse("numbers", "bad:2: expected a first column, found an empty one", "--in", "bad", "--out", "o",
           command="generate")
    refuse("numbers", "what is generated depends on 'digits': expected --in, which gives it, and --out",
           command="generate")
    write("bad", "one\nx\n")
    refuse("numbers", unknown, "--in", "sources", "--prompts", "bad", "--out", "o", command="generate")
    refuse("numbers", "--out: expected a name that ends with .safetensors or .npy, or with nothing of the kind for "
           "lines, found 'o.csv'", "--in", "sources", "--out", "o.csv", command="generate")
    write("names.txt", "ab\nba\nb\n" * 3)
    prepare("names", examples + "/names.rondo", "names.txt", "-D", "H=4", "-D", "vocab=5", "-D", "batch=3")
    refuse("names", "sources: the model has no input that lines could give", "--in", "sources", "--out", "o", "--max",
           "5", command="generate")
    assert not os.path.exists("o")


def text():
    """What is printed is what is written: what is drawn for a first row, up to the end."""
    write("bytes", "abcde\nbadce\nab\n" * 9)
    model("Bytes", data="bytes")
    generate = lambda *more: call("./Bytes", "generate", "--weights", "Bytes.w", *more)
    lengths = set()
    for seed in range(1, 9):
        for prompt in "", "bad":
            more = ["--seed", str(seed), "--temperature", "1", "--top-k", "6"]
            write("prompt", prompt + "\n")
            generate("--prompts", "prompt", "--out", "out.safetensors", *more)
            found = fake.read_tensors("out.safetensors")["text"][1]
            printed = generate(*(["--prompt", prompt] if prompt else []), *more)
            assert printed == "".join("\nabcde"[t] for t in found) and len(printed) <= 30, (printed, found)
            lengths.add(len(printed))
            assert generate("--prompt", prompt, "-n", "2", *more) == printed[:2]
    assert len(lengths) > 3, lengths


inputs = answers()
lines()
text()
points()
texts()
drawing(inputs)
refusals(inputs)
many()
attention()
