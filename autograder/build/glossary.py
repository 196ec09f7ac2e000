"""The glossary: terms from their first definitions in the lessons. Called by the build.

A Markdown cell of a lesson.py names the terms that it defines, and each stands there in bold, in a sentence that
can stand alone:

    # %% [markdown] terms="leak, test set"
    # The **test set** is used once, at the end. A **leak** is any way in which test data influence the training.

The build collects these sentences in lessons/glossary.ipynb, and makes a flashcard of each. The glossary is a
notebook because JupyterLab renders one when its link is followed; a Markdown file opens as source text. Its links
name a cell by its id. JupyterLab finds that in a lesson which it has yet to open, where an anchor of our own
(`<a id=…>`) would not be rendered in time; HTML made by nbconvert has the same ids.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from autograder.build.errors import SourceError
from autograder.build.notebooks import NotebookWriter
from autograder.build.percent import SourceCell
from headstart.names import nearest

NAME = "glossary.ipynb"
CARDS = "headstart/flashcards/cards.json"
LINK = f"Terms of the course, each with the place of its definition: the [glossary]({NAME})."
INTRODUCTION = """\
# Glossary

The terms of the course, each with the sentence that defines it. The link leads to the place in the lesson."""

_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*", re.S)
# A block of text that ends a sentence: blank line, list item, heading, table row, code fence, quotation.
_BREAK = re.compile(r"\n[ \t]*\n|\n(?=[ \t]*(?:[-*+]|\d+\.)[ \t])|\n(?=[ \t]*(?:#|\||>|```))")
_ITEM = re.compile(r"[ \t]*(?:(?:[-*+]|\d+\.)[ \t]+|>[ \t]*)?")
_SENTENCE_END = re.compile(r"[.!?][)\"”*_]*(?=\s|$)(?=\s+[^a-z]|\s*$)")
_HEADING = re.compile(r"^##+ (\S.*?)\s*$", re.M)
_FEWEST_WORDS = 4


@dataclass(frozen=True)
class Definition:
    """A term, the sentence that defines it, and where: lesson, line of the cell's marker, number of the cell.

    `section` is the nearest heading above; None where only the lesson's title is.
    """

    term: str
    sentence: str
    lesson: int
    path: Path
    line: int
    cell: int
    section: str | None = None

    @property
    def folder(self) -> str:
        """The lesson's folder, which is the name of its notebook too."""
        return self.path.parent.name

    @property
    def plain_sentence(self) -> str:
        """The sentence without bold text, for a place where the term itself is bold."""
        return _BOLD.sub(r"\1", self.sentence)


def define(shown: Path, cells: Iterable[SourceCell], lesson: int) -> list[Definition]:
    """Find the definitions in the cells of a lesson.

    Args:
        shown: the lesson.py, relative to the course's root.
        cells: all cells, with or without `terms` in the header.
        lesson: the lesson's number.

    Raises:
        SourceError: `terms` is not a list of terms at a Markdown cell, or a term does not stand in bold in a
            sentence.
    """
    found: list[Definition] = []
    section = None
    for place, cell in enumerate(cells):
        if "terms" in cell.metadata:
            for term in _terms(shown, cell):
                sentence = _sentence(shown, cell, term)
                above = cell.source[: _bold(shown, cell, term).start()]
                heading = _last_heading(above, section)
                found.append(Definition(term, sentence, lesson, shown, cell.line, place, heading))
        if cell.cell_type == "markdown":
            section = _last_heading(cell.source, section)
    return found


def check_once(definitions: Iterable[Definition]) -> None:
    """Raise a SourceError if two of `definitions` define one term."""
    seen: dict[str, Definition] = {}
    for definition in definitions:
        first = seen.setdefault(definition.term.casefold(), definition)
        if first is not definition:
            raise SourceError(
                definition.path,
                definition.line,
                "terms",
                f"{definition.term!r} is defined already in {first.path.as_posix()}:{first.line}; a term is "
                "defined once, at its first use: take it out of the `terms` of one of the two cells",
            )


