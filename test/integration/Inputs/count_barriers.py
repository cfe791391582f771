# count_barriers.py FOLDER CPU PROGRAM..: code of each for any length up to a greatest one has no more barriers than
# code for that length alone; of one row two more, as what a row is made of is dealt out where loops have numbers.
import os
import re
import sys

from compiled_models import call

folder, cpu, *programs = sys.argv[1:]
static = os.path.join(folder, "static.rondo")


def barriers(*words):
    """How many there are in the text of each function that computes outputs, by its name."""
    functions = re.split(r"func\.func ", call("rondoc", *words, "--no-gradcheck", f"--mcpu={cpu}", "--emit=buffer"))
    names = [re.match(r"(?:private )?@(\w+)", function) for function in functions]
    return {name[1]: function.count("rondo.barrier") for name, function in zip(names, functions)
            if name and re.fullmatch(r"run_\d+x\d+", name[1])}


for program in programs:
    with open(program) as file:
        text = file.read()
    with open(static, "w") as file:
        file.write(re.sub(r"(axis T) max \w+", r"\1", text))
    for length in 64, 1000:
        found = barriers(program, "-D", f"longest={length}")
        wanted = barriers(static, "-D", f"longest={length}", "-D", f"bptt={length}")
        assert wanted and min(wanted.values()) > 0, wanted
        for name in wanted:
            more = 2 if name.startswith("run_1x") else 0
            assert found[name] <= wanted[name] + more, (program, name, found, wanted)
