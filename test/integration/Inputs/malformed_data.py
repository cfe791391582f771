# malformed_data.py PROGRAMS FOLDER: data, options and calls from C that do not fit what a model says of lengths and of
# what it generates, each with the words of its error.
import ctypes
import os
import subprocess
import sys

import c_library
import fake
from c_library import arrays, block, sizes
from compiled_models import call, reals, tokens

programs, folder = map(os.path.abspath, sys.argv[1:])
os.chdir(folder)
NAN, T, S = float("nan"), "length.T", "length.S"

DATA = {
    "Both": {"x": ("F32", [3, 10, 2], reals(3, 10, 2)), "y": ("F32", [3, 10], reals(3, 10)),
             T: ("I32", [3], [10, 4, 1])},
    "Asks": {"w": ("F32", [3, 6, 2], reals(3, 6, 2)), "x": ("F32", [3, 10, 2], reals(3, 10, 2)),
             "y": ("F32", [3, 10], reals(3, 10)), T: ("I32", [3], [10, 4, 0]), S: ("I32", [3], [6, 1, 0])},
    "Frames": {"x": ("F32", [12, 2], reals(12, 2)), "y": ("I32", [12], tokens(4, 12)),
               "offsets": ("I32", [3], [0, 8, 12])},
    "Forward": {"x": ("F32", [2, 8, 2], reals(2, 8, 2)), "y": ("I32", [2, 8], tokens(4, 2, 8)),
                T: ("I32", [2], [8, 5])},
    "Answer": {"source": ("I32", [3, 6], tokens(9, 3, 6)), "style": ("F32", [3, 2], reals(3, 2)),
               "answer": ("I32", [3, 12], tokens(7, 3, 12)), "seen": ("F32", [3, 12], reals(3, 12))},
    "Others": {"points": ("F32", [3, 5, 2], reals(3, 5, 2)), "pace": ("F32", [3, 12], reals(3, 12)),
               "corner": ("I32", [3, 12], tokens(2, 3, 12)), S: ("I32", [3], [5, 2, 4])},
}
DECODERS = "Answer", "Others"
for model, tensors in DATA.items():
    program = programs + ("/generate.rondo" if model in DECODERS else "/ragged.rondo")
    rows = [] if model in (*DECODERS, "Frames") else ["-D", "rows=" + ("2" if model == "Forward" else "3")]
    call("rondoc", program, "--model", model, "-O1", "--no-gradcheck", *rows, "-o", model)
    fake.write_tensors("data", tensors)
    call("./" + model, "train", "--data", "data", "--split", "0", "--steps", "1", "--out", model + ".w")


def lengths(*values, dtype="I32"):
    return dtype, [len(values)], list(values)


def ints(shape, *values):
    return "I32", list(shape), list(values)


