"""Progress as a table with bars, for notebooks. Called by `headstart.progress`.

The table is the picture: each cell says in words what its bar shows, so a screen reader misses nothing. The look is
that of the questions (headstart/questions/widget.css), in light and dark.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from uuid import uuid4

from headstart.lessons import notebook_link
from headstart.overview.gather import Row, Share, Standing
from headstart.overview.text import COLUMNS, GUESS_COLUMNS, PRIVATE, TITLE, guess_cells
from headstart.questions.widget import FOLDER

STYLES = (FOLDER / "widget.css", Path(__file__).parent / "progress.css")


def as_html(standing: Standing) -> str:
    """Return the page as HTML with its style sheet. It loads nothing."""
    style = "\n".join(path.read_text(encoding="utf-8") for path in STYLES)
    body = "".join(
        _row(f"{lesson.number} {escape(lesson.title)}", row) for lesson, row in standing.rows.items()
    )
    headings = "".join(f'<th scope="col">{name}</th>' for name in COLUMNS)
    legend = " ".join(f"<b>{name}</b>: {text}." for name, text in COLUMNS.items() if text)
    table = (
        f"<table><caption>{TITLE}</caption><thead><tr>{headings}</tr></thead><tbody>{body}</tbody>"
        f"<tfoot>{_row('All lessons', standing.total)}</tfoot></table>"
    )
    return (
        f'<style>\n{style}</style><div class="hs-card hs-progress">{_scrolling(table)}'
        f'<p class="hs-task">{legend}</p><p>{escape(standing.lesson_line)}<br>{escape(standing.guess_line)}</p>'
        f'{_guesses(standing)}<p class="hs-next">{_next(standing)}</p><p class="hs-task">{PRIVATE}</p></div>'
    )


def _row(name: str, row: Row) -> str:
    shares = (row.asked, row.quiz, row.exercises, row.practice, row.cards)
    cells = "".join(f"<td>{_bar(share)}</td>" for share in shares)
    return f'<tr><th scope="row">{name}</th>{cells}<td>{row.due}</td></tr>'


def _bar(share: Share) -> str:
    if not share.of:
        return f'<span class="hs-none">{share}</span>'
    width = round(100 * share.done / share.of)
    return f'{share}<span class="hs-bar" aria-hidden="true"><span style="width: {width}%"></span></span>'


def _guesses(standing: Standing) -> str:
    if not standing.guesses:
        return ""
    headings = "".join(f'<th scope="col">{name}</th>' for name in GUESS_COLUMNS)
    rows = "".join(
        f'<tr><th scope="row">{guess.lesson.number} {escape(guess.lesson.title)}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in guess_cells(guess))
        + "</tr>"
        for guess in standing.guesses
    )
    table = (
        f"<table><caption>Guesses</caption><thead><tr>{headings}</tr></thead><tbody>{rows}</tbody></table>"
    )
    return f"<details><summary>Your guesses, one by one</summary>{_scrolling(table)}</details>"


def _next(standing: Standing) -> str:
    """Return the line with a link to the lesson that it names."""
    line, lesson = escape(standing.next_line), standing.next_lesson
    link = notebook_link(lesson.folder) if lesson is not None else None
    if lesson is None or link is None:
        return line
    name = f"lesson {lesson.number} · {escape(lesson.title)}"
    return line.replace(name, f'<a href="{escape(link)}">{name}</a>')


def _scrolling(table: str) -> str:
    """Return a table that scrolls where the page is narrow, also by keyboard."""
    # Two runs of one cell may stand on one page: an id of a page must differ from all others.
    label = f"hs-{uuid4().hex[:8]}"
    named = table.replace("<caption>", f'<caption id="{label}">', 1)
    return f'<div class="hs-scroll" tabindex="0" role="group" aria-labelledby="{label}">{named}</div>'
