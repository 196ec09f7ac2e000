"""Progress as text, for terminals and as the `text/plain` form of the page. Called by `headstart.progress`."""

from __future__ import annotations

from headstart.overview.gather import Guess, Row, Standing

TITLE = "Your progress"
# Heading of a column, and what it counts.
COLUMNS = {
    "Lesson": "",
    "Questions": "questions and guesses in the lesson, answered",
    "Quiz": "graded questions, answered",
    "Exercises": "code exercises whose visible examples hold",
    "Practice": "answers in practice that were right",
    "Cards": "flashcards reviewed at least once",
    "Due": "flashcards to review now",
}
GUESS_COLUMNS = ("Lesson", "Guess", "Measured", "How good")
PRIVATE = "All of this is kept in files on this computer. Nothing is sent anywhere."


def cells(row: Row) -> list[str]:
    """Return the cells of a row after its name."""
    shares = (row.asked, row.quiz, row.exercises, row.practice, row.cards)
    return [*(str(share) for share in shares), str(row.due)]


def guess_cells(guess: Guess) -> list[str]:
    """Return the cells of a guess after its lesson."""
    return [
        guess.guess,
        "not yet" if guess.measured is None else guess.measured,
        guess.verdict or "not known",
    ]


def as_text(standing: Standing) -> str:
    """Return tables with headings, then what to do next."""
    rows = [[f"{lesson.number:>2} {lesson.title}", *cells(row)] for lesson, row in standing.rows.items()]
    blocks = [
        f"{TITLE}\n\n{_table([list(COLUMNS), *rows, ['All lessons', *cells(standing.total)]])}",
        "\n".join(f"{name}: {text}." for name, text in COLUMNS.items() if text),
        f"{standing.lesson_line}\n{standing.guess_line}",
    ]
    if standing.guesses:
        lines = [[f"{guess.lesson.number:>2}", *guess_cells(guess)] for guess in standing.guesses]
        blocks.append(_table([list(GUESS_COLUMNS), *lines]))
    return "\n\n".join([*blocks, standing.next_line, PRIVATE])


def _table(rows: list[list[str]]) -> str:
    """Return `rows` as lines with a rule below the first, which holds the headings."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])
