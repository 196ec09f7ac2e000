"""Verdicts: outcomes, points and messages for every way an answer can go right or wrong."""

# ruff: noqa: E501 - tables of messages read best one row a line
from __future__ import annotations

import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from autograder.checks import Check, Wrong, check, collecting
from autograder.course import Course, CourseError, without_solution
from autograder.expect import (
    INTEGER,
    NUMBER,
    expect,
    expect_close,
    expect_tensor,
    expect_type,
    show,
    single_number,
    type_name,
)
from autograder.judge import OUTCOMES, CheckResult, GraderError, Verdict, judge, judge_answer
from autograder.source import Answer
from autograder.student import Student, StudentKilled
from autograder.wire import Opaque
from autograder.workspace import Workspace
from headstart.names import UnknownName

RIGHT = "def double(values, by=2):\n    return [v * by for v in values]"
needs_alarm = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs SIGALRM")


def messages(verdict: Verdict) -> dict[str, str]:
    return {result.id: result.message for result in verdict.checks}


def test_a_right_answer_gets_everything(judged):
    verdict = judged("double", RIGHT)
    assert verdict.to_json() == {
        "exercise": "double",
        "score": 4.5,
        "max_score": 4.5,
        "outcome": "passed",
        "checks": [
            {"id": "doubled", "title": "each value is doubled", "points": 2, "earned": 2, "message": ""},
            {"id": "by_is_used", "title": "`by` is used", "points": 1, "earned": 1, "message": ""},
            {"id": "input_stays", "title": "the input stays as it was", "points": 1.5, "earned": 1.5, "message": ""},
        ],
    }  # fmt: skip
    assert verdict.report().splitlines() == [
        "4.5 of 4.5 points.  double",
        "  ok    each value is doubled",
        "  ok    `by` is used",
        "  ok    the input stays as it was",
    ]


def test_the_courses_own_solutions_get_everything(course: Course):
    for exercise in course.lessons[0].exercises:
        verdict = judge_answer(exercise, Answer("from torch import nn\n" + exercise.solution_source))
        assert (verdict.outcome, verdict.score) == ("passed", exercise.max_points), verdict.report()


def test_a_partly_right_answer_gets_its_part(judged):
    verdict = judged(
        "double", "def double(values, by=2):\n    values[:] = [v * 2 for v in values]\n    return values"
    )
    assert (verdict.outcome, verdict.score) == ("wrong", 2.0)
    assert messages(verdict) == {
        "doubled": "",
        "by_is_used": "entry 0 of `double(..., by=5)` is 2; expected 5.",
        "input_stays": "your function changed its input `values`. Build a new list.",
    }
    assert verdict.report().splitlines()[2].startswith("  wrong entry 0 of")


