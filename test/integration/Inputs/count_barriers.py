# count_barriers.py EXAMPLES FOLDER CPU: code of the tagger for any length up to a greatest one has no more barriers
# than code for that length alone.
import os
import re
import sys

from compiled_models import call

examples, folder, cpu = sys.argv[1:]
with open(examples + "/tagger.rondo") as file:
    text = file.read()
program = os.path.join(folder, "static.rondo")
with open(program, "w") as file:
    file.write(re.sub(r"(axis T) max \w+", r"\1", text))


def barriers(*words):
    """How many there are in the text of each function that computes outputs, by its name."""
    functions = re.split(r"func\.func ", call("rondoc", *words, "--no-gradcheck", f"--mcpu={cpu}", "--emit=buffer"))
    names = [re.match(r"(?:private )?@(\w+)", function) for function in functions]
    return {name[1]: function.count("rondo.barrier") for name, function in zip(names, functions)
            if name and re.fullmatch(r"run_\d+x\d+", name[1])}


for length in 64, 1000:
    found = barriers(examples + "/tagger.rondo", "-D", f"longest={length}")
    wanted = barriers(program, "-D", f"bptt={length}")
    assert wanted and min(wanted.values()) > 0, wanted
    for name in wanted:
        assert found[name] <= wanted[name], (name, found, wanted)