OUTPUTS, SOURCES = ["y"], ["answer", "seen"]
FLOATS = "is F32 [3], expected I32 or I64 [sequences]"
cases = [
    # Lengths, in each command. (model, command, changed tensors, tensors that are left out, words)
    *(("Both", command, {T: lengths(10, 11, 1)}, out, "in: 'length.T' holds 11 (element 1), expected 0 to 10")
      for command, out in (("train", []), ("eval", []), ("grad", []), ("run", OUTPUTS))),
    *(("Both", command, {T: lengths(10, -1, 1)}, out, "in: 'length.T' holds -1 (element 1), expected 0 to 10")
      for command, out in (("train", []), ("eval", []), ("grad", []), ("run", OUTPUTS))),
    ("Both", "train", {T: lengths(10, NAN, 1, dtype="F32")}, [], "in: 'length.T' " + FLOATS),
    ("Both", "eval", {T: lengths(10, 2.5, 1, dtype="F32")}, [], "in: 'length.T' " + FLOATS),
    ("Asks", "grad", {S: lengths(1, NAN, 1, dtype="F32")}, [], "in: 'length.S' " + FLOATS),
    ("Asks", "run", {S: lengths(7, 1, 1)}, OUTPUTS, "in: 'length.S' holds 7 (element 0), expected 0 to 6"),
    ("Asks", "train", {S: lengths(-1, 1, 1)}, [], "in: 'length.S' holds -1 (element 0), expected 0 to 6"),
    ("Both", "train", {T: lengths(10, 2**62, 1, dtype="I64")}, [],
     "in: 'length.T' holds 4611686018427387904 (element 1), expected 0 to 10"),
    ("Both", "train", {}, [T], "in: no tensor 'length.T', which says how long each sequence is along 'T'"),
    ("Asks", "eval", {}, [S], "in: no tensor 'length.S', which says how long each sequence is along 'S'"),
    ("Both", "grad", {T: lengths(10, 4)}, [], "in: 'length.T' has 2 sequences, the other tensors 3"),
    ("Both", "train", {T: ints([3, 1], 10, 4, 1)}, [], "in: 'length.T' is I32 [3, 1], expected I32 or I64 [sequences]"),
    ("Both", "train", {"length.K": lengths(1, 1, 1)}, [], "in: 'length.K' is no input or target of the model 'Both'"),
    ("Both", "run", {"length.K": lengths(1, 1, 1)}, OUTPUTS,
     "in: 'length.K' is no input or target of the model 'Both', expected 'x'"),
    ("Both", "train", {"x": ("F32", [0, 10, 2], []), "y": ("F32", [0, 10], []), T: lengths()}, [],
     "in: expected at least one sequence"),
    ("Both", "train", {T: lengths(0, 0, 0)}, [],
     "in: the longest of the 3 sequences of the training data has 0 positions, of which none counts"),
    ("Forward", "train", {T: lengths(2, 1)}, [],
     "in: the longest of the 2 sequences of the training data has 2 positions, of which none counts"),
    ("Both", "eval", {T: lengths(0, 0, 0)}, [], "the data to evaluate on is too short: no position could be scored"),
    ("Both", "run", {T: lengths(3, 0, 2)}, OUTPUTS,
     "row 1 has no positions, of which the output 'whole' is to be made"),
    # Ports that do not fit each other, or the model.
    ("Both", "train", {"y": ("F32", [3, 9], [0] * 27)}, [], "in: 'y' has 9 positions, the tensors before it 10"),
    ("Both", "eval", {"x": ("F32", [2, 10, 2], [0] * 40)}, [], "in: 'y' has 3 sequences, the tensors before it 2"),
    ("Both", "train", {"x": ("F32", [3, 12, 2], [0] * 72), "y": ("F32", [3, 12], [0] * 36)}, [],
     "in: each sequence of the training data has 12 positions, the model was compiled for 10 and takes each sequence's "
     "length"),
    ("Both", "run", {"x": ("F32", [1, 12, 2], [0] * 24)}, OUTPUTS + [T],
     "row 0 has 12 positions along 'T', the model was compiled for at most 10 and looks ahead, so that it cannot be "
     "run in parts: 'axis T max 12' takes as many"),
    ("Asks", "run", {"w": ("F32", [3, 5, 2], [0] * 30)}, OUTPUTS,
     "in: 'w' has the shape [3, 5, 2], expected [sequences, 6, 2]"),
    ("Both", "train", {"x": ("F32", [3, 10, 2], [NAN] * 60)}, [],
     "in: 'x' holds a value that is not finite (element 0)"),
    ("Forward", "eval", {"y": ints([2, 8], *[4] * 16)}, [], "in: 'y' holds the token 4 (element 0), expected 0 to 3"),
    ("Frames", "train", {"offsets": lengths(0, 8, 4)}, [],
     "in: 'offsets' holds 4 (element 2), expected offsets that ascend from 0"),
    ("Frames", "train", {"offsets": lengths(0, NAN, 12, dtype="F32")}, [],
     "in: 'offsets' is F32 [3], expected I32 or I64 and one number more than sequences"),
    ("Frames", "eval", {"offsets": lengths(0, 8, 13)}, [],
     "in: 'offsets' ends with 13, expected the 12 positions of the tensors"),
    ("Others", "train", {"corner": ints([3, 12], *[1] * 12, 0, 1, 2, *[0] * 21)}, [],
     "in: 'corner' holds 2 (element 14), expected a position of 'S', of which sequence 1 has 2"),
    ("Others", "eval", {S: lengths(5, 0, 4)}, [],
     "in: 'corner' holds 0 (element 12), expected a position of 'S', of which sequence 1 has 0"),
    ("Others", "run", {"corner": ints([3, 12], *[4] * 36)}, [],
     "'corner': row 1 has the position 4, of 2 that there are"),
    # Generating.
    ("Answer", "generate", {"source": ints([3, 6], *[9] * 18)}, SOURCES,
     "in: 'source' holds the token 9 (element 0), expected 0 to 8"),
    ("Answer", "generate", {"style": ("F32", [2, 2], [0] * 4)}, SOURCES,
     "in: 'style' has 2 sequences, the tensors before it 3"),
    ("Answer", "generate", {}, SOURCES + ["style"], "no file gives 'style', which is an input of the model 'Answer'"),
    *(("Answer", f"generate {option} {given}", {}, SOURCES,
       f"{option.split()[-1]}: expected {expected}, found '{given}'")
      for option, given, expected in (
          ("--beam", "0", "an integer from 1 on"), ("--max", "-1", "an integer from 1 on"),
          ("--temperature 1 --top-p", "2", "a number above 0, at most 1"),
          ("--temperature", "-1", "a number from 0 on"), ("--temperature", "nan", "a number from 0 on"),
          ("--temperature 1 --top-k", "0", "an integer from 1 on"),
          ("--beam 2 --length-penalty", "inf", "a number from 0 on"))),
    ("Answer", "generate --beam 2 --temperature 1", {}, SOURCES,
     "--temperature: expected no drawing beside --beam, which searches"),
]
# Prompts beside: (model, tensors, words).
prompts = [
    ("Others", {"corner": ints([3, 1], 4, 2, 0)}, "the prompt of row 1 has the symbol 2, expected 0 to 1"),
    ("Answer", {"answer": ints([3, 1], 0, 7, 0)}, "prompts: 'answer' holds the token 7 (element 1), expected 0 to 6"),
    ("Answer", {"answer": ("F32", [3, 1], [0] * 3)}, "prompts: 'answer' is F32, expected tokens (I32, I64 or U8)"),
    ("Answer", {"answer": ints([3, 1], 0, 1, 0), T: lengths(1, 2, 1)},
     "prompts: 'length.T' holds 2 (element 1), expected 0 to 1"),
    ("Answer", {"answer": ints([2, 1], 0, 1)}, "in: 'source' has 3 sequences, the tensors before it 2"),
]


