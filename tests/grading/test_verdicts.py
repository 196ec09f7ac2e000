"""Single notebooks in a real sandbox: what stops one exercise costs that one, and points come from checks alone."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from classroom import LESSONS, QUIZZES, ROOT, Work, grade_id, hand_in, right, stored
from nbgrader.utils import determine_grade

from autograder.grading.blueprint import Blueprint, NotebookPlan, SourceCell
from autograder.grading.repair import repair
from autograder.grading.rooms import start_sandbox
from autograder.grading.session import Rooms
from autograder.grading.submissions import read_submission
from autograder.grading.terms import clamp
from autograder.grading.unconfined import UnconfinedRooms
from autograder.grading.verdicts import Judge, NotebookVerdict, plain, sound_answers
from autograder.sandbox.policy import Policy

SMALL = "01_confusion_matrix"
POLICY = Policy(call_seconds=2.0, notebook_seconds=60.0, memory_mb=256)
NAMES = [exercise.name for exercise in LESSONS[SMALL].exercises]
SOLVED = {exercise.name: exercise.solution_source for exercise in LESSONS[SMALL].exercises}
POINTS = {exercise.name: exercise.max_points for exercise in LESSONS[SMALL].exercises}
QUESTIONS = QUIZZES[SMALL]


@pytest.fixture(scope="module")
def sandbox(sandboxed: None) -> Iterator[Rooms]:
    with start_sandbox(POLICY) as running:
        yield running


def plan_of(name: str) -> NotebookPlan:
    cells = []
    for cell in nbformat.read(ROOT / "solutions" / SMALL / f"{name}.ipynb", as_version=4).cells:
        about = cell.metadata.get("nbgrader")
        if about:
            flags = (about.locked, about.grade, about.solution, False)
            cells.append(
                SourceCell(
                    about.grade_id, cell.cell_type, cell.source, *flags, float(about.get("points", 0)), None
                )
            )
    return NotebookPlan(name, tuple(cells), None)


PLANS = {name: plan_of(name) for name in ("exercises", "quiz")}


def judged(
    rooms: Rooms, folder: Path, work: Work, name: str = "exercises", confined: bool = True
) -> NotebookVerdict:
    """Hand in `work` and judge one of its notebooks."""
    release = folder / "quizzes"
    release.mkdir()
    (release / SMALL).symlink_to(ROOT / "quizzes" / SMALL)
    hand_in(folder, "ada", SMALL, work)
    submission = read_submission(folder / "submitted", "ada", Blueprint(SMALL, tuple(PLANS.values())), POLICY)
    judge = Judge(LESSONS[SMALL], rooms, POLICY, confined)
    repaired = repair(submission.notebooks[name], PLANS[name])
    return judge.notebook(PLANS[name], repaired.notebook, submission.files, "ada")


def points(verdict: NotebookVerdict) -> dict[str, float]:
    return {cell.cell.removesuffix("-checks"): cell.points for cell in verdict.cells}


def shown(verdict: NotebookVerdict, name: str) -> str:
    """Return the HTML of a verdict, and check that nbgrader reads the same points."""
    cell = next(c for c in verdict.notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == name)
    table, result = cell.outputs
    assert (table.output_type, result.output_type) == ("display_data", "execute_result")
    expected = next(entry.points for entry in verdict.cells if entry.cell == name)
    assert determine_grade(cell)[0] == expected
    return table.data["text/html"]


def test_right_answers_get_all_points(sandbox: Rooms, tmp_path: Path) -> None:
    verdict = judged(sandbox, tmp_path, Work(code=SOLVED))
    assert points(verdict) == POINTS
    assert {cell.outcome for cell in verdict.cells} == {"passed"}
    nbformat.validate(verdict.notebook)


STOPPERS = {
    "a loop without end": (
        "def {name}(*a, **k):\n    while True:\n        pass\n", "timeout", "does a loop never end?"
    ),
    "a loop that catches everything": (
        "def {name}(*a, **k):\n    while True:\n        try:\n            while True:\n                pass\n"
        "        except BaseException:\n            pass\n",
        "timeout",
        "did not finish within 2 seconds",
    ),
    "the end of the process": (
        "import os\ndef {name}(*a, **k):\n    os._exit(0)\n", "killed", "does the code call exit?"
    ),
    "memory without end": (
        "def {name}(*a, **k):\n    kept = []\n    while True:\n        kept.append(bytearray(b'x' * 10_000_000))\n",
        None,
        "memory",
    ),
    "the end of the process when defined": (
        "import os\nos._exit(0)\ndef {name}():\n    pass\n", "killed", "does the code call exit?"
    ),
    "exit()": ("def {name}(*a, **k):\n    exit()\n", "error", "called exit()"),
    "a signal to itself": (
        "import os, signal\ndef {name}(*a, **k):\n    os.kill(os.getpid(), signal.SIGKILL)\n", "killed", "stopped"
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", STOPPERS)
def test_what_stops_one_exercise_costs_that_one(sandbox: Rooms, tmp_path: Path, kind: str) -> None:
    source, outcome, said = STOPPERS[kind]
    verdict = judged(sandbox, tmp_path, Work(code=SOLVED | {NAMES[0]: source.format(name=NAMES[0])}))
    assert points(verdict) == POINTS | {NAMES[0]: 0}
    first = next(cell for cell in verdict.cells if cell.cell == f"{NAMES[0]}-checks")
    assert outcome is None or first.outcome == outcome
    assert said.lower() in shown(verdict, f"{NAMES[0]}-checks").lower()


FORGED = {
    "prints points": "print(1000.0)\n",
    "a value of its own": "1000.0",
    "patched judge": "import sys\nfor module in list(sys.modules.values()):\n"
    "    for name in ('judge', 'clamp', 'expect', 'exercise_points'):\n"
    "        if hasattr(module, name):\n            setattr(module, name, lambda *a, **k: 1000.0)\n",
    "answers sent unasked": "import gc\nfrom autograder.sandbox.frames import Channel\n"
    "for thing in gc.get_objects():\n    if isinstance(thing, Channel):\n"
    "        thing.send({'outputs': [], 'there': True})\n",
}


@pytest.mark.parametrize("kind", FORGED)
def test_points_cannot_be_forged(sandbox: Rooms, tmp_path: Path, kind: str) -> None:
    wrong = f"def {NAMES[0]}(*a, **k):\n    return 1000.0\n"
    verdict = judged(sandbox, tmp_path, Work(code={NAMES[0]: wrong + FORGED[kind]}))
    assert set(points(verdict).values()) == {0}
    for name in NAMES:
        shown(verdict, f"{name}-checks")


def test_ordinary_cells_show_what_they_printed(sandbox: Rooms, tmp_path: Path) -> None:
    loud = (
        SOLVED[NAMES[0]]
        + "\nprint('hello from here')\nimport sys\nprint('a warning', file=sys.stderr)\nx = y[9]\n"
    )
    verdict = judged(sandbox, tmp_path, Work(code=SOLVED | {NAMES[0]: loud}))
    assert points(verdict) == POINTS
    outputs = next(cell.outputs for cell in verdict.notebook.cells if "hello from here" in cell.source)
    assert [output.get("name", output.output_type) for output in outputs] == ["stdout", "stderr", "error"]
    assert outputs[-1].ename == "NameError" and "x = y[9]" in outputs[-1].traceback[-2]


def test_a_flood_of_output_is_cut(sandbox: Rooms, tmp_path: Path) -> None:
    flood = SOLVED[NAMES[0]] + "\nfor _ in range(2000):\n    print('x' * 10_000)\n"
    verdict = judged(sandbox, tmp_path, Work(code=SOLVED | {NAMES[0]: flood}))
    assert points(verdict) == POINTS
    assert len(nbformat.writes(verdict.notebook)) < 300_000


def test_a_missing_function_names_the_similar_one(sandbox: Rooms, tmp_path: Path) -> None:
    source = SOLVED[NAMES[0]].replace(f"def {NAMES[0]}", f"def {NAMES[0]}s")
    verdict = judged(sandbox, tmp_path, Work(code={NAMES[0]: source}))
    assert f"{NAMES[0]}s" in shown(verdict, f"{NAMES[0]}-checks")


def test_unconfined_rooms_give_the_same_points_and_say_so(tmp_path: Path) -> None:
    rooms = UnconfinedRooms(POLICY)
    stopped = f"import os\ndef {NAMES[1]}(*a, **k):\n    os._exit(0)\n"
    verdict = judged(rooms, tmp_path, Work(code=SOLVED | {NAMES[1]: stopped}), confined=False)
    assert points(verdict) == POINTS | {NAMES[1]: 0}
    assert "without a sandbox" in shown(verdict, f"{NAMES[0]}-checks")


# ------------------------------------------------------------------------------------------------ quizzes


def test_typed_and_clicked_answers_count(sandbox: Rooms, tmp_path: Path) -> None:
    work = Work(
        typed={question.id: right(question, "ada") for question in QUESTIONS[:5]},
        clicked={question.id: stored(question, "ada", right(question, "ada")) for question in QUESTIONS[5:]},
        id_typed="ada",
    )
    verdict = judged(sandbox, tmp_path, work, "quiz")
    assert points(verdict) == {grade_id(n, q): q.points for n, q in enumerate(QUESTIONS, start=1)}


@pytest.mark.parametrize(
    "typed",
    ["import os; os._exit(0)", "while True: pass", "type('x', (), {'__eq__': lambda *a: True})()", "list(range(10**6))",
     "float('nan')", "'z' * 10**7", "[[[[[[]]]]]]", "b'bytes'", "10 ** 10000", "print"],
)  # fmt: skip
def test_an_answer_that_is_none_costs_its_own_points(sandbox: Rooms, tmp_path: Path, typed: str) -> None:
    work = Work(typed={question.id: right(question, "ada") for question in QUESTIONS}, id_typed="ada")
    folder = tmp_path / "release"
    verdict_of = {}

    class Typed:
        """Stands in the cell as the text itself."""

        def __repr__(self) -> str:
            return f"None\n{typed}" if ":" in typed or ";" in typed else typed

    work.typed[QUESTIONS[0].id] = Typed()
    folder.mkdir()
    verdict = judged(sandbox, folder, work, "quiz")
    verdict_of = points(verdict)
    first = grade_id(1, QUESTIONS[0])
    assert verdict_of.pop(first) == 0
    assert verdict_of == {grade_id(n, q): q.points for n, q in enumerate(QUESTIONS, start=1) if n > 1}


def test_plain_answers() -> None:
    assert plain("b") == "b"
    assert plain(("a", 3)) == ["a", "3"]
    assert plain(object()) == "(object)"
    assert plain(None) is None


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{", b"[" * 100_000, b'{"answers": []}', b'{"answers": {"q": 5}}',
     b'{"answers": {"q": {"response": {}}}}', b'{"learner": 5, "answers": {"q": {"response": "b", "learner": ""}}}'],
)  # fmt: skip
def test_answers_of_another_shape_are_left_out(content: bytes) -> None:
    sound = sound_answers(content)
    assert sound is None or (sound["answers"] == {} and sound["learner"] is None)


def test_sound_answers_stay() -> None:
    entry = {"response": ["o123456"], "learner": "ada", "attempts": 4, "correct": True}
    content = json.dumps(
        {"version": 1, "learner": "ada", "answers": {"a.b": entry, "a.c": {**entry, "learner": "x" * 200}}}
    )
    sound = sound_answers(content.encode())
    assert sound is not None and list(sound["answers"]) == ["a.b"]


def test_points_stay_between_none_and_all() -> None:
    assert [clamp(value, 4) for value in (-1, 2.5, 7, math.inf, -math.inf, math.nan)] == [0, 2.5, 4, 4, 0, 0]
