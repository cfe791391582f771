#!/usr/bin/env python3
# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Times the recurrences of this folder in JAX: a script for `tools/peers --peers-script`.

The peer "jax" scans step by step, "jax_associative" by jax.lax.associative_scan, where the recurrence is affine in its
state. Products are outside of either. A training step is the gradient of the outputs' mean square, clipped to the norm
5, and an SGD update, all in one compiled function, single precision.
"""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import peer_script


def cells(jax, jnp, hidden):
    """By name: the parameters' shapes, whether the recurrence is affine, and the outputs of all steps."""
    sigmoid, lax = jax.nn.sigmoid, jax.lax

    def affine(factor, term, associative):
        """s' = factor s + term from s = 0, at all steps."""
        if not associative:
            def step(s, now):
                s = now[0] * s + now[1]
                return s, s
            return lax.scan(step, jnp.zeros_like(term[0]), (factor, term))[1]

        def join(first, second):
            return first[0] * second[0], second[0] * first[1] + second[1]
        return lax.associative_scan(join, (factor, term))[1]

    def decay(p, x, associative):
        return affine(jnp.broadcast_to(p["a"], x.shape), x, associative)

    def mingru(p, x, associative):
        z, candidate = jnp.split(x @ p["W"] + p["b"], 2, -1)
        z = sigmoid(z)
        return affine(1 - z, z * candidate, associative)

    def indrnn(p, x, associative):
        def step(h, w):
            h = jax.nn.relu(w + p["u"] * h)
            return h, h
        return lax.scan(step, jnp.zeros(x.shape[1:-1] + (hidden,)), x @ p["W"] + p["b"])[1]

    def leaky(p, x, associative):
        def step(h, x):
            h = 0.9 * h + 0.1 * jnp.tanh(p["a"] * h + p["b"] * x)
            return h, h
        return lax.scan(step, jnp.zeros_like(x[0]), x)[1]

    def sru(p, x, associative):
        def step(c, now):
            f, r, candidate, skip = now
            f, r = sigmoid(f + p["vf"] * c), sigmoid(r + p["vr"] * c)
            c = f * c + (1 - f) * candidate
            return c, r * c + (1 - r) * skip
        gates = x @ p["W"] + jnp.concatenate([p["b"], jnp.zeros(2 * hidden)])
        return lax.scan(step, jnp.zeros(x.shape[1:-1] + (hidden,)), tuple(jnp.split(gates, 4, -1)))[1]

    def diagonal(p, x, associative):
        size, angle = jnp.exp(-jnp.exp(p["rate"])), p["angle"]
        factor = jnp.broadcast_to(size * jnp.exp(1j * angle), x.shape)
        s = affine(factor, (x @ p["B"] + 1j * (x @ p["D"])).astype(jnp.complex64), associative)
        return s.real @ p["C"] + s.imag @ p["E"]

    def wkv(p, x, associative):
        k, v, w, u = x, x, -jnp.exp(p["w"]), p["u"]

        def read(state, k, v):
            a, b, most = state
            top = jnp.maximum(most, u + k)
            old, now = jnp.exp(most - top), jnp.exp(u + k - top)
            return (old * a + now * v) / (old * b + now)

        def add(first, second, decay):
            top = jnp.maximum(first[2] + decay, second[2])
            old, now = jnp.exp(first[2] + decay - top), jnp.exp(second[2] - top)
            return old * first[0] + now * second[0], old * first[1] + now * second[1], top
        zero = (jnp.zeros_like(k[0]), jnp.zeros_like(k[0]), jnp.full_like(k[0], -1e30))
        if not associative:
            def step(state, now):
                k, v = now
                return add(state, (v, jnp.ones_like(k), k), w), read(state, k, v)
            return lax.scan(step, zero, (k, v))[1]

        def join(first, second):
            return add(first[:3], second[:3], w * second[3]) + (first[3] + second[3],)
        one = jnp.ones_like(k)
        sums = lax.associative_scan(join, (v, one, k, one))[:3]
        before = tuple(jnp.concatenate([start[None], sum[:-1]]) for start, sum in zip(zero, sums))
        return read(before, k, v)

    def width(gates):
        return {"W": (hidden, gates * hidden), "b": (gates * hidden,)}

    one = (hidden,)
    square = {name: (hidden, hidden) for name in "BDCE"}
    return {
        "decay": ({"a": one}, True, decay),
        "mingru": (width(2), True, mingru),
        "indrnn": (width(1) | {"u": one}, False, indrnn),
        "leaky": ({"a": one, "b": one}, False, leaky),
        "sru": ({"W": (hidden, 4 * hidden), "b": (2 * hidden,), "vf": one, "vr": one}, False, sru),
        "diagonal": ({"rate": one, "angle": one} | square, True, diagonal),
        "wkv": ({"w": one, "u": one}, True, wkv),
    }


def runner(associative):
    def run(workload, seconds, threads):
        os.environ["JAX_PLATFORMS"] = "cpu"
        import jax
        import jax.numpy as jnp
        import numpy as np
        batch, hidden = workload["B"], workload["H"]
        shapes, affine, outputs = cells(jax, jnp, hidden)[workload["cell"]]
        if associative and not affine:
            return None
        random = np.random.default_rng(0)
        p = {name: jnp.asarray((random.uniform(-1, 1, size=shape) / np.sqrt(hidden)).astype("float32"))
             for name, shape in shapes.items()}
        x = jnp.asarray(random.normal(size=(workload["T"], batch, hidden)).astype("float32"))
        if workload["mode"] == "infer":
            net = jax.jit(lambda p, x: outputs(p, x, associative))
            return peer_script.median_us(lambda: net(p, x).block_until_ready(), seconds)

        @jax.jit
        def step(p, x):
            gradients = jax.grad(lambda p: jnp.mean(outputs(p, x, associative) ** 2))(p)
            norm = jnp.sqrt(sum(jnp.vdot(g, g) for g in gradients.values()))
            rate = 0.1 * jnp.minimum(1, 5 / (norm + 1e-6))
            return {name: p[name] - rate * gradients[name] for name in p}
        return peer_script.median_us(lambda: jax.block_until_ready(step(p, x)), seconds)
    return run


if __name__ == "__main__":
    peers = {"jax": runner(associative=False), "jax_associative": runner(associative=True)}
    sys.exit(peer_script.main(__doc__, peers, HERE.parent / "sweeps.json"))
