"""What the tests of questions share: reading them, running their code, and the size of a pool for practice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np

from autograder.build.quiz_file import load_quiz
from headstart.questions.draw import Instance, instance
from headstart.questions.schema import Option, Question

COURSE = Path(__file__).resolve().parents[2] / "course"
LEARNERS = [f"learner-{i}" for i in range(12)]


def practice(folder: str) -> dict[str, Question]:
    """Return the practice questions of a lesson by the part of their ids after the dot."""
    quiz = load_quiz(COURSE / folder / "quiz.yaml")
    return {question.id.split(".")[1]: question for question in quiz.practice}


def graded(folder: str) -> dict[str, Question]:
    """Return the graded questions of a lesson by the part of their ids after the dot."""
    quiz = load_quiz(COURSE / folder / "quiz.yaml")
    return {question.id.split(".")[1]: question for question in quiz.questions}


def views(question: Question) -> list[Instance]:
    """Return the question as a few learners see it, or as one does where nothing is drawn."""
    return [instance(question, learner) for learner in (LEARNERS if question.draw else LEARNERS[:1])]


def run(code: str, **names: Any) -> tuple[str, dict[str, Any]]:
    """Run a question's code with `names` known; return what it prints and what it leaves behind."""
    printed, known = StringIO(), {"__name__": "question", **names}
    with redirect_stdout(printed):
        exec(compile(code, "<question>", "exec"), known)
    return printed.getvalue().strip(), known


def snippet(question: Question, **names: Any) -> tuple[str, dict[str, Any]]:
    """Run the code of a question in which nothing is drawn."""
    assert question.code is not None
    return run(question.code, **names)


def quoted(text: str) -> str:
    """Return what stands between backticks, one line each: the form in which options name printed text."""
    return "\n".join(re.findall(r"`([^`]*)`", text))


def right_text(question: Question) -> str:
    """Return the text of the one right option."""
    (right,) = [option.text for option in question.options if option.correct]
    return right


def option(question: Question, words: str) -> Option:
    """Return the one option whose text holds `words`."""
    (found,) = [option for option in question.options if words in option.text]
    return found


def trap(seen: Instance, words: str) -> float:
    """Return the value of the one trap whose reason holds `words`."""
    (value,) = [value for value, why in seen.traps if words in why]
    return value


def trap_values(seen: Instance) -> list[float]:
    """Return the numbers of the traps, in the file's order."""
    return [value for value, _ in seen.traps]


def mended(code: str | None, old: str, new: str) -> str:
    """Return `code` with `old`, which it must hold exactly once, replaced by `new`."""
    assert code is not None and code.count(old) == 1, f"{old!r} must be once in the code"
    return code.replace(old, new)


def swapped(code: str | None, *pairs: tuple[str, str]) -> str:
    """Return `code` mended in several places, one after the other."""
    for old, new in pairs:
        code = mended(code, old, new)
    assert code is not None
    return code


def cases(tn: int, fp: int, fn: int, tp: int, **_: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return truth and answer of every single case, 0 or 1."""
    counts = [tn, fp, fn, tp]
    return np.repeat([0, 0, 1, 1], counts), np.repeat([0, 1, 0, 1], counts)


def cost_per_image(called: np.ndarray, truth: np.ndarray, miss: float = 20, look: float = 1) -> float:
    """Return what wrong calls cost on average, with the prices of lesson 12 or others."""
    return float((miss * (truth & ~called).sum() + look * (~truth & called).sum()) / len(truth))


def wilson(k: int, n: int) -> tuple[float, float]:
    """Wilson's definition: the rates at most 1.96 of their own standard deviations away from k / n."""
    rates = np.linspace(0, 1, 200_001)
    inside = rates[np.abs(k / n - rates) <= 1.96 * np.sqrt(rates * (1 - rates) / n)]
    return inside.min(), inside.max()


def assert_prints(seen: Instance, **names: Any) -> None:
    """Assert that the code of a question prints its answer, or else its right option alone."""
    assert seen.code is not None
    printed, _ = run(seen.code, **names)
    if seen.answer is not None:
        assert abs(float(printed) - float(seen.answer)) <= seen.question.tolerance + 1e-9, seen.values
        return
    told = [choice for choice in seen.choices if quoted(choice.text) == printed]
    assert [choice.correct for choice in told] == [True], printed


def assert_tried(questions: Mapping[str, Question], tests: Mapping[str, Any]) -> None:
    """Assert that every question with a number, a printed text or a bug has its own test in `tests`."""
    names = {n for n, q in questions.items() if q.kind == "numeric" or q.form is not None}
    wanted = {f"test_{name.replace('-', '_')}" for name in names}
    assert wanted <= tests.keys(), sorted(wanted - tests.keys())


def assert_pool(questions: Mapping[str, Question]) -> None:
    """Assert that a pool is large and mixed enough for a round of ten that adapts to topics."""
    pool = questions.values()
    levels, forms = Counter(q.difficulty for q in pool), Counter(q.form for q in pool)
    assert len(pool) >= 12
    assert levels["easy"] >= 4 and levels["medium"] >= 4 and levels["hard"] >= 2, levels
    assert {q.kind for q in pool} == {"single", "multiple", "ordering", "numeric"}
    assert sum(q.kind == "numeric" and bool(q.draw) for q in pool) >= 2
    assert forms["bug"] >= 3 and forms["prints"] >= 1, forms
    topics = Counter(q.topic for q in pool)
    assert 3 <= len(topics) <= 5 and min(topics.values()) >= 2, topics
    assert all(q.section for q in pool)
