"""Operators of attention and of rotary positions, through rondo-import and through ONNX Runtime.

usage: attention.py SCRATCH [EVERY | NAME...]
"""

import sys

import numpy as np
from onnx import helper

from cases import add, main, node, real

X = real(2, 6, 8)
SEQUENCE = (X, ("batch", 6, 8))
WEIGHTS = {"wq": real(8, 8), "wk": real(8, 8), "wv": real(8, 8), "wo": real(8, 8)}
PROJECTED = [node("MatMul", "x,wq", "q"), node("MatMul", "x,wk", "k"), node("MatMul", "x,wv", "v")]
CAUSAL = np.tril(np.ones((6, 6), bool))
NEAR = np.abs(np.subtract.outer(np.arange(6), np.arange(6))) < 3


def attention(name, operands="q,k,v", known=None, x=SEQUENCE, before=(), weights=WEIGHTS, options=(), **attributes):
    add("Attention-" + name, [*PROJECTED, *before, node("Attention", operands, "a", **attributes),
                              node("MatMul", "a,wo")],
        {"x": x}, {**weights, **(known or {})}, opset=23, options=options)


attention("one", q_num_heads=1, kv_num_heads=1)
attention("heads", q_num_heads=4, kv_num_heads=4)
attention("scaled", q_num_heads=2, kv_num_heads=2, scale=0.3)
attention("capped", q_num_heads=2, kv_num_heads=2, softcap=1.5)
attention("causal", q_num_heads=2, kv_num_heads=2, is_causal=1)
attention("open", x=(X, ("batch", "time", 8)), options=("-D", "bptt=6"), q_num_heads=2, kv_num_heads=2, is_causal=1)
attention("truth-mask", "q,k,v,m", {"m": NEAR}, q_num_heads=2, kv_num_heads=2)
attention("mask", "q,k,v,m", {"m": np.where(NEAR, 0.5, -np.inf).astype(np.float32)}, q_num_heads=2, kv_num_heads=2)
attention("bias", "q,k,v,m", {"m": real(6, 6)}, q_num_heads=2, kv_num_heads=2, is_causal=1)
GROUPED = {**WEIGHTS, "wk": real(8, 4), "wv": real(8, 6), "wo": real(12, 8)}
attention("grouped", weights=GROUPED, q_num_heads=4, kv_num_heads=2)
DIVIDED = [made for one in "qkv" for made in (node("Reshape", f"{one},parts", f"{one}2"),
                                              node("Transpose", f"{one}2", f"{one}3", perm=[0, 2, 1, 3]))]
add("Attention-4", [*PROJECTED, *DIVIDED, node("Attention", "q3,k3,v3", "a"),
                    node("Transpose", "a", "t", perm=[0, 2, 1, 3]), node("Reshape", "t,back", "u"),
                    node("MatMul", "u,wo")],
    {"x": SEQUENCE}, {**WEIGHTS, "parts": np.array([0, 0, 2, 4]), "back": np.array([0, 0, 8])}, opset=23)
add("Attention-memory", [node("MatMul", "x,wq", "q"), node("MatMul", "m,wk", "k"), node("MatMul", "m,wv", "v"),
                         node("Attention", "q,k,v", "y", q_num_heads=2, kv_num_heads=2)],
    {"x": X, "m": real(2, 5, 8)}, WEIGHTS, opset=23)
add("Attention-inputs", [node("Attention", "x,m,m", q_num_heads=2, kv_num_heads=2)],
    {"x": X, "m": real(2, 5, 8)}, opset=23)


def microsoft(name, operands="q,k,v", known=None, **attributes):
    add("MultiHeadAttention-" + name,
        [*PROJECTED, node("MultiHeadAttention", operands, "a", domain="com.microsoft", **attributes),
         node("MatMul", "a,wo")], {"x": SEQUENCE}, {**WEIGHTS, **(known or {})})


add("MultiHeadAttention-inputs", [node("MultiHeadAttention", "x,m,m", domain="com.microsoft", num_heads=2)],
    {"x": X, "m": real(2, 5, 8)})
