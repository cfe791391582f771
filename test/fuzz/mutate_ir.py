# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs passes on mutated IR: each function must be transformed, or refused with an error; none may crash a pass.

usage: mutate_ir.py COUNT SCRATCH FILE.mlir... [--first N] [--batch N]

COUNT functions of the files are mutated, numbers N (default 0) and on, one to three times each: tokens, lines and
attributes are deleted, doubled and exchanged, numbers and shapes changed, here or throughout. The same number is always
the same mutation. Those that the verifier lets pass go through every pass and phase that rondo-opt lists, and through
all phases in turn, many functions in one process; where that crashes, each by itself, so that the one to blame is
printed.
"""

import argparse
import os
import random
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

TOKEN = re.compile(r'//[^\n]*|"[^"\n]*"|[%@^#!]?[\w.$]+|->|\s+|.', re.DOTALL)
TYPE = re.compile(r"(?:tensor|memref|vector)<[^<>]*(?:<[^<>]*>)?[^<>]*>")
NUMBERS = "0 1 2 3 4 5 7 8 16 17 64 -1 -2 1000003 4294967296 9223372036854775807".split()
DIMENSIONS = "? 0 1 2 3 4 5 7 16 17 1000003 4294967296".split()
ELEMENTS = "f32 f64 f16 bf16 i1 i8 i32 i64 index complex<f32> vector<4xf32>".split()
SEPARATOR = "\n// -----\n"


def functions_of(paths):
    """The functions of the files, without comments, and what stands outside of functions with each of its part."""
    found = []
    for path in paths:
        with open(path) as file:
            text = file.read()
        for part in re.split(r"^// -----.*$", text, flags=re.MULTILINE):
            part = "\n".join(line for line in part.split("\n") if line.strip() and not line.lstrip().startswith("//"))
            whole = re.split(r"(^(?:  )?func\.func .*?^(?:  )?}(?: loc\(.*\))?$)", part, flags=re.MULTILINE | re.DOTALL)
            outside = "\n".join(re.findall(r"^[#!]\w.*$", "".join(whole[0::2]), re.MULTILINE))
            found += [(outside + "\n" + piece).strip() for piece in whole[1::2]]
    return found


def generic_forms(functions, scratch):
    """The same functions in MLIR's generic form, which no op's own parser stands before."""
    path = scratch + ".generic.mlir"
    with open(path, "w") as file:
        file.write(SEPARATOR.join(functions))
    command = ["rondo-opt", path, "--split-input-file", "--mlir-print-op-generic"]
    said = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout
    os.remove(path)
    return [part.strip() for part in said.split("// -----") if part.strip()]


def kind_of(token):
    if token[0] in "%@^#!\"":
        return token[0]
    if re.fullmatch(r"\d+(\.\d*(e[+-]?\d+)?)?", token):
        return "number"
    if re.fullmatch(r"[a-z_]+\.[\w.]+", token):
        return "op"
    return "word" if re.match(r"\w", token) else "sign"


def change_type(text, chance):
    """Another dimension or element type, everywhere that the type stands or in one place."""
    types = list(TYPE.finditer(text))
    if not types:
        return text
    at = chance.choice(types)
    parts = re.match(r"(\w+<)((?:\S+?x)*?)([^x,<>]+(?:<.*?>)?)((?:,.*)?>)$", at.group(), re.DOTALL)
    if not parts:
        return text
    dims, element = parts.group(2).split("x")[:-1], parts.group(3)
    what = chance.randrange(4)
    if what == 0:
        element = chance.choice(ELEMENTS)
    elif what == 1 and dims:
        del dims[chance.randrange(len(dims))]
    elif what == 2 or not dims:
        dims.insert(chance.randint(0, len(dims)), chance.choice(DIMENSIONS))
    else:
        dims[chance.randrange(len(dims))] = chance.choice(DIMENSIONS)
    new = parts.group(1) + "".join(dim + "x" for dim in dims) + element + parts.group(4)
    if chance.random() < 0.7:
        return text.replace(at.group(), new)
    return text[: at.start()] + new + text[at.end() :]


def change_size(text, chance):
    """A number that stands somewhere as a dimension becomes another one: in all types, or wherever it stands."""
    dims = sorted(set(re.findall(r"(?<=[<x])(\d+)(?=x)", text)))
    if not dims:
        return text
    old, new = chance.choice(dims), chance.choice(DIMENSIONS)
    if new == "?" or chance.random() < 0.3:
        return re.sub(rf"(?<=[<x]){old}(?=x)", new, text)
    return re.sub(rf"(?<![\w%@.#]){old}(?=[^\w.]|x)|(?<=\dx){old}(?=x)", new, text)


def change_element(text, chance):
    """All of one element type become another one."""
    old = chance.choice(["f32", "f64", "i32", "i1"])
    return re.sub(rf"(?<![a-z]){old}\b", chance.choice(ELEMENTS), text)


def change_one(text, chance, pool):
    """A value, op or attribute for another one of its kind."""
    pattern = chance.choice([r"%\w+", r"\b(?:arith|math|rondo|linalg|tensor)\.\w+", r'"[^"\n]*"', r"\b[a-z_]{3,}\b"])
    places = list(re.finditer(pattern, text))
    if not places:
        return text
    at = chance.choice(places)
    new = chance.choice(places).group()
    ops = [op for op in pool["op"] if op.startswith(at.group().split(".")[0] + ".")]
    if ops and chance.random() < 0.8:
        new = chance.choice(ops)
    return text[: at.start()] + new + text[at.end() :]


def drop_attributes(text, chance):
    groups = list(re.finditer(r" \{[^{}\n]*\}| attributes \{[^{}\n]*\}|\[[^\[\]\n]*\]", text))
    if not groups:
        return text
    at = chance.choice(groups)
    return text[: at.start()] + text[at.end() :]


def change_tokens(text, chance, pool):
    if chance.random() < 0.2:
        parts, separator = text.split("\n"), "\n"
    else:
        parts, separator = TOKEN.findall(text), ""
    places = [i for i, part in enumerate(parts) if part.strip()]
    if not places:
        return text
    at, other = chance.choice(places), chance.choice(places)
    kind = kind_of(parts[at].strip())
    alike = [i for i in places if kind_of(parts[i].strip()) == kind]
    what = chance.randrange(10)
    if what == 0:
        del parts[at]
    elif what == 1:
        parts.insert(at, parts[at] + " ")
    elif what == 2:
        parts[at], parts[other] = parts[other], parts[at]
    elif what <= 5:
        parts[at] = parts[chance.choice(alike)]
    elif kind == "number" and not separator:
        parts[at] = chance.choice(NUMBERS)
    elif not separator and pool.get(kind):
        parts[at] = chance.choice(pool[kind])
    else:
        twin = chance.choice(alike)
        parts[at], parts[twin] = parts[twin], parts[at]
    return separator.join(parts)


def mutate(functions, pool, number):
    chance = random.Random(number)
    text = chance.choice(functions)
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        change = chance.randrange(12)
        if change < 2:
            text = change_type(text, chance)
        elif change < 5:
            text = change_size(text, chance)
        elif change < 6:
            text = change_element(text, chance)
        elif change < 7:
            text = drop_attributes(text, chance)
        elif change < 10:
            text = change_one(text, chance, pool)
        else:
            text = change_tokens(text, chance, pool)
    return text.replace("// -----", "")


class Runner:
    def __init__(self, scratch):
        self.scratch = scratch
        listed = subprocess.check_output(["rondo-opt", "--rondo-passes"], text=True)
        names = re.findall(r"^ *--(rondo-\S+)", listed, re.MULTILINE)
        phases = ["--" + name for name in names if name.startswith("rondo-phase-")]
        self.ways = [["--" + name] for name in names] + [["--canonicalize"], phases]
        self.failures = 0

    def run(self, pieces, flags, name):
        """The exit status and what was said; a status other than 0 and 1 is a crash."""
        path = f"{self.scratch}.{name}.mlir"
        with open(path, "w") as file:
            file.write(SEPARATOR.join(pieces))
        command = ["rondo-opt", path, "--split-input-file", "-o", "/dev/null", *flags]
        try:
            run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
            status, said = run.returncode, run.stderr.decode(errors="replace")
        except subprocess.TimeoutExpired:
            status, said = "a timeout", ""
        os.remove(path)
        return status, said

    def blame(self, pieces, flags, name):
        """The pieces that crash, by halves."""
        status, said = self.run(pieces, flags, name)
        if status in (0, 1) and (status == 0 or "error:" in said):
            return []
        if len(pieces) == 1:
            return [(pieces[0], status, said)]
        middle = len(pieces) // 2
        return self.blame(pieces[:middle], flags, name) + self.blame(pieces[middle:], flags, name)

    def verified(self, pieces, name):
        """The pieces that are IR, found by the lines of the errors in the others."""
        bad = self.blame(pieces, [], name)
        # A parser of MLIR's own that crashes is not Rondo's.
        self.report([crash for crash in bad if "rondo::" in crash[2]], [])
        pieces = [piece for piece in pieces if piece not in [text for text, *_ in bad]]
        said = self.run(pieces, [], name)[1]
        # The lines of a part are counted from the file's beginning.
        wrong = {int(line) for line in re.findall(r"\.mlir:(\d+):\d+: error", said)}
        good, line = [], 1
        for piece in pieces:
            end = line + piece.count("\n") + SEPARATOR.count("\n") - 1
            if not wrong.intersection(range(line, end + 1)):
                good.append(piece)
            line = end + 1
        return good

    def report(self, crashes, flags):
        for text, status, said in crashes:
            self.failures += 1
            frames = "\n".join(line for line in said.split("\n") if "rondo" in line or "ssert" in line)[:3000]
            print(f"status {status}: rondo-opt {' '.join(flags)}\n{text}\n{frames or said[:2000]}\n", flush=True)

    def batch(self, pieces, name):
        good = self.verified(pieces, name)
        for flags in self.ways:
            if good:
                self.report(self.blame(good, flags, name), flags)
        return len(good)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("count", type=int)
    parser.add_argument("scratch")
    parser.add_argument("files", nargs="+")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--batch", type=int, default=50)
    arguments = parser.parse_args()
    functions = functions_of(sorted(arguments.files))
    functions += generic_forms(functions, arguments.scratch)
    pool = {}
    for function in functions:
        for token in TOKEN.findall(function):
            if token.strip():
                pool.setdefault(kind_of(token), set()).add(token)
    pool = {kind: sorted(tokens) for kind, tokens in pool.items()}
    runner = Runner(arguments.scratch)
    numbers = range(arguments.first, arguments.first + arguments.count)
    batches = [numbers[i : i + arguments.batch] for i in range(0, len(numbers), arguments.batch)]
    with ThreadPoolExecutor(max_workers=2) as pool_of_two:
        jobs = [
            pool_of_two.submit(runner.batch, [mutate(functions, pool, n) for n in batch], str(batch[0]))
            for batch in batches
        ]
        good = sum(job.result() for job in jobs)
    print(f"{len(functions)} functions, {arguments.count} mutated, {good} verified, {runner.failures} failed")
    return 1 if runner.failures else 0


if __name__ == "__main__":
    sys.exit(main())
