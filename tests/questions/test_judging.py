"""What answers are understood, what they are worth, and that the message names the mistake."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy
import pytest

from headstart.questions.draw import instance
from headstart.questions.judging import Unreadable, judge, parse_number, parse_response, response_text
from headstart.questions.schema import Question, key_of

ADA = "ada"


def letters(question: Question, *texts: str, learner: str = ADA) -> list[str]:
    """The letters that `learner` sees before the options or items with these texts."""
    seen = instance(question, learner)
    return [seen.choice(key_of(question.id, text)).letter for text in texts]


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (0.85, 0.85),
        (3, 3.0),
        (numpy.float32(0.5), 0.5),
        (numpy.array([1, 2]), None),
        (Fraction(1, 4), 0.25),
        (" 0.85 ", 0.85),
        (".85", 0.85),
        ("0,85", 0.85),
        ("-1e-3", -0.001),
        ("\N{MINUS SIGN}2", -2.0),
        ("85 %", 0.85),
        ("17/20", 0.85),
        ("1_000", 1000.0),
        ("0,125", 0.125),
        ("1/0", None),
        ("1,000", None),
        ("about 3", None),
        ("1/2/3", None),
        ("nan", None),
        (float("inf"), None),
        (True, None),
        ([], None),
        ({"a": 1}, None),
        (10**400, None),
    ],
)
def test_numbers(raw: Any, value: float | None) -> None:
    if value is None:
        with pytest.raises(Unreadable, match=r"write|got"):
            parse_number(raw)
    else:
        assert parse_number(raw) == pytest.approx(value)


def test_units_are_understood() -> None:
    assert parse_number("85 %", "%") == 85
    assert parse_number("85", "%") == 85
    assert parse_number("12 points", "points") == 12
    with pytest.raises(Unreadable):
        parse_number("12 metres", "points")


@pytest.mark.parametrize("raw", ["b", "B", " b ", "b)", "(b)", "b.", ["b"], ("b",), {"b"}])
def test_one_letter_in_many_spellings(raw: Any, questions: dict[str, Question]) -> None:
    question = questions["one"]
    assert parse_response(question, ADA, raw) == instance(question, ADA).choices[1].key


@pytest.mark.parametrize("raw", ["a, c", "c a", "ac", "A;C", ["c", "a"], {"a", "c"}, "a, c, a"])
def test_several_letters_in_many_spellings(raw: Any, questions: dict[str, Question]) -> None:
    question = questions["several"]
    choices = instance(question, ADA).choices
    assert parse_response(question, ADA, raw) == [choices[0].key, choices[2].key]


@pytest.mark.parametrize("raw", ["c a b d", "cabd", "c, a, b, d", "c > a > b > d", ["c", "a", "b", "d"]])
def test_orders_in_many_spellings(raw: Any, questions: dict[str, Question]) -> None:
    question = questions["order"]
    choices = instance(question, ADA).choices
    assert parse_response(question, ADA, raw) == [choices[i].key for i in (2, 0, 1, 3)]


@pytest.mark.parametrize("raw", [None, ..., "", "  ", [], ()])
def test_nothing_is_not_attempted(raw: Any, questions: dict[str, Question]) -> None:
    for name in ("one", "several", "share", "order"):
        assert parse_response(questions[name], ADA, raw) is None
        verdict = judge(questions[name], ADA, raw)
        assert (verdict.credit, verdict.outcome) == (0, "not_attempted")


@pytest.mark.parametrize(
    ("name", "raw", "message"),
    [
        ("one", "d", "there is no option 'd'; the letters here are a to c"),
        ("one", "a b", "pick one option only"),
        ("one", 2, "write letters, such as"),
        ("one", "ofeed00", "an earlier wording of this question"),
        ("order", "a b c", "name each of the letters a, b, c, d once, in your order; got 'a b c'"),
        ("order", "a b c c", "name each of the letters"),
        ("several", "linear", "there is no option 'linear'"),
        ("share", "high", "write one number, such as 0.85; got 'high'"),
    ],
)
def test_what_cannot_be_read_says_what_can(
    name: str, raw: Any, message: str, questions: dict[str, Question]
) -> None:
    with pytest.raises(Unreadable) as caught:
        parse_response(questions[name], ADA, raw)
    assert message in str(caught.value)
    verdict = judge(questions[name], ADA, raw)
    assert (verdict.credit, verdict.outcome, verdict.message) == (0, "unreadable", str(caught.value))


def test_every_option_has_its_own_reason(questions: dict[str, Question]) -> None:
    question = questions["one"]
    for option in question.options:
        verdict = judge(question, ADA, letters(question, option.text)[0])
        assert verdict.message == option.why
        assert (verdict.credit, verdict.outcome) == ((1, "right") if option.correct else (0, "wrong"))
    assert len(judge(question, ADA, letters(question, "`(2, 3)`")[0]).details) == 2


def test_several_give_partial_credit(questions: dict[str, Question]) -> None:
    question = questions["several"]

    def verdict(*texts: str) -> Any:
        return judge(question, ADA, letters(question, *texts))

    assert (verdict("Linear", "Conv2d").credit, verdict("Linear", "Conv2d").outcome) == (1, "right")
    one = verdict("Linear")
    assert (one.credit, one.outcome) == (0.5, "partly")
    assert one.message == "What you picked is right. 1 more option belongs to it."
    mixed = verdict("Linear", "Conv2d", "ReLU")
    assert (mixed.credit, mixed.outcome) == (0.5, "partly")
    assert "does not belong: It only cuts negative values off." in mixed.message
    assert verdict("Linear", "ReLU").credit == 0
    everything = verdict("Linear", "Conv2d", "ReLU", "Flatten")
    assert (everything.credit, everything.outcome) == (0, "wrong")
    assert "It only changes the shape." in everything.message + everything.details[0]


def test_right_order_and_first_misplaced_item(questions: dict[str, Question]) -> None:
    question = questions["order"]
    zero, loss, back, step = letters(question, *(item.text for item in question.items))
    assert judge(question, ADA, [zero, loss, back, step]).outcome == "right"
    wrong = judge(question, ADA, [zero, back, loss, step])
    assert (wrong.credit, wrong.outcome) == (0, "wrong")
    assert (
        wrong.message
        == f"Right up to place 1. **{back}** comes later than place 2: Gradients are computed from the loss."
    )
    assert judge(question, ADA, [step, zero, loss, back]).message.startswith(
        f"**{step}** comes later than place 1: "
    )


def test_numbers_right_trapped_near_and_wrong(questions: dict[str, Question]) -> None:
    question = questions["share"]
    seen = instance(question, ADA)
    answer, fp = float(seen.answer), seen.values["fp"]
    assert judge(question, ADA, answer).credit == 1
    assert judge(question, ADA, f"{answer:.3f}").credit == 1
    assert judge(question, ADA, answer + 0.005).credit == 1
    assert judge(question, ADA, 1 - answer).message == f"That is the share of wrong ones: {fp} of them."
    assert "in per cent. A share of 1 is wanted" in judge(question, ADA, 100 * answer).message
    assert judge(question, ADA, f"{100 * answer} %").credit == 1
    near = judge(question, ADA, answer + 0.02)
    assert (near.credit, near.outcome) == (0, "wrong")
    assert "near" in near.message
    assert "0.1 is not the value" in judge(question, ADA, 0.1).message


def test_per_cent_wanted_but_a_share_given(questions: dict[str, Question]) -> None:
    question = questions["try-share"]
    answer = float(instance(question, ADA).answer)
    assert judge(question, ADA, f"{answer:.1f} %").credit == 1
    assert "Per cent are wanted" in judge(question, ADA, answer / 100).message


def test_the_same_answer_under_another_id(questions: dict[str, Question]) -> None:
    for name, learner in (("share", "grace"), ("one", "grace"), ("order", "linus")):
        question = questions[name]
        seen = instance(question, learner)
        right = float(seen.answer) if seen.answer is not None else None
        if right is None:
            keys = list(seen.right_order) or [c.key for c in seen.choices if c.correct]
            right = [seen.choice(key).letter for key in keys]
        assert judge(question, learner, right).credit == 1


def test_stored_responses_are_judged_and_shown_alike(questions: dict[str, Question]) -> None:
    for name, raw in (("one", "b"), ("several", "a, c"), ("order", "c a b d"), ("share", "0.5")):
        question = questions[name]
        stored = parse_response(question, ADA, raw)
        assert parse_response(question, ADA, stored) == stored
        assert judge(question, ADA, stored) == judge(question, ADA, raw)
        assert response_text(instance(question, ADA), stored) == raw


def test_public_questions_are_read_too(questions: dict[str, Question]) -> None:
    for name, raw in (("one", "b"), ("several", "a, c"), ("order", "c a b d"), ("share", "0.5")):
        assert parse_response(questions[name].public(), ADA, raw) == parse_response(questions[name], ADA, raw)