@pytest.mark.parametrize(
    ("source", "outcome", "message"),
    [
        ("", "not_attempted", "not attempted: the answer is empty"),
        ("# later\n\n", "not_attempted", "not attempted: the answer is empty"),
        ('"""My answer."""', "not_attempted", "not attempted: the answer is empty"),
        ("import torch", "not_attempted", "not attempted: the answer holds only imports"),
        ("def double(values, by=2):\n    raise NotImplementedError", "not_attempted", "`double` is as it was handed out"),
        ("def double(x):\n    '''other'''\n    raise NotImplementedError('todo')", "not_attempted", "`double` does nothing yet"),
        ("def double(x): ...", "not_attempted", "`double` does nothing yet"),
        ("def double(x): pass", "not_attempted", "`double` does nothing yet"),
        ("def double(x, by=2):\n    y = x\n    raise NotImplementedError", "not_attempted", "NotImplementedError (line 3)"),
        ("def double(x:\n    return 1", "error", "your code cannot be read: SyntaxError: '(' was never closed (line 1: `def double(x:`)"),
        ("def double(x):\nreturn 1", "error", "IndentationError: expected an indented block after function definition on line 1 (line 2: `return 1`)"),
        ("def double(x):\n    return '\0'", "error", "your code cannot be read"),
        ("def Double(x): return x", "error", "there is no function `double`; your code defines `Double`"),
        ("def something_else(x): return x", "error", "there is no function `double`; your code defines `something_else`"),
        ("x = 3", "error", "there is no function `double`; your code defines no function"),
        ("double = 3", "error", "`double` is 3, not a function"),
        ("import nowhere_at_all\n" + RIGHT, "error", "your code raised ModuleNotFoundError: No module named 'nowhere_at_all' (line 1: `import nowhere_at_all`)"),
        ("raise SystemExit\n" + RIGHT, "error", "your code called exit()"),
        ("def double(x, by=2):\n    return x[99]", "error", "your code raised IndexError: list index out of range (line 2: `return x[99]`)"),
        ("def double(x, by=2):\n    import sys\n    sys.exit()", "error", "your code called exit()"),
        ("def double(x):\n    x", "wrong", "your function returned None: did you forget `return`? Expected a list."),
        ("def double(x, by=2): return 'twice'", "wrong", "your function returned a str (`'twice'`); expected a list."),
        ("def double(x, by=2): return map(abs, x)", "wrong", "expected a list. `list(...)` around it gives a list."),
        ("def double(x, by=2): return x + x", "wrong", "`double(...)` has 6 entries; expected 3."),
        ("def double(x, by=2): return [None for _ in x]", "wrong", "entry 0 of `double(...)` is None; expected an int or a float."),
        ("def double(x, by=2): return [v + 2 for v in x]", "wrong", "entry 0 of `double(...)` is 3; expected 2."),
        ("import torch\ndef double(x, by=2): return torch.tensor(x) * 2", "wrong", "your function returned a tensor (`tensor([2, 4, 6])`); expected a list."),
        ("def double(): return 1", "error", "TypeError: double() takes 0 positional arguments but 1 was given"),
    ],
)  # fmt: skip
def test_every_kind_of_answer_gets_its_own_clear_message(judged, source, outcome, message):
    verdict = judged("double", source)
    assert verdict.outcome == outcome
    assert message in verdict.checks[0].message
    assert verdict.score < verdict.max_score
    if outcome in ("not_attempted", "error"):
        assert verdict.score == 0 or "takes 0" in message


def test_a_problem_of_the_whole_answer_is_reported_once(judged):
    report = judged("double", "def double(x:").report()
    assert report.splitlines() == [
        "0 of 4.5 points.  double",
        "  error your code cannot be read: SyntaxError: '(' was never closed (line 1: `def double(x:`)",
    ]
    assert judged("double", "").report().splitlines()[1] == "  to do not attempted: the answer is empty"


def test_a_repeated_message_is_said_once(judged):
    lines = judged("freeze", "def freeze(model):\n    return 5").report().splitlines()
    assert lines[1] == "  wrong your function returned an int (`5`); expected a model."
    again = judged("double", "def double(values, by=2): return None").report().splitlines()
    assert again[2].startswith("  wrong `double(..., by=5)` is")


def test_same_message_in_two_checks():
    results = [CheckResult(name, f"title {name}", 1, 0, "bad", "wrong") for name in "ab"]
    assert Verdict("x", "wrong", results).report().splitlines()[1:] == [
        "  wrong bad",
        "  wrong as above (title b)",
    ]


def test_any_binding_of_the_name_counts_as_the_function(judged):
    for source in (
        "double = lambda values, by=2: [v * by for v in values]",
        "import functools\ndef times(by, values): return [v * by for v in values]\n"
        "def double(values, by=2): return functools.partial(times, by)(values)",
        "if True:\n    def double(values, by=2):\n        return [v * by for v in values]",
        "class Doubler:\n    def __call__(self, values, by=2): return [v * by for v in values]\ndouble = Doubler()",
        "def helper(v): return v\n" + RIGHT,
        "exec('def double(values, by=2): return [v * by for v in values]')",
    ):
        assert judged("double", source).outcome == "passed", source


def test_the_buggy_loop_as_handed_out_is_not_attempted(judged, course):
    stub = course.exercise("fix_the_sum").stub_source
    assert judged("fix_the_sum", stub).outcome == "not_attempted"
    assert (
        judged("fix_the_sum", stub.replace('"""Return the sum."""', "# my notes")).outcome == "not_attempted"
    )
    assert judged("fix_the_sum", stub.replace("total = value", "total += 2 * value")).outcome == "wrong"
    assert judged("fix_the_sum", "def fix_the_sum(values):\n    return sum(values)").outcome == "passed"


