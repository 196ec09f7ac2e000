"""`headstart.check(f)`, the three hints, and when the worked solution opens."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from learner_answers import RIGHT, ROOT, WRONG, record

import headstart
from headstart.exercises.banks import all_exercises, find_exercise
from headstart.exercises.records import Records
from headstart.exercises.solutions import find_solution
from headstart.exercises.versions import version
from headstart.names import UnknownName

CHECK = "headstart.check(freeze_all_but_fc)"
NAME = "freeze_all_but_fc"


# ------------------------------------------------------------------ check


def test_a_right_function_passes_anywhere(cells, home):
    assert cells(RIGHT, CHECK) == [
        "ok    in glyphnet, fc.weight and fc.bias are what is left to train",
        "ok    a model that arrives frozen as a whole gets its head back",
    ]
    assert record(home)["attempts"] == 1 and record(home)["passed"] is True


def test_a_wrong_function_gets_the_object_at_fault_and_the_first_hint(cells, home):
    lines = cells(WRONG, CHECK)
    assert lines[1] == (
        "wrong a model that arrives frozen as a whole gets its head back: "
        "fc.weight arrived frozen and still is: switch it on"
    )
    assert lines[-1] == 'Hint 1 of 3: headstart.hint("freeze_all_but_fc")'
    assert record(home) | {"tried": None, "at": None} == {
        "attempts": 1,
        "passed": False,
        "hints": 0,
        "solution_opened": False,
        "tried": None,
        "at": None,
    }


def test_a_name_alone_runs_the_examples_of_the_course(cells):
    assert cells(RIGHT, 'headstart.check("freeze_all_but_fc")')[0].startswith("ok    in glyphnet")


def test_the_notebooks_own_call_keeps_the_record_too(cells, home):
    example = "def always():\n    '''nothing is needed'''\n    freeze_all_but_fc"
    assert cells(RIGHT, example, f'headstart.check("{NAME}", always)') == ["ok    nothing is needed"]
    assert record(home)["passed"] is True


def test_an_error_names_the_learners_own_line(cells):
    lines = cells("def freeze_all_but_fc(model):\n    return model.head", CHECK)
    assert lines[0].endswith(
        "your code raised AttributeError: 'GlyphNet' object has no attribute 'head' "
        "(line 2: `return model.head`)"
    )


def test_a_class_is_an_exercise_like_a_function(cells):
    stub = "class EarlyStopping:\n    def __init__(self, patience, min_delta=0.0):\n        pass\n"
    lines = cells(stub, "headstart.check(EarlyStopping)")
    assert len(lines) == 4 and "has no attribute 'step'" in lines[0]


@pytest.mark.parametrize(
    ("call", "line"),
    [
        ("headstart.check(3)", "error pass the function itself, without calling it"),
        ("headstart.check(None)", "got a value of type NoneType"),
        ("def freze_all(m): pass\nheadstart.check(freze_all)", "Did you mean"),
        ('headstart.check("freeze_all_but_fc")', "error there is no function `freeze_all_but_fc`"),
        ("headstart.check(lambda m: m)", "error unknown exercise '<lambda>'"),
    ],
)
def test_what_cannot_be_checked_gets_one_line_and_is_no_attempt(cells, home, call, line):
    lines = cells(call)
    assert len(lines) == 1 and line in lines[0] and not home.exists()


def test_an_unchanged_function_counts_once_and_a_changed_one_again(cells, home):
    cells(WRONG, CHECK, CHECK, WRONG, CHECK)
    assert record(home)["attempts"] == 1
    cells(WRONG.replace("False", "0 > 1"), CHECK)
    cells(WRONG, CHECK)
    assert record(home)["attempts"] == 2, "a version that was tried before is no new attempt"


def test_an_unwritten_function_is_no_attempt(cells, home):
    lines = cells("def freeze_all_but_fc(model):\n    raise NotImplementedError", CHECK)
    assert lines == [
        "not attempted: `freeze_all_but_fc` is not written yet: replace its line `raise NotImplementedError`"
    ]
    assert not home.exists()


def test_code_to_repair_is_no_attempt_as_it_was_handed_out(cells, home):
    exercise = find_exercise("fix_the_loop")
    lines = cells(exercise.setup, exercise.stub, "headstart.check(fix_the_loop)")
    assert lines[0].startswith("wrong ") and lines[-1] == 'Hint 1 of 3: headstart.hint("fix_the_loop")'
    assert not home.exists()
    cells(exercise.stub.replace("lr=0.1", "lr=0.2"), "headstart.check(fix_the_loop)")
    assert record(home, "fix_the_loop")["attempts"] == 1


@pytest.mark.parametrize("mode", ["validate", "autograde"])
def test_nbgrader_gets_no_hints_and_leaves_no_record(cells, home, monkeypatch, mode):
    monkeypatch.setenv("NBGRADER_EXECUTION", mode)
    assert cells(WRONG, CHECK) == [] and not home.exists()


def test_a_pass_stays_a_pass(cells, home):
    cells(RIGHT, CHECK, WRONG)
    assert cells(CHECK)[-1].startswith("Hint 1 of 3")
    assert record(home)["passed"] is True


# ------------------------------------------------------------------ versions


def compiled(source: str, name: str = "f"):
    namespace: dict = {}
    exec(source, namespace)
    return namespace[name]


def test_only_what_python_runs_makes_a_version():
    plain = version(compiled("def f(x):\n    return [y for y in x if y in {'a', 'b', 'c'}]"))
    comment = "def f(x):\n    '''Say.'''\n\n    # why\n    return [y for y in x if y in {'a', 'b', 'c'}]"
    assert version(compiled(comment)) == plain
    assert version(compiled("def f(x):\n    return [y for y in x if y in {'a', 'b', 'd'}]")) != plain


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("def f(x=1): return x", "def f(x=2): return x"),
        ("def g(): return 1\ndef f(): return g()", "def g(): return 2\ndef f(): return g()"),
        ("N = 1\ndef f(): return N", "N = 2\ndef f(): return N"),
        ("class f:\n    def step(self): return 1", "class f:\n    def step(self): return 2"),
        ("class f:\n    size = 1", "class f:\n    size = 2"),
        ("def f(): return lambda: 1", "def f(): return lambda: 2"),
    ],
)
def test_a_change_anywhere_in_the_learners_code_is_a_new_version(one, other):
    assert version(compiled(one)) == version(compiled(one)) != version(compiled(other))


def test_versions_are_the_same_in_the_next_session():
    program = (
        "from headstart.exercises.versions import version\n"
        "def f(x): return x in {'a', 'b', 'c', 'd'} or f(x)\n"
        "print(version(f))"
    )
    seeds = [
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
        ).stdout
        for seed in ("1", "2")
    ]
    assert seeds[0] == seeds[1]


# ------------------------------------------------------------------ hints


def test_hints_open_one_after_the_other(cells, home):
    headings = [cells(f'headstart.hint("{NAME}")')[0] for _ in range(4)]
    assert headings == [
        "Hint 1 of 3 for freeze_all_but_fc, where to look",
        "Hint 2 of 3 for freeze_all_but_fc, what to use",
        "Hint 3 of 3 for freeze_all_but_fc, almost the answer",
        "Hint 3 of 3 for freeze_all_but_fc, almost the answer",
    ]
    assert record(home)["hints"] == 3
    assert cells(WRONG, CHECK)[-1] == (
        'All 3 hints are open. Read the first one again: headstart.hint("freeze_all_but_fc", 1)'
    )


def test_an_open_hint_is_shown_again_and_opens_nothing(cells, home):
    cells(f'headstart.hint("{NAME}")')
    assert "where to look" in cells(f'headstart.hint("{NAME}", 1)')[0]
    assert record(home)["hints"] == 1
    assert cells(f'headstart.hint("{NAME}", 3)') == [
        'Hint 3 opens after hint 2: headstart.hint("freeze_all_but_fc")'
    ]


@pytest.mark.parametrize("number", [0, 4, -1, "one", 1.5, True])
def test_a_hint_that_there_is_not_gets_one_line(home, capsys, number):
    headstart.hint(NAME, number)
    assert capsys.readouterr().out == (
        f"freeze_all_but_fc has 3 hints. Ask for hint 1, 2 or 3; got {number!r}.\n"
    )


def test_a_hint_takes_the_function_itself(cells):
    assert "where to look" in cells(RIGHT, "headstart.hint(freeze_all_but_fc)")[0]


@pytest.mark.parametrize("wanted", ["freze_all_but_fc", 3, None])
@pytest.mark.parametrize("call", [headstart.hint, headstart.solution])
def test_unknown_exercises_are_named_in_one_line_without_a_stack(home, call, wanted):
    with pytest.raises(UnknownName) as error:
        call(wanted)
    assert "freeze_all_but_fc" in str(error.value)
    assert error.value._render_traceback_() == [f"ValueError: {error.value}"]


# ------------------------------------------------------------------ solutions


def test_the_solution_opens_after_a_pass(in_course, cells, home):
    cells("import os", RIGHT)
    locked = cells(f'headstart.solution("{NAME}")')
    assert len(locked) == 1 and "You have made none yet." in locked[0]
    assert cells(CHECK)[-1] == 'Worked solution: headstart.solution("freeze_all_but_fc")'
    text = "\n".join(cells(f'headstart.solution("{NAME}")'))
    assert text.startswith("Worked solution of freeze_all_but_fc (you have passed)")
    assert "    for parameter in model.fc.parameters():" in text and "Worked explanation." in text
    assert "SOLUTION" not in text
    assert record(home)["solution_opened"] is True


def test_the_solution_opens_after_three_attempts(in_course, cells, home):
    for attempt in range(3):
        assert not any("Worked solution" in line for line in cells(WRONG.replace("False", f"{attempt} > 9")))
        lines = cells(CHECK)
    assert lines[-2:] == [
        'Hint 1 of 3: headstart.hint("freeze_all_but_fc")',
        'Worked solution: headstart.solution("freeze_all_but_fc")',
    ]
    assert cells(f'headstart.solution("{NAME}")')[0].endswith("(after 3 attempts)")


def test_before_that_it_says_what_is_missing(in_course, cells):
    cells(WRONG, CHECK)
    assert cells(f'headstart.solution("{NAME}")') == [
        "The worked solution of freeze_all_but_fc opens when all examples hold, or after 3 attempts. "
        "An attempt is a check of a function that you have changed. You have made one. "
        'Next: headstart.check(freeze_all_but_fc) or headstart.hint("freeze_all_but_fc")'
    ]


def test_a_students_bundle_has_no_solution_and_says_who_has(cells, home):
    """The current folder lies outside of the course: nothing of the solutions is in the package."""
    assert cells(RIGHT, CHECK)[-1].startswith("ok ")
    assert cells(f'headstart.solution("{NAME}")') == [
        "There is no worked solution of freeze_all_but_fc on this computer. "
        "In a class, the instructor publishes the solutions."
    ]


@pytest.mark.parametrize("content", ["not JSON", "[]", '{"cells": [3]}', '{"cells": []}'])
def test_a_damaged_solutions_notebook_counts_as_none(home, monkeypatch, tmp_path, content):
    folder = tmp_path / "course" / "solutions" / "07_freezing"
    folder.mkdir(parents=True)
    (folder / "exercises.ipynb").write_text(content)
    monkeypatch.chdir(tmp_path / "course")
    assert find_solution(find_exercise(NAME)) is None


def test_every_exercise_has_a_solution_with_an_explanation(in_course):
    for exercise in all_exercises().values():
        solution = find_solution(exercise)
        assert solution is not None and exercise.name in solution.code, exercise.name
        assert len(solution.explanation) > 100 and "SOLUTION" not in solution.code, exercise.name


# ------------------------------------------------------------------ the file


@pytest.mark.parametrize(
    "entry",
    [
        3,
        {"attempts": "many"},
        {"attempts": -1},
        {"attempts": True},
        {"passed": 1},
        {"hints": None},
        {"tried": "x"},
        {"tried": [3]},
    ],
)
def test_broken_entries_are_kept_aside_and_the_others_stay(home, capsys, entry):
    home.mkdir()
    path = home / "exercises.json"
    path.write_text(json.dumps({"version": 1, "exercises": {"a": entry, NAME: {"attempts": 2}}}))
    assert Records().of(NAME).attempts == 2 and Records().of("a").attempts == 0
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 1 and "It is kept as exercises.broken-1.json" in said[0]
    assert json.loads((home / "exercises.broken-1.json").read_text())["exercises"]["a"] == entry


def test_what_another_version_wrote_into_a_record_stays(home):
    home.mkdir()
    path = home / "exercises.json"
    path.write_text(json.dumps({"version": 1, "exercises": {NAME: {"attempts": 1, "stars": 5}}}))
    Records().keep_attempt(NAME, "abc", True)
    assert record(home)["stars"] == 5 and record(home)["attempts"] == 2


def test_two_kernels_at_once_lose_no_attempt(home):
    def work(kernel: int) -> None:
        for attempt in range(10):
            Records().keep_attempt(NAME, f"{kernel}-{attempt}", False)

    threads = [threading.Thread(target=work, args=(kernel,)) for kernel in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert record(home)["attempts"] == 40


def test_where_nothing_can_be_written_one_line_says_so_and_the_ladder_goes_on(cells, home, monkeypatch):
    home.write_text("a file stands where the folder would be")
    lines = cells(WRONG, CHECK, 'headstart.hint("freeze_all_but_fc")', 'headstart.hint("freeze_all_but_fc")')
    assert sum("cannot be written" in line for line in lines) == 1
    assert any("Hint 2 of 3" in line for line in lines)


# ------------------------------------------------------------------ the bank


def test_the_bank_knows_every_exercise_and_nothing_that_students_do_not_get_anyway():
    from autograder.course import Course

    assert set(all_exercises()) == set(Course(ROOT / "course").exercises)
    for exercise in all_exercises().values():
        assert len(exercise.hints) == 3 and exercise.example_names, exercise.name
        assert exercise.name in exercise.signature
        cells = json.loads((ROOT / exercise.notebook).read_text(encoding="utf-8"))["cells"]
        released = "\n\n".join("".join(cell["source"]) for cell in cells)
        code = [*exercise.setup.split("\n\n"), exercise.examples.strip(), exercise.stub or ""]
        for part in [*code, *(hint.text for hint in exercise.hints)]:
            assert part in released, exercise.name


def test_the_package_imports_nothing_of_the_instructor():
    for path in [ROOT / "headstart" / "examples.py", *(ROOT / "headstart" / "exercises").glob("*.py")]:
        assert "autograder" not in Path(path).read_text().replace("nbgrader", ""), path.name
