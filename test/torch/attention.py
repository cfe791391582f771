# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares attention, and the gradients of queries, keys and values, with PyTorch's scaled_dot_product_attention.

usage: attention.py RONDOC SCRATCH [CASE..]

Each case is a program whose queries, keys and values are rows of tables, one for each position of each sequence: the
tables' gradients are theirs. All must agree within 1e-5 of the largest.
"""

import subprocess
import sys

import safetensors
import torch
from torch.nn.functional import scaled_dot_product_attention

TOLERANCE = 1e-5
RAGGED = (10, 10, 6, 2, 2, 1, 1, 0)  # positions of each sequence

# From the scores `fit` of the query at T and the key at K to what the softmax is of.
FORMS = {
    "all": "fit",
    "causal": "select(index(K) <= index(T) + BEHIND, fit, -1e9)",
    "window": "select(index(K) <= index(T), select(index(K) > index(T) - 5, fit, -1e9), -1e9)",
    "bias": "fit + bias",
    "alibi": "select(index(K) <= index(T), fit - 0.25 * (index(T) - index(K)), -1e9)",
    "cap": "2 * tanh(fit / 2)",
    "dropout": "fit",
}


class Case:
    """`apart` groups with tables of their own, each of `heads` heads on an axis, which have keys of their own or share
    them."""

    def __init__(
        self,
        form="all",
        batch=2,
        queries=17,
        keys=None,  # none: the queries' own positions
        terms=8,
        features=8,
        heads=1,
        apart=1,
        shared=False,
        ragged="",  # the axis that is
        behind=0,  # keys that the first query sees beside its own
    ):
        self.form, self.batch, self.queries, self.keys = form, batch, queries, keys or queries
        self.terms, self.features, self.heads, self.apart, self.shared = terms, features, heads, apart, shared
        self.ragged, self.behind, self.itself = ragged, behind, keys is None

    def program(self):
        alone = self.heads == 1
        n, of_keys = "" if alone else ", N", "" if alone or self.shared else ", N"
        axis = "T" if self.itself else "K"
        lines = ["model M {", "  axis T" + (f" ragged max {self.queries}" if self.ragged == "T" else "")]
        lines.append("  axis K like T" if self.itself else f"  axis K = {self.keys}" + " ragged" * (self.ragged == "K"))
        lines += [] if alone else [f"  axis N = {self.heads}"]
        rows = self.batch * self.queries * self.heads
        key_rows = self.batch * self.keys * (1 if self.shared else self.heads)
        lines += [f"  input q: token[{rows}] over T{n}", f"  input k: token[{key_rows}] over {axis}{of_keys}"]
        lines += ["  input bias: [] over T, K"] * (self.form == "bias")
        lines += ["  input kept: [] over T, K"] * (self.form == "dropout")
        lines += [f"  input g{i}: [{self.features}] over T{n}" for i in range(self.apart)]
        row = "rename(embedding(k, table: TABLE), T: K)" if self.itself else "embedding(k, table: TABLE)"
        told = []
        for i in range(self.apart):
            lines += [f"  param queries{i}: [{rows}, {self.terms}] = normal(1)"]
            lines += [f"  param keys{i}: [{key_rows}, {self.terms}] = normal(1)"]
            lines += [f"  param values{i}: [{key_rows}, {self.features}] = normal(1)"]
            fit = f"fit{i}"
            key, value = (row.replace("TABLE", f"{name}{i}") for name in ("keys", "values"))
            lines += [f"  {fit} = dot(embedding(q, table: queries{i}), {key}) / sqrt({self.terms})"]
            scores = FORMS[self.form].replace("fit", fit).replace("BEHIND", str(self.behind))
            weights = f"softmax({scores} over K)" + " * kept" * (self.form == "dropout")
            lines += [f"  output y{i}: [{self.features}] = sum({weights} * {value} over K)"]
            product = f"dot(y{i}, g{i})"
            told.append(product if alone else f"sum({product} over N)")
        lines += [f"  loss = sum({' + '.join(told)} over T)"]
        lines += [f"  train {{ data arrays batch {self.batch} bptt {self.queries} optimizer sgd(rate: 0.1) }}", "}"]
        return "\n".join(lines) + "\n"

    def lengths(self):
        return torch.tensor(RAGGED[: self.batch])

    def inside(self, size):
        """Which positions there are, of each sequence."""
        if not self.ragged:
            return torch.ones(self.batch, size, dtype=torch.bool)
        return torch.arange(size)[None] < self.lengths()[:, None]

    def expected(self, tables, data):
        """The results [B, T, heads, features] by their names."""
        t, s = torch.arange(self.queries)[:, None], torch.arange(self.keys)[None]
        seen = torch.ones(self.queries, self.keys, dtype=torch.bool)
        if self.form in ("causal", "window", "alibi"):
            seen = s <= t + self.behind
        if self.form == "window":
            seen = seen & (s > t - 5)
        seen = seen & self.inside(self.keys)[:, None, None]
        none = ~seen.any(-1, keepdim=True)  # queries that see no key: 0
        results = {}
        for i in range(self.apart):
            heads = lambda table, size, count: table.view(self.batch, size, count, -1).transpose(1, 2)
            query = heads(tables[f"queries{i}"], self.queries, self.heads)
            of_keys = 1 if self.shared else self.heads
            key, value = (heads(tables[f"{name}{i}"], self.keys, of_keys) for name in ("keys", "values"))
            bias = torch.zeros(self.queries, self.keys, dtype=torch.float64)
            if self.form == "alibi":
                bias = bias - 0.25 * (t - s)
            if self.form == "bias":
                bias = data["bias"][:, None]
            mask = bias.masked_fill(~(seen | none), -torch.inf)
            if self.form in ("cap", "dropout"):
                fit = query @ key.transpose(-1, -2) / self.terms**0.5
                weights = torch.softmax((2 * torch.tanh(fit / 2) if self.form == "cap" else fit) + mask, -1)
                y = (weights * data["kept"][:, None] if self.form == "dropout" else weights) @ value
            elif self.form == "causal" and not self.behind and not self.ragged and self.queries == self.keys:
                y = scaled_dot_product_attention(query, key, value, is_causal=True, enable_gqa=self.shared)
            elif self.form == "all" and not self.ragged:
                y = scaled_dot_product_attention(query, key, value, enable_gqa=self.shared)
            else:
                y = scaled_dot_product_attention(query, key, value, attn_mask=mask, enable_gqa=self.shared)
            results[f"y{i}"] = y.masked_fill(none, 0).transpose(1, 2)
        return results

    def data(self, chance):
        """Each position's row in the tables, and the other inputs."""

        def places(size, heads):
            shape = [self.batch, size, heads][: 3 if heads > 1 else 2]
            return torch.arange(self.batch * size * heads).view(shape)

        inputs = {"q": places(self.queries, self.heads), "k": places(self.keys, 1 if self.shared else self.heads)}
        shape = [self.batch, self.queries] + [self.heads] * (self.heads > 1) + [self.features]
        for i in range(self.apart):
            inputs[f"g{i}"] = torch.randn(shape, generator=chance, dtype=torch.float64)
        shape = [self.batch, self.queries, self.keys]
        if self.form == "bias":
            inputs["bias"] = torch.randn(shape, generator=chance, dtype=torch.float64)
        if self.form == "dropout":
            inputs["kept"] = (torch.rand(shape, generator=chance) < 0.7).double() / 0.7
        if self.ragged:
            inputs["length." + self.ragged] = self.lengths()
        return inputs


