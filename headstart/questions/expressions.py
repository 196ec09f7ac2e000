"""Small arithmetic of question files: `"tp / (tp + fp)"`. Used by the schema (names) and the draw (values).

Expressions are evaluated by simpleeval, so they can compute and compare, and nothing else.
"""

from __future__ import annotations

import ast
from typing import Any

FUNCTIONS: dict[str, Any] = {
    "round": round,
    "min": min,
    "max": max,
    "abs": abs,
    "sqrt": lambda value: value**0.5,
    "int": int,
    "float": float,
}


def names_in(expression: str) -> set[str]:
    """Return the names that `expression` uses, functions left out.

    Raises:
        ValueError: `expression` is not one Python expression.
    """
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except SyntaxError as error:
        raise ValueError(f"cannot read the expression {expression!r}: {error.msg}") from None
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - FUNCTIONS.keys()


def evaluate(expression: str, values: dict[str, Any]) -> Any:
    """Return the value of `expression`, with `values` as its names.

    Raises:
        ValueError: `expression` cannot be evaluated; the message quotes it and says why.
    """
    from simpleeval import simple_eval

    try:
        return simple_eval(expression.strip(), names=values, functions=FUNCTIONS)
    except Exception as error:
        shown = ", ".join(f"{name} = {value!r}" for name, value in values.items()) or "no values"
        raise ValueError(f"cannot compute {expression!r} with {shown}: {error}") from error
