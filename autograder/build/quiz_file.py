"""Reads a lesson's quiz.yaml and says what is wrong with it: file, line, field.

Called by the build, and by authors:

    python -m autograder.build.quiz_file course/*/quiz.yaml
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from headstart.questions.draw import DrawError, Instance, instance
from headstart.questions.schema import Prediction, Question

LEVELS = {"easy": 4, "medium": 4, "hard": 2}
SAMPLE_LEARNERS = tuple(f"sample-{i}" for i in range(40))

Place = tuple[str | int, ...]


class Quiz(BaseModel):
    """A lesson's quiz.yaml: ten graded questions, practice questions, and guesses before experiments."""

    model_config = ConfigDict(extra="forbid")

    lesson: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    questions: list[Question]
    practice: list[Question] = []
    predictions: list[Prediction] = []


class QuizFileError(ValueError):
    """A quiz.yaml that cannot be used. Its message has one line a mistake: `file:line: field: text`."""


def load_quiz(path: str | Path) -> Quiz:
    """Return the quiz in the YAML file `path`.

    Raises:
        QuizFileError: the file cannot be read or does not describe a quiz; all mistakes are named.
    """
    path = Path(path)
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise QuizFileError(f"{_shown(path)}:1: cannot be read: {error.strerror}") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise QuizFileError(f"{_shown(path)}:{line}: not YAML: {error.problem}") from error
    lines: dict[Place, int] = {}
    mistakes: list[tuple[Place, str]] = []
    data = _plain(node, (), lines, mistakes)
    quiz = None
    if not isinstance(data, dict):
        mistakes.append(((), "expected the keys lesson, questions, practice, predictions"))
    elif not mistakes:
        try:
            quiz = Quiz.model_validate(data)
        except ValidationError as error:
            mistakes += dict.fromkeys(_explained(detail) for detail in error.errors())
        else:
            mistakes += problems(quiz)
    if mistakes or quiz is None:
        found = sorted((_line(place, lines), _field(place), text) for place, text in mistakes)
        raise QuizFileError("\n".join(f"{_shown(path)}:{line}: {field}{text}" for line, field, text in found))
    return quiz


def problems(quiz: Quiz, learners: Iterable[str] = SAMPLE_LEARNERS) -> list[tuple[Place, str]]:
    """Return what is wrong with `quiz` as a whole and as `learners` see it, as (place, text) pairs."""
    found: list[tuple[Place, str]] = []
    if len(quiz.questions) != 10:
        found.append((("questions",), f"has {len(quiz.questions)} questions; a quiz has exactly ten"))
    else:
        counts = {level: sum(q.difficulty == level for q in quiz.questions) for level in LEVELS}
        if counts != LEVELS:
            got, want = (", ".join(f"{n} {level}" for level, n in c.items()) for c in (counts, LEVELS))
            found.append((("questions",), f"has {got}; expected {want}"))
    if len(quiz.practice) < 3:
        found.append((("practice",), f"has {len(quiz.practice)} questions; write at least three"))
    seen: dict[str, str] = {}
    learners = tuple(learners)
    for section in ("questions", "practice", "predictions"):
        for i, entry in enumerate(getattr(quiz, section)):
            if entry.lesson != quiz.lesson:
                found.append(((section, i, "id"), f"is {entry.id!r}; it must begin with '{quiz.lesson}.'"))
            if entry.id in seen:
                found.append(((section, i, "id"), f"{entry.id!r} is used already by {seen[entry.id]}"))
            seen.setdefault(entry.id, f"{section}[{i}]")
            if isinstance(entry, Question):
                found += [((section, i, *place), text) for place, text in question_problems(entry, learners)]
    return found


def question_problems(question: Question, learners: Iterable[str]) -> list[tuple[Place, str]]:
    """Return what is wrong with `question` as the first of `learners` with a fault sees it."""
    for learner in learners:
        try:
            found = _instance_problems(instance(question, learner))
        except DrawError as error:
            found = [((), str(error))]
        if found:
            return [(place, f"{text} (as learner {learner!r} would see it)") for place, text in found]
        if not question.draw:
            break
    return []


