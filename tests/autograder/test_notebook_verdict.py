"""Verdicts inside notebooks: points that nbgrader reads, HTML that people read, and silence otherwise."""

# ruff: noqa: E501 - tables of messages read best one row a line

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from textwrap import dedent

import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.utils import determine_grade

from autograder import notebook_verdict as verdicts
from autograder.answer_key import typed_answer
from autograder.build.quiz_file import load_quiz
from autograder.judge import CheckResult, GraderError, Verdict
from autograder.notebook_verdict import Notebook, exercise_points, question_points, verdict_html
from headstart.names import UnknownName
from headstart.questions.draw import instance
from headstart.questions.schema import Question
from headstart.questions.state import Store

RIGHT = "def double(values, by=2):\n    return [v * by for v in values]"


def run_cells(*cells: str) -> Notebook:
    """Run cells in one namespace as IPython does: each error ends its own cell only."""
    namespace = {"__name__": "__main__"}
    sources = [dedent(cell) for cell in cells]
    for source in sources:
        try:
            exec(source, namespace)
        except BaseException:
            continue
    return Notebook(namespace, sources)


@pytest.fixture
def judged(course):
    """Judge cells as a notebook's answer to an exercise of the small course."""
    return lambda name, *cells: verdicts.notebook_verdict(course.exercise(name), run_cells(*cells))


def test_functions_are_taken_from_the_notebook(judged):
    assert judged("double", "FACTOR = 1", RIGHT.replace("* by", "* by * FACTOR")).outcome == "passed"
    assert judged("double", RIGHT.replace("by for", "2 for")).score == 3.5
    assert judged("double", RIGHT, RIGHT.replace("by for", "9 for")).score == 1.5


@pytest.mark.parametrize(
    ("cells", "outcome", "message"),
    [
        (["def double(values, by=2):\n    raise NotImplementedError"], "not_attempted", "not attempted: `double` is as it was handed out"),
        (["def double(values, by=2):\n    if values:\n        raise NotImplementedError"], "not_attempted", "NotImplementedError"),
        (["def double(values:\n    return 1"], "error", "the cell that should define `double` has a mistake: your code cannot be read: SyntaxError: '(' was never closed (line 1: `def double(values:`)"),
        (["import nowhere_found\n" + RIGHT], "error", "the cell that should define `double` stops before it does: your code raised ModuleNotFoundError: No module named 'nowhere_found' (line 1: `import nowhere_found`)"),
        ([RIGHT, "del double"], "error", "the cell that should define `double` ran, but `double` is gone"),
        (["def dubble(v): return v"], "error", "there is no function `double`; your code defines `dubble`"),
        ([], "error", "there is no function `double`; your code defines no function"),
        (["double = 5"], "error", "`double` is 5, not a function"),
        (["def double(v, by=2): return v[99]"], "error", "your code raised IndexError: list index out of range"),
        (["def double(v, by=2):\n    import sys\n    sys.exit(1)"], "error", "your code called exit()"),
    ],
)  # fmt: skip
def test_messages(judged, cells, outcome, message):
    verdict = judged("double", *cells)
    assert verdict.outcome == outcome and message in verdict.checks[0].message
    assert verdict.score == 0


def test_the_buggy_loop_as_handed_out_is_not_attempted(judged, course):
    assert judged("fix_the_sum", course.exercise("fix_the_sum").stub_source).outcome == "not_attempted"


def test_the_answer_banks_of_the_small_course_get_the_same_points_both_ways(judged, course):
    from autograder.judge import judge_answer
    from autograder.source import Answer

    for name, source in [
        ("double", RIGHT),
        ("double", RIGHT.replace("by for", "2 for")),
        ("double", RIGHT + "\nvalues = 1 / 0"),
        ("Counter", "class Counter:\n    def __init__(self, n): self.count = n\n    def step(self): self.count += 1; return self.count"),
        ("freeze", "def freeze(model):\n    model.requires_grad_(False)\n    return model"),
    ]:  # fmt: skip
        inside, outside = judged(name, source), judge_answer(course.exercise(name), Answer(source))
        if "1 / 0" in source:
            continue
        assert inside.to_json() == outside.to_json()


def html_verdict(*results: CheckResult, outcome: str = "wrong") -> str:
    return verdict_html(Verdict("double", outcome, list(results)))


def test_html_escapes_what_students_write_and_marks_code():
    ok = CheckResult("a", "`x` < 3 & more", 1, 1, "", "ok")
    bad = CheckResult("b", "second", 2, 0, "it is <script>alert(`1`)</script>", "wrong")
    html = html_verdict(ok, bad)
    assert "<script" not in html and "&lt;script&gt;alert(<code>1</code>)" in html
    assert "<code>x</code> &lt; 3 &amp; more" in html
    assert "<strong>1 of 3 points</strong>" in html
    assert re.findall(r"<td[^>]*>(ok|wrong)</td>", html) == ["ok", "wrong"]
    assert html.count('scope="col"') == 3