CASES = {
    "one-position": Case(queries=1, keys=1, batch=1),
    "odd": Case(queries=33, keys=77, terms=5, features=11, batch=3),
    "odd-causal": Case("causal", queries=129, terms=7, features=3, batch=1),
    "behind-keys": Case("causal", queries=20, keys=150, behind=130),
    "two-heads": Case(queries=40, heads=2),
    "eight-heads": Case("causal", queries=35, heads=8, batch=1),
    "heads-apart": Case("causal", queries=70, apart=4, batch=1),
    "long": Case(queries=300, keys=257, batch=1, heads=3, terms=16),
    "long-causal": Case("causal", queries=1001, batch=1, terms=16),
    "grouped": Case("causal", queries=37, heads=3, apart=2, shared=True),
    "one-head-for-all": Case(queries=50, keys=65, heads=8, batch=1, shared=True),
    "one-head-for-all-causal": Case("causal", queries=130, heads=5, batch=3, shared=True),
    "ragged": Case(queries=10, batch=8, ragged="T"),
    "ragged-causal": Case("causal", queries=10, batch=8, ragged="T", heads=2),
    "ragged-keys": Case(queries=18, keys=10, batch=8, ragged="K", heads=3),
    "ragged-one-head-for-all": Case(queries=18, keys=10, batch=8, ragged="K", heads=4, shared=True),
    "window": Case("window", queries=45),
    "bias": Case("bias", queries=33, keys=20),
    "alibi": Case("alibi", queries=31, heads=2),
    "cap": Case("cap", queries=40, keys=35),
    "dropout": Case("dropout", queries=25, keys=30),
}


