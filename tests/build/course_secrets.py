"""What no student may receive, line by line, and the search for it. Used by the tests of the release and the bundle.

Secrets are collected from `course/`, never from what is built. What an author shows on purpose is none: the visible
parts of exercises, practice questions, and graded questions in their public form.
"""

from __future__ import annotations

import ast
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from autograder.build.quiz_file import Quiz, load_quiz
from autograder.course import Lesson, without_solution

FEW = 16  # shorter lines and texts, such as `return model`, occur everywhere
# Lines such as `for module in model.modules():` stand in the library's own code for its own purposes.
FEW_IN_CODE = 3 * FEW
CODE = (".py", ".js", ".css")


@cache
def quiz_of(path: Path) -> Quiz:
    """Return the quiz in the file `path`; reading one takes a while."""
    return load_quiz(path)


def squeezed(text: str) -> str:
    """Return `text` on one line with single spaces and without JSON's backslashes, so that layout hides nothing."""
    return " ".join(text.replace("\\n", " ").replace("\\", "").split())


def visible_text(lesson: Lesson) -> str:
    """Return what an author shows on purpose: everything in exercises.py but solutions and explanations."""
    shown = [cell.source for cell in lesson.cells if cell.role not in ("solution", "explanation")]
    shown += [without_solution(cells["solution"].source) for cells in lesson.exercise_cells.values()]
    return squeezed("\n".join(shown))


def solution_lines(lesson: Lesson) -> Iterator[str]:
    """Yield every line between the markers of a solution, and every paragraph of an explanation."""
    for cells in lesson.exercise_cells.values():
        inside = False
        for line in cells["solution"].source.splitlines():
            if "### END SOLUTION" in line:
                inside = False
            elif inside:
                yield line
            elif "### BEGIN SOLUTION" in line:
                inside = True
    for cell in lesson.cells:
        if cell.role == "explanation":
            yield from cell.source.splitlines()