def refuse(model, command, changed, dropped, words, *more):
    tensors = {name: tensor for name, tensor in DATA[model].items() if name not in dropped}
    fake.write_tensors("in", {**tensors, **changed})
    before = sorted(os.listdir("."))
    command, *options = command.split()
    given = ["--data" if command in ("train", "eval") else "--in", "in"]
    given += ["--split", "0", "--steps", "1"] if command == "train" else ["--weights", model + ".w"]
    out = [] if command == "eval" else ["--out", "out.safetensors"]
    done = subprocess.run(["./" + model, command, *given, *out, *options, *more], capture_output=True, text=True)
    expected = f"{model}: error: {words}\n"
    assert (done.returncode, done.stderr) == (1, expected), (model, command, words, done)
    assert sorted(os.listdir(".")) == before, os.listdir(".")


for case in cases:
    refuse(*case)
for model, tensors, words in prompts:
    fake.write_tensors("prompts", tensors)
    refuse(model, "generate", {}, SOURCES + ["corner", "pace"], words, "--prompts", "prompts")
print(len(cases) + len(prompts), "wrong data and options")

# Calls from C.
for model in "Both", "Asks", "Answer":
    program = programs + ("/generate.rondo" if model == "Answer" else "/ragged.rondo")
    rows = [] if model == "Answer" else ["-D", "rows=3"]
    call("rondoc", program, "--model", model, "-O1", *rows, "--emit=shared", "-o", "c" + model)
libraries = {model: c_library.Library(f"./libc{model}.so", model + ".w") for model in ("Both", "Asks", "Answer")}
NULL, ARGUMENT = 1, 2
zeros = {form: block(form, [0] * 200) for form in "fi"}
x, w, results, loss = block("f", reals(60)), block("f", reals(36)), block("f", [0] * 60), block("d", [0])
symbols, counts = block("i", [0] * 99), block("i", [0] * 9)


def run(model, rows, steps, lengths, *inputs):
    library = libraries[model]
    workspace = library.open("workspace", *sizes(3, 10), 1)
    outputs = arrays(*[results] * 3)
    library.call("workspace", workspace, "run", *sizes(rows, steps), lengths, arrays(*inputs), outputs)


def grad(model, lengths, *inputs):
    library = libraries[model]
    trainer = library.open("trainer", 1)
    library.call("trainer", trainer, "grad", 1, *sizes(0), lengths, arrays(*inputs), loss)