def save(path, tensors):
    types = {torch.float64: "F64", torch.float32: "F32", torch.int64: "I64"}
    safetensors.write(
        path, {n: safetensors.tensor(types[v.dtype], list(v.shape), v.flatten().tolist()) for n, v in tensors.items()}
    )


def load(path):
    return {
        name: torch.tensor(list(value.values), dtype=torch.float64).view(value.shape)
        for name, value in safetensors.read(path)[0].items()
    }


def check(name, case, rondoc, scratch):
    """None, or what differs."""
    chance = torch.Generator().manual_seed(len(name))
    program, binary = scratch + ".rondo", scratch + ".exe"
    with open(program, "w") as file:
        file.write(case.program())
    subprocess.run([rondoc, program, "--no-gradcheck", "-o", binary], check=True)
    tables, inputs = {}, case.data(chance)
    for i in range(case.apart):
        for kind, size, heads, width in (
            ("queries", case.queries, case.heads, case.terms),
            ("keys", case.keys, 1 if case.shared else case.heads, case.terms),
            ("values", case.keys, 1 if case.shared else case.heads, case.features),
        ):
            shape = case.batch * size * heads, width
            tables[f"{kind}{i}"] = torch.randn(shape, generator=chance).double().requires_grad_()
    inputs = {n: v.float().double() if v.dtype == torch.float64 else v for n, v in inputs.items()}
    single = lambda tensors: {n: v.detach().float() if v.is_floating_point() else v for n, v in tensors.items()}
    save(scratch + ".weights.safetensors", single(tables))
    save(scratch + ".in.safetensors", single(inputs))
    results = case.expected(tables, inputs)
    there = case.inside(case.queries) if case.ragged == "T" else torch.ones(case.batch, case.queries, dtype=torch.bool)
    loss = 0
    for i in range(case.apart):
        y = results[f"y{i}"] * there[:, :, None, None]
        loss = loss + (y * inputs[f"g{i}"].view(y.shape)).sum() / case.batch
        results[f"y{i}"] = y
    loss.backward()
    expected = {name: table.grad for name, table in tables.items()}
    files = ["--weights", scratch + ".weights.safetensors", "--out", scratch + ".out.safetensors"]
    subprocess.run([binary, "grad", "--in", scratch + ".in.safetensors", *files], check=True, stdout=subprocess.DEVNULL)
    found = load(scratch + ".out.safetensors")
    subprocess.run([binary, "run", "--in", scratch + ".in.safetensors", *files], check=True, stdout=subprocess.DEVNULL)
    outputs = load(scratch + ".out.safetensors")
    for i in range(case.apart):
        y = expected[f"y{i}"] = results[f"y{i}"].detach()
        found[f"y{i}"] = outputs[f"y{i}"].view(y.shape) * there[:, :, None, None]
    for what, value in expected.items():
        delta = (found[what] - value).abs().max().item() / max(1.0, value.abs().max().item())
        if not delta <= TOLERANCE:
            return f"{name}: '{what}' differs by {delta:.3g} of its largest entry, expected at most {TOLERANCE:g}"
    return None


def main(rondoc, scratch, *names):
    for name in names or CASES:
        error = check(name, CASES[name], rondoc, scratch)
        if error:
            sys.exit("error: " + error)
    print(f"{len(names or CASES)} attentions agree")


if __name__ == "__main__":
    main(*sys.argv[1:])
