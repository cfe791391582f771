# fuzz_generate.py INPUTS COUNT [FIRST]: decoders that seeds make up. What the executable, the library called from C,
# and Python generate is the same; a beam of one is the likeliest symbol each time; a row of a batch is as it is alone;
# and a beam in which all sequences have room finds one that is at least as likely as any other beam's.
import os
import math
import pathlib
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, sys.argv[1])
import c_library
import numpy
import rondo
from tensors import load, save

ASK = """cell Ask[H](y: [E], memory: [M] over S) -> [H] {
  state s: [H]
  score = dot(param v: [4] = normal(1), tanh(linear[4](s, memory)))
  s' = GRU[H](concat(y, sum(softmax(score over S) * memory over S)), h: s) as step
  return s'
}
"""


class Decoder:
    """A program, its sizes, and what it is run on."""

    def __init__(self, seed):
        source = random.Random(seed)
        self.rows, self.classes, self.most = source.randint(1, 5), source.randint(3, 5), source.randint(2, 4)
        self.until = source.choice([None, source.randrange(self.classes)])
        self.isInput, self.isRagged, self.first = source.random() < 0.3, source.random() < 0.6, source.randrange(3)
        hidden = source.randint(2, 5)
        memory = source.choice(["none", "attention", "attention", "last", "block"])
        self.asks = memory != "none"
        self.steps = source.randint(2, 6)
        body = ["axis T"]
        if self.asks:
            body += [f"axis S = {self.steps}" + " ragged" * self.isRagged, "input source: token[6] over S",
                     "letters = embedding[3](source)"]
        if self.isInput:
            body += [f"input t: token[{self.classes}] over T",
                     f"target n: token[{self.classes}] over T = ahead(t, 1)", "said = embedding[4](t)"]
        else:
            body += [f"target t: token[{self.classes}] over T",
                     f"said = embedding[4](shift(t over T, first: {self.first}))"]
        cell = source.choice(["GRU", "LSTM", "Elman", "GRUReset"])
        if memory == "attention":
            body.append("memory = concat(scan GRU[2](letters) as forth, scan GRU[2](letters) backward as back)")
            read = source.choice([f"Ask[{hidden}](said, memory)", f"BahdanauDecoder[{hidden}, 3](said, memory)",
                                  f"LuongGeneralDecoder[{hidden}](said, memory)", "LuongDotDecoder[4](said, memory)"])
            body.append("a = scan " + read)
        elif memory == "last":
            body += [f"back = scan GRU[{hidden}](letters) backward",
                     f"a = scan GRU[{hidden}](said) from (h: back.final.h)"]
        elif memory == "block":
            body += ["memory = scan GRU[3](letters)", f"b = scan {cell}[4](said)",
                     "a = concat(b, AdditiveAttention[3](b, memory))"]
        else:
            body.append(f"a = scan {cell}[{hidden}](said)")
        body.append("d = concat(a, shift(a over T, 2))" if source.random() < 0.4 else "d = a")
        scale = source.choice([1, 4, 9])
        body += [f"output logits: [{self.classes}] = {scale} * linear[{self.classes}](d: d)",
                 f"loss = cross_entropy(logits, {'n' if self.isInput else 't'})"]
        clause = f"generate t from logits max {self.most}" + f" first {self.first}" * self.isInput
        body.append(clause + (f" until {self.until}" if self.until is not None else ""))
        body.append("train { data arrays batch 2 bptt 8 }")
        self.text = ASK + "model Fuzz {\n  " + "\n  ".join(body) + "\n}\n"
        draw = numpy.random.default_rng(seed)
        self.inputs = {}
        if self.asks:
            self.inputs["source"] = draw.integers(0, 6, (self.rows, self.steps), numpy.int32)
            if self.isRagged:
                self.inputs["length.S"] = draw.integers(1, self.steps + 1, self.rows, numpy.int32)
        longest = self.most + 1
        self.prompts = [draw.integers(0, self.classes, draw.integers(0, longest)).tolist() for _ in range(self.rows)]