def build_glossary(definitions: Sequence[Definition], cell_id: Callable[[Definition], str]) -> str:
    """Return the text of the glossary's notebook: sorted terms, one cell for each initial.

    `cell_id` gives the id of the cell in which a term is defined.
    """
    writer = NotebookWriter("lessons/glossary")
    writer.markdown(INTRODUCTION)
    ordered = sorted(definitions, key=lambda definition: (definition.term.casefold(), definition.term))
    for initial, group in groupby(ordered, key=lambda definition: definition.term[0].upper()):
        entries = [
            f"- **{entry.term}**: {entry.plain_sentence} "
            f"([lesson {entry.lesson}]({entry.folder}.ipynb#cell-id={cell_id(entry)}))"
            for entry in group
        ]
        writer.markdown(f"## {initial}\n\n" + "\n".join(entries))
    return writer.text()


def cards_text(definitions: Iterable[Definition], cell_id: Callable[[Definition], str]) -> str:
    """Return the text of cards.json: the glossary's terms in the order in which the lessons define them.

    A card's id is its term in small letters: a learner can read it in review.json, and it stays the same when the
    definition or its place changes.
    """
    cards = [
        {
            "id": definition.term.casefold(),
            "term": definition.term,
            "definition": definition.sentence,
            "lesson": definition.folder,
            "section": definition.section,
            "cell": cell_id(definition),
        }
        for definition in definitions
    ]
    return json.dumps(cards, indent=1, ensure_ascii=False) + "\n"


def _terms(shown: Path, cell: SourceCell) -> list[str]:
    value = cell.metadata["terms"]
    if cell.cell_type != "markdown":
        raise SourceError(
            shown, cell.line, "terms", "stands at a code cell; terms are defined in Markdown cells"
        )
    if not isinstance(value, str):
        raise SourceError(
            shown, cell.line, "terms", f'is {value!r}; write one text with commas: terms="leak, test set"'
        )
    terms = [" ".join(term.split()) for term in value.split(",")]
    if not all(terms):
        raise SourceError(
            shown, cell.line, "terms", f'{value!r} has an empty place; write terms="leak, test set"'
        )
    return terms


def _bold(shown: Path, cell: SourceCell, term: str) -> re.Match[str]:
    """Return where `term` stands in bold for the first time, capital or not."""
    found = list(_BOLD.finditer(cell.source))
    texts = [" ".join(match[1].split()) for match in found]
    for match, text in zip(found, texts, strict=True):
        if text.casefold() == term.casefold():
            return match
    if not texts:
        advice = f"there is no bold text in this cell; write **{term}** in the sentence that defines it"
    else:
        close = nearest(term, texts, count=1)
        known = ", ".join(repr(text) for text in texts)
        advice = f"did you mean {close[0]!r}? " if close else ""
        advice += f"In bold here: {known}. Write the term in `terms` as it stands in the text"
    raise SourceError(shown, cell.line, "terms", f"{term!r} does not stand in bold in this cell: {advice}")


def _last_heading(text: str, otherwise: str | None) -> str | None:
    headings = _HEADING.findall(text)
    return headings[-1] if headings else otherwise


def _sentence(shown: Path, cell: SourceCell, term: str) -> str:
    """Return the sentence in which `term` stands in bold, on one line."""
    source, bold = cell.source, _bold(shown, cell, term)
    breaks = [match.end() for match in _BREAK.finditer(source)]
    begin = max((place for place in breaks if place <= bold.start()), default=0)
    end = next(
        (match.start() for match in _BREAK.finditer(source) if match.start() >= bold.end()), len(source)
    )
    line = cell.line + source[: bold.start()].count("\n") + 1
    block = source[begin:end]
    if block.lstrip().startswith(("#", "|", "```")):
        raise SourceError(
            shown,
            line,
            "terms",
            f"{term!r} stands in bold in a heading, a table or code; define it in a sentence",
        )
    item = _ITEM.match(source, begin)
    begin = item.end() if item else begin
    for match in _SENTENCE_END.finditer(source, begin, end):
        if match.end() <= bold.start():
            begin = match.end()
        elif match.start() >= bold.start():
            end = match.end()
            break
    else:
        raise SourceError(
            shown, line, "terms", f"the sentence around **{term}** has no end; end it with a full stop"
        )
    text = " ".join(source[begin:end].split())
    if len(text.split()) < _FEWEST_WORDS:
        raise SourceError(
            shown, line, "terms", f"{text!r} is too short for a definition of {term!r}; say what it is"
        )
    return text
