"""Lists the wordings of diagnostics that no test expects: untested_diagnostics.py TESTS SOURCES

A wording is a string literal in a statement that reports an error. It counts as tested if its text stands in a file
under TESTS; where printf puts something in, its pieces do. Exit status 1 if there are any that are not.
"""

import os
import re
import sys

REPORT = re.compile(r"\b(?:emitError|error|errorAtUse|errorExpected|expect|expectName|expected|attachNote|fail)\(")
SHORTEST = 8  # what is shorter joins the pieces of a sentence


def statements(text):
    """(line, statement) of each statement that reports something."""
    end = 0
    for match in REPORT.finditer(text):
        if match.start() < end:
            continue
        end = match.end()
        quoted = False
        while text[end] != ";" or quoted:
            quoted ^= text[end] == '"' and text[end - 1] != "\\" and text[end - 1 : end + 2] != "'\"'"
            end += 1
        yield text.count("\n", 0, match.start()) + 1, text[match.start() : end]


def wordings(statement):
    for match in re.finditer(r'(?:"(?:[^"\\\n]|\\.)*"\s*)+', statement):
        literal = unescape("".join(re.findall(r'"((?:[^"\\\n]|\\.)*)"', match.group())))
        for piece in re.split(r"%[-+ #0-9.*]*(?:ll|l|z)?[a-zA-Z]|%$|\\n|%%", literal):
            piece = piece.strip(" ':,()")  # tests may put a regular expression in place of what is quoted
            if len(piece) >= SHORTEST:
                yield piece


def unescape(text):
    return text.replace('\\"', '"').replace("\\\\", "\\")


def main():
    tests, folder = sys.argv[1:]
    sources = sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".cpp"))
    expected = []
    for folder, _, names in os.walk(tests):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.abspath(path) != os.path.abspath(__file__) and name.rpartition(".")[2] in EXPECTING:
                with open(path, encoding="utf-8", errors="replace") as file:
                    expected.append(file.read())
    # Literals in C++ that stand one after another are one text.
    expected = unescape(re.sub(r'"\s*\n\s*"', "", "\n".join(expected)))
    missing = 0
    for source in sources:
        with open(source, encoding="utf-8") as file:
            text = file.read()
        for line, statement in statements(text):
            for wording in wordings(statement):
                if wording not in expected:
                    missing += 1
                    print(f"{source}:{line}: no test expects: {wording}")
    sys.exit(missing > 0)


EXPECTING = {"cpp", "mlir", "py", "rondo", "test"}
main()
