"""What was done, how good the guesses were, and what comes next. Called by notebooks and the `headstart` command.

headstart.progress()     a table of all lessons

This package is not called `progress`, because `headstart.progress` is the function.
"""

from __future__ import annotations

from datetime import datetime

from headstart.overview.gather import gather

__all__ = ["progress"]


def progress(*, now: datetime | None = None) -> None:
    """Show what you did in each lesson, how good your guesses were, what is due and what comes next.

    In a notebook this is a table with bars, in a terminal the same table in text. It counts what is kept in the
    course's folder, whichever of its folders you are in. Nothing is changed, and nothing is sent anywhere.

    Args:
        now: the time in UTC for which cards are due; by default that of the clock.
    """
    from headstart.overview.text import as_text
    from headstart.questions import widgets_work

    standing = gather(now)
    text = as_text(standing)
    if not widgets_work():
        print(text)
        return
    from IPython.display import display

    from headstart.overview.page import as_html

    display({"text/html": as_html(standing), "text/plain": text}, raw=True)
