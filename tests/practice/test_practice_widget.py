"""The Python side of the practice widget: what it shows and keeps, what two presses do. tests/browser has the page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from practice_samples import LESSONS

import headstart
import headstart.practising as practising
from headstart.practising.records import Records
from headstart.practising.rounds import Round
from headstart.practising.widget import PracticeWidget

SUMS, SHAPES = LESSONS


def show(*lessons: Any, **options: Any) -> PracticeWidget:
    """A round over `lessons`, as `headstart.practice` makes it in a notebook."""
    notices: list[str] = []
    return PracticeWidget(Round(lessons or LESSONS, "ada", Records(say=notices.append), **options), notices)


def send(widget: PracticeWidget, n: int, **submission: Any) -> None:
    """Send `submission` as the page does."""
    widget.submission = {"step": widget.state["step"], "n": n, "view": "test", **submission}


def answer(widget: PracticeWidget, correct: bool, n: int = 1) -> dict[str, Any]:
    """Answer the question that is shown, right or wrong, and return the status that comes back."""
    seen = widget.round.seen()
    if seen.answer is not None:
        response: Any = str(float(seen.answer)) if correct else "-1"
    elif seen.right_order:
        response = list(seen.right_order) if correct else list(seen.right_order)[::-1]
    else:
        keys = [choice.key for choice in seen.choices if bool(choice.correct) == correct]
        response = keys[0]
    send(widget, n, response=response)
    assert (widget.state["n"], widget.state["view"]) == (n, "test")
    return widget.state["status"]


def test_a_round_from_the_first_question_to_the_summary_and_on(course: Path) -> None:
    widget = show(SUMS)
    assert widget.content["question"]["title"] == "Question 1 of 4"
    assert widget.content["view"] is None, "a widget that appears leaves the focus alone"
    assert widget.state["action"] == {"name": "skip", "label": "I do not know"}
    for number in range(1, 5):
        status = answer(widget, widget.round.question.topic != "carrying", n=number)
        assert status["tone"] == ("wrong" if widget.round.question.topic == "carrying" else "right")
        label = "Show the summary" if number == 4 else "Next question"
        assert widget.state["action"] == {"name": "next", "label": label}
        send(widget, number, action="next")
        assert widget.content["view"] == "test"
        assert widget.state["response"] is None
    assert widget.content["question"] is None
    assert widget.content["summary"] == {
        "title": "Round finished",
        "result": "2 of 4 right at the first try.",
        "advice": "Go back to:",
        "ideas": [
            {
                "topic": "carrying",
                "missed": "2 of 2 missed",
                "place": "Lesson 1 · Sums, section “Carry one?”",
                "link": "01_sums.ipynb#cell-id=2b",
            }
        ],
    }
    assert widget.state["action"] == {"name": "again", "label": "Another round"}
    send(widget, 9, action="again")
    assert widget.content["question"]["title"] == "Question 1 of 4"
    assert len(json.loads((course / "my_learning/practice.json").read_text())["answers"]) == 4


def test_nothing_is_missed_in_a_perfect_round() -> None:
    widget = show(SHAPES)
    answer(widget, True)
    send(widget, 2, action="next")
    assert widget.content["summary"]["advice"] == "Nothing was missed."
    assert widget.content["summary"]["ideas"] == []


def test_not_knowing_shows_the_steps_before_it_goes_on() -> None:
    widget = show(SUMS)
    send(widget, 1, action="skip")
    status = widget.state["status"]
    assert status["html"] == "It counts as missed, and its idea comes again. Step by step:"
    assert status["details"] == ["First this.", "Then that."]
    assert widget.state["action"]["name"] == "next"
    assert [a.correct for a in Records().answers()] == [False]


def test_a_second_press_and_a_late_answer_change_nothing() -> None:
    widget = show(SUMS)
    first = dict(widget.state)
    answer(widget, True)
    send(widget, 2, action="next")
    second = widget.round.question
    widget.submission = {"step": first["step"], "n": 3, "view": "test", "action": "next"}
    widget.submission = {"step": first["step"], "n": 4, "view": "test", "response": "b"}
    assert widget.round.question is second
    assert len(widget.round.asked) == 1
    send(widget, 5, response="nonsense")
    assert widget.state["status"]["label"] == "Not checked."
    assert len(widget.round.asked) == 1


def test_content_and_state_change_together() -> None:
    widget = show(SUMS)
    assert widget.content["step"] == widget.state["step"] == 0
    answer(widget, False)
    send(widget, 2, action="next")
    assert widget.content["step"] == widget.state["step"] == 1


def test_no_key_reaches_the_page() -> None:
    widget = show(SUMS)
    sent = json.dumps(widget.get_state(("content", "state")))
    assert "Why yes" not in sent
    assert '"correct"' not in sent


def test_lessons_are_named_where_several_are_practised() -> None:
    assert show().content["question"]["facts"].rsplit(", ", 1)[1] in ("lesson 1", "lesson 2")
    assert "lesson" not in show(SUMS).content["question"]["facts"]


def test_trouble_with_the_file_shows_in_the_widget(course: Path) -> None:
    (course / "my_learning").mkdir()
    (course / "my_learning" / "practice.json").write_text("{")
    widget = show(SUMS)
    assert widget.state["status"]["notices"] == [
        "practice.json could not be used (it is not JSON). It is kept as practice.broken-1.json."
    ]
    assert answer(widget, True)["notices"] == []


def test_text_stands_in_for_the_widget(two_lessons: Path) -> None:
    data, _ = show(SUMS)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/plain"] == (
        "Practice: 4 questions, one at a time. Where they do not show here, type:\n"
        "  headstart.practice('01_sums', text=True)"
    )
    assert "headstart.practice(text=True)" in show()._repr_mimebundle_()[0]["text/plain"]


def test_a_notebook_gets_the_widget(two_lessons: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(practising, "widgets_work", lambda: True)
    widget = headstart.practice("sums", count=2, seed=1)
    assert isinstance(widget, PracticeWidget)
    assert widget.content["question"]["title"] == "Question 1 of 2"
