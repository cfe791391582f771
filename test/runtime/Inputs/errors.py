# errors.py BINARY OLD ARRAYS FOLDER: each case is a command line and the error it must give ("@" is the folder).
import subprocess
import sys

import fake

binary, old, arrays, folder = sys.argv[1:]


def write(name, data):
    with open(folder + "/" + name, "wb") as file:
        file.write(data)


write("many", bytes(range(100)))
write("short", b"the cat")
write("other", b"the cat sat Z" * 20)
write("empty", b"")
good = fake.read_tensors(folder + "/w")
alphabet = good.pop("__metadata__")
weights = {name: ("F32", shape, values) for name, (shape, values) in good.items()}


def variant(name, changes, metadata=alphabet):
    tensors = {**weights, **changes}
    fake.write_tensors(folder + "/" + name, {k: v for k, v in tensors.items() if v}, metadata)


variant("w-missing", {"r": None})
variant("w-extra", {"z": ("F32", [1], [0.0])})
variant("w-shape", {"r": ("F32", [3, 2], [0.0] * 6)})
variant("w-type", {"r": ("I32", [6], [0] * 6)})
variant("w-nan", {"r": ("F64", [6], [0, 0, float("nan"), 0, 0, 0])})
variant("w-huge", {"r": ("F64", [6], [0, 1e300, 0, 0, 0, 0])})
variant("w-wild", {"e": ("F32", [30, 6], [10.0] * 180), "w": ("F32", [30, 6], [3e38] * 180)})
variant("w-plain", {}, None)
for name, steps in ("steps", "12x"), ("steps2", "4611686018427387905"):
    variant("w-" + name, {}, {**alphabet, "rondo.steps": steps})
variant("w-alphabet", {}, {"rondo.alphabet": "4140"})
# What a hostile file may say under a name that Rondo writes.
hostile = {"w-deep": b"[" * 100 + b"]" * 100, "w-number": b"1e999", "w-list": b'["Fake"]', "w-open": b'"Fake'}
data = open(folder + "/w", "rb").read()
size = int.from_bytes(data[:8], "little")
for name, value in hostile.items():
    header = data[8:8 + size].rstrip().replace(b'"rondo.model":"Fake"', b'"rondo.model":' + value)
    assert value in header
    write(name, len(header).to_bytes(8, "little") + header + data[8 + size:])
write("w-cut", open(folder + "/w", "rb").read()[:-4])
text = ("I32", [3, 5], [1] * 15)
fake.write_tensors(folder + "/in", {"text": text, "next": text})
fake.write_tensors(folder + "/in-batch", {"text": ("I32", [2, 5], [1] * 10), "next": ("I32", [2, 5], [1] * 10)})
fake.write_tensors(folder + "/in-long", {"text": ("I32", [3, 6], [1] * 18), "next": ("I32", [3, 6], [1] * 18)})
fake.write_tensors(folder + "/in-uneven", {"text": text, "next": ("I32", [3, 6], [1] * 18)})
fake.write_tensors(folder + "/in-rank", {"text": ("I32", [15], [1] * 15), "next": text})
fake.write_tensors(folder + "/in-token", {"text": ("I32", [3, 5], [1] * 14 + [30]), "next": text})
fake.write_tensors(folder + "/in-real", {"text": ("F32", [3, 5], [1] * 15), "next": text})
fake.write_tensors(folder + "/in-none", {"next": text})
fake.write_tensors(folder + "/in-extra", {"text": text, "next": text, "x\n": text})
fake.write_tensors(folder + "/in-state", {"text": text, "next": text, "state.q": ("F32", [3, 6], [0] * 18)})
fake.write_tensors(folder + "/in-infinite", {"text": text, "next": text,
                                             "state.h": ("F32", [3, 6], [0] * 17 + [float("-inf")])})
fake.write_tensors(folder + "/in-swapped", {"text": text, "next": ("I32", [5, 3], [1] * 15)})
fake.write_tensors(folder + "/in-state2", {"text": text, "next": text, "state.h": ("F32", [6, 3], [0] * 18)})
fake.write_tensors(folder + "/none-at-all", {"text": ("I32", [0, 9], [])})
fake.write_tensors(folder + "/single", {"text": ("I32", [1, 9], [1] * 9)})
fake.write_tensors(folder + "/few", {"text": ("I32", [2, 9], [1] * 18)})

fake.write_tensors(folder + "/one", {"text": ("I32", [3, 1], [1] * 3)})

