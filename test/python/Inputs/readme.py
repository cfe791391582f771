"""Runs the Python programs that README.md shows, in the repository's root, which is named."""
import os
import pathlib
import re
import sys

os.chdir(sys.argv[1])
programs = re.findall(r"```python\n(.*?)```", pathlib.Path("README.md").read_text(), re.DOTALL)
assert programs, "expected programs in README.md, found none"
done = 0
for program in programs:
    if "torch" in program and sys.argv[2] != "torch":
        print("skipped: PyTorch is not there")
        continue
    exec(compile(program, "README.md", "exec"), {})
    done += 1
print(done, "programs of README.md run")