def test_classes_are_judged_through_a_handle(judged):
    right = "class Counter:\n    def __init__(self, start=0): self.count = start\n"
    assert (
        judged("Counter", right + "    def step(self):\n        self.count += 1; return self.count").outcome
        == "passed"
    )
    assert judged("Counter", right).outcome == "error"
    assert (
        judged("Counter", right + "    def step(self):\n        raise NotImplementedError").outcome
        == "not_attempted"
    )


def test_models(judged):
    assert judged("freeze", "def freeze(model):\n    return model").checks[0].message == (
        "conv1.weight has requires_grad=True in tiny_cnn"
    )
    copied = "import copy\ndef freeze(model):\n    model = copy.deepcopy(model)\n    model.requires_grad_(False)\n    model.fc.requires_grad_(True)\n    return model"
    verdict = judged("freeze", copied)
    assert (verdict.checks[0].earned, verdict.checks[1].earned) == (2, 0)
    replaced = "from torch import nn\ndef freeze(model):\n    model.requires_grad_(False)\n    model.fc = nn.Sequential(nn.Linear(128, 10))\n    return model"
    verdict = judged("freeze", replaced)
    assert verdict.outcome == "wrong" and "layers were changed" in verdict.checks[0].message


@needs_alarm
def test_an_endless_loop_is_a_timeout_and_costs_its_time_once(judged, monkeypatch):
    monkeypatch.setattr("autograder.judge.SECONDS_AFTER_TIMEOUT", 0.2)
    verdict = judged("double", "def double(values, by=2):\n    while True: pass", seconds=0.5)
    assert (verdict.outcome, verdict.score) == ("timeout", 0.0)
    assert [result.message for result in verdict.checks] == [
        "your code did not finish within 0.5 seconds: does a loop never end?",
        "your code did not finish within 0.2 seconds: does a loop never end?",
        "your code did not finish within 0.2 seconds: does a loop never end?",
    ]
    assert judged("double", "while True: pass\n" + RIGHT, seconds=0.3).outcome == "timeout"


def test_a_side_that_is_gone_is_killed(course):
    class Gone:
        def __init__(self, last):
            self.side, self.requests, self.last = Workspace(RIGHT), 0, last

        def request(self, block, seconds):
            self.requests += 1
            if self.requests > self.last:
                raise StudentKilled("your code used more than 2 GB of memory and was stopped")
            return self.side.request(block, seconds)

    for last, points in ((0, 0.0), (4, 2.0)):
        verdict = judge(course.exercise("double"), Student(Gone(last)), RIGHT)
        assert (verdict.outcome, verdict.score) == ("killed", points)
        assert verdict.checks[-1].message == "your code used more than 2 GB of memory and was stopped"


@needs_alarm
def test_one_slow_check_does_not_cost_the_others(judged):
    source = "def double(values, by=2):\n    while by == 5: pass\n    return [v * by for v in values]"
    verdict = judged("double", source, seconds=0.5)
    assert (verdict.outcome, verdict.score) == ("timeout", 3.5)


