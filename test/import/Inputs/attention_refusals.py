"""What rondo-import does not cover of operators of attention and of rotary positions, and the words."""

from model_text import BOOL, INT, integers, node, ones
from refusal_cases import refuse

THREE = {"q": ["b", 6, 8], "k": ["b", 5, 8]}
HEADS = {"q_num_heads": 2, "kv_num_heads": 2}


def refuse_attention(words, operands="q,k,k", known=None, inputs=None, outputs="y", **attributes):
    refuse(f"(Attention): {words}", node("Attention", operands, outputs, **(attributes or HEADS)), inputs or THREE,
           known, opset=23)


def refuse_microsoft(words, operands="q,k,k", known=None, inputs=None, outputs="y", **attributes):
    text = node("MultiHeadAttention", operands, outputs, **(attributes or {"num_heads": 2}))
    refuse(f"(com.microsoft.MultiHeadAttention): {words}",
           text.replace("op_type", 'domain: "com.microsoft" op_type'), inputs or THREE, known)


refuse_attention("expected at least 2 inputs, found input 2 missing", "q")
refuse_attention("a past key as input 5 is not covered", "q,k,k,,k,k")
refuse_attention("a past value as input 6 is not covered", "q,k,k,,,k")
refuse_attention("a number of keys of each row as input 7 is not covered", "q,k,k,,,,n", {"n": integers(5)})
refuse_attention("outputs beside the first one are not covered", outputs="y,p,v")
refuse_attention("attribute 'left_window_size' is not covered", left_window_size=2, **HEADS)
refuse_attention("a softmax is covered in single precision, softmax_precision 1, found 11", softmax_precision=11,
                 **HEADS)
refuse_attention("expected a real number from 0 on as attribute 'softcap'", softcap=-1.0, **HEADS)
refuse_attention("expected an integer as attribute 'is_causal'", is_causal=1.5, **HEADS)
refuse_attention("expected numbers of heads of which the keys' and values' divides the queries', found [3] and [2]",
                 q_num_heads=3, kv_num_heads=2)
refuse_attention("expected numbers of heads of which the keys' and values' divides the queries', found [0] and [0]",
                 softcap=0.0)
refuse_attention("expected features that 3 heads divide as input 1, found shape ", q_num_heads=3, kv_num_heads=1)
refuse_attention("expected three values of 3 dimensions, or of 4, found ", inputs={"q": ["b", 8], "k": ["b", 8]})
refuse_attention("expected numbers or truth values with dimensions as the mask", "q,k,k,m", {"m": integers(1, 2)})
for values, kind in (([0, 1, 0, 0], BOOL), ([0.5, 0.5, float("-inf"), float("-inf")], 1)):
    refuse_attention("expected a mask that leaves each position one to see, found a row that leaves none", "q,q,q,m",
                     {"m": ((2, 2), values, kind)}, {"q": ["b", 2, 8]})
refuse("expected real numbers that the inputs change", node("Attention", "q,c,c", **HEADS), THREE,
       {"c": ones(1, 5, 8)}, opset=23)

refuse_microsoft("a mask of keys as input 5 is not covered", "q,k,k,,m", {"m": integers(5)})
refuse_microsoft("a past key as input 7 is not covered", "q,k,k,,,,k,k")
refuse_microsoft("outputs beside the first one are not covered", outputs="y,p,v")
refuse_microsoft("attribute 'mask_filter_value' is not covered", num_heads=2, mask_filter_value=-1.0)
refuse_microsoft("expected a number of heads from 1 on as attribute 'num_heads', found 0", scale=1.0)
refuse_microsoft("queries, keys and values in one input are not covered", "q")
refuse_microsoft("expected a bias of 24 numbers, found shape [8]", "q,k,k,b", {"b": ones(8)})
refuse_microsoft("attribute 'unidirectional' is covered with as many queries as keys", num_heads=2, unidirectional=1)
refuse_microsoft("expected 3 dimensions, the last one of known size, as input 1, found shape ",
                 inputs={"q": ["b", 2, 6, 4], "k": ["b", 5, 8]})
refuse("operators of domain 'com.microsoft' are not covered",
       node("FusedMatMul", "x,x").replace("op_type", 'domain: "com.microsoft" op_type'))


def refuse_rotary(words, operands="x,c,s", known=None, inputs=None, **attributes):
    tables = {"c": ones(1, 6, 2), "s": ones(1, 6, 2)} if known is None else known
    refuse(f"(RotaryEmbedding): {words}", node("RotaryEmbedding", operands, **attributes),
           {"x": ["b", 6, 8]} if inputs is None else inputs, tables, opset=23)


refuse_rotary("expected a number of heads that divides 8 features as attribute 'num_heads', found 0")
refuse_rotary("expected a number of heads that divides 8 features as attribute 'num_heads', found 3", num_heads=3)
refuse_rotary("expected an even number of features to turn, at most 4, found 3", num_heads=2, rotary_embedding_dim=3)
refuse_rotary("expected an even number of features to turn, at most 4, found 6", num_heads=2, rotary_embedding_dim=6)
refuse_rotary("expected a cosine and a sine for each of 4 pairs in 3 dimensions, found shape [1, 6, 2]", num_heads=1)
refuse_rotary("expected a cosine and a sine for each of 2 pairs in 2 dimensions, found shape [1, 6, 2]", "x,c,s,p",
              inputs={"x": ["b", 6, 8], "p": (["b", 6], INT)}, num_heads=2)
refuse_rotary("expected a table of cosines or sines that is known, found 'c', which the inputs change",
              known={"s": ones(1, 6, 2)}, inputs={"x": ["b", 6, 8], "c": ["b", 6, 2]}, num_heads=2)
refuse_rotary("expected 3 or 4 dimensions with at most 2^20 features of all heads, found shape ",
              inputs={"x": ["b", 8]}, num_heads=2)
refuse_rotary("attribute 'scale' is not covered", scale=1.0)
