# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Gives mutated files and options to programs whose runtime was compiled with AddressSanitizer and UBSan, and mutated
options to rondoc and rondo-opt: each must be taken, or refused with an error; none may crash, hang or touch what is
not its own.

usage: mutate_inputs.py COUNT SCRATCH PROGRAM.rondo [--first N] [--kind KIND]

COUNT command lines are run, numbers N (default 0) and on, of the kinds (weights, arrays, text, lines, run, options,
compiler) in turn, or of one. The same number is always the same mutation. SCRATCH is a folder that is made anew; the
folder of a command line that failed is kept in it.
"""

import argparse
import os
import random
import resource
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "runtime", "Inputs"))
import fake  # noqa: E402
from mutators import mutate_bytes, mutate_npy, mutate_npz, mutate_table, mutate_tensors  # noqa: E402
from run_helpers import write_npy  # noqa: E402

SECONDS = 10  # of the processor: on a busy machine more may pass
# No value that asks for minutes of work.
WORDS = """0 1 2 3 -1 0.1 0.5 1e-3 1e-300 1e999 nan inf 0x1 1x - -- 18446744073709551616 é /dev/null / . w text arrays
pairs --data --weights --init --out --log --in --split --part --valid --rate --seed --threads --samples --tolerance
--prompt --temperature --checkpoint-every --validate-every --patience --plot --resume --epochs --trace-nan --stream
--state-in --state-out text=x.npy x.csv y.npy --help
-h""".split() + ["", " ", "\n", "9" * 30, "a" * 5000]
COMPILER_WORDS = """-D H=8 H=0 H= =8 H batch=1 bptt=4,8 bptt=8,4 rate=nan optimizer=sgd H=99999999999999999999 -O0 -O3
-O9 --element f64 --element=f16 --emit=ast --emit=rondo --emit=linalg --emit= --mcpu=haswell --mcpu= --mcpu=nosuch
--model Small --model= --remarks --time
--trace-nan=text --trace-nan -o out / - -- nowhere é --rondo-phase-split --rondo-split-scan --rondo-stream
--rondo-vectorize --rondo-unroll=factor=0 --rondo-unroll=factor=3 --rondo-differentiate=function=nothing
--rondo-differentiate=nothing=1 --rondo-truncate-bptt=k1=0 --rondo-truncate-bptt=k1=99 --rondo-passes
--canonicalize""".split() + [""]

COMMANDS = {
    "weights": """fake eval --data text --weights w
        fake generate --weights w -n 9
        fake train --data text --init w --steps 2
        fake gradcheck --weights w
        fake train --data text --resume c --steps 9 --out v
        fake eval --data text --weights c
        rondoc program.rondo --trace-nan trace
        fake eval --data text --weights w.npz
        fake run --weights w.npz --in x.npy --out y.npy
        fake convert --weights w.npz --layout own --out v
        fake convert --weights w --layout auto --out v.npz
        fake grad --weights w --in window --out g""",
    "arrays": """fake-arrays train --data arrays --steps 2
        fake-arrays eval --data arrays --weights w
        fake-frames train --data frames --steps 9
        fake-frames eval --data frames --weights w
        fake grad --weights w --in window --out g
        fake-lines grad --weights lw --in lengths --out g
        fake-lengths train --data lengths --steps 3 --split 0
        fake-lengths eval --data lengths --weights nw
        fake-padded train --data padded --steps 3
        fake-padded eval --data padded --weights nw
        fake-regression train --data pairs --steps 2 --split 0.3
        fake-whole train --data whole --steps 2""",
    "text": """fake train --data text --steps 2 --out v
        fake eval --data text --weights w
        fake generate --weights w -n 5 --prompt @
        fake generate --weights w --prompts text --out y.npy --max 5 --beam 2""",
    "lines": """fake-lines train --data lines --steps 3 --out v
        fake-lines eval --data lines --weights lw
        fake-pairs train --data columns --steps 3 --out v
        fake-pairs train --data columns --valid columns --steps 1
        fake-pairs eval --data columns --weights pw
        fake-pairs generate --weights pw --in columns --out y.npy --max 5
        fake-lines generate --weights lw --prompts lines --out y --max 5 --top-p 0.8""",
    "run": """fake run --weights w --in x.npy --out y.npy
        fake run --weights w --in text=x.npy --in length.T=length.npy --out y.safetensors --stream 3
        fake run --weights w --in x.csv --out y.csv
        fake run --weights w --in x.txt --out y.npy
        fake run --weights w --in tokens.safetensors --out y.safetensors --state-in state --state-out s --stream 1
        fake-frames run --weights w --in frames.safetensors --out y.npy
        fake-lines run --weights lw --in lines.txt --out y.safetensors
        fake-regression run --weights v --in points.npy --out y.safetensors
        fake-regression run --weights v --in x=points.csv --out y.safetensors
        fake generate --weights w --prompts tokens.safetensors --out y.safetensors --max 4 --beam 3
        fake generate --weights w --prompts x.npy --out y.npy --max 4 --temperature 1""",
    "options": """fake train --data text --steps 2 --rate 0.1 --split 0.2 --out v
        fake train --data text --valid text --steps 3 --log log --init w --out v --checkpoint-every 1 --threads 2
        fake train --data text --epochs 1 --resume c --out v --trace-nan trace
        fake eval --data text --weights w --split 0.5
        fake generate --weights w -n 9 --prompt the --temperature 0.5
        fake generate --weights w --prompts x.npy --out y.npy --max 3 --beam 2 --length-penalty 0.5
        fake generate --weights w --prompts x.npy --out y.npy --max 3 --top-k 2 --top-p 0.5 --seed 4
        fake grad --weights w --in window --out g --seed 3
        fake run --weights w --in x.npy --out y.npy --stream 2 --state-out s
        fake gradcheck --samples 2 --tolerance 0.1 --seed 3
        fake bench --seconds 0.01 --threads 1
        fake info""",
    "compiler": """rondoc program.rondo -D H=8 --emit=rondo -o out
        rondoc program.rondo --emit=linalg -O1 --element f64 --mcpu=haswell --remarks
        rondo-opt program.mlir --rondo-differentiate=function=train --rondo-split-scan -o out
        rondo-opt program.mlir --rondo-truncate-bptt=k1=2 --rondo-phase-split --remarks""",
}
MUTATED = {"text": "text", "lines": "lines", "columns": "lines"}
MUTATED.update(dict.fromkeys(["w", "w.npz", "c", "trace"], "weights"))
MUTATED.update(dict.fromkeys(["x.npy", "length.npy", "x.csv", "x.txt", "tokens.safetensors", "state"], "run"))
MUTATED.update(dict.fromkeys(["frames.safetensors", "lines.txt", "points.npy", "points.csv"], "run"))
MUTATED.update(dict.fromkeys(["arrays", "frames", "window", "lengths", "padded", "pairs", "whole"], "arrays"))


def mutate_file(name, data, chance):
    """The file's bytes mutated as what its name says that they are."""
    mutators = {".npy": mutate_npy, ".npz": mutate_npz, ".csv": mutate_table, ".txt": mutate_bytes}
    mutate = mutators.get(os.path.splitext(name)[1])
    if not mutate:
        mutate = mutate_bytes if MUTATED[name] in ("text", "lines") else mutate_tensors
    return mutate(data, chance)


