"""Finds every text in the source of the learner's package that may be shown. Used by the tests in this folder.

Texts are read from the syntax tree: each string of three words or more that is no docstring. Values that are filled
in while the program runs stand as `…`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Modules whose messages go to somebody else, and to whom.
FOR_AUTHORS = {
    "headstart/questions/schema.py": "who writes a quiz.yaml reads them in `make build`",
    "headstart/questions/draw.py": "who writes a question with drawn numbers reads them in `make build`",
    "headstart/questions/expressions.py": "who writes an expression in a quiz.yaml reads them in `make build`",
}
_FEWEST_WORDS = 3
_DEFINITIONS = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Text:
    """A text and where it stands."""

    place: str
    text: str


def python_texts(folder: Path, skip: dict[str, str] | None = None) -> list[Text]:
    """Return the texts of all modules below `folder`."""
    found = []
    for path in sorted(folder.rglob("*.py")):
        shown = path.relative_to(ROOT).as_posix()
        if shown not in (skip or {}):
            found += [
                Text(f"{shown}:{line}", text) for line, text in texts_of(path.read_text(encoding="utf-8"))
            ]
    return found


def texts_of(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of each string in Python code that is shown to somebody, as far as one can see."""
    tree = ast.parse(source)
    skipped = set(_docstrings(tree))
    for node in ast.walk(tree):
        # An f-string is read as a whole; patterns and keys are for the program.
        if isinstance(node, ast.JoinedStr):
            skipped.update(id(part) for part in ast.walk(node) if part is not node)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re."):
            skipped.update(id(part) for part in ast.walk(node))
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.JoinedStr):
            text = "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        if (
            len(re.findall(r"[A-Za-z]{2,}", text)) >= _FEWEST_WORDS
            and " " in text.strip()
            and "<" not in text
        ):
            yield node.lineno, text


def _docstrings(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, _DEFINITIONS) and node.body and isinstance(node.body[0], ast.Expr):
            yield id(node.body[0].value)


def script_texts(folder: Path) -> list[Text]:
    """Return the texts in the page's scripts: strings of three words or more that are no class names."""
    found = []
    for path in sorted(folder.rglob("*.js")):
        shown = path.relative_to(ROOT).as_posix()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            code = re.sub(r"(?:^|\s)//.*$", "", line)
            for match in re.finditer(r'"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`', code):
                text = re.sub(r"\$\{[^}]*\}", "…", match[1] or match[2] or "")
                words = re.findall(r"[A-Za-z]{2,}", text)
                if (
                    len(words) >= _FEWEST_WORDS
                    and " " in text
                    and not re.match(r"^[a-z-]+( [a-z]+-[a-z-]+)+$|^hs-", text)
                ):
                    found.append(Text(f"{shown}:{number}", text))
    return found