def _instance_problems(seen: Instance) -> list[tuple[Place, str]]:
    question = seen.question
    assert isinstance(question, Question)
    found: list[tuple[Place, str]] = []
    texts = [choice.text for choice in seen.choices]
    if len(set(texts)) < len(texts):
        field = "items" if question.kind == "ordering" else "options"
        found.append(((field,), f"two texts are the same: {max(texts, key=texts.count)!r}"))
    if seen.answer is not None:
        answer = float(seen.answer)
        for i, (value, _) in enumerate(seen.traps):
            if abs(value - answer) <= question.tolerance + 1e-9:
                text = f"is {value:g}, within the tolerance {question.tolerance:g} of the answer {answer:g}"
                found.append((("traps", i, "value"), text + "; use `require` to keep them apart"))
        if abs(float(str(seen.answer)) - answer) > question.tolerance + 1e-9:
            text = f"is {question.tolerance:g}; the answer {answer!r}, shown as {seen.answer}"
            found.append((("tolerance",), text + ", would be judged wrong"))
    return found


def _plain(
    node: yaml.Node | None, place: Place, lines: dict[Place, int], mistakes: list[tuple[Place, str]]
) -> Any:
    """Turn YAML nodes into Python values and note in `lines` where each value stands."""
    if node is None:
        return None
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        mapping: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode) or key_node.value == "<<":
                mistakes.append(
                    (place, f"line {key_node.start_mark.line + 1}: a key is a word; quote braces and <<")
                )
                continue
            key = _scalar(key_node, place, mistakes)
            inner = (*place, key)
            if key in mapping:
                mistakes.append((inner, f"is given twice; the first is on line {lines[inner]}"))
            lines[inner] = key_node.start_mark.line + 1
            mapping[key] = _plain(value_node, inner, lines, mistakes)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        return [_plain(inner, (*place, i), lines, mistakes) for i, inner in enumerate(node.value)]
    return _scalar(node, place, mistakes)


def _scalar(node: yaml.Node, place: Place, mistakes: list[tuple[Place, str]]) -> Any:
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_object(node)
    except (yaml.YAMLError, ValueError) as error:
        mistakes.append((place, f"cannot read {node.value!r}: {getattr(error, 'problem', None) or error}"))
        return None
    finally:
        loader.dispose()


def _explained(detail: Any) -> tuple[Place, str]:
    """Return place and wording of one of pydantic's errors."""
    place, text = tuple(detail["loc"]), detail["msg"]
    if detail["type"] == "missing":
        text = "field required"
    elif detail["type"] == "extra_forbidden":
        text = "unknown field"
    elif detail["type"] == "string_type":
        text = f"expected text, got {detail['input']!r}; put it in quotes"
    elif detail["type"] != "quiz":
        text = f"{text[:1].lower()}{text[1:]}, got {detail['input']!r}"
    if "draw" in place and detail["type"] != "quiz":
        # A drawn value is a range or choices. pydantic reports both attempts; one line is enough.
        place, text = place[: place.index("draw") + 2], "expected [smallest, largest] or {choices: [...]}"
    return place, text


def _line(place: Place, lines: dict[Place, int]) -> int:
    """Return the line of `place`, or of the nearest thing around it that the file has."""
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)


def _field(place: Place) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
    return f"{text}: " if text else ""


def _shown(path: Path) -> str:
    """Return `path` as an author would type it: relative to the current folder where it lies below."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def main(paths: list[str]) -> int:
    """Check the quiz files at `paths`, print what is wrong, and return the exit status (1 if anything is)."""
    if not paths:
        print("usage: python -m autograder.build.quiz_file course/*/quiz.yaml")
        return 2
    status = 0
    for path in paths:
        try:
            quiz = load_quiz(path)
        except QuizFileError as error:
            print(error)
            status = 1
        else:
            counts = f"{len(quiz.practice)} practice, {len(quiz.predictions)} predictions"
            print(f"{path}: ok ({len(quiz.questions)} graded, {counts})")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