def mutate_words(words, chance, pool):
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(1, len(words) + 1)
        what = chance.randrange(5)
        if what == 0 and at < len(words):
            del words[at]
        elif what == 1 and at < len(words):
            words.insert(at, words[at])
        elif what == 2 and at < len(words):
            other = chance.randrange(1, len(words))
            words[at], words[other] = words[other], words[at]
        elif what == 3 and at < len(words):
            words[at] = chance.choice(pool)
        else:
            words.insert(at, chance.choice(pool))
    return words


def make_base(folder, program):
    """The valid files that are mutated."""
    os.makedirs(folder)
    shutil.copy(program, folder + "/program.rondo")
    ir = subprocess.run(["rondoc", program, "--emit=rondo"], check=True, capture_output=True).stdout
    with open(folder + "/program.mlir", "wb") as file:
        file.write(ir)
    with open(folder + "/text", "w") as file:
        file.write(fake.make_text(1, 300))
    source = random.Random(7)
    tokens = [source.randrange(30) for _ in range(15)]
    reals = [source.gauss(0, 1) for _ in range(160)]
    fake.write_tensors(folder + "/window", {"text": ("I32", [3, 5], tokens), "next": ("I64", [3, 5], tokens)})
    window = {"text": ("I32", [3, 5], tokens), "length.T": ("I64", [3], [5, 0, 2])}
    fake.write_tensors(folder + "/lengths", {**window, "next": ("U8", [3, 5], tokens)})
    fake.write_tensors(folder + "/arrays", {"text": ("U8", [5, 14], [source.randrange(30) for _ in range(70)])})
    frames = {"text": ("U8", [70], [source.randrange(30) for _ in range(70)])}
    fake.write_tensors(folder + "/frames", {**frames, "offsets": ("I32", [6], [0, 14, 20, 20, 49, 70])})
    parts = {"train.text": frames["text"], "train.offsets": ("I64", [15], list(range(0, 71, 5)))}
    parts.update({"valid.text": ("I32", [9], tokens[:9]), "valid.offsets": ("I32", [4], [0, 6, 6, 9])})
    fake.write_tensors(folder + "/padded", {**parts, "test.text": ("U8", [4], [1, 2, 3, 4]),
                                            "test.offsets": ("I32", [2], [0, 4])})
    fake.write_tensors(folder + "/pairs", {"x": ("F64", [10, 8, 2], reals), "y": ("F32", [10, 8], reals[:80])})
    fake.write_tensors(folder + "/whole", {"x": ("F32", [10, 4, 2], reals[:80]), "y": ("F32", [10], reals[:10])})
    with open(folder + "/lines", "w") as file:
        file.write("".join(source.choice("abc") * source.randint(1, 4) + "\n" for _ in range(20)))
    with open(folder + "/columns", "w") as file:
        file.write("".join(source.choice("abc") + "\t" + source.choice(["d", "ef", "ghi"]) + "\n" for _ in range(20)))
    for program, data, weights in ("lines", "lines", "lw"), ("pairs", "columns", "pw"):
        train = ["fake-" + program, "train", "--data", data, "--steps", "1", "--out", weights]
        subprocess.run(train, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    train = ["fake-lengths", "train", "--data", "lengths", "--split", "0", "--steps", "1", "--out", "nw"]
    subprocess.run(train, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    train = ["fake", "train", "--data", "text", "--steps", "1", "--out", "w"]
    subprocess.run(train, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    os.rename(folder + "/w.checkpoint", folder + "/c")
    convert = ["fake", "convert", "--weights", "w", "--out", "w.npz"]
    subprocess.run(convert, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    model = ["rondoc", "program.rondo", "-O1", "--no-gradcheck", "-o", "model"]
    subprocess.run(model, cwd=folder, check=True)
    train = ["./model", "train", "--data", "text", "--rate", "3e38", "--steps", "9", "--trace-nan", "trace"]
    subprocess.run(train, cwd=folder, capture_output=True)
    assert os.path.exists(folder + "/trace")
    os.remove(folder + "/model")
    make_run_files(folder, tokens, reals)


def make_run_files(folder, tokens, reals):
    write_npy(folder + "/x.npy", "I32", [3, 5], tokens)
    write_npy(folder + "/length.npy", "I64", [3], [5, 0, 2])
    write_npy(folder + "/points.npy", "F32", [2, 4, 2], reals[:16], order="F")
    with open(folder + "/x.csv", "w") as file:
        file.write("token\n" + "".join(f"{token}\n" for token in tokens))
    with open(folder + "/points.csv", "w") as file:
        file.write("".join(f"{a},{b}\n" for a, b in zip(reals[:4], reals[4:8])))
    shutil.copy(folder + "/lines", folder + "/lines.txt")
    shutil.copy(folder + "/frames", folder + "/frames.safetensors")
    with open(folder + "/x.txt", "w") as file:
        file.write(fake.make_text(1, 10))
    fake.write_tensors(folder + "/tokens.safetensors", {"text": ("I64", [3, 5], tokens),
                                                        "length.T": ("I32", [3], [5, 0, 2])})
    fake.write_tensors(folder + "/state", {"state.h": ("F32", [3, 6], reals[:18]), "position": ("I64", [3], [1, 2, 3])})
    parameters = {"a": ("F32", [2], [0.5, -1]), "c": ("F32", [2], [2, 0.25]), "u": ("F32", [3], [0] * 3)}
    fake.write_tensors(folder + "/v", parameters)


def prepare(kind, folder, chance):
    """The command line, with its file mutated in the folder."""
    words = chance.choice(COMMANDS[kind].split("\n")).split()
    if kind in ("options", "compiler"):
        words = mutate_words(words, chance, WORDS if kind == "options" else COMPILER_WORDS)
        # More than a moment is no hang where a moment was not asked for.
        return ["0.01" if "bench" in words and word in ("1", "2", "3") else word for word in words]
    if "@" in words:
        words[words.index("@")] = mutate_bytes(b"the cat", chance).replace(b"\0", b"")
        return words
    for word in words:
        name = word.split("=")[-1]
        if MUTATED.get(name) == kind:
            with open(f"{folder}/{name}", "rb") as file:
                data = file.read()
            with open(f"{folder}/{name}", "wb") as file:
                file.write(mutate_file(name, data, chance))
    return words


def run(base, scratch, kind, number, environment):
    """0 if the command line was taken, 1 if it was refused, else what went wrong."""
    folder = f"{scratch}/{kind}-{number}"
    shutil.copytree(base, folder)
    words = prepare(kind, folder, random.Random(f"{kind} {number}"))
    try:
        done = subprocess.run(
            words, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=300, env=environment,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS)),
        )
        status, said = done.returncode, done.stderr.decode(errors="replace")
    except subprocess.TimeoutExpired:
        status, said = "none after 300 s", ""
    bad = "Sanitizer" in said or "runtime error:" in said or "LLVM ERROR" in said or "Stack dump" in said
    # The compiler's libraries word some errors themselves; gradcheck of other weights may fail.
    worded = "error:" in said or "usage:" in said or "gradcheck" in words or (kind == "compiler" and said.strip())
    if not bad and (status == 0 or (status == 1 and worded)):
        shutil.rmtree(folder)
        return status
    return f"{kind} {number}: status {status}, kept in {folder}: {words}\n{said[:3000]}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("count", type=int)
    parser.add_argument("scratch")
    parser.add_argument("program")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--kind", choices=sorted(COMMANDS))
    arguments = parser.parse_args()
    scratch = os.path.abspath(arguments.scratch)
    shutil.rmtree(scratch, ignore_errors=True)
    # What cannot be allocated is refused by the program, not by the sanitizer.
    environment = dict(os.environ)
    environment["ASAN_OPTIONS"] = environment.get("ASAN_OPTIONS", "abort_on_error=1") + ":allocator_may_return_null=1"
    base = scratch + "/base"
    make_base(base, arguments.program)
    kinds = [arguments.kind] if arguments.kind else sorted(COMMANDS)
    numbers = range(arguments.first, arguments.first + arguments.count)
    with ThreadPoolExecutor(max_workers=2) as pool:
        results = list(pool.map(lambda n: run(base, scratch, kinds[n % len(kinds)], n, environment), numbers))
    failures = [result for result in results if isinstance(result, str)]
    print("\n".join(failures[:20]))
    print(f"{results.count(0)} accepted, {results.count(1)} refused, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
