"""The hint ladder: which hint is next, when the worked solution opens, and the words for it.

Called by `headstart.hint`, `headstart.solution`, the buttons below a check and the command line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from headstart.exercises.banks import Exercise
from headstart.exercises.records import Record, Records
from headstart.exercises.solutions import find_solution

ATTEMPTS = 3  # different versions of a function that open the solution, passed or not


@dataclass(frozen=True)
class Calls:
    """How a learner asks for the next step; `{name}` stands for the exercise."""

    check: str
    hint: str
    hint_again: str
    solution: str


IN_NOTEBOOK = Calls(
    check="headstart.check({name})",
    hint='headstart.hint("{name}")',
    hint_again='headstart.hint("{name}", 1)',
    solution='headstart.solution("{name}")',
)
IN_TERMINAL = Calls(
    check="headstart check FILE",
    hint="headstart hint {name}",
    hint_again="headstart hint {name} 1",
    solution="headstart solution {name}",
)


def solution_is_open(record: Record) -> bool:
    """Return whether the worked solution may be read: after a pass, or after three attempts."""
    return record.passed or record.attempts >= ATTEMPTS


def offers(exercise: Exercise, record: Record, failed: bool, calls: Calls = IN_NOTEBOOK) -> list[str]:
    """Return the lines that stand below a check: how to ask for the next hint and for the solution."""
    lines, count = [], len(exercise.hints)
    if failed and record.hints < count:
        asked = calls.hint.format(name=exercise.name)
        lines.append(f"Hint {record.hints + 1} of {count}: {asked}")
    elif failed:
        again = calls.hint_again.format(name=exercise.name)
        lines.append(f"All {count} hints are open. Read the first one again: {again}")
    if solution_is_open(record) and find_solution(exercise) is not None:
        lines.append(f"Worked solution: {calls.solution.format(name=exercise.name)}")
    return lines


def open_hint(exercise: Exercise, number: Any, calls: Calls = IN_NOTEBOOK) -> tuple[str]:
    """Open the hint `number`, or the next one; return what the learner reads, in Markdown.

    One hint opens after the other. After the last one, the last is shown again.
    """
    records = Records()
    opened, count = records.of(exercise.name).hints, len(exercise.hints)
    if number is None:
        number = min(opened + 1, count)
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= count:
        return (f"`{exercise.name}` has {count} hints. Ask for hint 1, 2 or 3; got {number!r}.",)
    if number > opened + 1:
        asked = calls.hint.format(name=exercise.name)
        return (f"Hint {number} opens after hint {opened + 1}: `{asked}`",)
    if number > opened:
        records.keep_hint(exercise.name, number)
    return (hint_text(exercise, number),)


def hint_text(exercise: Exercise, number: int) -> str:
    """Return the hint `number` with its heading, in Markdown."""
    hint = exercise.hints[number - 1]
    title = f", {hint.title}" if hint.title else ""
    return f"**Hint {number} of {len(exercise.hints)} for `{exercise.name}`{title}**\n\n{hint.text}"


def open_solution(exercise: Exercise, calls: Calls = IN_NOTEBOOK) -> tuple[str, ...]:
    """Return the worked solution as (text, code, explanation), or (text,) that says what is missing."""
    name = exercise.name
    solution = find_solution(exercise)
    if solution is None:
        return (
            f"There is no worked solution of `{name}` on this computer. "
            "In a class, the instructor publishes the solutions.",
        )
    records = Records()
    record = records.of(name)
    if not solution_is_open(record):
        done = {0: "none yet", 1: "one"}.get(record.attempts, "two")
        hint = f" or `{calls.hint.format(name=name)}`" if record.hints < len(exercise.hints) else ""
        return (
            f"The worked solution of `{name}` opens when all examples hold, or after {ATTEMPTS} attempts. "
            "An attempt is a check of a function that you have changed. "
            f"You have made {done}. Next: `{calls.check.format(name=name)}`{hint}",
        )
    records.keep_solution_opened(name)
    why = "you have passed" if record.passed else f"after {record.attempts} attempts"
    return (f"**Worked solution of `{name}`** ({why})", solution.code, solution.explanation)