def test_answers_run_in_an_empty_folder_that_goes_away(judged, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source = "import os\nopen('note.txt', 'w').write('x')\nprint(os.listdir())\n" + RIGHT
    assert judged("double", source).outcome == "passed"
    assert list(tmp_path.iterdir()) == [] and Path.cwd() == tmp_path


def test_a_verdict_is_the_same_every_time(judged):
    source = "import random\ndef double(values, by=2):\n    return [v * by + (random.random() > 0.5) for v in values]"
    first = judged("double", source).to_json()
    torch.manual_seed(99)
    assert judged("double", source).to_json() == first


def test_settings_of_the_answer_do_not_reach_the_checks(judged):
    source = "import torch\ntorch.set_grad_enabled(False)\ntorch.set_default_dtype(torch.float64)\n" + RIGHT
    assert judged("double", source).outcome == "passed"
    assert torch.is_grad_enabled() and torch.get_default_dtype() is torch.float32


def test_messages_are_one_line_of_limited_length(judged):
    source = "def double(x, by=2):\n    raise ValueError('a\\x1b[31m\\n' + 'b' * 100_000)"
    for result in judged("double", source).checks:
        assert len(result.message) <= 600 and result.message.isprintable()


# ---------------------------------------------------------------------- faults of the course


def faulty(make_course, tmp_path, body, exercises=None):
    checks = (
        f"from autograder.checks import *\n\n@check('f', points=1, title='t')\ndef c(student):\n    {body}\n"
    )
    text = '# %% exercise="f" role="solution"\ndef f(x):\n    return x\n'
    return make_course(tmp_path / "course", exercises or text, checks).exercise("f")


@pytest.mark.parametrize(
    "body", ["student.call('f', 1).foo", "1 / 0", "student.call('f', {1})", "assert False"]
)
def test_a_fault_of_a_check_is_never_the_answers(make_course, tmp_path, body):
    exercise = faulty(make_course, tmp_path, body)
    with pytest.raises(GraderError) as caught:
        judge_answer(exercise, Answer("def f(x): return x + 1"))
    assert "checks.py:5: check 'c' of 'f' is at fault, not the answer: " in str(caught.value)


def test_a_checks_file_may_hold_dataclasses_with_postponed_annotations(make_course, tmp_path):
    text = """\
from __future__ import annotations
from dataclasses import dataclass
from autograder.checks import check, expect_close

@dataclass(frozen=True)
class Case:
    values: list[float]

@check("double", points=1, title="doubles")
def doubles(student):
    case = Case([1.0, 2.5])
    expect_close(student.call("double", case.values), [2.0, 5.0])
"""
    exercise = make_course(tmp_path / "course", checks=text).exercise("double")
    assert judge_answer(exercise, Answer(RIGHT)).outcome == "passed"


def test_a_check_without_points_or_title_is_refused(make_course, tmp_path):
    for arguments in (
        "points=0, title='t'",
        "points=True, title='t'",
        "points=1, title=''",
        "points='1', title='t'",
    ):
        folder = tmp_path / str(abs(hash(arguments)))
        checks = f"from autograder.checks import *\n@check('f', {arguments})\ndef c(student): pass\n"
        course = make_course(
            folder / "course", '# %% exercise="f" role="solution"\ndef f(): return 1\n', checks
        )
        with pytest.raises(CourseError, match=r"checks.py:2: ValueError: (points|title)="):
            course.exercise("f")


SOLUTION = '# %% exercise="f" role="solution"\ndef f(x):\n    return x\n'
ONE_CHECK = "from autograder.checks import *\n@check('f', points=1, title='t')\ndef c(student): pass\n"


@pytest.mark.parametrize(
    ("exercises", "checks", "message"),
    [
        (SOLUTION, "", "checks.py: exercise 'f' has no check."),
        (SOLUTION, "def f(:", "checks.py:1: "),
        (SOLUTION, "import nowhere_found", "checks.py:1: ModuleNotFoundError"),
        (SOLUTION, ONE_CHECK + ONE_CHECK, "checks.py:5: check 'c' is defined already in line 2."),
        (SOLUTION, ONE_CHECK.replace("'f'", "'ff'"), "unknown exercise 'ff'. Did you mean 'f'?"),
        (SOLUTION + SOLUTION, ONE_CHECK, "exercises.py:4: exercise 'f': there is a solution cell already, in line 1."),
        (SOLUTION.replace("solution", "sollution"), ONE_CHECK, "role 'sollution' is none of card, solution"),
        ('# %% [markdown] exercise="f" role="card"\n# ## F\n', ONE_CHECK, 'has no cell with role="solution"'),
        ("", ONE_CHECK, "no `# %%` line"),
    ],
)  # fmt: skip
def test_mistakes_in_a_lesson_name_file_and_line(make_course, tmp_path, exercises, checks, message):
    course = make_course(tmp_path / "course", exercises, checks)
    with pytest.raises(CourseError) as caught:
        _ = course.lessons[0].exercises
    assert message in str(caught.value)


def test_a_missing_file_is_named(make_course, tmp_path):
    course = make_course(tmp_path / "course", SOLUTION, ONE_CHECK)
    course.lessons[0].checks_path.unlink()
    with pytest.raises(CourseError, match=r"checks.py: no such file"):
        course.exercise("f")


def test_an_exercise_of_two_lessons_is_refused(make_course, tmp_path):
    make_course(tmp_path / "course", SOLUTION, ONE_CHECK, "01_one")
    course = make_course(tmp_path / "course", SOLUTION, ONE_CHECK, "02_two")
    with pytest.raises(CourseError, match=r"02_two/exercises.py:1: exercise 'f' exists in 01_one too"):
        _ = course.exercises


def test_lessons_are_found_by_number_slug_and_folder(make_course, tmp_path):
    make_course(tmp_path / "course", SOLUTION, ONE_CHECK, "01_one")
    course = make_course(tmp_path / "course", SOLUTION, ONE_CHECK, "07_freezing")
    for name in ("7", "07", "freezing", "07_freezing"):
        lesson = course.lesson(name)
        assert (lesson.assignment, lesson.number, lesson.slug) == ("07_freezing", 7, "freezing")
    with pytest.raises(UnknownName, match=r"unknown lesson 'freezin'\. Did you mean '07_freezing'"):
        course.lesson("freezin")
    with pytest.raises(UnknownName, match="unknown exercise 'g'"):
        course.exercise("g")


def test_the_course_is_found_from_inside_it_and_by_its_variable(make_course, tmp_path, monkeypatch):
    course = make_course(tmp_path / "repo" / "course", SOLUTION, ONE_CHECK)
    inside = tmp_path / "repo" / "autograded" / "ada" / "01_first"
    inside.mkdir(parents=True)
    monkeypatch.delenv("HEADSTART_COURSE", raising=False)
    monkeypatch.chdir(inside)
    assert Course.find().path == course.path
    monkeypatch.chdir(tmp_path)
    assert Course.find().path != course.path
    monkeypatch.setenv("HEADSTART_COURSE", str(course.path))
    assert Course.find().path == course.path
    monkeypatch.setenv("HEADSTART_COURSE", str(tmp_path))
    with pytest.raises(CourseError, match="HEADSTART_COURSE"):
        Course.find()


def test_stub_title_and_points(course: Course):
    double = course.exercise("double")
    assert double.title == "double the numbers" and double.max_points == 4.5
    assert double.stub_source.endswith('"""Return each value times `by`."""\n    raise NotImplementedError\n')
    assert "total = value" in course.exercise("fix_the_sum").stub_source
    counter = course.exercise("Counter").stub_source
    assert counter.count("raise NotImplementedError") == 2
    assert without_solution("a = 1\n") == "a = 1\n"


# ---------------------------------------------------------------------- expectations


def test_checks_are_only_collected_where_somebody_collects():
    @check("x", points=1, title="t")
    def alone(student):
        pass

    with collecting() as found:

        @check("x", points=2, title=" t ")
        def one(student):
            pass

    assert [(c.id, c.title, c.points, isinstance(c, Check)) for c in found] == [("one", "t", 2, True)]


def wrong(function, *args, **kwargs) -> str:
    with pytest.raises(Wrong) as caught:
        function(*args, **kwargs)
    return str(caught.value)


def test_expect():
    expect(1, "fine")
    assert wrong(expect, [], "empty") == "empty"


@pytest.mark.parametrize(
    ("value", "types", "what", "message"),
    [
        (None, tuple, None, "your function returned None: did you forget `return`? Expected a tuple."),
        (None, float, "precision", "precision is None; expected a float."),
        ([1, 2], tuple, None, "your function returned a list (`[1, 2]`); expected a tuple."),
        (True, int, "tp", "tp is a bool (`True`); expected an int."),
        (np.int64(3), str, "it", "it is an int64 (`3`); expected a str."),
        (torch.tensor(3), int, "tp", "tp is a tensor (`tensor(3)`); expected an int. `.item()` gives the number inside."),
        (Opaque("<zip>", "zip"), list, None, "your function returned a zip (`<zip>`); expected a list. `list(...)` around it gives a list."),
        ("x", NUMBER, "p", "p is a str (`'x'`); expected an int or a float."),
        (3, nn.Module, None, "your function returned an int (`3`); expected a model."),
    ],
)  # fmt: skip
def test_expect_type(value, types, what, message):
    assert wrong(expect_type, value, types, what) == message


def test_expect_type_accepts():
    expect_type(np.int64(3), INTEGER)
    expect_type(3, NUMBER)
    expect_type(True, bool)
    expect_type(np.float32(3), NUMBER)


@pytest.mark.parametrize(
    ("got", "want", "message"),
    [
        (0.85, 0.895, "it is 0.85; expected 0.895."),
        (float("nan"), 1.0, "it is nan; expected 1."),
        (1.0, float("nan"), "it is 1; expected nan."),
        (0.872093, 0.871795, "it is 0.8721; expected 0.8718."),
        (0.8720931, 0.8720930, None),
        (torch.tensor(2.0), 2, None),
        (np.float32(2.0), 2, None),
        (float("inf"), float("inf"), None),
        ([1, 2], [1, 3], "entry 1 of it is 2; expected 3."),
        ((1, 2), [1, 2], None),
        (3, [1], "it is an int (`3`); expected a list or a tuple."),
        (torch.tensor([1.0, 2.0, 9.0]), torch.tensor([1.0, 3.0, 4.0]), "it[1] is 2; expected 3 (and 1 more entry differs)."),
        (torch.tensor([1.0, float("nan")]), torch.tensor([1.0, float("nan")]), None),
        (np.zeros((2, 2)), torch.zeros(2, 2), None),
        ([[0, 0], [0, 1]], torch.zeros(2, 2), "it[1, 1] is 1; expected 0."),
        ([[0], [0, 1]], torch.zeros(2, 2), "it is [[0], [0, 1]]; expected numbers of shape (2, 2)."),
        (torch.zeros(3), torch.zeros(2, 2), "it has shape (3,); expected (2, 2)."),
    ],
)  # fmt: skip
def test_expect_close(got, want, message):
    if message is None:
        expect_close(got, want, 1e-6, "it")
    else:
        assert wrong(expect_close, got, want, 1e-6, "it") == message


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3, 3), (2.5, 2.5), (np.float64(2.5), 2.5), (np.int32(3), 3), (torch.tensor(3), 3), (np.array([2.5]), 2.5),
        (torch.tensor([[2.5]]), 2.5), (True, None), (np.bool_(True), None), (torch.tensor(True), None), ("3", None),
        (None, None), ([3], None), (torch.zeros(2), None), (np.zeros(0), None), (np.array("3"), None), (3j, None),
        (torch.tensor(3j), None),
    ],
)  # fmt: skip
def test_single_number(value, number):
    found = single_number(value)
    assert found == number and type(found) is type(number)


