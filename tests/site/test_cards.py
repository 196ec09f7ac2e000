"""What pages reply is what Python replies: recorded replies against the judge, for every practice question."""

from __future__ import annotations

import itertools
import json
import math
import random
import re
from bisect import bisect_right
from html import unescape
from typing import Any

import pytest
from cards import (
    MARK,
    READER,
    WRITTEN,
    NotForPages,
    Unkept,
    card_html,
    comparison,
    prediction_card,
    question_card,
)

from headstart.questions.banks import BANK_FOLDER, find_question, load_banks
from headstart.questions.draw import instance
from headstart.questions.schema import Question
from headstart.questions.widget import PredictionWidget, QuestionWidget

BANKS = load_banks(BANK_FOLDER)
PRACTICE = [question for bank in BANKS for question in bank.practice]
PREDICTIONS = [prediction for bank in BANKS for prediction in bank.predictions]


def of_kind(kind: str, of: list[Any], most: int) -> list[Any]:
    """Return up to `most` questions of a kind, the same ones in each run, from all over the course."""
    chosen = [question for question in of if question.kind == kind]
    return random.Random(0).sample(chosen, min(most, len(chosen)))


def answer_of(question: Question, response: Any) -> dict[str, Any]:
    """Return what the notebook's widget shows after `response`."""
    widget = QuestionWidget(find_question(question.id), Unkept())
    widget.store = Unkept()
    widget.submission = {"response": response, "n": 1, "view": "test"}
    return widget.state["status"]


def reply(card: dict[str, Any], at: int, value: float | None = None) -> dict[str, Any]:
    """Return the reply number `at` as pages.js fills it."""
    kept = card["replies"][at]
    status = dict(kept["status"])
    if "written" in kept:
        status["html"] = status["html"].replace(MARK, WRITTEN[kept["written"]](value))
    return status


@pytest.mark.parametrize("question", of_kind("single", PRACTICE, 8), ids=lambda question: question.id)
def test_each_option_gets_its_own_reply(question: Question) -> None:
    card = question_card(question.id)
    keys = [choice.key for choice in instance(question, READER).choices]
    assert card["choices"].keys() == set(keys)
    for key in keys:
        assert reply(card, card["choices"][key]) == answer_of(question, key)


@pytest.mark.parametrize("question", of_kind("multiple", PRACTICE, 4), ids=lambda question: question.id)
def test_each_set_of_options_gets_its_own_reply(question: Question) -> None:
    card = question_card(question.id)
    keys = [choice.key for choice in instance(question, READER).choices]
    assert len(card["choices"]) == 2 ** len(keys) - 1
    for shown, at in random.Random(0).sample(sorted(card["choices"].items()), 10):
        assert reply(card, at) == answer_of(question, shown.split())


@pytest.mark.parametrize("question", of_kind("ordering", PRACTICE, 4), ids=lambda question: question.id)
def test_orders_get_their_own_reply(question: Question) -> None:
    card = question_card(question.id)
    keys = [choice.key for choice in instance(question, READER).choices]
    orders = list(itertools.permutations(keys)) if len(keys) < 5 else []
    orders += [tuple(random.Random(seed).sample(keys, len(keys))) for seed in range(20)]
    orders.append(instance(question, READER).right_order)
    for order in orders:
        branch = card["order"]
        for key in order:
            branch = branch if isinstance(branch, int) else branch[key]
        assert reply(card, branch) == answer_of(question, list(order))


@pytest.mark.parametrize("question", of_kind("numeric", PRACTICE, 8), ids=lambda question: question.id)
def test_numbers_get_their_own_reply(question: Question) -> None:
    card = question_card(question.id)
    starts = card["number"]["starts"]
    seen = instance(question, READER)
    answer = float(seen.answer)
    dice = random.Random(question.id)
    values = [answer, *(trap for trap, _ in seen.traps), 0.0, -1.0, 1e6]
    values += [near for start in starts for near in (start, math.nextafter(start, -math.inf))]
    values += [dice.uniform(-2, 3) * answer for _ in range(15)] + [dice.gauss(0, 100) for _ in range(5)]
    for value in values:
        got = reply(card, card["number"]["replies"][bisect_right(starts, value)], value)
        assert got == answer_of(question, value), value
    assert got != reply(card, card["number"]["replies"][bisect_right(starts, answer)], answer)


@pytest.mark.parametrize("prediction", PREDICTIONS, ids=lambda prediction: prediction.id)
def test_guesses_are_kept_in_the_words_of_the_notebook(prediction: Any) -> None:
    card = prediction_card(prediction.id)
    widget = PredictionWidget(prediction, Unkept())
    widget.store = Unkept()
    if prediction.kind == "single":
        given = prediction.options[-1].text
        at = card["choices"][given]
    else:
        low = prediction.low if prediction.low is not None else 0.0
        given = low + 1 / 3 if prediction.high is None else low + (prediction.high - low) / 3
        at = card["number"]["replies"][bisect_right(card["number"]["starts"], given)]
    widget.submission = {"response": given, "n": 1, "view": "test"}
    assert widget.state["status"]["tone"] == "saved"
    assert reply(card, at, given) == widget.state["status"]


def test_a_guess_stands_beside_its_result() -> None:
    numeric = next(prediction for prediction in PREDICTIONS if prediction.kind == "numeric")
    single = next(prediction for prediction in PREDICTIONS if prediction.kind == "single")
    lines = comparison(numeric.id, "12.5 %")
    assert "You made no guess; measured 12.5 %." in lines["none"]
    assert f"You guessed {MARK}" in lines["lines"] and "measured 12.5 %." in lines["lines"]
    lines = comparison(single.id, "this")
    assert lines["lines"].keys() == {option.text for option in single.options}


def test_a_graded_question_is_refused() -> None:
    with pytest.raises(NotForPages, match="graded question"):
        question_card(BANKS[0].graded[0].id)


def test_a_page_carries_its_replies_without_closing_its_script() -> None:
    card = question_card(PRACTICE[0].id)
    html = card_html({**card, "id": "a</script><b>"})
    data = re.search(r'<script type="application/json">(.*?)</script>', html, flags=re.S)
    assert data and json.loads(data[1])["id"] == "a</script><b>"
    assert "Answers need JavaScript" in unescape(html)
