# check_positions.py PROGRAMS FOLDER: a model that takes the index of positions counts on over cuts, up to its table's
# end; its training does not.
import os
import subprocess
import sys

import fake
from compiled_models import call, evaluate, outputs, prepare, refuse, run

programs, folder = (os.path.abspath(word) for word in sys.argv[1:])
os.chdir(folder)


def write(name, text):
    with open(name, "w") as file:
        file.write(text)
    return name


letters = "The quick brown fox jumps over the lazy dog. " * 20
write("text", letters)
# Each of 4 streams has more positions than the table.
prepare("counted", programs + "/counted.rondo", "text")
assert evaluate("counted", "text")["positions"] == len(letters) - 1

whole = outputs("counted", write("whole.txt", letters[:40]))["logits"][1]
refuse("counted", "row 0 goes on to 41 positions along 'T', of which 40 have an index", "--in",
       write("long.txt", letters[:41]), "--out", "long.safetensors")
assert not os.path.exists("long.safetensors")

# In two parts, with the states and the position in a file.
run("counted", write("first.txt", letters[:25]), "first.safetensors", "--state-out", "state")
run("counted", write("second.txt", letters[25:40]), "second.safetensors", "--state-in", "state", "--state-out", "end")
parts = [fake.read_tensors(name + ".safetensors")["logits"][1] for name in ("first", "second")]
assert parts[0] + parts[1] == whole
refuse("counted", "row 0 goes on to 41 positions along 'T', of which 40 have an index", "--in",
       write("more.txt", "a"), "--out", "more.safetensors", "--state-in", "end")
kept = fake.read_tensors("state")
fake.write_tensors("without", {"state.a.h": ("F32", [1, 8], kept["state.a.h"][1])})
refuse("counted", "without: no tensor 'position', by which the model 'Counted' counts", "--in", "second.txt", "--out",
       "more.safetensors", "--state-in", "without")

# The gradient of a window that ends at the table's end.
fake.write_tensors("window", {"text": ("U8", [4, 8], [5] * 32), "next": ("U8", [4, 8], [7] * 32)})
call("./counted", "grad", "--weights", "counted.w", "--in", "window", "--out", "grad", "--position", "32")
refuse("counted", "--position: the window goes on to 41 positions, of which 40 have an index", "--in", "window",
       "--out", "grad", "--position", "33", command="grad")

# A text of as many symbols as positions, and of more.
assert len(call("./counted", "generate", "--weights", "counted.w", "--prompt", "The ", "-n", "36")) >= 36
done = subprocess.run(["./counted", "generate", "--weights", "counted.w", "--prompt", "The ", "-n", "60"],
                      capture_output=True, text=True)
assert (done.returncode, done.stderr) == (
    1, "counted: error: a sequence has at most 40 positions, which have an index: expected at most 37 symbols behind "
       "the prompt, or --slide\n"), done

print("positions count on")
