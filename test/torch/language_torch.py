# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The Rondo language in PyTorch, as far as test/numeric/RandomProgram.cpp writes it: evaluates a model by the text of
frontend/Language.md, with nothing of the compiler's, so that autograd's gradients can be compared with its own.

Values have a dimension for each of a model's axes, one that is 1, the batch and the features: along axes over which
a value does not vary its dimension is 1. A number has one feature. Parameters have no dimensions but their own.
"""

import glob
import math
import os

import torch
from language_parser import Parser

AXES = 3  # the most that a model has
NOWHERE = AXES  # the dimension that stands for any axis of one position
LIBRARY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "frontend", "std", "*.rondo")


class Scope:
    """What a body sees: values, sizes, shared cells, axes by their dimensions, its own ones, and where its parameters
    and states are by path."""

    def __init__(self, where, place):
        self.values, self.sizes, self.cells, self.keys, self.axes, self.own = {}, {}, {}, {}, {}, []
        self.where, self.place = where, place


def join(*parts):
    return ".".join(part for part in parts if part)


class Model:
    """Evaluates the model R of a program. `parameter(path, shape)`, `data(name, token, shape)` and
    `carried(path, rows, size)` give tensors; the last one None for a state that begins as the program says."""

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
        self.lengths = {NOWHERE: 1}
        self.inner = [self.scope]  # whose cells are within one another
        self.rows, self.carries = None, False  # of the scan

    def run(self):
        """The loss; the values and final states are in scope.values and finals."""
        self.statements(self.parts["R"][3], self.scope)
        return self.scope.values["loss"].mean()

    def number(self, expr, scope):
        value = self.value(expr, scope, "")
        return int(value) if value == int(value) else value

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
                scope.values[parts[1]] = self.given(scope, *parts[1:])
            elif kind == "axis":
                self.declare_axis(scope, *parts)
            elif kind == "bind":
                self.bind(scope, *parts)
            elif kind == "return":
                result = self.value(parts[0], scope, "")
        return result

    def declare_axis(self, scope, name, size, like):
        # One of a cell takes a dimension that nothing around it has.
        taken = {axis for user in self.inner for axis in (user.axes.values() if user is self.scope else user.own)}
        axis = scope.axes[name] = min(set(range(AXES)) - taken)
        scope.own.append(axis)
        if like:
            self.lengths[axis] = self.lengths[scope.axes[like]]
        else:
            self.lengths[axis] = self.number(size, scope) if size else self.length

    def given(self, scope, name, token, shape, over):
        axes = sorted(scope.axes[axis] for axis in over)
        features = [] if token else [shape[0][1]]
        value = self.data(name, token, [self.batch] + [self.lengths[axis] for axis in axes] + features)
        value = value.movedim(0, len(axes))
        lead = [self.lengths[axis] if axis in axes else 1 for axis in range(AXES)]
        return value.reshape(lead + [1, self.batch] + features)

    def declare(self, scope, names, shape, initial):
        for name in names:
            if name in scope.keys:  # it is a state of the stepping cell
                continue
            key = scope.keys[name] = join(scope.place, name)
            size = self.number(shape[0], scope)
            if key not in self.old:
                value = self.carried(key, self.rows, size) if self.carries else None
                if value is None:
                    value = self.starts.get(key)
                if value is None:
                    value = torch.full([size], float(self.number(initial, scope)), dtype=torch.float64)
                self.old[key] = value.expand(*self.rows, size)

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
            return self.scan(scope, expr[5] or binding, *expr[1:5])
        if kind == "param":
            self.statements([expr], scope)
            return scope.values[expr[1]]
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
                      "<": lambda: a < b, "<=": lambda: a <= b, ">": lambda: a > b, ">=": lambda: a >= b,
                      "==": lambda: a == b}
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
        for (argument, shape, over), value in zip(names, arguments):
            scope.values[argument] = value
            if over:
                scope.axes[over] = dimension(value)
            if shape[0][0] == "name":
                scope.sizes.setdefault(shape[0][1], value.shape[-1])
        self.inner.append(scope)
        result = self.statements(body, scope)
        self.inner.pop()
        return result

    def instance(self, scope, name, sizes, binding):
        """The cell, its sizes, and the path of its parameters."""
        if name in scope.cells:
            return scope.cells[name]
        return name, [self.number(size, scope) for size in sizes], join(scope.where, binding)

    def scan(self, scope, binding, call, over, backward, start):
        _, name, sizes, arguments = call
        values = [self.value(value, scope, binding) for _, value, _ in arguments]
        cell, sizes, where = self.instance(scope, name, sizes, binding)
        place = join(scope.place, binding)
        self.starts = {join(place, state): self.value(value, scope, binding) for state, value, _ in start}
        lifted = [value for (_, _, own), value in zip(self.parts[cell][2], values) if not own and value.dim() > 2]
        axis = scope.axes[over] if over else min(dimension(value) for value in lifted)
        lifted = [position(value, axis, 0) for value in lifted] + list(self.starts.values())
        leads = [value.shape[:-1] for value in lifted]
        self.rows = torch.broadcast_shapes(*leads, [1] * (AXES + 1) + [self.batch])
        self.carries = axis == scope.axes["T"]
        self.old, length = {}, self.lengths[axis]
        results = [None] * length
        for t in reversed(range(length)) if backward else range(length):
            self.new = {}
            now = [position(value, axis, t) for value in values]
            results[t] = self.step(cell, sizes, now, {}, where, place)
            new = {key: value.expand(*self.rows, value.shape[-1]) for key, value in self.new.items()}
            self.old = {**self.old, **new}
        self.finals.update(self.old)
        return torch.cat(results, axis)

    def call(self, scope, binding, name, sizes, arguments):
        if name in scope.cells or name in self.parts:
            cell, sizes, where = self.instance(scope, name, sizes, binding)
            count = len(self.parts[cell][2])
            bound = {argument: scope.keys[value[1]] for argument, value, _ in arguments[count:]}
            values = [self.value(value, scope, binding) for _, value, _ in arguments[:count]]
            return self.step(cell, sizes, values, bound, where, join(scope.place, binding))
        path = join(scope.where, binding)
        if name == "linear":
            return self.linear(scope, binding, path, self.number(sizes[0], scope), arguments)
        if name == "index":
            length, axis = self.lengths[scope.axes[arguments[0][0]]], scope.axes[arguments[0][0]]
            return torch.arange(length).double().view([length if i == axis else 1 for i in range(AXES + 3)])
        if name == "rename":
            (_, value, _), (old, new, _) = arguments
            return self.value(value, scope, binding).transpose(scope.axes[old], scope.axes[new[1]])
        values = [self.value(value, scope, binding) for _, value, _ in arguments]
        if arguments[0][2]:
            return OVER_AXES[name](values[0], scope.axes[arguments[0][2]])
        if name == "embedding" and arguments[-1][0] == "table":
            rows = values[0] if values[0].dtype == torch.int64 else values[0].squeeze(-1).long()
            return values[1][rows]
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
        for name, value, _ in arguments:
            if name in ("init", "bias"):
                bias = bias and not (name == "bias" and value == ("name", "none"))
                continue
            x = self.value(value, scope, binding)
            result = result + x @ self.parameter(join(path, name), [size, x.shape[-1]]).T
        return result + self.parameter(join(path, "bias"), [size]) if bias else result


def dimension(value):
    """That of the one axis over which a value varies at more positions than one."""
    return next((axis for axis in range(AXES) if value.dim() > AXES and value.shape[axis] > 1), NOWHERE)


def position(value, axis, at):
    return value.narrow(axis, at, 1) if value.dim() > AXES and value.shape[axis] > 1 else value


def concat(*values):
    lead = torch.broadcast_shapes(*(value.shape[:-1] for value in values))
    return torch.cat([value.expand(*lead, value.shape[-1]) for value in values], -1)


def largest(a, b=None):
    return a.amax(-1, True) if b is None else torch.where(a >= b, a, b)


def cross_entropy(logits, tokens):
    lead = torch.broadcast_shapes(logits.shape[:-1], tokens.shape)
    rows = torch.log_softmax(logits, -1).expand(*lead, logits.shape[-1])
    return -rows.gather(-1, tokens.expand(lead).unsqueeze(-1))


OVER_AXES = {
    "sum": lambda x, axis: x.sum(axis, True), "mean": lambda x, axis: x.mean(axis, True),
    "max": lambda x, axis: x.amax(axis, True), "softmax": torch.softmax,
    "last": lambda x, axis: x.narrow(axis, x.shape[axis] - 1, 1),
}
FUNCTIONS = {
    "abs": torch.abs, "cos": torch.cos, "erf": torch.erf, "exp": torch.exp,
    "gelu": torch.nn.functional.gelu, "silu": torch.nn.functional.silu, "relu": torch.relu, "sigmoid": torch.sigmoid,
    "sin": torch.sin, "tanh": torch.tanh, "square": torch.square, "log": torch.log, "pow": torch.pow,
    "sqrt": lambda x: math.sqrt(x) if isinstance(x, (int, float)) else x.sqrt(),
    "expm1": torch.expm1, "log1p": torch.log1p, "atan2": torch.atan2, "elu": torch.nn.functional.elu,
    "softplus": lambda x: torch.logaddexp(x, torch.zeros_like(x)),
    "max": largest, "min": lambda a, b: torch.where(a <= b, a, b),
    "select": lambda c, a, b: torch.where(c, a, b) if isinstance(c, torch.Tensor) else a if c else b,
    "sum": lambda x: x.sum(-1, True), "mean": lambda x: x.mean(-1, True),
    "softmax": lambda x: torch.softmax(x, -1), "dot": lambda a, b: (a * b).sum(-1, True), "concat": concat,
    "dropout": lambda x, probability: x,
    "split": lambda x, *parts: torch.split(x, list(parts) or x.shape[-1] // 4, -1),
    "cross_entropy": cross_entropy, "squared_error": lambda a, b: (a - b).square().mean(-1, True),
}
