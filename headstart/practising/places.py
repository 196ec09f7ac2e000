"""Finds the banks of lessons, and links to their sections.

Called by practice, by the ways to study, and by the build for the contents of a lesson.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from headstart.lessons import find_lesson, load_lessons, notebook_link
from headstart.names import unknown_name
from headstart.questions import banks
from headstart.questions.markup import to_plain
from headstart.questions.schema import Bank

# The characters that JupyterLab keeps in the anchor of a heading, beside letters and digits.
_KEPT = "!'*,:;.?-_~$&+=@"


def find_lessons(lesson: Any = None) -> list[Bank]:
    """Return what is known of the lessons that `lesson` names, in the course's order.

    Args:
        lesson: `"07"`, `7`, `"07_freezing"`, `"freezing"`, the title, a list of such names, or None for all.

    Raises:
        UnknownName: there is no such lesson; the message names the nearest ones.
    """
    known = sorted(banks.load_banks(banks.BANK_FOLDER), key=lambda bank: bank.number)
    if lesson is None:
        return known
    names = list(lesson) if isinstance(lesson, list | tuple | set | frozenset) else [lesson]
    if not names:
        raise unknown_name("lesson", "", [found.folder for found in load_lessons()])
    wanted = {find_lesson(name).folder for name in names}
    return [bank for bank in known if bank.assignment in wanted]


def heading(bank: Bank) -> str:
    """Return the lesson as learners know it: `Lesson 7 · Freezing`."""
    return f"Lesson {bank.number} · {bank.title}"


def lesson_link(bank: Bank) -> str | None:
    """Return the link from the current folder to the lesson's notebook, or None outside the course's folder."""
    return notebook_link(bank.assignment)


def section_link(bank: Bank, link: str | None, section: str | None) -> str | None:
    """Return the link to a section of the lesson's notebook, to which `link` leads; None where that is None."""
    cell = bank.about.cells.get(section or "")
    return link if link is None or cell is None else f"{link}#cell-id={cell}"


def anchor(section: str) -> str:
    """Return where a heading is in its page: JupyterLab makes the anchor from its text, with dashes for spaces."""
    return "#" + quote(to_plain(section).replace(" ", "-"), safe=_KEPT)


def markdown_link(text: str, link: str | None) -> str:
    """Return `text` as a Markdown link, or alone where there is no link."""
    words = text.replace("[", "\\[").replace("]", "\\]")
    return words if link is None else f"[{words}](<{link}>)"
