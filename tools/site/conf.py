# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Sphinx's settings of the site that tools/docs builds."""

from pygments.lexer import RegexLexer, words
from pygments.token import Comment, Keyword, Name, Number, Operator, String, Text

project = "Rondo"
copyright = "the authors of Rondo"
extensions = ["myst_parser", "sphinx.ext.mathjax"]
myst_heading_anchors = 4
html_theme = "alabaster"
html_theme_options = {"page_width": "1200px", "body_max_width": "none", "code_font_size": "0.8em",
                      "description": "Recurrent networks as pages of equations, compiled"}
html_sidebars = {"**": ["about.html", "searchbox.html", "navigation.html"]}
html_show_sourcelink = False


class RondoLexer(RegexLexer):
    """The language, for highlighting."""

    name = "Rondo"
    tokens = {
        "root": [
            (r"//.*", Comment.Single),
            (words(("cell", "model", "state", "buffer", "param", "const", "let", "return", "repeat", "axis", "input",
                    "target", "output", "loss", "generate", "train", "layout", "scan", "over", "from", "as", "backward",
                    "frozen", "ragged", "like", "max", "weight", "optional", "until", "first"),
                   prefix=r"\b", suffix=r"\b"), Keyword),
            (r"\d+(\.\d+)?(e[+-]?\d+)?", Number),
            (r'"[^"\n]*"', String),
            (r"[A-Za-z_]\w*(?=[\[(])", Name.Function),
            (r"[A-Za-z_]\w*'?", Name),
            (r"[-+*/@<>=!:,.()\[\]{}|&]", Operator),
            (r"\s+", Text.Whitespace),
            (r".", Text),
        ]
    }


class MLIRLexer(RegexLexer):
    """MLIR's text, also in excerpts."""

    name = "MLIR"
    tokens = {
        "root": [
            (r"//.*", Comment.Single),
            (r'"[^"\n]*"', String),
            (r"[%@^#][\w.#]+", Name.Variable),
            (r"(tensor|memref|vector)(?=<)|\b[fi]\d+\b|\bindex\b", Keyword.Type),
            (r"\b[a-z]\w*\.[\w.]+", Name.Function),
            (r"-?\d+(\.\d+)?(e[+-]?\d+)?", Number),
            (r"\w+", Name),
            (r"\s+", Text.Whitespace),
            (r".", Operator),
        ]
    }


def setup(app):
    app.add_lexer("rondo", RondoLexer)
    app.add_lexer("mlir", MLIRLexer)