def test_html_says_a_common_message_once():
    results = [CheckResult(name, name, 1, 0, "your code raised X", "error") for name in "abc"]
    assert html_verdict(*results, outcome="error").count("your code raised X") == 1
    wrongs = [CheckResult(name, name, 1, 0, "same", "wrong") for name in "ab"]
    html = html_verdict(*wrongs)
    assert html.count("same") == 1 and html.count("as above") == 1


# ---------------------------------------------------------------------- a real kernel

NOTEBOOK = [
    ("import logging, os, sys, warnings\nimport torch\nlogging.basicConfig()\ntorch.set_grad_enabled(False)", None),
    (RIGHT.replace("return", "display('rich'); print('out'); print('err', file=sys.stderr); warnings.warn('w'); logging.error('log'); os.system('echo sub >&2'); os.write(2, b'low'); return"), None),
    ("from autograder.notebook_verdict import exercise_points\nexercise_points('double')", 4.5),
    ("def freeze(model):\n    model.requires_grad_(False)\n    model.fc.requires_grad_(True)\n    import copy\n    return copy.deepcopy(model)", None),
    ("exercise_points('freeze')", 3),
    ("def Counter(start:\n    pass", None),
    ("exercise_points('Counter')", 1),
    ("def fix_the_sum(values):\n    raise ValueError('<b>bad</b>')", None),
    ("exercise_points('fix_the_sum')", 1),
    ("def double(values, by=2):\n    while True: pass", None),
    ("import autograder.notebook_verdict as verdicts\nverdicts.notebook_verdict.__defaults__ = (0.3,)\nexercise_points('double')", 4.5),
]  # fmt: skip


@pytest.fixture(scope="module")
def executed(course, tmp_path_factory):
    """A notebook with answers and locked cells, run as nbgrader runs it; its test cells by position."""
    cells = []
    for number, (source, points) in enumerate(NOTEBOOK):
        cell = new_code_cell(source)
        if points is not None:
            cell.metadata["nbgrader"] = {
                "grade": True, "solution": False, "locked": True, "points": points, "grade_id": f"c{number}", "schema_version": 3,
            }  # fmt: skip
        cells.append(cell)
    nb = new_notebook(cells=cells)
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEADSTART_COURSE", str(course.path))
        patch.setenv("NBGRADER_EXECUTION", "autograde")
        patch.setenv("OMP_NUM_THREADS", "1")
        patch.setenv("PYTHONPATH", str(Path(verdicts.__file__).parent.parent))
        NotebookClient(
            nb, timeout=120, allow_errors=True, resources={"metadata": {"path": str(folder)}}
        ).execute()
    return [cell for cell in nb.cells if "nbgrader" in cell.metadata]


def test_nbgrader_reads_the_points(executed):
    assert [determine_grade(cell)[0] for cell in executed] == [4.5, 2.0, 0.0, 0.0, 0.0], executed


def test_the_cell_shows_one_table_and_its_value_and_nothing_else(executed):
    for cell in executed:
        assert [output.output_type for output in cell.outputs] == ["display_data", "execute_result"], cell
        assert list(cell.outputs[0].data) == ["text/html"]
    html = [cell.outputs[0].data["text/html"] for cell in executed]
    assert "<strong>4.5 of 4.5 points</strong>" in html[0]
    assert "your function returned another object than the model" in html[1]
    assert "has a mistake: your code cannot be read: SyntaxError" in html[2]
    assert "ValueError: &lt;b&gt;bad&lt;/b&gt; (line 2: <code>raise ValueError(" in html[3]
    assert "your code did not finish within" in html[4]


def test_a_fault_of_a_check_shows_no_line_of_it(make_course, tmp_path, monkeypatch):
    exercises = '# %% exercise="f" role="solution"\ndef f(x): return x\n'
    checks = "from autograder.checks import *\nSECRET = 1\n@check('f', points=1, title='t')\ndef c(student): SECRET / 0\n"
    make_course(tmp_path / "course", exercises, checks)
    monkeypatch.setenv("HEADSTART_COURSE", str(tmp_path / "course"))
    with pytest.raises(GraderError, match="check 'c' of 'f' is at fault") as caught:
        exercise_points("f", {"f": lambda x: x})
    assert caught.value.__cause__ is None and caught.value.__context__ is None
    assert not any("checks.py" in str(entry.path) for entry in caught.traceback)


def test_unknown_names(use_course):
    with pytest.raises(UnknownName, match="Did you mean 'double'"):
        exercise_points("dubble", {})
    with pytest.raises(UnknownName, match=r"unknown question 'first\.x'"):
        question_points("first.x")
    with pytest.raises(RuntimeError, match="runs in a notebook"):
        exercise_points("double")


# ---------------------------------------------------------------------- questions

QUIZ = Path(__file__).parent.parent / "questions" / "quiz.yaml"


