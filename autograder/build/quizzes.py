"""`course/NN_slug/quiz.yaml` -> `solutions/NN_slug/quiz.ipynb`, nbgrader's source. Called by the build.

The release shows, for each question, the widget, a cell for a typed answer and a locked cell that says what
will be handed in. Key and explanations stand in cells, or parts of cells, that nbgrader removes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograder.build.lessons import Lesson
from autograder.build.notebooks import SOLUTION_ONLY, NotebookWriter
from autograder.build.quiz_file import Quiz
from headstart.questions.draw import Instance, instance, number_text
from headstart.questions.judging import EXAMPLES
from headstart.questions.schema import Question, key_of

EXAMPLE_LEARNER = "learner"  # whose numbers the explanations show: the id of those who give none

INTRO = """\
# Quiz {number} · {title}

{count} questions, {points} points. Each tests one idea of [lesson {number}](../../lessons/{name}.ipynb).

**How to answer.** Run the cells from the top. Answer a question by clicking in it, or type your answer into \
the cell below it. What you click is kept in the file `answers.json` beside this notebook. What you type \
counts before what you click.

| the question asks for | you type, for example |
|---|---|
| one option | `q1 = {single}` |
| several options | `q1 = {multiple}` |
| an order | `q1 = {ordering}` |
| a number | `q1 = {numeric}` |

The last cell of each question says what you will hand in. You may change it as often as you like. Hand in \
this notebook together with `answers.json`."""

LEARNER = """\
**Your id.** Numbers and the order of the options are drawn from the id under which you hand in. Put it between \
the quotes before you answer: number questions are graded with the numbers of that id. On a JupyterHub you can leave \
the cell as it is: your login name is used."""

LEARNER_CELL = """\
my_id = ""  # for example "ada"
headstart.learner(my_id or None)"""

LOCKED = """\
headstart.answered("{id}", q{number})
### BEGIN HIDDEN TESTS
from autograder.notebook_verdict import question_points

question_points("{id}", q{number})
### END HIDDEN TESTS"""


def build_quiz(name: str, lesson: Lesson, quiz: Quiz) -> str:
    """Return the text of the source notebook of `quiz`, the quiz of the lesson in the folder `name`."""
    writer = NotebookWriter(f"solutions/{name}/quiz")
    points = sum(question.points for question in quiz.questions)
    writer.markdown(
        INTRO.format(
            number=lesson.number,
            title=lesson.title,
            name=name,
            count=len(quiz.questions),
            points=f"{points:g}",
            **EXAMPLES,
        )
    )
    answers = " = ".join(f"q{number}" for number in range(1, len(quiz.questions) + 1))
    writer.locked("set-up", f"import headstart\n\n{answers} = None  # no answer typed yet")
    writer.markdown(LEARNER)
    writer.code(LEARNER_CELL)
    writer.code("from autograder.answer_key import right_answer", tags=[SOLUTION_ONLY])
    for number, question in enumerate(quiz.questions, start=1):
        _write(writer, number, question)
    return writer.text()


def _write(writer: NotebookWriter, number: int, question: Question) -> None:
    points = f"{question.points:g} point" + ("" if question.points == 1 else "s")
    grade_id = f"q{number:02}-{question.id.split('.', 1)[1]}"
    writer.markdown(f"### Question {number} · {question.difficulty} · {points}")
    writer.code(f'headstart.question("{question.id}")')
    typed = f"q{number} = {EXAMPLES[question.kind]}"
    writer.answer(
        f"{grade_id}-answer",
        f'q{number} = right_answer("{question.id}")',
        stub=f"q{number} = None  # or type your answer here, for example {typed}",
    )
    writer.checks(grade_id, LOCKED.format(id=question.id, number=number), question.points)
    writer.markdown(explanation(question), tags=[SOLUTION_ONLY])


def explanation(question: Question) -> str:
    """Return in Markdown what is asked, what is right and why, and where mistakes come from."""
    seen = instance(question, EXAMPLE_LEARNER)
    parts = [seen.stem]
    if seen.code is not None:
        parts.append(f"```python\n{seen.code}\n```")
    if question.draw:
        values = ", ".join(f"{name} = {_value(value)}" for name, value in seen.values.items())
        parts.append(f"*With the numbers of the learner `{EXAMPLE_LEARNER}`: {values}.*")
    parts += [_right(question, seen), "**Step by step**", _list(seen.steps, "1.")]
    if seen.traps:
        parts += ["**Likely mistakes**", _list([f"{_value(value)}: {why}" for value, why in seen.traps], "-")]
    return "\n\n".join(parts)


def _right(question: Question, seen: Instance) -> str:
    if question.kind == "numeric":
        unit = f" {question.unit}" if question.unit else ""
        return f"**Right answer:** {seen.answer}{unit} (± {question.tolerance:g})"
    in_file_order = [seen.choice(key_of(question.id, choice.text)) for choice in question.choices()]
    if question.kind == "ordering":
        return "**Right order**\n\n" + _list(
            [f"{item.text}\n{_list([item.why], '-')}" for item in in_file_order], "1."
        )
    lines = [
        f"{'**right**' if option.correct else 'wrong'}: {option.text}\n{_list([option.why], '-')}"
        for option in in_file_order
    ]
    return "**Options**\n\n" + _list(lines, "-")


def _list(texts: Sequence[str], marker: str) -> str:
    indent = " " * (len(marker) + 1)
    return "\n".join(f"{marker} " + text.strip().replace("\n", f"\n{indent}") for text in texts)


def _value(value: Any) -> str:
    return number_text(value) if isinstance(value, float) else str(value)
