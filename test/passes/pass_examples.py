"""Runs the examples in pass descriptions.

A description with two ```mlir blocks of functions has an example: the pass turns the first into the second. The flag
is the pass's own; if the first block begins with the comment "// rondo-opt FLAGS", these. Each function of the second
block is compared, by its name, with what the pass made, both after -canonicalize and -cse.
Every pass that rondo-opt lists must have an example.
Usage: pass_examples.py FILE.td ...
"""

import re
import shlex
import subprocess
import sys


def run_opt(source, flags):
    result = subprocess.run(["rondo-opt", "-", *flags], input=source, capture_output=True, text=True)
    if result.returncode:
        sys.exit("rondo-opt " + " ".join(flags) + " failed:\n" + result.stderr + source)
    return result.stdout


def functions(module):
    """The functions of a printed module by name; those without a body are left out."""
    parts = re.split(r"^  (?=(?:func|llvm)\.func )", module, flags=re.MULTILINE)[1:]
    whole = re.compile(r".*?@(\w+).*?^  }$", re.MULTILINE | re.DOTALL)
    return {match.group(1): match.group() for match in map(whole.match, parts) if match}


def normalise(source, flags=()):
    return functions(run_opt(source, [*flags, "-canonicalize", "-cse"]))


listed = re.findall(r"^ *--(rondo-\S+)", subprocess.check_output(["rondo-opt", "--rondo-passes"], text=True), re.M)
missing = {name for name in listed if not name.startswith("rondo-phase-")}
ok = bool(missing)
for path in sys.argv[1:]:
    text = open(path).read()
    for definition in re.split(r"^def ", text, flags=re.MULTILINE)[1:]:
        flag = re.search(r'Pass<"([\w-]+)"', definition)
        blocks = re.findall(r"```mlir\n(.*?)```", definition, flags=re.DOTALL)
        if not flag or len(blocks) < 2 or "func.func" not in blocks[0]:
            continue
        missing.discard(flag.group(1))
        before, after = blocks[:2]
        given = re.match(r"\s*// rondo-opt (.*)", before)
        flags = shlex.split(given.group(1)) if given else ["-" + flag.group(1)]
        found = normalise(before, flags)
        same = True
        for name, expected in normalise(after).items():
            if found.get(name) != expected:
                same = False
                print(f"{flag.group(1)}: @{name} differs; described:\n{expected}\nfound:\n{found.get(name)}")
        print(f"{flag.group(1)}: {'as described' if same else 'differs'}")
        ok = ok and same
for name in sorted(missing):
    print(f"{name}: no example")
sys.exit(0 if ok and not missing else 1)
