"""The Python side of the widgets: what they show, keep and restore. tests/browser has the other side."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from headstart.questions import banks, predict
from headstart.questions.banks import find_prediction, find_question
from headstart.questions.draw import instance
from headstart.questions.schema import Question
from headstart.questions.state import Store, learner
from headstart.questions.widget import FOLDER, PredictionWidget, QuestionWidget

BUILT_BANKS = banks.BANK_FOLDER


@pytest.fixture(autouse=True)
def _bank(sample_bank: Path) -> None:
    """All tests here use the sample bank."""


def show(name: str) -> QuestionWidget:
    """The widget of a question, as `headstart.question` makes it in a notebook."""
    return QuestionWidget(find_question(f"sample.{name}"), Store())


def submit(widget: Any, response: Any, n: int = 1) -> dict[str, Any]:
    """Send `response` as the page does and return the status that comes back."""
    widget.submission = {"response": response, "n": n, "view": "test"}
    assert widget.state["n"] == n
    return widget.state["status"]


def right(question: Question, seen_by: str = "learner") -> Any:
    """The right answer, as the page sends it."""
    seen = instance(question, seen_by)
    if question.kind == "numeric":
        return str(seen.answer)
    if question.kind == "ordering":
        return list(seen.right_order)
    keys = [choice.key for choice in seen.choices if choice.correct]
    return keys[0] if question.kind == "single" else keys


@pytest.mark.parametrize("name", ["try-one", "try-several", "try-share", "try-order"])
def test_practice_is_judged_kept_and_restored(name: str, questions: dict[str, Question]) -> None:
    widget = show(name)
    assert widget.state["status"] == {"notices": []}
    assert widget.state["response"] is None
    status = submit(widget, right(questions[name]))
    assert (status["tone"], status["label"]) == ("right", "Right.")
    assert Store().answer(f"sample.{name}")["correct"] is True
    again = show(name)
    assert again.state["response"] == widget.state["response"]
    assert again.state["status"] == status
    assert Store().answer(f"sample.{name}")["attempts"] == 1


@pytest.mark.parametrize("name", ["one", "several", "share", "order"])
def test_graded_is_saved_without_a_verdict(name: str, questions: dict[str, Question]) -> None:
    widget = show(name)
    status = submit(widget, right(questions[name]))
    assert (status["tone"], status["label"], status["details"]) == ("saved", "", [])
    assert re.fullmatch(r"Saved: .+\. It is checked when you hand in\.", status["html"])
    assert Store().answer(f"sample.{name}")["correct"] is None
    assert (widget.content["hint"], widget.content["steps"], widget.content["autosave"]) == (None, [], True)
    assert show(name).state["response"] == widget.state["response"]


def test_nothing_secret_reaches_the_page(questions: dict[str, Question]) -> None:
    for name in ("one", "several", "share", "order"):
        sent = json.dumps(show(name).get_state(("content", "state")))
        question = questions[name]
        assert not [choice.why for choice in question.choices() if choice.why in sent]
        assert question.hint not in sent


def test_wrong_answer_names_the_mistake(questions: dict[str, Question]) -> None:
    seen = instance(questions["try-one"], "learner")
    wrong = next(choice for choice in seen.choices if choice.text == "Nothing at all")
    status = submit(show("try-one"), wrong.key)
    assert (status["tone"], status["label"]) == ("wrong", "Not right.")
    assert status["html"] == "That is what the flags say. Buffers have no such flag."


def test_what_cannot_be_read_is_not_saved() -> None:
    widget = show("try-share")
    status = submit(widget, "much")
    assert (status["tone"], status["label"]) == ("problem", "Not saved.")
    assert status["html"] == "Please write one number, such as 0.85; got 'much'."
    assert submit(widget, None, n=2)["html"] == "Please write a number first."
    assert submit(show("try-several"), [])["html"] == "Please pick an option first."
    assert Store().read()["answers"] == {}


def test_graded_answer_can_be_taken_back() -> None:
    widget = show("several")
    key = widget.content["choices"][0]["value"]
    submit(widget, [key])
    assert "taken back" in submit(widget, [], n=2)["html"]
    assert Store().answer("sample.several") is None
    assert "pick an option first" in submit(widget, [], n=3)["html"]


def test_two_widgets_of_one_question_agree() -> None:
    first, second = show("one"), show("one")
    key = first.content["choices"][1]["value"]
    submit(first, key)
    assert second.state["response"] == key
    assert second.state["status"] == first.state["status"]
    other = second.content["choices"][2]["value"]
    submit(second, other)
    assert first.state["response"] == other
    assert list(Store().read()["answers"]) == ["sample.one"]
    assert Store().answer("sample.one")["attempts"] == 2


def test_the_folder_is_fixed_when_the_widget_is_made(desk: Path, tmp_path: Path, monkeypatch: Any) -> None:
    widget = show("one")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    submit(widget, widget.content["choices"][0]["value"])
    assert "sample.one" in json.loads((desk / "answers.json").read_text())["answers"]
    assert list(elsewhere.iterdir()) == []


def test_answers_given_under_another_id() -> None:
    learner("ada")
    submit(show("share"), "0.5")
    submit(show("several"), [show("several").content["choices"][0]["value"]])
    picked = Store().answer("sample.several")["response"]
    learner("grace")
    share, several = show("share"), show("several")
    # Other numbers: the old answer is not shown as an answer to them, and it is not lost.
    assert share.state["response"] is None
    assert "You answered this before as “ada”, with other numbers." in share.state["status"]["html"]
    assert Store().answer("sample.share")["learner"] == "ada"
    # The same options in another order: the pick is the same.
    assert several.state["response"] == picked


def test_graded_question_fixes_the_id_for_the_grader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    show("try-one")
    assert not Path("answers.json").exists()
    show("one")
    assert json.loads(Path("answers.json").read_text())["learner"] == "ada"


def test_an_answer_to_an_earlier_wording_asks_again() -> None:
    Store().keep_answer("sample.one", "o000000", "learner", None)
    status = show("one").state["status"]
    assert status["tone"] == "note"
    assert "earlier wording" in status["html"]


def test_trouble_with_the_file_shows_in_the_widget(desk: Path) -> None:
    widget = show("one")
    (desk / "answers.json").write_text("{")
    status = submit(widget, widget.content["choices"][0]["value"])
    assert status["tone"] == "saved"
    assert status["notices"] == [
        "answers.json could not be used (it is not JSON). It is kept as answers.broken-1.json."
    ]


def test_guess_is_kept_then_locked_by_the_result(capsys: pytest.CaptureFixture[str]) -> None:
    widget = PredictionWidget(find_prediction("sample.guess-share"), Store())
    assert submit(widget, "180")["html"] == "Please write a number from 0 to 100; got 180."
    assert "Your guess is kept: 80 %." in submit(widget, "80", n=2)["html"]
    assert widget.state["locked"] is False
    predict("sample.guess-share", measured=93.5)
    assert widget.state["locked"] is True
    assert "You guessed 80 %; measured 93.5 %." in widget.state["status"]["html"]
    assert "You guessed 80 %; measured 93.5 %." in capsys.readouterr().out
    again = PredictionWidget(find_prediction("sample.guess-share"), Store())
    assert again.state == {**again.state, "response": 80.0, "locked": True}


def test_choice_guess_is_kept_by_its_text() -> None:
    widget = PredictionWidget(find_prediction("sample.guess-way"), Store())
    assert "pick an option first" in submit(widget, None)["html"]
    submit(widget, "down", n=2)
    assert Store().prediction("sample.guess-way")["response"] == "down"


def test_text_stands_in_for_the_widget() -> None:
    data, _ = show("try-one")._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/plain"].startswith("Check yourself (easy)")
    assert "\n  a) " in data["text/plain"]
    assert "headstart.question('sample.try-one', answer=\"b\")" in data["text/plain"]


def test_page_code_asks_nothing_of_the_network() -> None:
    for name in ("widget.js", "widget.css"):
        code = (FOLDER / name).read_text(encoding="utf-8")
        assert not re.search(r"https?:|//[a-z]+\.|@import|url\(|fetch\(|import[ (]|XMLHttpRequest", code)


def test_banks_of_the_package_can_be_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(banks, "BANK_FOLDER", BUILT_BANKS)
    if not list(banks.BANK_FOLDER.glob("*.json")):
        pytest.skip("the banks are not built")
    for bank in banks.load_banks(banks.BANK_FOLDER):
        for question in (*bank.practice, *bank.graded):
            content = QuestionWidget(find_question(question.id), Store()).content
            assert content["stem"]
            assert content["kind"] == "numeric" or len(content["choices"]) >= 3


@pytest.mark.parametrize("prediction", ["same_ideas_in_keras.predict-shape"])
def test_a_choice_may_have_brackets_of_its_own(prediction: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(banks, "BANK_FOLDER", BUILT_BANKS)
    widget = PredictionWidget(find_prediction(prediction), Store())
    for option in widget.prediction.options:
        assert submit(widget, option.text)["tone"] == "saved"
