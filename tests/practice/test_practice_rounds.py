"""A round: what is recorded, what is asked again and how, the summary, and files that are broken or not writable."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from practice_samples import LESSONS, question

import headstart
from headstart import whole_files
from headstart.names import UnknownName
from headstart.practising.places import anchor, find_lessons, lesson_link, markdown_link, section_link
from headstart.practising.records import Records
from headstart.practising.rounds import Round, draw_id, next_variant
from headstart.practising.selection import Answer
from headstart.questions.draw import instance
from headstart.questions.judging import Unreadable

SUMS, SHAPES = LESSONS


def right(round_: Round) -> object:
    """The right answer to the current question."""
    seen = round_.seen()
    if seen.answer is not None:
        return float(seen.answer)
    return list(seen.right_order) or [choice.key for choice in seen.choices if choice.correct]


def wrong(round_: Round) -> object:
    """An answer to the current question that can be read and is not right."""
    seen = round_.seen()
    if seen.answer is not None:
        return -1
    return seen.right_order[::-1] or [next(choice.key for choice in seen.choices if not choice.correct)]


def play(round_: Round, missed: str = "") -> None:
    """Answer all questions, those of the topic `missed` wrong."""
    while not round_.over:
        round_.answer(wrong(round_) if round_.seen().question.topic == missed else right(round_))
        round_.next()


def stored(course: Path) -> list[dict]:
    """The entries of practice.json."""
    content = json.loads((course / "my_learning" / "practice.json").read_text(encoding="utf-8"))
    assert content["version"] == 1
    return content["answers"]


def test_the_first_try_is_recorded_and_more_tries_are_free(course: Path) -> None:
    round_ = Round([SUMS], "ada", Records())
    assert (round_.number, round_.length, round_.answered) == (1, 4, False)
    assert round_.answer(wrong(round_)).outcome == "wrong"
    assert round_.answered
    assert round_.answer(right(round_)).correct
    assert round_.number == 1
    (entry,) = stored(course)
    assert entry == {
        "id": round_.seen().question.id,
        "variant": 0,
        "topic": round_.seen().question.topic,
        "lesson": "sums",
        "correct": False,
        "at": entry["at"],
    }
    round_.next()
    assert round_.number == 2


def test_what_cannot_be_read_is_not_recorded(course: Path) -> None:
    round_ = Round([SHAPES], "ada", Records())
    with pytest.raises(Unreadable, match="there is no option 'z'"):
        round_.answer("z")
    with pytest.raises(Unreadable, match="pick an option first"):
        round_.answer(None)
    assert not (course / "my_learning").exists()


def test_a_skipped_question_counts_as_missed(course: Path) -> None:
    round_ = Round([SHAPES], "ada", Records())
    round_.next()
    assert round_.over
    assert [entry["correct"] for entry in stored(course)] == [False]
    with pytest.raises(ValueError, match="the round is over; begin another one"):
        round_.seen()


def test_the_summary_names_the_ideas_to_go_back_to() -> None:
    round_ = Round([SUMS], "ada", Records())
    play(round_, missed="carrying")
    summary = round_.summary()
    assert (summary.right, summary.count) == (2, 4)
    (idea,) = summary.ideas
    assert (idea.topic, idea.section, idea.missed, idea.asked) == ("carrying", "Carry `one`?", 2, 2)
    assert idea.lesson.title == "Sums"
    again = round_.again()
    assert again.before == [*round_.before, *round_.asked]
    play(again)
    assert [a.topic for a in again.asked].count("carrying") >= 2
    assert again.summary().ideas == ()


def test_an_old_question_comes_with_other_numbers_and_another_order() -> None:
    for kind in ("single", "numeric", "ordering"):
        asked = question("sums.again", kind=kind)
        answers: list[Answer] = []
        looks = []
        for _ in range(4):
            variant = next_variant(asked, "ada", answers)
            answers.append(Answer(asked.id, variant, "t0", "sums", True, ""))
            seen = instance(asked, draw_id("ada", variant))
            looks.append((tuple(seen.values.items()), tuple(choice.key for choice in seen.choices)))
        assert len(set(looks)) == 4
        assert answers[0].variant == 0
    # The numbers of the lesson, and of what is graded, are drawn from the learner's own id.
    assert draw_id("ada", 0) != "ada"


def test_a_question_without_other_forms_comes_all_the_same() -> None:
    asked = question("sums.one", kind="numeric").model_copy(update={"draw": {"a": [3, 3]}})
    assert next_variant(asked, "ada", [Answer("sums.one", 4, "t0", "sums", True, "")]) == 5


def test_rounds_follow_from_the_records_and_the_seed(course: Path) -> None:
    rounds = [Round([SUMS], "ada", Records(), seed=7) for _ in range(2)]
    assert rounds[0].question == rounds[1].question
    first, second = (Round(find_lessons(), "ada", Records()) for _ in range(2))
    assert first.question == second.question


def test_what_cannot_be_practised_is_one_clear_line() -> None:
    with pytest.raises(ValueError, match="no find-the-bug question to practise in 02_wide_shapes"):
        Round([SHAPES], "ada", Records(), form="bug")
    with pytest.raises(ValueError, match="count is how many questions a round has, 1 or more; got 0"):
        Round([SUMS], "ada", Records(), count=0)
    assert {q.form for q in Round([SUMS], "ada", Records(), form="bug").pool} == {"bug"}


@pytest.mark.parametrize("name", ["1", 1, "01", "01_sums", "sums", "Sums", "lesson 1", " SUMS "])
def test_lessons_by_any_of_their_names(two_lessons: Path, name: object) -> None:
    assert [bank.assignment for bank in find_lessons(name)] == ["01_sums"]


def test_lessons_by_list_and_all(two_lessons: Path) -> None:
    assert find_lessons(["wide shapes", "01", "sums"]) == find_lessons() == list(LESSONS)
    with pytest.raises(UnknownName, match=r"unknown lesson 'sum'. Did you mean 'sums'"):
        find_lessons(["01", "sum"])
    with pytest.raises(UnknownName, match=r"unknown lesson '7'. There are: 01_sums, 02_wide_shapes"):
        find_lessons("7")
    with pytest.raises(UnknownName, match="There are: 01_sums"):
        find_lessons([])
    with pytest.raises(UnknownName, match=r"unknown form 'bugs'. Did you mean 'bug'"):
        headstart.practice("01", form="bugs")


def test_links_lead_from_every_folder_of_the_course(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert section_link(SUMS, lesson_link(SUMS), "Carry `one`?") == "01_sums.ipynb#cell-id=2b"
    monkeypatch.chdir(course / "quizzes" / "01_sums")
    assert section_link(SUMS, lesson_link(SUMS), "Key result") == "../../lessons/01_sums.ipynb#cell-id=3c"
    monkeypatch.chdir(course)
    assert section_link(SUMS, lesson_link(SUMS), None) == "lessons/01_sums.ipynb"
    monkeypatch.chdir(tmp_path)
    assert section_link(SUMS, lesson_link(SUMS), "Key result") is None
    assert anchor("Where “half the training time” holds (100 %)").endswith("holds-%28100-%25%29")
    assert markdown_link("a [b]", "c d") == "[a \\[b\\]](<c d>)"
    assert markdown_link("a", None) == "a"


BROKEN = {
    "not JSON": ("{", "it is not JSON", 0),
    "another form": ('{"version": 1, "answers": {}}', "it does not have the expected form", 0),
    "newer": ('{"version": 9, "cards": []}', "it was written by a newer Headstart, version 9 of the file", 0),
    "older": ('{"answers": [{"id": "sums.one", "correct": true}]}', "it does not have the expected form", 1),
    "one bad entry": (
        '{"version": 1, "answers": [{"id": "sums.one", "correct": true}, {"id": 3}, '
        '{"id": "sums.two", "correct": false, "variant": "x"}]}',
        "it does not have the expected form",
        1,
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_kept_aside_with_one_line(
    case: str, course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, problem, good = BROKEN[case]
    folder = course / "my_learning"
    folder.mkdir()
    (folder / "practice.json").write_text(text)
    round_ = Round([SUMS], "ada", Records())
    out = capsys.readouterr().out
    assert out.startswith(
        f"practice.json could not be used ({problem}). It is kept as practice.broken-1.json."
    )
    assert out.count("\n") == 1
    assert (folder / "practice.broken-1.json").read_text() == text
    assert len(round_.before) == good
    assert all((answer.lesson, answer.variant) == ("sums", 0) for answer in round_.before)
    play(round_)
    assert len(stored(course)) == good + 4
    assert capsys.readouterr().out == ""


def test_a_read_only_folder_loses_nothing_while_python_runs(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(whole_files.tempfile, "mkstemp", refuse)
    round_ = Round([SUMS], "ada", Records())
    play(round_, missed="carrying")
    out = capsys.readouterr().out
    assert out.startswith(f"practice.json cannot be written in {course / 'my_learning'} (Permission denied).")
    assert "You can go on: what you do is kept until the kernel stops." in out
    assert out.count("\n") == 1
    assert len(round_.again().before) == 4


def test_two_kernels_lose_nothing(course: Path) -> None:
    code = (
        "from practice_samples import question\n"
        "from headstart.practising.records import Records\n"
        "for _ in range(20):\n    Records().keep(question('sums.{name}'), 0, True)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    kernels = [
        subprocess.Popen([sys.executable, "-c", code.replace("{name}", name)], cwd=course, env=environment)
        for name in ("a", "b")
    ]
    assert [kernel.wait(timeout=60) for kernel in kernels] == [0, 0]
    entries = [entry["id"] for entry in stored(course)]
    assert sorted(entries) == ["sums.a"] * 20 + ["sums.b"] * 20


def test_a_clock_set_back_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter(["2030-01-01T00:00:00+00:00", "2020-01-01T00:00:00+00:00"])
    monkeypatch.setattr("headstart.practising.records.now", lambda: next(times))
    Records().keep(question("sums.a"), 0, False)
    Records().keep(question("sums.a"), 1, True)
    assert [answer.correct for answer in Records().answers()] == [False, True]