def by_program(decoder, prompts, words):
    """What the executable writes: the symbols of each row, and the logarithms of their probabilities."""
    if decoder.inputs:
        save(pathlib.Path("in.safetensors"), decoder.inputs)
    given = ["--in", "in.safetensors"] if decoder.inputs else []
    if prompts or not decoder.inputs:
        rows = prompts or [[]] * decoder.rows
        padded = numpy.zeros((len(rows), max(map(len, rows), default=0)), numpy.int32)
        for row, prompt in enumerate(rows):
            padded[row, : len(prompt)] = prompt
        ends = numpy.array([*map(len, rows)], numpy.int32)
        save(pathlib.Path("prompts.safetensors"), {"t": padded, "length.T": ends})
        given += ["--prompts", "prompts.safetensors"]
    subprocess.run(["./fuzz", "generate", "--weights", "w.safetensors", "--out", "out.safetensors", *given, *words],
                   check=True, stdout=subprocess.DEVNULL)
    found = load(pathlib.Path("out.safetensors"))
    return ([found["t"][row, :length].tolist() for row, length in enumerate(found["length.T"])],
            found["log_probability"].tolist())


def by_c(library, decoder, prompts, options):
    rows = decoder.rows
    generator = library.open("generator", *c_library.sizes(rows, options.get("beam", 1), decoder.most), 1)
    ports = [decoder.inputs["source"].ravel().tolist()] if decoder.asks else []
    ports += [None] * (2 if decoder.isInput else 1)
    ports += [decoder.inputs["length.S"].tolist()] if "length.S" in decoder.inputs else []
    inputs = c_library.arrays(*[port and c_library.block("i", port) for port in ports])
    steps = max(map(len, prompts), default=0) if prompts else 0
    padded = [symbol for prompt in prompts or [] for symbol in prompt + [0] * (steps - len(prompt))]
    symbols, lengths = c_library.block("i", [0] * rows * decoder.most), c_library.block("i", [0] * rows)
    scores = c_library.block("d", [0] * rows)
    given = c_library.arrays(c_library.block("i", padded)) if prompts else None
    ends = c_library.block("i", [*map(len, prompts)]) if prompts else None
    library.call("generator", generator, "generate", *c_library.sizes(rows),
                 c_library.ctypes.byref(c_library.Decoding(**options)), inputs, given, *c_library.sizes(steps), ends,
                 symbols, lengths, scores)
    found = c_library.read("i", symbols, rows * decoder.most)
    ends = c_library.read("i", lengths, rows)
    return [found[row * decoder.most :][:end] for row, end in enumerate(ends)], c_library.read("d", scores, rows)


def by_python(model, inputs, prompts, rows, options):
    found = model.generate(inputs, prompts=prompts or ([[]] * rows if not inputs else None), **options)
    return [sequence.tolist() for sequence in found.sequences], found.log_probabilities.tolist()


def check(seed):
    decoder = Decoder(seed)
    with open("fuzz.rondo", "w") as file:
        file.write(decoder.text)
    model = rondo.compile("fuzz.rondo", inference=True, options=["-O1"])
    model.init(seed=seed)
    model.save_weights("w.safetensors")
    subprocess.run(["rondoc", "fuzz.rondo", "--inference", "-O1", "-o", "fuzz"], check=True)
    library = c_library.Library(model.path, "w.safetensors")
    for prompts in None, decoder.prompts:
        best = {}
        for options in {}, {"beam": 1}, {"beam": 2, "length_penalty": 0.0}, {"beam": 3, "length_penalty": 1.0}, \
                {"beam": decoder.classes**decoder.most, "length_penalty": 0.0}, {"temperature": 1.5, "seed": 4}:
            words = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
            found = by_program(decoder, prompts, words)
            assert by_python(model, decoder.inputs, prompts, decoder.rows, options) == found, (options, found)
            assert by_c(library, decoder, prompts, options) == found, (options, found)
            for row in range(decoder.rows if "seed" not in options else 0):
                own = {name: values[row : row + 1] for name, values in decoder.inputs.items()}
                alone = by_python(model, own, prompts and prompts[row : row + 1], 1, options)
                assert alone == ([found[0][row]], [found[1][row]]), (options, row, alone, found)
            best[options.get("beam", 0) if "seed" not in options else -1] = found
        assert best[0] == best[1], best
        # All sequences: none is likelier than the best. (A smaller beam may lose what is the likeliest each time.)
        for width, (_, scores) in best.items():
            for score, most in zip(scores, best[decoder.classes**decoder.most][1]):
                assert width < 0 or score <= most + 1e-9 * max(1, math.fabs(most)), (width, best)


def main():
    count, first = int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 1
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for seed in range(first, first + count):
            try:
                check(seed)
            except BaseException:
                print("seed", seed, Decoder(seed).text, file=sys.stderr)
                raise
    print(count, "decoders generate the same from the program, C and Python")


main()
