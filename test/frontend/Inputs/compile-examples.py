"""Compiles every example of a Markdown file that is marked as Rondo.

usage: compile-examples.py FILE.md FOLDER    the examples are written to FOLDER, one file each
"""

import pathlib
import re
import subprocess
import sys

source, folder = map(pathlib.Path, sys.argv[1:])
folder.mkdir(parents=True, exist_ok=True)
text = source.read_text()
examples = list(re.finditer(r"^```rondo\n(.*?)^```$", text, re.M | re.S))
failures = 0
for example in examples:
    line = text.count("\n", 0, example.start(1)) + 1
    program = folder / f"line-{line}.rondo"
    program.write_text(example[1])
    models = re.findall(r"^model (\w+)", example[1], re.M)
    for choice in [["--model", model] for model in models] or [[]]:
        command = ["rondoc", "--emit=rondo", program, *choice, "-o", folder / "out.mlir"]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode:
            failures += 1
            print(f"{source}:{line}: the example does not compile\n{result.stderr}")
print(f"{len(examples)} examples, {failures} failures")
sys.exit(failures > 0 or not examples)