def check_texts(lesson: Lesson) -> Iterator[str]:
    """Yield titles, messages and every other text that stands in checks.py."""
    if not lesson.has_exercises:
        return
    for node in ast.walk(ast.parse(lesson.checks_path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.FunctionDef):
            yield node.name


def code_lines(path: Path) -> Iterator[str]:
    """Yield the lines of a Python file, imports and comments left out: they say nothing of an answer."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.lstrip().startswith(("import ", "from ", "#")):
            yield line


def check_ids(lesson: Lesson) -> Iterator[str]:
    """Yield the ids of the hidden checks: the names of the functions below a `@check`."""
    if lesson.has_exercises:
        for node in ast.parse(lesson.checks_path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.decorator_list:
                yield node.name


def keys_and_reasons(lesson: Lesson) -> Iterator[str]:
    """Yield what belongs to the graded questions and is not for students: reasons, hints, steps, formulas."""
    for question in quiz_of(lesson.quiz_path).questions:
        yield from (choice.why for choice in question.choices())
        yield from (trap.why for trap in question.traps)
        yield from (trap.value for trap in question.traps)
        yield from question.steps
        yield question.hint
        if question.answer is not None:
            yield question.answer


def code_secrets(lesson: Lesson) -> set[str]:
    """Return the lines of solutions, explanations and checks that no student may receive."""
    shown = visible_text(lesson)
    lines = {squeezed(text) for text in (*solution_lines(lesson), *check_texts(lesson))}
    return {line for line in lines if len(line) >= FEW and line not in shown}


def quiz_secrets(lesson: Lesson) -> set[str]:
    """Return the reasons, hints, steps and formulas of graded questions, if nothing public says the same."""
    quiz = quiz_of(lesson.quiz_path)
    public = [question.public().model_dump() for question in quiz.questions]
    public += [question.model_dump() for question in quiz.practice]
    shown = squeezed(json.dumps(public, ensure_ascii=False))
    texts = {squeezed(text) for text in keys_and_reasons(lesson)}
    return {text for text in texts if len(text) >= FEW and text not in shown}


def secrets(lesson: Lesson) -> set[str]:
    """Return every text of a lesson that no student may receive, on one line each."""
    return code_secrets(lesson) | quiz_secrets(lesson)


def search(name: str, content: bytes, forbidden: set[str]) -> list[str]:
    """Return the forbidden texts that `content` holds, each with the file's name."""
    text = squeezed(content.decode("utf-8", errors="ignore"))
    return [f"{name}: {secret}" for secret in forbidden if secret in text]


# --------------------------------------------------------------------------------------- all lessons at once


def public_text(lessons: list[Lesson]) -> str:
    """Return all that authors show on purpose, in lessons, exercises, questions and on the cheat sheet."""
    texts = []
    for lesson in lessons:
        quiz = quiz_of(lesson.quiz_path)
        public = [question.public().model_dump() for question in quiz.questions]
        public += [entry.model_dump() for entry in (*quiz.practice, *quiz.predictions)]
        texts += [visible_text(lesson), json.dumps(public, ensure_ascii=False)]
        # Without the comment signs, a Markdown cell reads as in the notebook.
        lines = lesson.lesson_path.read_text(encoding="utf-8").splitlines()
        texts.append("\n".join(line.removeprefix("# ") for line in lines))
    course = next(iter(lessons)).path.parent
    if (course / "cheat_sheet.py").is_file():
        texts.append((course / "cheat_sheet.py").read_text(encoding="utf-8"))
    shown = squeezed("\n".join(texts))
    # The glossary shows sentences of the lessons without their bold type.
    return f"{shown}\n{shown.replace('**', '')}"


def secrets_by_kind(lessons: Iterable[Lesson]) -> dict[str, set[str]]:
    """Return what no student may receive of any lesson, each on one line, by what it is."""
    lessons = list(lessons)
    shown = public_text(lessons)
    found: dict[str, set[str]] = {
        kind: set()
        for kind in (
            "solution",
            "check source",
            "check text",
            "check id",
            "reason, hint or step",
            "formula",
            "answer bank",
        )
    }
    for lesson in lessons:
        found["solution"].update(solution_lines(lesson))
        found["check text"].update(check_texts(lesson))
        found["check id"].update(check_ids(lesson))
        if lesson.has_exercises:
            found["check source"].update(code_lines(lesson.checks_path))
        for path in lesson.answers_path.glob("*/*.py"):
            found["answer bank"].update(code_lines(path))
        for question in quiz_of(lesson.quiz_path).questions:
            found["formula"].update(text for text in (question.answer, *question.require) if text)
            found["formula"].update(trap.value for trap in question.traps)
            choices = question.choices()
            found["reason, hint or step"].update(choice.why for choice in choices)
            found["reason, hint or step"].update(trap.why for trap in question.traps)
            found["reason, hint or step"].update([*question.steps, question.hint or ""])
    squeezed_lines = {kind: {squeezed(text) for text in texts} for kind, texts in found.items()}
    return {
        # An id is a name: it is a secret however short, if no name like it is shown.
        kind: {text for text in texts if (len(text) >= FEW or kind == "check id") and text not in shown}
        for kind, texts in squeezed_lines.items()
    }


def members(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield a file, or, if it is a zip or a wheel, every file in it, however deep."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        yield name, content
        return
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in archive.namelist():
            yield from members(f"{name}/{member}", archive.read(member))


def readable(name: str, content: bytes) -> str:
    """Return the text of a file. A notebook's texts, which JSON cuts into lines, are added in one piece each."""
    text = content.decode("utf-8", errors="ignore")
    return "\n".join([text, *pieces(json.loads(text))]) if name.endswith((".ipynb", ".json")) else text


def pieces(value: object) -> Iterator[str]:
    """Yield the texts in JSON data, those of a list of texts put together."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and all(isinstance(part, str) for part in value):
        yield "".join(value)
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from pieces(part)


def leaks(files: Mapping[str, bytes], forbidden: Mapping[str, set[str]]) -> list[str]:
    """Return each secret that a file holds, or a member of an archive: `file: kind: secret`."""
    found = []
    for name, content in (member for item in files.items() for member in members(*item)):
        text = squeezed(readable(name, content))
        words = set(re.findall(r"\w+", text))
        fewest = FEW_IN_CODE if name.endswith(CODE) else FEW
        for kind, secrets_of_kind in forbidden.items():
            for secret in secrets_of_kind:
                held = secret in words if kind == "check id" else len(secret) >= fewest and secret in text
                if held:
                    found.append(f"{name}: {kind}: {secret}")
    return found
