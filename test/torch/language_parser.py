# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Parses the Rondo language, as far as test/numeric/RandomProgram.cpp and the library write it.

usage: language_parser.py PROGRAM...      says how many parts each has
"""

import re
import sys

TOKEN = re.compile(r"\s*(?://[^\n]*\n\s*)*(\d+\.?\d*(?:e[+-]?\d+)?|[A-Za-z_]\w*|[<>=!]=|.)", re.DOTALL)


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
                arguments = self.separated(")", self.declared_argument)
            if kind == "cell":
                if self.accept("over"):
                    self.take("("), self.separated(")", self.take)
                self.take("-"), self.take(">"), self.shape()
            parts[name] = (kind, sizes, arguments, self.body())
        return parts

    def declared_argument(self):
        name, _, _ = self.take(), self.take(":"), self.accept("token")
        return name, self.shape(), self.over()

    def over(self):
        return self.take() if self.accept("over") else None

    def shape(self):
        self.take("[")
        return self.separated("]", self.expr)

    def body(self):
        self.take("{")
        parts = []
        while not self.accept("}"):
            if self.peek() == "layout":
                self.skip_layout()
            else:
                parts.append(self.statement())
        return parts

    def skip_layout(self):
        """What files of other frameworks are does not change what is computed."""
        while self.take() != "{":
            pass
        depth = 1
        while depth:
            depth += {"{": 1, "}": -1}.get(self.take(), 0)

    def statement(self):
        word = self.peek()
        if word == "state":
            self.take()
            names = [self.take()]
            while self.accept(","):
                names.append(self.take())
            self.take(":")
            shape = self.shape()
            self.over()
            return ("state", names, shape, self.expr() if self.accept("=") else ("number", 0))
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
        self.accept("param")
        name = self.take()
        self.take(":")
        shape = self.shape()
        if self.accept("="):
            self.expr()
        self.accept("frozen")
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
        name = self.take()
        size = self.expr() if self.accept("=") else None
        return ("axis", name, size, self.take() if self.accept("like") else None)

    def parse_input(self):
        kind, name = self.take(), self.take()
        self.take(":")
        token = self.accept("token")
        shape, over = self.shape(), []
        while self.accept("," if over else "over"):
            over.append(self.take())
        return ("data", kind, name, token, shape, over)

    parse_target = parse_input

    def parse_output(self):
        self.take()
        name = self.take()
        self.take(":"), self.shape(), self.take("=")
        return ("bind", [name], self.expr())

    LEVELS = [["<", "<=", ">", ">=", "=="], ["+", "-"], ["*", "/"], ["@"]]

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
                if self.accept("final"):
                    self.take(".")
                    value = ("final", value, self.take())
                else:
                    value = ("before", value, self.take())
                continue
            self.take()
            begin = None if self.peek() == ":" else self.expr()
            self.take(":")
            end = None if self.peek() == "]" else self.expr()
            self.take("]")
            value = ("slice", value, begin, end)
        return value

    def argument(self):
        """(name, value, axis), of `name: value over axis`; None where it is not there."""
        if self.peek(1) == ":":
            return self.take(), self.take() and self.expr(), self.over()
        value = self.expr()
        return (value[1] if value[0] == "name" else None), value, self.over()

    def primary(self):
        token = self.take()
        if token == "(":
            value = self.expr()
            self.take(")")
            return value
        if token[0].isdigit():
            return ("number", float(token) if re.search(r"[.e]", token) else int(token))
        if token == "scan":
            call = self.call(self.take())
            return ("scan", call, self.over(), self.accept("backward"), self.start(), self.name())
        if token == "param":
            return self.parse_param()
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
        self.accept("frozen")
        counts = self.peek(2) == "{"  # the name is that of a repetition's counter
        return self.take() if not counts and self.accept("as") else None


if __name__ == "__main__":
    for path in sys.argv[1:]:
        with open(path) as file:
            print(f"{path}: {len(Parser(file.read()).file())} parts")