microsoft("heads", num_heads=4)
microsoft("scaled", num_heads=2, scale=0.3)
microsoft("biased", "q,k,v,b", {"b": real(24)}, num_heads=2)
microsoft("bias", "q,k,v,,,m", {"m": real(1, 1, 6, 6)}, num_heads=2)
microsoft("causal", num_heads=2, unidirectional=1)

ANGLES = np.outer(np.arange(6), 0.3 ** np.arange(2)).astype(np.float32)
TABLES = {"c": np.cos(ANGLES)[None], "s": np.sin(ANGLES)[None]}
ROWS = {"c": np.cos(ANGLES), "s": np.sin(ANGLES)}
ONE = real(1, 6, 8)
for interleaved in (0, 1):
    add(f"RotaryEmbedding-{interleaved}", [node("RotaryEmbedding", "x,c,s", num_heads=2, interleaved=interleaved)],
        {"x": ONE}, TABLES, opset=23)
    add(f"RotaryEmbedding-part-{interleaved}",
        [node("RotaryEmbedding", "x,c,s", num_heads=1, interleaved=interleaved, rotary_embedding_dim=4)], {"x": ONE},
        TABLES, opset=23)
add("RotaryEmbedding-4", [*PROJECTED[:1], DIVIDED[0], DIVIDED[1], node("RotaryEmbedding", "q3,c,s", "a"),
                          node("Transpose", "a", "t", perm=[0, 2, 1, 3]), node("Reshape", "t,back", "u"),
                          node("MatMul", "u,wo")],
    {"x": ONE}, {**TABLES, "wq": WEIGHTS["wq"], "wo": WEIGHTS["wo"], "parts": np.array([0, 0, 2, 4]),
                 "back": np.array([0, 0, 8])}, opset=23)
add("RotaryEmbedding-places", [node("RotaryEmbedding", "x,c,s,p", num_heads=2)],
    {"x": X, "p": (np.random.RandomState(7).randint(6, size=(2, 6)))}, ROWS, opset=23)
add("RotaryEmbedding-attention", [
    *PROJECTED, node("Shape", "x", "n"), node("Gather", "n,i", "t"), node("Range", "zero,t,i", "r"),
    node("Unsqueeze", "r,axis", "u"), node("Expand", "u,two", "p"),
    node("RotaryEmbedding", "q,c,s,p", "q2", num_heads=2), node("RotaryEmbedding", "k,c,s,p", "k2", num_heads=2),
    node("Attention", "q2,k2,v", "a", q_num_heads=2, kv_num_heads=2, is_causal=1), node("MatMul", "a,wo")],
    {"x": X}, {**WEIGHTS, **ROWS, "i": np.int64(1), "zero": np.int64(0), "axis": np.array([0]),
               "two": np.array([2, 6])}, opset=23)

LONG = np.outer(np.arange(64), 0.3 ** np.arange(2)).astype(np.float32)
add("RotaryEmbedding-open", [
    node("MatMul", "x,wq", "q"), node("Shape", "x", "n"), node("Gather", "n,i", "t"), node("Range", "zero,t,i", "r"),
    node("Unsqueeze", "r,axis", "u"), node("Gather", "n,zero", "b"), node("Unsqueeze", "b,axis", "b1"),
    node("Unsqueeze", "t,axis", "t1"), node("Concat", "b1,t1", "to", axis=0), node("Expand", "u,to", "p"),
    node("RotaryEmbedding", "q,c,s,p", "q2", num_heads=2), node("RotaryEmbedding", "x,c,s,p", "k2", num_heads=2),
    node("Attention", "q2,k2,x", q_num_heads=2, kv_num_heads=2, is_causal=1)],
    {"x": (X, ("batch", "time", 8))},
    {"wq": WEIGHTS["wq"], "c": np.cos(LONG), "s": np.sin(LONG), "i": np.int64(1), "zero": np.int64(0),
     "axis": np.array([0])}, opset=23, options=("-D", "bptt=6"))

if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
