# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The Rondo language in PyTorch, as far as test/numeric/RandomProgram.cpp writes it: evaluates a model by the text of
frontend/Language.md, with nothing of the compiler's, so that autograd's gradients can be compared with its own.

Values have their features last: [features], [batch, features] or [time, batch, features]; a number has one feature.
"""

import glob
import math
import os
import re

import torch

TOKEN = re.compile(r"\s*(?://[^\n]*\n\s*)*(\d+\.?\d*(?:e[+-]?\d+)?|[A-Za-z_]\w*|[<>=!]=|.)", re.DOTALL)
LIBRARY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "frontend", "std", "*.rondo")


class Parser:
    """Makes tuples of a program's text: (kind, parts...)."""

    def __init__(self, text):
        self.tokens = TOKEN.findall(text.strip()) + ["", "", ""]
        self.at = 0

    def peek(self, ahead=0):
        return self.tokens[self.at + ahead]

    def take(self, token=None):
        found = self.peek()
        if token not in (None, found):
            raise SyntaxError(f"expected {token!r}, found {found!r} {self.tokens[self.at - 9:self.at + 9]}")
        self.at += 1
        return found

    def accept(self, token):
        return self.peek() == token and bool(self.take())

    def separated(self, end, one):
        parts = []
        while not self.accept(end):
            parts.append(one())
            self.accept(",")
        return parts

    def file(self):
        parts = {}
        while self.peek():
            kind, name = self.take(), self.take()
            sizes, arguments = [], []
            if self.accept("["):
                sizes = self.separated("]", lambda: (self.take(), self.expr() if self.accept("=") else None))
            if self.accept("("):
                arguments = self.separated(")", lambda: (self.take(), self.take(":") and self.shape()))
            if kind == "cell":
                self.take("-"), self.take(">"), self.shape()
            parts[name] = (kind, sizes, arguments, self.body())
        return parts

    def shape(self):
        self.take("[")
        return self.separated("]", self.expr)

    def body(self):
        self.take("{")
        return self.separated("}", self.statement)

    def statement(self):
        word = self.peek()
        if word == "state":
            self.take()
            names = [self.take()]
            while self.accept(","):
                names.append(self.take())
            self.take(":")
            return ("state", names, self.shape(), self.expr() if self.accept("=") else ("number", 0))
        if word in ("param", "return", "repeat", "let", "axis", "input", "target", "output"):
            return getattr(self, "parse_" + word)()
        names = []
        while True:
            names.append(self.take() + ("'" if self.accept("'") else ""))
            if not self.accept(","):
                break
        self.take("=")
        return ("bind", names, self.expr())

    def parse_param(self):
        self.take()
        name = self.take()
        self.take(":")
        shape = self.shape()
        if self.accept("="):
            self.expr()
        return ("param", name, shape)

    def parse_return(self):
        self.take()
        return ("return", self.expr())

    def parse_repeat(self):
        self.take()
        count = self.expr()
        self.take("as")
        return ("repeat", count, self.take(), self.body())

    def parse_let(self):
        self.take()
        name = self.take()
        self.take("=")
        cell = self.take()
        return ("let", name, cell, self.shape() if self.peek() == "[" else [])

    def parse_axis(self):
        self.take()
        return ("axis", self.take())

    def parse_input(self):
        kind, name = self.take(), self.take()
        self.take(":")
        token = self.accept("token")
        shape, over = self.shape(), self.accept("over") and self.take()
        return ("data", kind, name, token, shape, over)

    parse_target = parse_input

    def parse_output(self):
        self.take()
        name = self.take()
        self.take(":"), self.shape(), self.take("=")
        return ("bind", [name], self.expr())

    LEVELS = [["<", "<=", ">", ">="], ["+", "-"], ["*", "/"], ["@"]]

    def expr(self, level=0):
        if level == 3 and self.accept("-"):
            return ("negative", self.expr(3))
        if level == len(self.LEVELS):
            return self.postfix()
        left = self.expr(level + 1)
        while self.peek() in self.LEVELS[level]:
            left = (self.take(), left, self.expr(level + 1))
        return left

    def postfix(self):
        value = self.primary()
        while self.peek() in ("[", "."):
            if self.accept("."):
                self.take("final"), self.take(".")
                value = ("final", value, self.take())
                continue
            self.take()
            begin = None if self.peek() == ":" else self.expr()
            self.take(":")
            end = None if self.peek() == "]" else self.expr()
            self.take("]")
            value = ("slice", value, begin, end)
        return value

    def argument(self):
        if self.peek(1) == ":":
            return self.take(), self.take() and self.expr()
        value = self.expr()
        return (value[1] if value[0] == "name" else None), value

    def primary(self):
        token = self.take()
        if token == "(":
            value = self.expr()
            self.take(")")
            return value
        if token[0].isdigit():
            return ("number", float(token) if re.search(r"[.e]", token) else int(token))
        if token == "scan":
            return ("scan", self.call(self.take()), self.accept("backward"), self.start(), self.name())
        if self.peek() == "(" or (self.peek() == "[" and self.calls_ahead()):
            return self.call(token) + (self.name(),)
        return ("name", token + ("'" if self.accept("'") else ""))

    def calls_ahead(self):
        depth, at = 0, self.at
        while True:
            depth += {"[": 1, "]": -1}.get(self.tokens[at], 0)
            at += 1
            if depth == 0:
                return self.tokens[at] == "(" and ":" not in self.tokens[self.at : at]

    def call(self, name):
        sizes = self.shape() if self.peek() == "[" else []
        self.take("(")
        return ("call", name, sizes, self.separated(")", self.argument))

    def start(self):
        return (self.accept("from") and self.take("(") and self.separated(")", self.argument)) or []

    def name(self):
        return self.take() if self.accept("as") else None


