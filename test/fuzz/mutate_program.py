# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles mutated programs: each must be accepted, or refused with a located error; none may crash the compiler.

usage: mutate_program.py RONDOC COUNT SCRATCH PROGRAM... [--first N] [--emit FORM]

COUNT mutated programs are made, numbers N (default 0) and on, of the programs in turn: one to three times a token or a
line is deleted, doubled, exchanged with another one or replaced by a token that the language knows. The same number is
always the same mutation. Of a file with several models one is compiled. SCRATCH is the path of the file that holds the
mutated program; it is kept where the test fails.
"""

import random
import re
import sys

from mutants import parser_of, run_mutants

TOKEN = re.compile(r"//[^\n]*|[A-Za-z_0-9.]+|\s+|.", re.DOTALL)
WORDS = """as axis backward from generate input let model output over param repeat return scan state target token train
training cell ahead embedding linear LSTM GRU Elman concat split softmax select dropout cross_entropy squared_error
layer_norm one_hot sum mean max dot pow erf exp gelu silu log relu sigmoid tanh bias init none zeros uniform
orthogonal identity final like rename index table last SelfAttention CausalAttention MultiHeadAttention
AdditiveAttention DotAttention BahdanauDecoder PointerDecoder TransformerDecoder TransformerEncoder RWKV MDLSTM R C
layout torch keras onnx where optional ignore transpose layer direction "rnn" "a.{l}"
T S N L W memory H text next e a h 0 1 2 3 0.5 -1 1e30 2147483647 2147483648 99999999999999999999
( ) [ ] { } , : = + - * / @ ' . < ==
data bytes windows arrays frames loss batch bptt steps optimizer adam adamw sgd rate step weight_decay decay clip
adadelta adagrad lamb lion muon nesterov rmsprop group freeze accumulate average value rate_factor clip_norm
norm ragged shift window pad edge zero dilation stride first until pick outer diag expand reshape const
"patterns.npy" frozen bernoulli normal gumbel sample argmax per sequence buffer batch_norm batch steps share""".split()

NUMBERS = "0 1 2 3 5 0.1 0.5 1.5 1e-300 1e300 255 4096 65536 1000000 2147483647 2147483648 1e30".split()


def mutate(text, chance):
    """The text with one change."""
    if chance.random() < 0.25:
        parts, separator = text.split("\n"), "\n"
    else:
        parts, separator = TOKEN.findall(text), ""
    places = [i for i, part in enumerate(parts) if part.strip() and not part.lstrip().startswith("//")]
    if not places:
        return text
    at, other = chance.choice(places), chance.choice(places)
    kind = chance.randrange(12)
    if kind >= 6:
        # A token for one of its own class: often still a program, which fails further in.
        alike = [i for i in places if parts[i][0].isdigit() == parts[at][0].isdigit() and parts[i][0].isalnum()]
        if parts[at][0].isdigit() and chance.random() < 0.5:
            parts[at] = chance.choice(NUMBERS)
        elif parts[at][0].isalnum():
            parts[at] = parts[chance.choice(alike)]
    elif kind == 0:
        del parts[at]
    elif kind == 1:
        parts.insert(at, parts[at] + " ")
    elif kind == 2:
        parts[at], parts[other] = parts[other], parts[at]
    elif kind == 3:
        parts[at] = parts[other]
    elif kind == 4:
        parts[at] = " " + chance.choice(WORDS) + " "
    else:
        parts.insert(at, " " + chance.choice(WORDS) + " ")
    return separator.join(parts)


def main():
    parser = parser_of(__doc__)
    parser.add_argument("--emit", default="rondo")
    arguments = parser.parse_args()
    # An error in a cell of the library has a note at its use.
    located = re.compile(re.escape(arguments.scratch) + r":\d+:\d+: (error: |note: in this (use of cell|scan|model))")

    def prepare(program, number):
        with open(program) as file:
            changed = file.read()
        chance = random.Random(f"{program.rsplit('/', 1)[-1]} {number}")
        for _ in range(chance.randint(1, 3)):
            changed = mutate(changed, chance)
        with open(arguments.scratch, "w") as file:
            file.write(changed)
        command = [arguments.tool, arguments.scratch, "--emit=" + arguments.emit, "-o", "/dev/null"]
        models = re.findall(r"^model (\w+)", changed, re.MULTILINE)
        if len(models) > 1:
            command += ["--model", chance.choice(models)]
        return command, arguments.scratch

    return run_mutants(arguments, prepare, lambda status, said: status == 0 or located.search(said))


if __name__ == "__main__":
    sys.exit(main())
