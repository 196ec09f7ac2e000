"""A round of practice as text: questions are printed, answers typed. Called by the command and without widgets.

`ask` and `say` stand for `input` and `print`, so that tests and other front ends can put theirs in.
"""

from __future__ import annotations

from collections.abc import Callable

from headstart.practising.places import heading
from headstart.practising.rounds import Idea, Round, Summary
from headstart.questions.banks import Found
from headstart.questions.judging import Unreadable
from headstart.questions.markup import to_plain
from headstart.questions.text import body_text, example, facts, task, verdict_text

HINT, STOP = "?", "q"
YES = ("y", "yes")

Ask = Callable[[str], str]
Say = Callable[[str], None]


class _Stopped(Exception):
    """The learner wants to stop, or nothing more can be read."""


def run(round_: Round, ask: Ask = input, say: Say = print) -> None:
    """Run rounds until the learner has had enough.

    Args:
        round_: the first round; its records know every answer as soon as it is given.
        ask: shows a prompt and returns what was typed. EOFError and KeyboardInterrupt end the practice.
        say: shows a text.
    """
    while True:
        try:
            while not round_.over:
                _question(round_, ask, say)
                round_.next()
            say(summary_text(round_.summary()))
            if _typed(ask, "Another round? y or n: ").lower() not in YES:
                return
        except _Stopped:
            if not round_.over:
                say(f"\nStopped at question {round_.number} of {round_.length}. What you answered is kept.")
                if round_.asked:
                    say(summary_text(round_.summary()))
            return
        round_ = round_.again()


def _question(round_: Round, ask: Ask, say: Say) -> None:
    """Ask the current question until it is answered right, or given up."""
    seen = round_.seen()
    found = Found(seen.question, "practice", round_.number, round_.length)
    say(f"\nQuestion {round_.number} of {round_.length} ({facts(found)})\n\n{body_text(seen)}\n")
    typed_form = example(seen).strip('"')
    prompt = f"{task(seen)} For example {typed_form}; {HINT} for a hint, Enter for “I do not know”, {STOP} to stop: "
    while True:
        typed = _typed(ask, prompt)
        if typed == STOP:
            raise _Stopped
        if typed == HINT:
            say(f"Hint: {to_plain(seen.hint or '')}")
            continue
        if not typed:
            if not round_.answered:
                say("It counts as missed, and its idea comes again.")
            say("Worked steps:\n" + "\n".join(f"  {to_plain(step)}" for step in seen.steps))
            return
        try:
            verdict = round_.answer(typed)
        except Unreadable as error:
            say(f"This cannot be read: {error}.")
            continue
        say(verdict_text(verdict))
        if verdict.correct:
            return
        prompt = f"Try again; {HINT} for a hint, Enter for the worked steps and the next question: "


def _typed(ask: Ask, prompt: str) -> str:
    try:
        return ask(prompt).strip()
    except (EOFError, KeyboardInterrupt):
        raise _Stopped from None


def result_line(summary: Summary) -> str:
    """Return how many were right, as a sentence."""
    return f"{summary.right} of {summary.count} right at the first try."


def missed_words(idea: Idea) -> str:
    """Return how often a topic was missed: `2 of 3 missed`."""
    return f"{idea.missed} of {idea.asked} missed"


def summary_text(summary: Summary) -> str:
    """Return the summary of a round as text: the result, and the sections to go back to."""
    lines = ["", result_line(summary)]
    if not summary.ideas:
        lines.append("Nothing was missed.")
        return "\n".join(lines)
    lines.append("Go back to:")
    for idea in summary.ideas:
        lines.append(f"  {idea.topic} ({missed_words(idea)}): {place_words(idea)}")
    return "\n".join(lines)


def place_words(idea: Idea) -> str:
    """Return lesson and section in words."""
    return heading(idea.lesson) + (f", section “{to_plain(idea.section)}”" if idea.section else "")
