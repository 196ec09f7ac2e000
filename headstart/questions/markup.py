"""Markdown of question texts to HTML, and to lines for a terminal.

Called by the widget, the text form and the grader.

HTML in the source is shown as text, and images are off, so a question never loads anything.
"""

from __future__ import annotations

import re
from functools import cache

from markdown_it import MarkdownIt


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def to_html(text: str) -> str:
    """Return the Markdown `text` as HTML. A single paragraph comes without its `<p>`."""
    html = _markdown().render(text).strip()
    # The empty corner of a table is no heading of anything.
    html = re.sub(r"<th[^>]*></th>", "<td></td>", html)
    inner = html.removeprefix("<p>").removesuffix("</p>")
    return inner if html == f"<p>{inner}</p>" and "<p>" not in inner else html


def to_plain(text: str) -> str:
    """Return the Markdown `text` for a terminal: without the marks of bold and code."""
    lines = [line for line in text.strip().splitlines() if not line.lstrip().startswith("```")]
    return "\n".join(lines).replace("**", "").replace("`", "")