@pytest.fixture
def questions(make_course, tmp_path, monkeypatch) -> dict[str, Question]:
    """The sample quiz as that of a small course, and an empty folder to hand in from."""
    for name in ("HEADSTART_LEARNER", "JUPYTERHUB_USER", "NBGRADER_EXECUTION"):
        monkeypatch.delenv(name, raising=False)
    course = make_course(tmp_path / "course", slug="09_sample")
    shutil.copy(QUIZ, course.lessons[0].quiz_path)
    monkeypatch.setenv("HEADSTART_COURSE", str(course.path))
    folder = tmp_path / "autograded" / "ada" / "09_sample"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    return {question.id.split(".")[1]: question for question in load_quiz(QUIZ).questions}


@pytest.fixture
def shown(monkeypatch) -> list[str]:
    """The HTML that is shown, in order."""
    texts: list[str] = []
    monkeypatch.setattr(verdicts, "_show", texts.append)
    return texts


def test_right_answers_get_their_points(questions, shown, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    for question in questions.values():
        assert question_points(question.id, typed_answer(question, "ada")) == float(question.points), (
            question.id
        )
        assert "Right" in shown[-1] and "Step by step:" in shown[-1]


def test_partial_credit(questions, shown):
    question = questions["several"]
    seen = instance(question, "learner")
    one = next(choice.letter for choice in seen.choices if choice.correct)
    assert question_points(question.id, one) == 1.0
    assert "<strong>1 of 2 points</strong>" in shown[-1] and "Partly right" in shown[-1]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("one", None, "Not attempted"),
        ("one", "  ", "Not attempted"),
        ("one", "z", "Your answer cannot be read: there is no option"),
        ("one", 3.5, "Your answer cannot be read: write letters"),
        ("share", "many", "Your answer cannot be read: write one number"),
        ("share", float("nan"), "Your answer cannot be read"),
        ("order", "a a a a", "Your answer cannot be read: name each of the letters"),
        ("share", 0.0, "is not the value"),
        ("share", object(), "Your answer cannot be read"),
    ],
)
def test_other_answers_get_none_and_a_reason(questions, shown, name, value, words):
    assert question_points(questions[name].id, value) == 0.0
    assert words in shown[-1]


def test_the_reason_of_what_was_picked_is_shown(questions, shown):
    seen = instance(questions["one"], "learner")
    picked = next(choice for choice in seen.choices if not choice.correct)
    assert question_points("sample.one", picked.letter) == 0.0
    assert picked.why in shown[-1]


def test_a_stored_answer_counts_and_a_typed_one_wins(questions, shown):
    question = questions["five"]
    store = Store()
    right = typed_answer(question, "learner")
    wrong = next(c for c in instance(question, "learner").choices if not c.correct)
    store.keep_answer(question.id, wrong.key, "learner", None)
    assert question_points(question.id) == 0.0
    assert question_points(question.id, right) == 1.0
    assert f"What you typed counts ({right}), not what you clicked." in shown[-1]
    assert question_points(question.id, wrong.letter) == 0.0
    assert "What you typed counts" not in shown[-1]


def test_numbers_belong_to_the_id_of_the_hand_in(questions, shown, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    question = questions["share"]
    store = Store()
    store.keep_learner("grace")
    assert question_points(question.id, typed_answer(question, "ada")) == 1.0
    theirs = typed_answer(question, "grace")
    assert theirs != typed_answer(question, "ada")
    store.keep_answer(question.id, theirs, "grace", None)
    assert question_points(question.id) == 0.0
    assert (
        "You answered under the id <code>grace</code>. This work was handed in as <code>ada</code>"
        in shown[-1]
    )
    assert "With the numbers of <code>grace</code> your answer would be right." in shown[-1]
    assert str(instance(question, "ada").steps[0]) in shown[-1]


def test_letters_are_those_that_the_learner_saw(questions, shown, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    Store().keep_learner("grace")
    for name in ("one", "several", "order", "five", "six", "seven", "eight"):
        question = questions[name]
        assert question_points(question.id, typed_answer(question, "grace")) == float(question.points)
        assert "handed in as" not in shown[-1]


def test_without_nbgrader_the_learners_id_decides(questions, shown):
    Store().keep_learner("grace")
    assert question_points("sample.share", typed_answer(questions["share"], "grace")) == 1.0


@pytest.mark.parametrize(
    "content", ["{", "[]", json.dumps({"version": 1, "answers": {"sample.one": 5}}), "\x00"]
)
def test_a_broken_file_is_no_answer_and_stays_as_it_is(questions, shown, capfd, content):
    Path("answers.json").write_text(content)
    assert question_points("sample.one") == 0.0
    assert "Not attempted" in shown[-1]
    assert Path("answers.json").read_text() == content and [p.name for p in Path().iterdir()] == [
        "answers.json"
    ]
    assert capfd.readouterr() == ("", "")


def test_an_answer_to_an_earlier_wording_is_told_so(questions, shown):
    Store().keep_answer("sample.one", "o000000", "learner", None)
    assert question_points("sample.one") == 0.0
    assert "earlier wording" in shown[-1]


def test_points_without_a_front_end(questions, capsys):
    assert question_points("sample.five", typed_answer(questions["five"], "learner")) == 1.0
    assert capsys.readouterr() == ("", "")