def test_expect_tensor():
    expect_tensor(torch.zeros(2, 3), shape=(None, 3), dtype=torch.float32)
    assert wrong(expect_tensor, torch.zeros(2), (3,)) == "the returned tensor has shape (2,); expected (3,)."
    assert (
        wrong(expect_tensor, torch.zeros(2), (None, 2))
        == "the returned tensor has shape (2,); expected (any, 2)."
    )
    assert "has dtype torch.float32; expected torch.int64." in wrong(
        expect_tensor, torch.zeros(2), None, torch.int64
    )
    assert wrong(expect_tensor, [1], None, None, "scores") == "scores is a list (`[1]`); expected a tensor."


def test_words_for_values():
    assert show(torch.zeros(3, 3)) == "a tensor of shape (3, 3)"
    assert show(np.zeros(9)) == "an array of shape (9,)"
    assert len(show("x" * 500)) == 80
    assert [type_name(v) for v in (None, [], 1, Opaque("r", "SGD"))] == ["None", "a list", "an int", "a SGD"]


RAISES = """
from autograder.checks import *
@check('f', points=1, title='t')
def c(student):
    expect_raises(student, 'f', [[1, 2], [1]], mention='length', why='two labels and one')
"""


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise ValueError('Lengths differ')", ""),
        ("raise UnicodeDecodeError('utf-8', b'', 0, 1, 'length')", ""),
        ("raise ValueError('no')", "the message of your ValueError (two labels and one) says `no`; it should mention `length`."),
        ("raise ValueError", "the message of your ValueError (two labels and one) is empty; it should mention `length`."),
        ("raise TypeError('length')", "impossible input (two labels and one) should raise ValueError; your code raised TypeError: length (line 2: `raise TypeError('length')`)"),
        ("return 3", "impossible input (two labels and one) should raise ValueError; your function returned 3."),
    ],
)  # fmt: skip
def test_expect_raises(make_course, tmp_path, body, message):
    exercise = make_course(tmp_path / "course", SOLUTION, RAISES).exercise("f")
    verdict = judge_answer(exercise, Answer(f"def f(a, b):\n    {body}"))
    assert verdict.checks[0].message == message


def test_outcomes_are_the_six_that_people_know():
    assert OUTCOMES == ("passed", "wrong", "error", "not_attempted", "timeout", "killed")
