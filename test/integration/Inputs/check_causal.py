# check_causal.py PROGRAM FOLDER: what a causal Transformer keeps of the positions so far, up to its context and beyond.
import math
import os
import subprocess
import sys

import fake
from compiled_models import call, outputs, prepare, refuse, run

program, folder = (os.path.abspath(word) for word in sys.argv[1:])
os.chdir(folder)
CONTEXT, HALF, VOCAB = 12, 6, 30


def write(name, text):
    with open(name, "w") as file:
        file.write(text)
    return name


letters = "the quick brown fox jumps over the lazy dog. " * 20
write("text", letters)
sizes = {"vocab": VOCAB, "H": 8, "layers": 2, "heads": 2, "context": CONTEXT, "batch": 3}
options = [word for name, value in sizes.items() for word in ("-D", f"{name}={value}")]
prepare("told", program, "text", *options)
assert "cannot be streamed" not in call("./told", "info")


def logits_of(text):
    run("told", write("some", text), "some.safetensors")
    return fake.read_tensors("some.safetensors")["logits"][1]


whole = outputs("told", write("whole.txt", letters[:CONTEXT]))["logits"][1]
refuse("told", "row 0 goes on to 13 positions along 'T', of which 12 have an index", "--in",
       write("long.txt", letters[:CONTEXT + 1]), "--out", "long.safetensors")
assert not os.path.exists("long.safetensors")

# In two parts; what is behind the positions so far is zero.
run("told", write("first.txt", letters[:5]), "first.safetensors", "--state-out", "state")
run("told", write("second.txt", letters[5:CONTEXT]), "second.safetensors", "--state-in", "state", "--state-out", "end")
parts = [fake.read_tensors(name + ".safetensors")["logits"][1] for name in ("first", "second")]
assert parts[0] + parts[1] == whole
kept = fake.read_tensors("state")["state.layer.1.head.0.fit.past"][1]
assert len(kept) == CONTEXT * 4 and any(kept[:20]) and not any(kept[20:]), kept
refuse("told", "row 0 goes on to 13 positions along 'T', of which 12 have an index", "--in", write("more.txt", "t"),
       "--out", "more.safetensors", "--state-in", "end")


# Beyond the context: nothing, or the last half again.
def generate(*more):
    return call("./told", "generate", "--weights", "told.w", "--temperature", "0", *more)


assert len(generate("--prompt", "the ", "-n", "9")) == 9
assert len(generate("--prompt", "the ")) == 9
done = subprocess.run(["./told", "generate", "--weights", "told.w", "--prompt", "the ", "-n", "10"],
                      capture_output=True, text=True)
assert (done.returncode, done.stdout, done.stderr) == (
    1, "", "told: error: a sequence has at most 12 positions, which have an index: expected at most 9 symbols behind "
           "the prompt, or --slide\n"), done


def first_of(position):
    """Where the sequence begins that has that position: its last half is read again where there are as many."""
    first = 0
    while position - first >= CONTEXT:
        first += CONTEXT - HALF
    return first


slid = generate("--prompt", "the ", "-n", "31", "--slide")
text = "the " + slid
for i in range(4, len(text)):
    assert generate("--prompt", text[first_of(i - 1) : i], "-n", "1") == text[i], (i, text)

per = VOCAB
expected = []
for i in range(30):
    first = first_of(i)
    expected += logits_of(letters[first : i + 1])[-per:]
for more in ([], ["--stream", "1"], ["--stream", "5"]):
    run("told", write("slid.txt", letters[:30]), "slid.safetensors", "--slide", *more)
    assert fake.read_tensors("slid.safetensors")["logits"][1] == expected, more
refuse("told", "--state-out: expected no --slide beside, which reads positions again", "--in", "slid.txt", "--out",
       "slid.safetensors", "--slide", "--state-out", "end")

