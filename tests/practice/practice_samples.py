"""Questions, lessons and learners made for the tests of practice."""

from __future__ import annotations

import random
from collections.abc import Sequence

from headstart.practising.selection import Answer, Topic, choose, kind_of, round_length, topic_of
from headstart.questions.schema import Bank, Question

KINDS = ("single",) * 7 + ("multiple",) * 3 + ("numeric",) * 3 + ("ordering",) * 2
LEVELS = ("easy", "easy", "medium", "medium", "hard")


def question(
    question_id: str,
    *,
    topic: str = "t0",
    kind: str = "single",
    difficulty: str = "easy",
    section: str | None = None,
    form: str | None = None,
) -> Question:
    """A practice question; the right option is "yes", the right number twice the drawn one."""
    fields: dict[str, object] = {}
    if kind == "numeric":
        fields = {
            "draw": {"a": [10, 90]},
            "answer": "2 * a",
            "traps": [{"value": "a", "why": "That is {a} once."}],
        }
    elif kind == "ordering":
        fields = {
            "items": [{"text": text, "why": f"{text} stands here."} for text in ("one", "two", "three")]
        }
    else:
        texts = {"yes": True, "no": False, "perhaps": False}
        fields = {
            "options": [
                {"text": text, "correct": right, "why": f"Why {text}."} for text, right in texts.items()
            ]
        }
    return Question(
        id=question_id,
        kind=kind,
        topic=topic,
        difficulty=difficulty,
        section=section,
        form=form,
        stem="Twice {a}?" if kind == "numeric" else "Is it so?",
        hint="Think.",
        steps=["First this.", "Then that."],
        **fields,
    )


def bank(assignment: str, questions: list[Question], **about: object) -> Bank:
    """A bank of practice questions."""
    lesson = assignment.split("_", 1)[1]
    return Bank(
        lesson=lesson, assignment=assignment, about=about, practice=questions, predictions=[], graded=[]
    )


LESSONS = [
    bank(
        "01_sums",
        [
            question("sums.one", topic="adding", section="Add: two numbers"),
            question(
                "sums.two", topic="adding", kind="numeric", difficulty="medium", section="Add: two numbers"
            ),
            question(
                "sums.three", topic="carrying", kind="ordering", difficulty="hard", section="Carry `one`?"
            ),
            question("sums.four", topic="carrying", form="bug", section="Carry `one`?"),
        ],
        title="Sums",
        minutes=5,
        sections=["Add: two numbers", "Carry `one`?", "Key result"],
        explorers=["Add: two numbers"],
        broken=["Carry `one`?"],
        cells={"Add: two numbers": "1a", "Carry `one`?": "2b", "Key result": "3c"},
        exercises=[{"name": "add", "difficulty": "easy", "minutes": 3}, {"name": "carry"}],
    ),
    bank("02_wide_shapes", [question("wide_shapes.one", topic="adding")], title="Wide shapes"),
]


def random_pool(lesson: str, size: int, topics: int, rng: random.Random, at_least: int = 2) -> list[Question]:
    """Practice questions of a lesson: random kinds and difficulties, `at_least` of them for each topic."""
    names = [f"t{place % topics}" for place in range(at_least * topics)]
    names += [f"t{rng.randrange(topics)}" for _ in range(size - len(names))]
    return [
        question(f"{lesson}.q{place}", topic=topic, kind=rng.choice(KINDS), difficulty=rng.choice(LEVELS))
        for place, topic in enumerate(names)
    ]


def one_round(
    pool: Sequence[Question],
    before: Sequence[Answer],
    weak: Topic | None,
    rng: random.Random,
    miss: float = 1.0,
    slip: float = 0.0,
) -> list[Answer]:
    """The answers of a learner who misses the topic `weak` with probability `miss`, the others with `slip`.

    Checks on the way that nothing comes again while a new question of its kind is left.
    """
    asked: list[Answer] = []
    for _ in range(round_length(pool)):
        chosen = choose(pool, before, asked, f"seed {len(before)}")
        known = {answer.id for answer in (*before, *asked)}
        if chosen.id in known:
            new = [q.id for q in pool if q.id not in known and kind_of(q) == kind_of(chosen)]
            assert not new, f"{chosen.id} comes again while {new} are new"
        missed = rng.random() < (miss if topic_of(chosen) == weak else slip)
        asked.append(Answer(chosen.id, 0, chosen.topic, chosen.lesson, not missed, ""))
    return asked


def share(pool: Sequence[Question], answers: Sequence[Answer], topic: Topic) -> float:
    """The share of `answers` that belongs to `topic`."""
    topics = {question.id: topic_of(question) for question in pool}
    return sum(topics[answer.id] == topic for answer in answers) / len(answers)