train, evaluate = "train --data @/text", "eval --data @/text"
grad = "grad --weights @/w --out @/g --in @/"
cases = [
    (
        "frobnicate",
        "unknown command 'frobnicate', expected info, train, eval, generate, run, grad, gradcheck, convert or bench",
    ),
    ("info --x", "unknown option '--x', expected none but --help"),
    ("info x", "expected an option, found 'x'"),
    ("train", "--data is missing"),
    (train + " --data @/text", "--data is given twice"),
    (train + " --steps", "--steps: expected a value"),
    (train + " --steps 0", "--steps: expected an integer from 1 on, found '0'"),
    (train + " --threads 0", "--threads: expected an integer from 1 to 64, found '0'"),
    (evaluate + " --weights @/w --threads many", "--threads: expected an integer from 1 to 64, found 'many'"),
    ("info --threads 2", "unknown option '--threads', expected none but --help"),
    ("convert --batch 2", "unknown option '--batch', expected --weights, --layout, --out, --to"),
    (train + " --steps 1e3", "--steps: expected an integer from 1 on, found '1e3'"),
    (train + " --split 1.5", "--split: expected a number from 0 to below 1, found '1.5'"),
    (train + " --rate -1", "--rate: expected a number above 0, found '-1'"),
    (train + " --split 0.2 --valid @/text", "--split and --valid exclude each other"),
    (train + " --out /dev/null", "cannot write '/dev/null': it is no regular file"),
    (train + " --out @", "cannot write '@': it is no regular file"),
    (train + " --out @/no/w", "cannot write '@/no/w': No such file or directory"),
    (train + " --log @/no/log", "cannot write '@/no/log': No such file or directory"),
    (train + " --init @/none", "cannot read '@/none': No such file or directory"),
    (train + " --valid @/none", "cannot read '@/none': No such file or directory"),
    ("train --data @/none", "cannot read '@/none': No such file or directory"),
    ("train --data @", "cannot read '@': Is a directory"),
    ("train --data @/many",
     "the data has 100 distinct bytes, the model's vocabulary is 30: compile the program with -D vocab=100"),
    ("train --data @/short", "@/short: the training data, 6 tokens, is too short: each of 3 streams has 1 positions, "
     "fewer than the 5 of a window"),
    ("train --data @/empty", "@/empty: the training data, 0 tokens, is too short: each of 3 streams has 0 positions, "
     "fewer than the 5 of a window"),
    ("train --data @/other --init @/w", "@/other: byte 0x5a ('Z') at offset 12 is not in the alphabet of the weights"),
    ("eval --data @/text", "--weights is missing"),
    ("eval --data @/empty --weights @/w", "@/empty: the data to evaluate on is too short: no position could be scored"),
    (evaluate + " --weights @/text", None),
    (evaluate + " --weights @/w-cut", None),
    (evaluate + " --weights @/w-missing", "@/w-missing: no tensor 'r', which the model 'Fake' needs"),
    (evaluate + " --weights @/w-extra", "@/w-extra: 'z' is no parameter of the model 'Fake'"),
    (evaluate + " --weights @/w-shape", "@/w-shape: 'r' has the shape [3, 2], expected [6]"),
    (evaluate + " --weights @/w-type", "@/w-type: 'r' is I32, expected F32 or F64"),
    (evaluate + " --weights @/w-nan", "@/w-nan: 'r' holds a value that is not finite in f32 (element 2)"),
    (evaluate + " --weights @/w-huge", "@/w-huge: 'r' holds a value that is not finite in f32 (element 1)"),
    (evaluate + " --weights @/w-plain", 
     "@/w-plain has no alphabet (metadata rondo.alphabet), so it cannot read a text"),
    (evaluate + " --weights @/w-alphabet",
     "@/w-alphabet: expected the alphabet to be ascending bytes in hexadecimal, found '4140'"),
    (evaluate + " --weights @/w-steps", "@/w-steps: expected rondo.steps to be an integer from 0 to 2^62, found '12x'"),
    (evaluate + " --weights @/w-steps2",
     "@/w-steps2: expected rondo.steps to be an integer from 0 to 2^62, found '4611686018427387905'"),
    (evaluate + " --weights @/w-deep", "@/w-deep: header: byte 94: nested deeper than 64"),
    (evaluate + " --weights @/w-number", "@/w-number: header: byte 31: the number 1e999 is too large"),
    (evaluate + " --weights @/w-list", "@/w-list: __metadata__: expected strings, found an array"),
    (evaluate + " --weights @/w-open", None),
    (evaluate + " --weights @/w --split 0", "--split: expected a number above 0 and below 1, found '0'"),
    (train + " --log @/text", "--log: expected another file than that of --data, found '@/text'"),
    (train + " --out @/../" + folder.split("/")[-1] + "/text",
     "--out: expected another file than that of --data, found '@/../" + folder.split("/")[-1] + "/text'"),
    (train + " --valid @/many --out @/many", "--out: expected another file than that of --valid, found '@/many'"),
    (train + " --out @/new --log @/new", "--out: expected another file than that of --log, found '@/new'"),
    (train + " --init @/w --log @/w", "--log: expected another file than that of --init, found '@/w'"),
    ("grad --weights @/w --in @/in --out @/w", "--out: expected another file than that of --weights, found '@/w'"),
    ("grad --weights @/w --in @/in --out @/in", "--out: expected another file than that of --in, found '@/in'"),
    (train + " --valid @/empty", "@/empty: the data to evaluate on is too short: no position could be scored"),
    (train + " --split 1e-4",
     "the validation part of @/text: the data to evaluate on is too short: no position could be scored"),
    (train + " --steps 1 --rate 1e38", "validation: the loss is not finite"),
    (train + " --steps 1 --rate 1e300",
     "the rate of step 1 is inf: expected a finite number that is not negative"),
    ("generate --weights @/w-plain", "@/w-plain has no alphabet (metadata rondo.alphabet), so it cannot write a text"),
    ("generate --weights @/w-wild", "the logits of symbol 1 are not finite"),
    ("generate --weights @/w --temperature nan", "--temperature: expected a number from 0 on, found 'nan'"),
    ("generate --weights @/w -n -1", "-n: expected an integer from 0 on, found '-1'"),
    (grad + "in-batch", "@/in-batch: the arrays have 2 sequences, the model was compiled for a batch of 3"),
    (grad + "in-long", "@/in-long: the arrays have 6 positions, the model was compiled for 5"),
    (grad + "in-uneven", "@/in-uneven: 'next' has 6 positions, the tensors before it 5"),
    (grad + "in-rank", "@/in-rank: 'text' has the shape [15], expected [sequences, time]"),
    (grad + "in-token", "@/in-token: 'text' holds the token 30 (element 14), expected 0 to 29"),
    (grad + "in-real", "@/in-real: 'text' is F32, expected tokens (I32, I64 or U8)"),
    (grad + "in-none", "@/in-none: no tensor 'text', which is an input of the model, found 'next'"),
    (grad + "in-extra", "@/in-extra: 'x\\n' is no input or target of the model 'Fake'"),
    (grad + "in-infinite", "@/in-infinite: 'state.h' holds a value that is not finite in f32 (element 17)"),
    (grad + "in-swapped",
     "@/in-swapped: 'next' has 5 sequences, the tensors before it 3; expected sequences first, then time"),
    (grad + "in-state", "@/in-state: 'state.q' is no state of the model"),
    (grad + "in-state2", "@/in-state2: 'state.h' is F32 [6, 3], expected F32 or F64 [3, 6]"),
    ("gradcheck --samples 0", "--samples: expected an integer from 1 on, found '0'"),
]


