"""Turns exercises into the bank that the learner's package carries: hints and visible examples, nothing else.

Called by the build, which writes the result to headstart/exercises/bank/<assignment>.json. All of it stands in
the students' release too. Solutions, explanations and hidden checks stay out.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

from autograder.build.errors import SourceError
from autograder.build.exercises import HINTS, Exercise, read_parts
from autograder.build.percent import SourceCell

_HINT = re.compile(r"<details>\s*<summary>(?P<title>.*?)</summary>(?P<text>.*?)</details>", re.S)
_HEADING = re.compile(r"^#+\s+(.*)$", re.M)


def exercise_bank(root: Path, folder: Path) -> dict[str, Any]:
    """Return the bank of the exercises in `folder` as plain data.

    Args:
        root: the course's root.
        folder: the lesson's folder in `course/`.

    Raises:
        SourceError: a hint of a card has no title or no text.
    """
    shown = (folder / "exercises.py").relative_to(root)
    parts = list(read_parts(root, folder))
    return {
        "assignment": folder.name,
        "notebook": f"quizzes/{folder.name}/exercises.ipynb",
        # What the examples need besides the function: the imports and helpers of the notebook's own cells.
        "setup": "\n\n".join(
            part.source for part in parts if isinstance(part, SourceCell) and part.cell_type == "code"
        ),
        "exercises": [_entry(shown, part) for part in parts if isinstance(part, Exercise)],
    }


def exercise_bank_text(root: Path, folder: Path) -> str:
    """Return the bank of `folder` as the text of its JSON file; the same source gives the same text."""
    return json.dumps(exercise_bank(root, folder), indent=1, ensure_ascii=False) + "\n"


def _entry(shown: Path, exercise: Exercise) -> dict[str, Any]:
    card = exercise.cells["card"]
    heading = _HEADING.search(card.source)
    source, names = _examples(exercise.cells["examples"].source)
    return {
        "name": exercise.name,
        "title": heading[1].replace("`", "") if heading else exercise.name,
        "signature": _signature(exercise.cells["solution"].source, exercise.name),
        "hints": _hints(shown, card, exercise.name),
        "examples": source,
        "example_names": names,
        # Code that is handed out to be repaired; without it the stub is an empty function.
        **({"stub": exercise.cells["stub"].source} if "stub" in exercise.cells else {}),
    }


def _hints(shown: Path, card: SourceCell, name: str) -> list[dict[str, str]]:
    found = list(_HINT.finditer(card.source))
    hints = [
        {"title": re.sub(r"^Hint \d+:?\s*", "", match["title"].strip()), "text": match["text"].strip()}
        for match in found
    ]
    if len(hints) != HINTS or not all(hint["text"] for hint in hints):
        raise SourceError(
            shown,
            card.line,
            f"exercise {name!r}, role 'card'",
            f"its {HINTS} hints cannot be read; write each as <details><summary>title</summary>text</details>",
        )
    return hints


def _examples(source: str) -> tuple[str, list[str]]:
    """Return the examples' cell without its last statement, the call, and the names of the examples."""
    call = ast.parse(source).body[-1]
    before = source.splitlines()[: call.lineno - 1]
    return "\n".join(before).strip() + "\n", [ast.unparse(argument) for argument in call.value.args[1:]]


def _signature(source: str, name: str) -> str:
    """Return the first line of the definition of `name`, on one line and without its colon."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
            return f"def {name}({ast.unparse(node.args)}){returns}"
    return f"class {name}"
