# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Gives mutated files to a tool, one after the other: each must be taken, or refused in words."""

import argparse
import shutil
import subprocess


def parser_of(documentation):
    """The arguments that all such scripts have: the tool, how many mutants, a scratch place, what is mutated."""
    parser = argparse.ArgumentParser(description=documentation.partition("\n")[0])
    parser.add_argument("tool")
    parser.add_argument("count", type=int)
    parser.add_argument("scratch")
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--first", type=int, default=0)
    return parser


def run_mutants(arguments, prepare, is_right):
    """The status of the script, after mutants of the sources in turn, numbers --first and on.

    prepare(source, number) writes a mutant and returns the command and the mutant's file. It is kept as FILE.failed-N
    where the status is neither 0 nor 1, or is_right(status, said) does not hold.
    """
    accepted = refused = failures = 0
    sources = sorted(arguments.sources)
    for number in range(arguments.first, arguments.first + arguments.count):
        source = sources[number % len(sources)]
        command, path = prepare(source, number)
        try:
            run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                                 timeout=120)
            status, said = run.returncode, run.stderr
        except subprocess.TimeoutExpired:
            status, said = "a timeout", ""
        accepted += status == 0
        refused += status == 1
        if status in (0, 1) and is_right(status, said):
            continue
        failures += 1
        shutil.copy(path, f"{path}.failed-{number}")
        print(f"{source}, mutation {number}: status {status}, kept as failed-{number}:\n{said[:3000]}")
    print(f"{accepted} accepted, {refused} refused, {failures} failed")
    return 1 if failures else 0
