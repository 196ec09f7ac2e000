"""Which question comes next in a round of practice. Called by `Round`, which the widget and the text form share.

`choose` is a pure function: the same questions, answers and seed give the same choice.

What comes first:

1. A question that was never asked comes before one that was. The topics take turns, easy ones mixed with harder.
2. A topic that was missed comes again soon, also within the round.
3. Half of a round belongs to the topic that was missed most before it. Where too few new questions of that
   topic are left, old ones come again: with other numbers where they are drawn, and with the options in another
   order.
4. A question never comes again while a new one of the same kind is left: same lesson and same `kind` (single,
   multiple, numeric, ordering), among the lessons that are practised. This rule is never broken.

Rules 3 and 4 can meet: questions of the weak topic may have to wait for new ones of their kind. Then those new
ones come first. A lesson with up to fifteen questions always has room for both in a round of ten. In a larger
choice rule 4 wins, and the topic gets as many places as are left.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from headstart.questions.schema import Question

COUNT = 10
# Difficulties take turns, four easy, four medium and two hard ones in ten, as in the graded quizzes.
PLAN = ("easy", "medium", "easy", "medium", "hard")
LEVELS = {"easy": 0, "medium": 1, "hard": 2}
# How often one question may come in a round; numbers that are drawn again make another question of it.
MOST_FIXED, MOST_DRAWN = 3, 5
# The newest answer to a topic counts 1, the one before it 0.7, then 0.49, up to eight. A miss counts that much.
FADING, MEMORY = 0.7, 8
# A single miss is made good by two right answers.
WEAK = 0.5

Topic = tuple[str, str]


@dataclass(frozen=True)
class Answer:
    """One answer of practice: the first try at a question. A skipped question counts as missed."""

    id: str
    variant: int
    topic: str
    lesson: str
    correct: bool
    at: str


def round_length(pool: Sequence[Question], count: int = COUNT) -> int:
    """Return how many questions a round has: `count`, or fewer where there are fewer questions."""
    return min(count, len(pool))


def topic_of(question: Question) -> Topic:
    """Return lesson and topic: the same word in two lessons is two topics."""
    return question.lesson, question.topic


def kind_of(question: Question) -> tuple[str, str]:
    """Return lesson and kind, which is what "of the same kind" means in practice."""
    return question.lesson, question.kind


def needs(pool: Iterable[Question], answers: Sequence[Answer]) -> dict[Topic, float]:
    """Return how much each topic of `pool` was missed lately, 0 for never; newest answers count most.

    Topics without an answer are left out.
    """
    topics = {question.id: topic_of(question) for question in pool}
    newest_first: dict[Topic, list[bool]] = {}
    for answer in reversed(answers):
        if answer.id in topics:
            newest_first.setdefault(topics[answer.id], []).append(answer.correct)
    return {
        topic: sum(FADING**age for age, correct in enumerate(results[:MEMORY]) if not correct)
        for topic, results in newest_first.items()
    }


def weakest(pool: Sequence[Question], answers: Sequence[Answer], seed: str) -> Topic | None:
    """Return the topic that was missed most lately, or None where none was, or all is made good."""
    weak = {topic: need for topic, need in needs(pool, answers).items() if need >= WEAK}
    if not weak:
        return None
    topics = {question.id: topic_of(question) for question in pool}
    missed = Counter(topics[answer.id] for answer in answers if answer.id in topics and not answer.correct)
    return min(weak, key=lambda topic: (-weak[topic], -missed[topic], _chance(seed, *topic)))


def choose(
    pool: Sequence[Question],
    before: Sequence[Answer],
    asked: Sequence[Answer],
    seed: str,
    count: int = COUNT,
) -> Question:
    """Return the question that comes next in a round.

    Args:
        pool: the questions that are practised, with different ids.
        before: all answers given before the round, oldest first.
        asked: the answers of this round, oldest first.
        seed: decides between questions that are equally good.
        count: how many questions a round has, at most.

    Raises:
        ValueError: `pool` is empty, or the round is complete.
    """
    length = round_length(pool, count)
    if len(asked) >= length:
        raise ValueError(f"the round is complete: {len(asked)} of {length} questions are answered")
    return _Chooser(pool, before, asked, f"{seed}|{len(asked)}", length).choose(seed)


class _Chooser:
    """The state of one choice, worked out once."""

    def __init__(
        self,
        pool: Sequence[Question],
        before: Sequence[Answer],
        asked: Sequence[Answer],
        seed: str,
        length: int,
    ) -> None:
        self.pool, self.before, self.asked, self.seed, self.length = pool, before, asked, seed, length
        by_id = {question.id: question for question in pool}
        answers = [*before, *asked]
        self.last_place = {answer.id: place for place, answer in enumerate(answers)}
        self.unseen = [question for question in pool if question.id not in self.last_place]
        self.unseen_kinds = Counter(kind_of(question) for question in self.unseen)
        self.times = Counter(answer.id for answer in asked)
        self.ever = Counter(topic_of(by_id[answer.id]) for answer in answers if answer.id in by_id)
        this_round = [by_id[answer.id] for answer in asked if answer.id in by_id]
        self.topics = Counter(topic_of(question) for question in this_round)
        self.lessons = Counter(question.lesson for question in this_round)
        self.needs = needs(pool, answers)
        self.previous = this_round[-1] if this_round else None

    def choose(self, seed: str) -> Question:
        weak = weakest(self.pool, self.before, seed)
        if weak is None:
            return self._any()
        # Where nothing new is left, one more than half costs no variety.
        share = (self.length + 1) // 2 + (0 if self.unseen else 1)
        wanted, left = share - self.topics[weak], self.length - len(self.asked)
        if wanted <= 0:
            return self._any()
        of_topic = [question for question in self.pool if topic_of(question) == weak]
        new = [question for question in of_topic if question.id not in self.last_place]
        just_had = self.previous is not None and topic_of(self.previous) == weak
        if new and (wanted >= left or not just_had):
            return self._best_new(new)
        others = [question for question in self.unseen if topic_of(question) != weak]
        if others and (new or wanted < left):
            return self._best_new(self._that_make_room(of_topic, others, wanted - len(new)))
        again = self._repeatable(of_topic)
        if again and (wanted >= left or not just_had):
            return self._best_again(again)
        if others:
            return self._best_new(self._that_make_room(of_topic, others, wanted))
        rest = self._repeatable([question for question in self.pool if topic_of(question) != weak])
        return self._best_again(rest) if rest else self._any()

    def _any(self) -> Question:
        """Return a new question, of a topic missed in this round if it can be; else one to repeat."""
        if not self.unseen:
            return self._best_again(self._repeatable(self.pool) or list(self.pool))
        previous = None if self.previous is None else topic_of(self.previous)
        missed = [
            question
            for question in self.unseen
            if self.needs.get(topic_of(question), 0) >= WEAK and topic_of(question) != previous
        ]
        return self._best_new(missed or self.unseen)

    def _repeatable(self, questions: Iterable[Question]) -> list[Question]:
        """Return those of `questions` that may come again now, other than the one just asked if possible."""
        allowed = [
            question
            for question in questions
            if question.id in self.last_place
            and not self.unseen_kinds[kind_of(question)]
            and self.times[question.id] < _most(question)
        ]
        return [question for question in allowed if question is not self.previous] or allowed

    def _that_make_room(
        self, of_topic: list[Question], others: list[Question], repeats: int
    ) -> list[Question]:
        """Return those of the new questions `others` that must come before `of_topic` can be repeated.

        That is the kind of which the fewest are left. All of `others` where `repeats` are possible already.
        """
        room = sum(_most(question) - self.times[question.id] for question in self._repeatable(of_topic))
        kinds = {
            kind: sum(kind_of(question) == kind for question in others)
            for kind in {kind_of(question) for question in of_topic}
        }
        waiting = {kind: number for kind, number in kinds.items() if number}
        if room >= repeats or not waiting:
            return others
        first = min(waiting, key=lambda kind: (waiting[kind], kind))
        return [question for question in others if kind_of(question) == first]

    def _best_new(self, questions: Iterable[Question]) -> Question:
        """Return the question whose lesson and topic had their turn least, of the difficulty that is due."""
        due = LEVELS[PLAN[len(self.asked) % len(PLAN)]]

        def order(question: Question) -> tuple[object, ...]:
            topic = topic_of(question)
            return (
                self.lessons[question.lesson],
                self.topics[topic],
                min(self.ever[topic], 1),
                abs(LEVELS[question.difficulty] - due),
                _chance(self.seed, question.id),
            )

        return min(questions, key=order)

    def _best_again(self, questions: Iterable[Question]) -> Question:
        """Return the question that came least in this round: of the topic missed most, asked longest ago."""

        def order(question: Question) -> tuple[object, ...]:
            topic = topic_of(question)
            return (
                question is self.previous,
                self.times[question.id],
                -self.needs.get(topic, 0),
                self.topics[topic],
                self.last_place[question.id],
            )

        return min(questions, key=order)


def _most(question: Question) -> int:
    return MOST_DRAWN if question.draw else MOST_FIXED


def _chance(*parts: str) -> str:
    """Return a text that orders by chance, the same on every machine."""
    return hashlib.sha256("|".join(parts).encode()).hexdigest()
