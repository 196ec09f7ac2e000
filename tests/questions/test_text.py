"""Questions without widgets: the text that stands in for them, answers as arguments, what is handed in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import headstart
from headstart.names import UnknownName
from headstart.questions import banks
from headstart.questions.draw import instance
from headstart.questions.markup import to_html, to_plain
from headstart.questions.schema import Question, key_of
from headstart.questions.text import plain_number

Printed = Callable[[], str]


@pytest.fixture(autouse=True)
def _bank(sample_bank: Path) -> None:
    """All tests here use the sample bank."""


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Printed:
    """A function that returns what was printed, and makes sure that stderr is empty."""

    def read() -> str:
        out, err = capsys.readouterr()
        assert err == ""
        return out

    return read


def letter(question: Question, text: str, learner: str = "learner") -> str:
    """The letter that `learner` sees before an option or item."""
    return instance(question, learner).choice(key_of(question.id, text)).letter


def stored(name: str) -> dict:
    """The stored answer to a question of the sample quiz."""
    return json.loads(Path("answers.json").read_text())["answers"][f"sample.{name}"]


def test_question_prints_itself_where_no_widget_can_show(printed: Printed) -> None:
    assert headstart.question("sample.try-several") is None
    text = printed()
    assert text.startswith(
        "Check yourself (find the bug, medium)\n\nThis loop should freeze everything but fc."
    )
    assert '      if name != "fc":' in text
    for start in ("\n  a) ", "\n  b) ", "\n  c) ", "\n  d) "):
        assert start in text
    assert 'Pick all that apply. Answer with:\n  headstart.question("sample.try-several", answer="a, c")' in (
        text.replace("'", '"')
    )
    headstart.question("sample.share")
    text = printed()
    assert text.startswith("Question 3 of 10 (easy, 1 point)")
    assert "Write a number with 3 decimals." in text
    headstart.question("sample.try-share")
    assert "Write a number in per cent with 1 decimal." in printed()


def test_practice_gives_feedback_at_once(printed: Printed, questions: dict[str, Question]) -> None:
    question = questions["try-one"]
    wrong, right = (
        letter(question, "Nothing at all"),
        letter(question, "The running statistics of **BatchNorm**"),
    )
    headstart.question("sample.try-one", answer=wrong)
    text = printed()
    assert text.startswith("Not right. That is what the flags say. Buffers have no such flag.\n")
    assert "Hint: Not everything that a layer keeps is a parameter." in text
    headstart.question("sample.try-one", answer=right)
    text = printed()
    assert text.startswith("Right. They are buffers, not parameters: requires_grad does not touch them.\n")
    assert f"  {wrong}: That is what the flags say." in text
    assert "Hint" not in text
    assert {k: stored("try-one")[k] for k in ("attempts", "correct", "learner")} == {
        "attempts": 2,
        "correct": True,
        "learner": "learner",
    }


def test_graded_says_what_is_kept_and_nothing_more(printed: Printed) -> None:
    headstart.question("sample.one", answer="B")
    assert printed() == "Saved: b. It is checked when you hand in.\n"
    assert stored("one")["correct"] is None
    headstart.question("sample.share", answer="85 %")
    assert printed() == "Saved: 0.85. It is checked when you hand in.\n"
    headstart.question("sample.order", answer="c a b d")
    assert printed() == "Saved: c a b d. It is checked when you hand in.\n"
    assert json.loads(Path("answers.json").read_text())["learner"] == "learner"


def test_unreadable_and_missing_answers_are_not_kept(printed: Printed) -> None:
    headstart.question("sample.one", answer="z")
    assert printed() == (
        "Question 1 of 10: this answer cannot be read: there is no option 'z'; the letters here are a to c.\n"
    )
    headstart.question("sample.one", answer=None)
    assert printed() == "Question 1 of 10: no answer was given, so nothing is kept.\n"
    assert not Path("answers.json").exists()


def test_unknown_names_get_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"unknown question 'sample.tryone'. Did you mean 'sample.try-one'"):
        headstart.question("sample.tryone")
    with pytest.raises(
        UnknownName, match=r"unknown prediction 'sample\.guess'\. Did you mean 'sample\.guess-"
    ):
        headstart.predict("sample.guess")
    with pytest.raises(UnknownName, match="unknown question"):
        headstart.answered("sample.on")


def test_missing_banks_say_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(banks, "BANK_FOLDER", tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="run `make build`"):
        headstart.question("sample.one")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (34112, "34,112"),
        (11_689_512.0, "11,689,512"),
        (12_345.67, "12,346"),
        (80.0, "80"),
        (93.456, "93.46"),
        (99.996, "100"),
        (-0.5, "-0.5"),
        (0.93456, "0.9346"),
        (0.000012344, "0.00001234"),
        (0.0, "0"),
        (float("nan"), "nan"),
    ],
)
def test_guesses_and_results_are_plain_numbers(value: float, shown: str) -> None:
    assert plain_number(value) == shown


def test_guess_beside_result(printed: Printed) -> None:
    headstart.predict("sample.guess-share")
    assert 'Guess with:\n  headstart.predict("sample.guess-share", guess=50)' in printed().replace("'", '"')
    headstart.predict("sample.guess-share", measured=93.456)
    assert printed() == (
        "You made no guess; measured 93.46 %.\nLook at the difference to training from scratch.\n"
    )
    headstart.predict("sample.guess-share", guess=180)
    assert printed() == "This guess cannot be read: write a number from 0 to 100; got 180.\n"
    headstart.predict("sample.guess-share", guess=80)
    assert printed() == "Your guess is kept: 80 %.\n"
    headstart.predict("sample.guess-share", measured=93.456)
    assert printed().startswith("You guessed 80 %; measured 93.46 %.\n")
    headstart.predict("sample.guess-way", guess="b")
    headstart.predict("sample.guess-way", measured="down")
    assert printed() == "Your guess is kept: down.\nYou guessed down; measured down.\n"


def test_answered_says_what_will_be_handed_in(printed: Printed) -> None:
    headstart.answered("sample.one", None)
    assert printed() == "Question 1: not attempted.\n"
    headstart.question("sample.one", answer="b")
    printed()
    headstart.answered("sample.one", None)
    assert printed() == "Question 1: b (from the widget).\n"
    headstart.answered("sample.one", "c")
    assert printed() == "Question 1: c (from your assignment).\n"
    headstart.answered("sample.share", "many")
    assert printed() == (
        "Question 3: your answer cannot be read: write one number, such as 0.85; got 'many'.\n"
    )


def test_answered_fixes_the_id_for_the_grader(printed: Printed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    headstart.answered("sample.one", "c")
    monkeypatch.setenv("JUPYTERHUB_USER", "instructor")
    assert headstart.questions.given("sample.one", "c").learner == "ada"


def test_validate_reports_on_stderr_without_a_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    headstart.answered("sample.one", None)
    assert capsys.readouterr() == ("", "Question 1: not attempted.\n")
    headstart.answered("sample.one", "q")
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("Question 1: your answer cannot be read: ")
    assert err.count("\n") == 1
    headstart.answered("sample.one", "a")
    assert capsys.readouterr() == ("Question 1: a (from your assignment).\n", "")


def test_autograde_prints_nothing(printed: Printed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    for value in (None, "a", "q"):
        assert headstart.answered("sample.one", value) is None
    assert printed() == ""
    assert not Path("answers.json").exists()


def test_markup_is_safe_and_loads_nothing() -> None:
    html = to_html("<script>alert(1)</script> ![x](http://a/b.png) [y](javascript:alert(1)) **b** `c < d`")
    assert "<script" not in html
    assert "<img" not in html
    assert 'href="javascript' not in html
    assert "<strong>b</strong> <code>c &lt; d</code>" in html
    assert to_html("one line") == "one line"
    assert to_html("a\n\nb") == "<p>a</p>\n<p>b</p>"
    assert "<tr>\n<td></td>\n<th>b</th>" in to_html("| |b|\n|-|-|\n|1|2|")
    assert to_plain("```\nfor x in y:\n    **z** = `1`\n```") == "for x in y:\n    z = 1"