class Scope:
    """What a body sees: values, sizes, shared cells, and where its parameters and states are by path."""

    def __init__(self, where, place):
        self.values, self.sizes, self.cells, self.keys = {}, {}, {}, {}
        self.where, self.place = where, place


def join(*parts):
    return ".".join(part for part in parts if part)


class Model:
    """Evaluates the model R of a program. `parameter(path, shape)`, `data(name, kind, token, shape, over)` and
    `carried(path, shape)` give tensors; the last one None for a state that begins as the program says."""

    def __init__(self, text, batch, length, parameter, data, carried):
        self.parts = {}
        for path in glob.glob(LIBRARY):
            with open(path) as file:
                self.parts.update(Parser(file.read()).file())
        self.parts.update(Parser(text).file())
        self.batch, self.length = batch, length
        self.parameter, self.data, self.carried = parameter, data, carried
        self.old, self.new, self.starts, self.finals = {}, {}, {}, {}
        self.scope = Scope("", "")

    def run(self):
        """The loss; the values and final states are in scope.values and finals."""
        self.statements(self.parts["R"][3], self.scope)
        return self.scope.values["loss"].mean()

    def number(self, expr, scope):
        value = self.value(expr, scope, "")
        return value if isinstance(value, (int, float)) else value.item()

    def statements(self, body, scope):
        result = None
        for kind, *parts in body:
            if kind == "state":
                self.declare(scope, *parts)
            elif kind == "param":
                shape = [self.number(size, scope) for size in parts[1]]
                scope.values[parts[0]] = self.parameter(join(scope.where, parts[0]), shape)
            elif kind == "let":
                name, cell, sizes = parts
                scope.cells[name] = (cell, [self.number(size, scope) for size in sizes], join(scope.where, name))
            elif kind == "repeat":
                count, name, inner = parts
                where, place = scope.where, scope.place
                for i in range(self.number(count, scope)):
                    scope.where, scope.place = join(where, name, str(i)), join(place, name, str(i))
                    self.statements(inner, scope)
                scope.where, scope.place = where, place
            elif kind == "data":
                scope.values[parts[1]] = self.data(parts[1], parts[0], parts[2], parts[3][0][1], parts[4])
            elif kind == "bind":
                self.bind(scope, *parts)
            elif kind == "return":
                result = self.value(parts[0], scope, "")
        return result

    def declare(self, scope, names, shape, initial):
        for name in names:
            if name in scope.keys:  # it is a state of the stepping cell
                continue
            key = scope.keys[name] = join(scope.place, name)
            size = self.number(shape[0], scope)
            if key not in self.old:
                value = self.carried(key, [self.batch, size])
                if value is None:
                    value = self.starts.get(key)
                if value is None:
                    value = torch.full([self.batch, size], float(self.number(initial, scope)), dtype=torch.float64)
                self.old[key] = value.expand(self.batch, size)

    def bind(self, scope, names, expr):
        value = self.value(expr, scope, names[0].rstrip("'"))
        if len(names) > 1:
            for name, part in zip(names, value):
                scope.values[name] = part
        elif names[0].endswith("'"):
            self.new[scope.keys[names[0][:-1]]] = value
        else:
            scope.values[names[0]] = value

    def value(self, expr, scope, binding):
        kind = expr[0]
        if kind == "number":
            return expr[1]
        if kind == "name":
            return self.lookup(expr[1], scope)
        if kind == "negative":
            return -self.value(expr[1], scope, binding)
        if kind == "scan":
            return self.scan(scope, expr[4] or binding, *expr[1:4])
        if kind == "call":
            return self.call(scope, expr[4] or binding, *expr[1:4])
        if kind == "final":
            return self.finals[join(scope.place, expr[1][1], expr[2])]
        if kind == "slice":
            begin, end = (None if bound is None else self.number(bound, scope) for bound in expr[2:])
            return self.value(expr[1], scope, binding)[..., begin:end]
        a, b = self.value(expr[1], scope, binding), self.value(expr[2], scope, binding)
        if kind == "@":
            return b @ a.T
        operations = {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "/": lambda: a / b,
                      "<": lambda: a < b, "<=": lambda: a <= b, ">": lambda: a > b, ">=": lambda: a >= b}
        return operations[kind]()

    def lookup(self, name, scope):
        if name.endswith("'"):
            return self.new[scope.keys[name[:-1]]]
        if name in scope.values:
            return scope.values[name]
        return self.old[scope.keys[name]] if name in scope.keys else scope.sizes[name]

    def step(self, name, sizes, arguments, bound, where, place):
        """One step of a cell."""
        _, parameters, names, body = self.parts[name]
        scope = Scope(where, place)
        scope.keys.update(bound)
        for i, (size, default) in enumerate(parameters):
            scope.sizes[size] = sizes[i] if i < len(sizes) else self.number(default, scope)
        for (argument, shape), value in zip(names, arguments):
            scope.values[argument] = value
            if shape[0][0] == "name":
                scope.sizes.setdefault(shape[0][1], value.shape[-1])
        return self.statements(body, scope)

    def instance(self, scope, name, sizes, binding):
        """The cell, its sizes, and the path of its parameters."""
        if name in scope.cells:
            return scope.cells[name]
        return name, [self.number(size, scope) for size in sizes], join(scope.where, binding)

    def scan(self, scope, binding, call, backward, start):
        _, name, sizes, arguments = call
        values = [self.value(value, scope, binding) for _, value in arguments]
        cell, sizes, where = self.instance(scope, name, sizes, binding)
        place = join(scope.place, binding)
        self.starts = {join(place, state): self.value(value, scope, binding) for state, value in start}
        self.old, results = {}, [None] * self.length
        for t in reversed(range(self.length)) if backward else range(self.length):
            self.new = {}
            now = [value[t] if value.dim() == 3 else value for value in values]
            results[t] = self.step(cell, sizes, now, {}, where, place)
            self.old = {**self.old, **self.new}
        self.finals.update(self.old)
        return torch.stack(results)

    def call(self, scope, binding, name, sizes, arguments):
        if name in scope.cells or name in self.parts:
            cell, sizes, where = self.instance(scope, name, sizes, binding)
            names = [argument for argument, _ in self.parts[cell][2]]
            given = [value for argument, value in arguments]
            bound = {argument: scope.keys[value[1]] for argument, value in arguments[len(names) :]}
            values = [self.value(value, scope, binding) for value in given[: len(names)]]
            return self.step(cell, sizes, values, bound, where, join(scope.place, binding))
        path = join(scope.where, binding)
        if name == "linear":
            return self.linear(scope, binding, path, self.number(sizes[0], scope), arguments)
        values = [self.value(value, scope, binding) for _, value in arguments]
        if name == "embedding":
            return self.parameter(path, [self.vocabulary(arguments), self.number(sizes[0], scope)])[values[0]]
        if name == "one_hot":
            return torch.nn.functional.one_hot(values[0], self.vocabulary(arguments)).double()
        if name == "layer_norm":
            x = values[0]
            gain, bias = (self.parameter(join(path, part), [x.shape[-1]]) for part in ("gain", "bias"))
            return (x - x.mean(-1, True)) / (x.var(-1, unbiased=False, keepdim=True) + 1e-5).sqrt() * gain + bias
        return FUNCTIONS[name](*values)

    def vocabulary(self, arguments):
        """The size of the vocabulary of the tokens that are the only argument."""
        return next(part[4][0][1] for part in self.parts["R"][3] if part[0] == "data" and part[2] == arguments[0][1][1])

    def linear(self, scope, binding, path, size, arguments):
        result, bias = 0, True
        for name, value in arguments:
            if name in ("init", "bias"):
                bias = bias and not (name == "bias" and value == ("name", "none"))
                continue
            x = self.value(value, scope, binding)
            result = result + x @ self.parameter(join(path, name), [size, x.shape[-1]]).T
        return result + self.parameter(join(path, "bias"), [size]) if bias else result


