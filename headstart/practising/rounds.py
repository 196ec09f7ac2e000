"""One round of practice: asks, judges, records and sums up. The widget and the text form both drive it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from headstart.names import Refusal
from headstart.practising.records import Records
from headstart.practising.selection import COUNT, Answer, choose, round_length, topic_of
from headstart.questions.draw import Instance, instance
from headstart.questions.judging import Judgement, Unreadable, judge, parse_response
from headstart.questions.schema import Bank, Question

# How far to look for numbers, or an order of options, that the last times did not have.
TRIES, TIMES = 20, 3


@dataclass(frozen=True)
class Idea:
    """A topic that was missed, and the section of the lesson to go back to, where one is known."""

    topic: str
    lesson: Bank
    section: str | None
    missed: int
    asked: int


@dataclass(frozen=True)
class Summary:
    """What a round came to: how many were right at the first try, and the ideas to go back to, worst first."""

    right: int
    count: int
    ideas: tuple[Idea, ...]


class Round:
    """A round over the practice questions of some lessons.

    Args:
        lessons: the lessons to practise.
        learner: the learner's id; numbers and the order of options follow from it.
        records: where answers are kept.
        form: keep to questions of this form: `"bug"` or `"prints"`.
        count: how many questions a round has, at most.
        seed: decides between equally good questions; from the learner and the answers so far by default.

    Raises:
        ValueError: the lessons have no such question, or `count` is below 1.
    """

    def __init__(
        self,
        lessons: Sequence[Bank],
        learner: str,
        records: Records,
        *,
        form: str | None = None,
        count: int = COUNT,
        seed: int | str | None = None,
    ) -> None:
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise Refusal(f"count is how many questions a round has, 1 or more; got {count!r}")
        self.lessons = {bank.lesson: bank for bank in lessons}
        self.learner, self.records, self.form, self.count = learner, records, form, count
        self.pool = [
            question
            for bank in lessons
            for question in bank.practice
            if form is None or question.form == form
        ]
        if not self.pool:
            names = ", ".join(bank.assignment for bank in lessons)
            kind = {None: "", "bug": "find-the-bug "}.get(form, f"{form!r} ")
            raise Refusal(f"there is no {kind}question to practise in {names}; choose another lesson")
        self.before = records.answers()
        self.seed = f"{learner}|{len(self.before)}" if seed is None else str(seed)
        self.asked: list[Answer] = []
        self.question: Question | None = None
        self.variant = 0
        # Whether the current question has had its first try.
        self.answered = True
        self.next()

    @property
    def length(self) -> int:
        """How many questions this round has."""
        return round_length(self.pool, self.count)

    @property
    def number(self) -> int:
        """The place of the current question, from 1."""
        return len(self.asked) + (0 if self.answered else 1)

    @property
    def over(self) -> bool:
        """Whether the last question of the round is done with."""
        return self.question is None

    @property
    def draw_id(self) -> str:
        """The id that numbers and order are drawn from: another one for each repetition, and never a graded one."""
        return draw_id(self.learner, self.variant)

    def seen(self) -> Instance:
        """Return the current question as the learner sees it.

        Raises:
            ValueError: the round is over.
        """
        return instance(self._current(), self.draw_id)

    def skip(self) -> None:
        """Give the current question up. It counts as missed, unless it was answered already."""
        if not self.answered:
            self._record(False)

    def next(self) -> None:
        """Go on to the next question. One that was not answered is skipped."""
        self.skip()
        if len(self.asked) >= self.length:
            self.question = None
            return
        self.question = choose(self.pool, self.before, self.asked, self.seed, self.count)
        self.variant = next_variant(self.question, self.learner, [*self.before, *self.asked])
        self.answered = False

    def answer(self, raw: Any) -> Judgement:
        """Judge an answer to the current question. The first try is recorded; more tries are free.

        Raises:
            Unreadable: `raw` does not fit the question, or is empty; nothing is recorded.
            ValueError: the round is over.
        """
        question = self._current()
        response = parse_response(question, self.draw_id, raw)
        if response is None:
            raise Unreadable("write a number first" if question.kind == "numeric" else "pick an option first")
        verdict = judge(question, self.draw_id, response)
        if not self.answered:
            self._record(verdict.correct)
        return verdict

    def summary(self) -> Summary:
        """Return what this round came to so far."""
        by_id = {question.id: question for question in self.pool}
        asked: dict[tuple[str, str], list[Answer]] = {}
        for answer in self.asked:
            asked.setdefault(topic_of(by_id[answer.id]), []).append(answer)
        ideas = []
        for (lesson, topic), answers in asked.items():
            missed = [by_id[answer.id] for answer in answers if not answer.correct]
            sections = [question.section for question in missed if question.section]
            if missed:
                section = max(sections, key=sections.count) if sections else None
                ideas.append(Idea(topic, self.lessons[lesson], section, len(missed), len(answers)))
        ideas.sort(key=lambda idea: (-idea.missed, -idea.missed / idea.asked))
        return Summary(sum(answer.correct for answer in self.asked), len(self.asked), tuple(ideas))

    def again(self) -> Round:
        """Return another round over the same questions; it knows what was missed in this one."""
        return Round(
            list(self.lessons.values()), self.learner, self.records, form=self.form, count=self.count
        )

    def _current(self) -> Question:
        if self.question is None:
            raise Refusal("the round is over; begin another one")
        return self.question

    def _record(self, correct: bool) -> None:
        self.asked.append(self.records.keep(self._current(), self.variant, correct))
        self.answered = True


def draw_id(learner: str, variant: int) -> str:
    """Return the id from which a repetition is drawn. The lesson's own numbers are drawn from `learner` alone."""
    return f"{learner}~{variant + 1}"


def next_variant(question: Question, learner: str, answers: Sequence[Answer]) -> int:
    """Return the number of the repetition: one whose numbers and order of options the last ones did not have.

    Where a question has too few different forms, this is the next number all the same.
    """
    used = [answer.variant for answer in answers if answer.id == question.id]
    first = max(used, default=-1) + 1
    recent = [_look(question, learner, variant) for variant in used[-TIMES:]]
    for variant in range(first, first + TRIES):
        if _look(question, learner, variant) not in recent:
            return variant
    return first


def _look(question: Question, learner: str, variant: int) -> tuple[Any, ...]:
    seen = instance(question, draw_id(learner, variant))
    return tuple(seen.values.items()), tuple(choice.key for choice in seen.choices)
