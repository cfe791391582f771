# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks that every example in the description of an op stands, word for word, in a test that runs.

usage: op_examples.py FOLDER_OF_TD_FILES TEST_FILE...
"""

import pathlib
import re
import sys


def words(text):
    return " ".join(text.split())


def main():
    folder, *tests = sys.argv[1:]
    tested = " ".join(words(pathlib.Path(test).read_text()) for test in tests)
    examples, missing = 0, 0
    for file in sorted(pathlib.Path(folder).glob("*.td")):
        for example in re.findall(r"```mlir\n(.*?)```", file.read_text(), re.DOTALL):
            examples += 1
            if words(example) not in tested:
                missing += 1
                print(f"{file.name}: this example is in no test:\n{example}")
    print(f"{examples} examples, {missing} not tested")
    return 1 if missing or not examples else 0


sys.exit(main())