def concat(*values):
    lead = torch.broadcast_shapes(*(value.shape[:-1] for value in values))
    return torch.cat([value.expand(*lead, value.shape[-1]) for value in values], -1)


def largest(a, b=None):
    return a.amax(-1, True) if b is None else torch.where(a >= b, a, b)


def cross_entropy(logits, tokens):
    return -torch.log_softmax(logits, -1).gather(-1, tokens.unsqueeze(-1))


FUNCTIONS = {
    "abs": torch.abs, "cos": torch.cos, "erf": torch.erf, "exp": torch.exp,
    "gelu": torch.nn.functional.gelu, "silu": torch.nn.functional.silu, "relu": torch.relu, "sigmoid": torch.sigmoid,
    "sin": torch.sin, "tanh": torch.tanh, "square": torch.square, "log": torch.log, "pow": torch.pow,
    "sqrt": lambda x: math.sqrt(x) if isinstance(x, (int, float)) else x.sqrt(),
    "softplus": lambda x: torch.logaddexp(x, torch.zeros_like(x)),
    "max": largest, "min": lambda a, b: torch.where(a <= b, a, b),
    "select": torch.where, "sum": lambda x: x.sum(-1, True), "mean": lambda x: x.mean(-1, True),
    "softmax": lambda x: torch.softmax(x, -1), "dot": lambda a, b: (a * b).sum(-1, True), "concat": concat,
    "split": lambda x, *parts: torch.split(x, list(parts) or x.shape[-1] // 4, -1),
    "cross_entropy": cross_entropy, "squared_error": lambda a, b: (a - b).square().mean(-1, True),
}