def generate(prompts=None, steps=0, ends=None, rows=3, source=zeros["i"], style=zeros["f"], **decoding):
    library = libraries["Answer"]
    generator = library.open("generator", *sizes(3, 2, 8), 1)
    given = arrays(prompts) if prompts else None
    library.call("generator", generator, "generate", *sizes(rows), ctypes.byref(c_library.Decoding(**decoding)),
                 arrays(source, style, None, None), given, *sizes(steps), ends, symbols, counts, None)


def of(*values):
    return block("i", values)


calls = [
    (lambda: run("Both", 3, 10, of(10, 11, 1), x, None), ARGUMENT, "expected a length from 0 to 10 of row 1, found 11"),
    (lambda: run("Both", 3, 10, of(10, -1, 1), x, None), ARGUMENT, "expected a length from 0 to 10 of row 1, found -1"),
    (lambda: run("Both", 3, 10, of(1, 0, 1), x, None), ARGUMENT,
     "row 1 has no positions, of which the output 'whole' is to be made"),
    (lambda: run("Both", 3, 10, None, None, None), NULL, "expected the input 'x', found a null pointer"),
    (lambda: run("Asks", 3, 10, None, w, x, None, of(6, 7, 0)), ARGUMENT,
     "'length.S': expected a length from 0 to 6 of row 1, found 7"),
    (lambda: run("Asks", 3, 10, None, w, x, None, of(6, -1, 0)), ARGUMENT,
     "'length.S': expected a length from 0 to 6 of row 1, found -1"),
    (lambda: run("Asks", 3, 10, None, w, x, None, None), NULL, "expected the input 'length.S', found a null pointer"),
    (lambda: grad("Both", of(10, 11, 1), x, x), ARGUMENT, "expected a length from 0 to 10 of row 1, found 11"),
    (lambda: grad("Both", of(-1, 1, 1), x, x), ARGUMENT, "expected a length from 0 to 10 of row 0, found -1"),
    (lambda: grad("Asks", of(10, 1, 1), w, x, x, of(7, 1, 1)), ARGUMENT,
     "'length.S': row 0 has the length 7, expected 0 to 6"),
    (lambda: grad("Asks", of(10, 1, 1), w, x, x, None), NULL, "expected the input 'length.S', found a null pointer"),
    (lambda: generate(beam=3), ARGUMENT, "expected a beam of 1 to 2, for which the generator was opened, found 3"),
    (lambda: generate(beam=-1), ARGUMENT, "expected a beam of 1 to 2, for which the generator was opened, found -1"),
    (lambda: generate(temperature=-1), ARGUMENT, "expected a temperature from 0 on, found -1"),
    (lambda: generate(temperature=NAN), ARGUMENT, "expected a temperature from 0 on, found nan"),
    (lambda: generate(temperature=1, top_p=2), ARGUMENT,
     "expected top_k from 0 on and top_p above 0, at most 1, found 0 and 2"),
    (lambda: generate(temperature=1, top_k=-1), ARGUMENT,
     "expected top_k from 0 on and top_p above 0, at most 1, found -1 and 0"),
    (lambda: generate(beam=2, length_penalty=-1), ARGUMENT, "expected a length penalty from 0 on, found -1"),
    (lambda: generate(most=9), ARGUMENT, "expected 1 to 8 symbols, for which the generator was opened, found 9"),
    (lambda: generate(rows=4), ARGUMENT, "expected 0 to 3 rows, for which the generator was opened, found 4"),
    (lambda: generate(of(0, 7, 0), 1), ARGUMENT, "the prompt of row 1 has the symbol 7, expected 0 to 6"),
    (lambda: generate(of(0, 1, 0), 1, of(1, 2, 1)), ARGUMENT,
     "expected a prompt's length from 0 to 1 of row 1, found 2"),
    (lambda: generate(of(0, 1, 0), -1), ARGUMENT, "expected prompts of 0 to 2^31 symbols, found -1"),
    (lambda: generate(source=of(*[9] * 18)), ARGUMENT, "'source': row 0 has the token 9, expected 0 to 8"),
    (lambda: generate(source=None), NULL, "expected the input 'source', found a null pointer"),
]
for action, code, words in calls:
    try:
        action()
    except c_library.Failed as failure:
        assert failure.args == (code, words), (failure, words)
    else:
        raise AssertionError(words)
print(len(calls), "wrong calls")