# Rows with prompts of different lengths, each as by itself.
prompts = ["the ", "quick brown", "o", "a dog over the lazy fox jumps"]
symbols = {}


def rows_of(texts, *more):
    write("prompts.txt", "".join(text + "\n" for text in texts))
    call("./told", "generate", "--weights", "told.w", "--prompts", "prompts.txt", "--out", "rows.safetensors", *more)
    found = fake.read_tensors("rows.safetensors")
    lengths, (shape, values) = found["length.T"][1], found["text"]
    return [values[i * shape[1] : i * shape[1] + n] for i, n in enumerate(lengths)], found["log_probability"][1]


rows, _ = rows_of(prompts, "--max", "27", "--slide")
for prompt, row in zip(prompts, rows):
    alone = generate("--prompt", prompt, "-n", "27", "--slide")
    assert len(alone) == len(row) == 27
    for letter, symbol in zip(alone, row):
        assert symbols.setdefault(letter, symbol) == symbol, (letter, symbol, symbols)
refuse("told", "row 0 goes on to 13 positions, of which 12 have an index", "--prompts", "prompts.txt", "--out",
       "refused.npy", "--max", "27", command="generate")
assert not os.path.exists("refused.npy")

# The hypotheses of beams have keys and values of their own: the probability is that of the sequence by itself.
beams, probabilities = rows_of(prompts[:3], "--max", "2", "--beam", "3")
rows_of(prompts[:3], "--max", "27", "--beam", "3", "--slide")
alphabet = sorted(set(letters))
for prompt, row, probability in zip(prompts, beams, probabilities):
    text, total = prompt + "".join(alphabet[s] for s in row), 0.0
    logits = logits_of(text[:-1])
    for i in range(len(prompt), len(text)):
        at = logits[(i - 1) * per :][: len(alphabet)]  # others are not generated
        top = max(at)
        total += at[alphabet.index(text[i])] - top - math.log(sum(math.exp(x - top) for x in at))
    assert abs(total - probability) < 1e-4, (total, probability)

# Training has whole windows.
window = {name: ("U8", [3, CONTEXT], [5] * 3 * CONTEXT) for name in ("text", "next")}
fake.write_tensors("window", window)
call("./told", "grad", "--weights", "told.w", "--in", "window", "--out", "grad")
prepare("short", program, "text", *options, "-D", "bptt=4")
fake.write_tensors("window", {name: ("U8", [3, 4], [5] * 12) for name in window})
refuse("short", "--position: expected a window from position 0 on, as the model 'Transformer' is trained on whole "
       "sequences, found 4", "--in", "window", "--out", "grad", "--position", "4", command="grad")

# What has no greatest number of positions, and what looks ahead.
refuse("told", "--slide: expected no value, found '1'", "--slide=1", command="generate")
models = """model Plain {
  axis T
  input text: token[30] over T
  target next: token[30] over T = ahead(text, 1)
  output logits: [30] = linear[30](a: scan GRU[4](embedding[4](text) as letters) as told)
  loss = cross_entropy(logits, next)
  generate text from logits
}
model Ahead {
  axis T
  input text: token[30] over T
  target next: token[30] over T = ahead(text, 1)
  output logits: [30] = linear[30](a: scan GRU[4](embedding[4](text) as letters) backward as told)
  loss = cross_entropy(logits, next)
}
"""
for name in "Plain", "Ahead":
    prepare(name, write("models.rondo", models), "text", "--model", name, "-D", "batch=3", "-D",
            f"bptt={CONTEXT}")
for command in "generate", "run":
    more = ["--in", "whole.txt", "--out", "refused.npy"] if command == "run" else []
    refuse("Plain", "--slide: a sequence of the model 'Plain' has any number of positions", "--slide", *more,
           command=command)
refuse("Ahead", "--slide: the model 'Ahead' looks ahead", "--slide", "--in", "whole.txt", "--out", "refused.npy")
print("positions are kept")
