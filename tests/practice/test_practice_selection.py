"""What comes next in practice: new before old, more of what was missed, the same for the same seed."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise

import pytest
from practice_samples import one_round, question, random_pool, share

from headstart.practising.selection import (
    MOST_DRAWN,
    MOST_FIXED,
    Answer,
    choose,
    needs,
    round_length,
    topic_of,
    weakest,
)
from headstart.questions.banks import BANK_FOLDER, load_banks

BANKS = load_banks(BANK_FOLDER)
SIZES = (10, 12, 15)


def answered(*results: tuple[str, bool]) -> list[Answer]:
    """Answers to questions by id."""
    return [Answer(name, 0, "t0", name.split(".")[0], correct, "") for name, correct in results]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("topics", [3, 4, 5])
def test_half_of_the_second_round_is_the_weak_topic_and_nothing_is_repeated_too_early(
    size: int, topics: int
) -> None:
    for learner in range(20):
        rng = random.Random(learner)
        pool = random_pool("sums", size, topics, rng)
        weak = ("sums", f"t{learner % topics}")
        first = one_round(pool, [], weak, rng)
        assert {a.topic for a in first} == {q.topic for q in pool}, "a first round meets every topic"
        second = one_round(pool, first, weak, rng)
        assert share(pool, second, weak) >= 0.5
        # In a lesson of this size everything new has come by then, of whatever kind.
        assert {answer.id for answer in (*first, *second)} == {q.id for q in pool}


@pytest.mark.parametrize("bank", BANKS, ids=lambda bank: bank.assignment)
def test_both_promises_hold_for_every_topic_of_the_course(bank: object) -> None:
    pool = bank.practice
    for weak in sorted({topic_of(q) for q in pool}):
        of_topic = [q for q in pool if topic_of(q) == weak]
        possible = sum(MOST_DRAWN if q.draw else MOST_FIXED for q in of_topic)
        for learner in range(5):
            rng = random.Random(learner)
            first = one_round(pool, [], weak, rng)
            second = one_round(pool, first, weak, rng)
            # A topic with one question whose numbers are not drawn has too little to say for half a round.
            assert sum(a.topic == weak[1] for a in second) >= min(possible, (len(second) + 1) // 2)


def test_learners_who_slip_get_half_on_average() -> None:
    shares = []
    for learner in range(60):
        rng = random.Random(learner)
        pool = random_pool("sums", 14, 4, rng, at_least=3)
        weak = ("sums", f"t{learner % 4}")
        first = one_round(pool, [], weak, rng, miss=0.9, slip=0.1)
        shares.append(share(pool, one_round(pool, first, weak, rng, miss=0.9, slip=0.1), weak))
    assert sum(shares) / len(shares) >= 0.5


def test_many_rounds_never_repeat_while_something_of_the_kind_is_new() -> None:
    for learner in range(10):
        rng = random.Random(learner)
        pool = [q for name in "abc" for q in random_pool(name, rng.randint(4, 20), 3, rng, at_least=1)]
        before: list[Answer] = []
        for _ in range(12):
            before += one_round(pool, before, ("a", "t1"), rng, miss=0.7, slip=0.3)
        assert {answer.id for answer in before} == {q.id for q in pool}


def test_a_large_pool_keeps_its_new_questions_first() -> None:
    # All of one kind, and more of them than a round and a half: the weak topic gets what is new in it, no more.
    pool = [question(f"sums.q{place}", topic=f"t{place % 6}") for place in range(24)]
    rng = random.Random(0)
    weak = ("sums", "t0")
    first = one_round(pool, [], weak, rng)
    second = one_round(pool, first, weak, rng)
    assert len({answer.id for answer in (*first, *second)}) == 20
    third = one_round(pool, [*first, *second], weak, rng)
    assert share(pool, third, weak) >= 0.5


def test_a_missed_topic_comes_again_in_the_same_round() -> None:
    pool = [q for name in "abcdef" for q in random_pool(name, 12, 4, random.Random(1), at_least=3)]
    first = choose(pool, [], [], "seed")
    for correct in (False, True):
        asked = [Answer(first.id, 0, first.topic, first.lesson, correct, "")]
        for _ in range(9):
            chosen = choose(pool, [], asked, "seed")
            asked.append(Answer(chosen.id, 0, chosen.topic, chosen.lesson, True, ""))
        again = [topic_of(first) == (a.lesson, a.topic) for a in asked[1:]]
        assert any(again) != correct
        # Between two questions of a topic stands another one.
        assert not again[0]


def test_a_round_mixes_lessons_topics_and_difficulties() -> None:
    pool = [q for name in "abcdef" for q in random_pool(name, 12, 4, random.Random(2), at_least=3)]
    asked = one_round(pool, [], None, random.Random(0))
    by_id = {q.id: q for q in pool}
    assert max(Counter(answer.lesson for answer in asked).values()) == 2
    levels = Counter(by_id[answer.id].difficulty for answer in asked)
    assert set(levels) == {"easy", "medium", "hard"}
    assert by_id[asked[0].id].difficulty == "easy"
    assert len({answer.id for answer in asked}) == 10


def test_no_question_fills_a_round() -> None:
    pool = [question("sums.only", topic="weak"), *(question(f"sums.q{n}", topic="t") for n in range(9))]
    rng = random.Random(0)
    weak = ("sums", "weak")
    before = one_round(pool, [], weak, rng)
    for _ in range(3):
        asked = one_round(pool, before, weak, rng)
        assert Counter(answer.id for answer in asked)["sums.only"] == MOST_FIXED
        assert all(a.id != b.id for a, b in pairwise(asked))
        before += asked


def test_the_choice_follows_from_questions_answers_and_seed() -> None:
    pool = random_pool("sums", 15, 4, random.Random(3))
    first = [choose(pool, [], [], str(seed)).id for seed in range(10)]
    assert len(set(first)) > 1
    assert first == [choose(list(reversed(pool)), [], [], str(seed)).id for seed in range(10)]


def test_what_is_made_good_is_no_weakness() -> None:
    pool = [question("sums.a", topic="t0"), question("sums.b", topic="t1")]
    assert weakest(pool, [], "seed") is None
    missed = answered(("sums.a", False))
    assert weakest(pool, missed, "seed") == ("sums", "t0")
    assert weakest(pool, [*missed, *answered(("sums.a", True))], "seed") == ("sums", "t0")
    assert weakest(pool, [*missed, *answered(("sums.a", True), ("sums.a", True))], "seed") is None
    two = [*missed, *answered(("sums.b", False), ("sums.b", False), ("sums.b", True))]
    assert needs(pool, two) == {("sums", "t0"): 1.0, ("sums", "t1"): pytest.approx(0.7 + 0.49)}
    assert weakest(pool, two, "seed") == ("sums", "t1")


def test_questions_that_are_gone_do_not_matter() -> None:
    pool = [question("sums.a"), question("sums.b")]
    before = answered(("sums.gone", False), ("other.gone", False))
    assert weakest(pool, before, "seed") is None
    assert choose(pool, before, answered(("sums.a", True)), "seed").id == "sums.b"


def test_a_round_has_an_end() -> None:
    pool = [question("sums.a"), question("sums.b")]
    assert (round_length(pool), round_length(pool, 1), round_length(pool * 20)) == (2, 1, 10)
    with pytest.raises(ValueError, match="the round is complete: 2 of 2 questions are answered"):
        choose(pool, [], answered(("sums.a", True), ("sums.b", True)), "seed")
    with pytest.raises(ValueError, match="the round is complete: 0 of 0"):
        choose([], [], [], "seed")