def check(program, words, expected):
    words = [word.replace("@", folder) for word in words.split()]
    found = subprocess.run([program, *words], capture_output=True, text=True)
    assert found.returncode == 1, (words, found)
    start = program + ": error: "
    assert found.stderr.startswith(start) and found.stderr.count("\n") == 1, (words, found.stderr)
    if expected:
        assert found.stderr == start + expected.replace("@", folder) + "\n", (words, found.stderr)


for words, expected in cases:
    check(binary, words, expected)
check(old, "info", "the model was compiled for version 99 of the runtime's interface, this is version 4")
check(arrays, "train --data @/few --split 0", "@/few: the training data has 2 sequences, fewer than the batch of 3")
check(arrays, "train --data @/in",
      "@/in: the training data has 2 sequences, fewer than the batch of 3; --split 0 trains on "
      "all 3 sequences")
check(arrays, "train --data @/single", "@/single: the training data has 0 sequences, fewer than the batch of 3")
check(arrays, "eval --data @/single --weights @/w --split 0.3",
      "@/single: --split 0.3 would leave out none of 1 sequences: without --split all of it is evaluated")
check(arrays, "train --data @/text", None)
check(arrays, "train --data @/none-at-all", "@/none-at-all: expected at least one sequence")
for words in ("train --data @/one --split 0", "eval --data @/one --weights @/w", grad + "one"):
    check(arrays, words, "@/one: expected sequences of more than 1 positions, found 1")
found = subprocess.run([binary], capture_output=True, text=True)
assert found.returncode == 1 and found.stderr.startswith("usage: "), found
