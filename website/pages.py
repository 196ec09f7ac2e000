"""Turns the course into what Sphinx reads: executed lessons, questions, glossary, cheat sheet, guides, reference.

Called by build.py. Everything comes from the course's own files; only `pages/` is written for the site.
Nothing is taken from `solutions/`, from `quizzes/`, or from a lesson's quiz, exercises and checks: practice
questions come from the learner's bank, and names of exercises and points from the release's own listing.
"""

from __future__ import annotations

import ast
import base64
import hashlib
import html
import re
import struct
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import nbformat
from cards import card_html, comparison, comparison_html, prediction_card, question_card
from executed import with_outputs

import headstart.models
from autograder.build.cheat_sheet import HIDDEN, read_cheat_sheet
from headstart.questions.banks import BANK_FOLDER, load_banks
from headstart.questions.markup import to_plain
from headstart.questions.text import compared

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
PARTS = {"Measure": range(1, 5), "Load": range(5, 7), "Adapt": range(7, 10), "Decide": range(10, 13)}
# What lessons use without importing it by name.
ALSO_PUBLIC = {
    "headstart.models": headstart.models.__all__,
    "headstart.scenes": ["Scenes"],
    "headstart.tasks": ["Task"],
}

IMPORT = re.compile(r"^from (headstart\.\w+) import ([\w, ]+)$", flags=re.M)
LESSON_TITLE = re.compile(r"# Lesson (\d+) · (.+)")
LESSON_LINK = re.compile(r"(?:\.\./lessons/)?(\d\d_[a-z0-9_]+)\.ipynb(?:#(.+))?")
QUIZ_LINK = re.compile(r"(?:\.\./)+quizzes/(\d\d_[a-z0-9_]+)/(quiz|exercises)\.ipynb")
MARKDOWN_LINK = re.compile(r"(?<!\!)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^()\s]+)\)")
REMOTE_IMAGE = re.compile(r"!\[([^\[\]]*)\]\(https?://[^)]*\)")
DATA_IMAGE = re.compile(r'<img src="data:image/png;base64,([^"]+)" alt="([^"]*)">')
NO_GUESS = "You made no guess; measured "
RUN_IT = """\
<p class="hs-run"><strong>Run it yourself:</strong> open <code>lessons/{name}.ipynb</code> in JupyterLab, or \
<a href="../notebooks/{name}.ipynb" download>download the notebook</a>. The outputs on this page come from a run \
without network on a CPU.</p>"""
EXPLORER = (
    '<p class="hs-note">This cell shows controls in Jupyter. On this page you see its figure as it is before they '
    "are moved.</p>"
)


class PageError(ValueError):
    """Something in the course that cannot be shown on a page."""


@dataclass(frozen=True)
class LessonPage:
    """A lesson as the site lists it."""

    name: str
    number: int
    title: str
    question: str
    minutes: int | None


def write_source(root: Path, lessons: Mapping[str, Path], source: Path) -> None:
    """Write all that Sphinx reads into the folder `source`, and remove what else is there.

    Args:
        root: the course's root.
        lessons: the notebook of each lesson, with outputs or without, by name.
        source: a folder that belongs to the site.

    Raises:
        PageError: a link leads nowhere on the site, or a cell has something that no page can show.
        NotForPages: a lesson shows a graded question.
    """
    site = Source(source)
    known = {
        name: with_outputs(root / "lessons" / f"{name}.ipynb", path) for name, path in sorted(lessons.items())
    }
    pages = [lesson_page(name, notebook) for name, notebook in known.items()]
    titles = {page.name: page for page in pages}
    glossary = nbformat.read(root / "lessons" / "glossary.ipynb", as_version=4)
    targets = cell_targets([glossary, *known.values()])
    inline: set[str] = set()
    for name, notebook in known.items():
        text, shown = lesson_text(name, notebook, targets, site)
        inline |= shown
        site.write(f"lessons/{name}.ipynb", text)
        site.copy(root / "lessons" / f"{name}.ipynb", f"extra/notebooks/{name}.ipynb")
    practised = write_practice(site, titles, inline)
    site.write("lessons/index.md", lessons_index(pages))
    site.write("glossary.md", "\n\n".join(relinked(cell.source, ".", targets) for cell in glossary.cells))
    site.write("cheat_sheet.md", cheat_sheet(root))
    site.copy(root / "lessons" / "cheat_sheet.html", "extra/printed/cheat_sheet.html")
    site.write("hand_in.md", hand_in(root, pages))
    site.write("reference/index.md", reference(known.values()))
    for path in sorted((root / "docs").glob("*")):
        if path.suffix == ".md":
            site.write(f"teaching/{path.name}", path.read_text(encoding="utf-8"))
        elif path.suffix == ".png" and path.name != "lesson.png":
            site.copy(path, f"teaching/{path.name}")
    site.copy(root / "docs" / "lesson.png", "lesson.png")
    for path in sorted((Path(__file__).parent / "pages").rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        site.write(path.relative_to(Path(__file__).parent / "pages").as_posix(), text)
    site.write("practice/index.md", practice_index(practised))
    for path in sorted((Path(__file__).parent / "static").iterdir()):
        if path.name != "pages.js":
            site.copy(path, f"static/{path.name}")
    site.copy(root / "headstart" / "questions" / "widget.css", "static/widget.css")
    site.write("static/questions.js", page_script(root))
    site.finish()


class Source:
    """The folder that Sphinx reads. What does not change keeps its time, so that Sphinx reads it once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._written: set[Path] = set()

    def write(self, name: str, content: str | bytes) -> None:
        """Write the file `name` if its content is new."""
        path = self.folder / name
        data = content.encode("utf-8") if isinstance(content, str) else content
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_bytes() != data:
            path.write_bytes(data)
        self._written.add(path)

    def copy(self, path: Path, name: str) -> None:
        """Write the content of the file at `path` as `name`."""
        self.write(name, path.read_bytes())

    def finish(self) -> None:
        """Remove files of an earlier build that this one has not written."""
        for path in self.folder.rglob("*"):
            if path.is_file() and path not in self._written:
                path.unlink()


def page_script(root: Path) -> str:
    """Return the script of all pages: the notebooks' widget.js, and pages.js, which stands in for Python.

    The two become one ordinary script: a browser refuses to load modules for pages opened from a disk.
    """
    widget = (root / "headstart" / "questions" / "widget.js").read_text(encoding="utf-8")
    export = "export default "
    if widget.count(export) != 1 or re.search(r"^\s*import\b", widget, flags=re.M):
        raise PageError(
            "widget.js must import nothing and have one `export default` to become a page's script"
        )
    pages = (Path(__file__).parent / "static" / "pages.js").read_text(encoding="utf-8")
    return f"(() => {{\n{widget.replace(export, 'const headstartWidget = ')}\n{pages}}})();\n"


# ------------------------------------------------------------------------------------------------------ lessons


def lesson_page(name: str, notebook: nbformat.NotebookNode) -> LessonPage:
    """Read number, title, question and minutes from a lesson's first cell.

    Raises:
        PageError: the first line is not `# Lesson <number> · <title>`.
    """
    first = notebook.cells[0].source
    title = LESSON_TITLE.match(first)
    if title is None:
        raise PageError(f"{name}: the first cell begins with {first[:60]!r}, not with `# Lesson … · …`")
    question = re.search(r"^\*\*(.+?)\*\*$", first, flags=re.M | re.S)
    minutes = re.search(r"(\d+) minutes", first)
    return LessonPage(
        name,
        int(title[1]),
        title[2].strip(),
        " ".join(question[1].split()) if question else "",
        int(minutes[1]) if minutes else None,
    )


def lesson_text(
    name: str, notebook: nbformat.NotebookNode, targets: set[str], site: Source
) -> tuple[str, set[str]]:
    """Return the notebook that Sphinx reads for a lesson, and the ids of the questions in it."""
    cells: list[nbformat.NotebookNode] = []
    questions: set[str] = set()
    for cell in notebook.cells:
        if cell.cell_type != "code":
            text = relinked(cell.source, "lessons", targets)
            if f"cell-{cell.id}" in targets:
                text = f"(cell-{cell.id})=\n{text}"
            cells.append(markdown(text))
            if len(cells) == 1:
                cells.append(raw_html(RUN_IT.format(name=name)))
            continue
        cards, only_cards = cards_in(name, cell.source)
        if not only_cards:
            outputs = [new for output in cell.get("outputs", []) for new in shown_output(name, output, site)]
            cells.append(code(cell, outputs))
        if uses(cell.source, "interact"):
            cells.append(raw_html(EXPLORER))
        for kind, identifier in cards:
            questions.add(identifier)
            card = question_card(identifier) if kind == "question" else prediction_card(identifier)
            cells.append(raw_html(card_html(card)))
    for place, cell in enumerate(cells):
        cell["id"] = f"cell-{place}"
    metadata = {"kernelspec": notebook.metadata.kernelspec, "language_info": {"name": "python"}}
    text = nbformat.writes(nbformat.v4.new_notebook(cells=cells, metadata=metadata), version=4)
    return text, questions


def cards_in(name: str, source: str) -> tuple[list[tuple[str, str]], bool]:
    """Return the questions and guesses that a cell shows, as ("question" | "predict", id), and whether it does no more.

    Raises:
        PageError: an id is not written out.
    """
    try:
        body = ast.parse(source).body
    except SyntaxError:  # a cell with a magic, or one that is broken on purpose
        return [], False
    found: list[tuple[str, str]] = []
    for statement in body:
        call = statement.value if isinstance(statement, ast.Expr) else None
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
            continue
        owner, kind = call.func.value, call.func.attr
        if not (isinstance(owner, ast.Name) and owner.id == "headstart" and kind in ("question", "predict")):
            continue
        if call.keywords:  # an answer in text, or a guess beside its result
            continue
        if len(call.args) != 1 or not isinstance(call.args[0], ast.Constant):
            raise PageError(f"{name}: write the id out in `{ast.unparse(call)}`")
        found.append((kind, str(call.args[0].value)))
    return found, bool(found) and len(found) == len(body)


def uses(source: str, function: str) -> bool:
    """Return whether the cell calls `function`."""
    return re.search(rf"\b{function}\(", source) is not None


def shown_output(name: str, output: nbformat.NotebookNode, site: Source) -> Iterable[nbformat.NotebookNode]:
    """Give what a page shows for one output: figures as files, guesses beside results, no widgets, no own paths."""
    if output.output_type == "stream":
        text = without_paths(output.text)
        while output.name == "stdout" and NO_GUESS in text:
            before, result, card, text = cut_at_result(name, text)
            if before.strip():
                yield stream(output, before)
            yield display_html(comparison_html(comparison(card, result)))
        if text.strip():
            yield stream(output, text)
        return
    if output.output_type == "error":
        output.traceback = [without_paths(line) for line in output.traceback]
        yield output
        return
    data = output.data
    if WIDGET_VIEW in data:  # questions are drawn anew; progress bars and controls need a kernel
        return
    if "text/html" in data and DATA_IMAGE.search(data["text/html"]):
        picture = DATA_IMAGE.sub(
            lambda match: figure(name, match[1], html.unescape(match[2]), site), data["text/html"]
        )
        yield display_html(picture)
    elif "image/png" in data:
        yield display_html(figure(name, data["image/png"], str(data.get("text/plain", "A figure")), site))
    elif "text/html" in data:
        yield display_html(without_paths(data["text/html"]))
    else:
        yield nbformat.v4.new_output("display_data", {"text/plain": without_paths(data["text/plain"])})


def cut_at_result(name: str, text: str) -> tuple[str, str, str, str]:
    """Cut what was printed at a guess beside its result: text before, result, the prediction's id, text after."""
    before, _, rest = text.partition(NO_GUESS)
    slug = name.split("_", 1)[1]
    predictions = next(bank.predictions for bank in load_banks(BANK_FOLDER) if bank.lesson == slug)
    line = rest.split("\n", 1)[0]
    result = line.removesuffix(".")
    for prediction in predictions:
        printed = compared(prediction, None, result).removeprefix(NO_GUESS) + "\n"
        if prediction.aside and rest.startswith(printed):
            return before, result, prediction.id, rest.removeprefix(printed)
    raise PageError(f"{name}: no prediction of this lesson has the text that follows {NO_GUESS + line!r}")


def figure(name: str, png: str, alt: str, site: Source) -> str:
    """Write a figure as a file and return its element."""
    content = base64.b64decode(png)
    width, height = struct.unpack(">II", content[16:24])
    file = f"{name}-{hashlib.sha256(content).hexdigest()[:12]}.png"
    site.write(f"static/figures/{file}", content)
    size = f'width="{width}" height="{height}" loading="lazy"'
    return f'<img class="hs-figure" src="../_static/figures/{file}" alt="{html.escape(alt)}" {size}>'


def without_paths(text: str) -> str:
    """Return `text` without the folders of the machine on which the lesson ran."""
    text = re.sub(r"[^\s\"'(<>]*/site-packages/", "", text)
    for folder in (str(Path(headstart.__file__).parent.parent), sys.prefix):
        text = text.replace(f"{folder}/", "")
    return re.sub(r"/tmp/(ipykernel_\d+|headstart-site-\w+)/", "", text)


def markdown(text: str) -> nbformat.NotebookNode:
    """Return a Markdown cell; images from other machines become their texts, for a page loads nothing from there."""
    return nbformat.v4.new_markdown_cell(REMOTE_IMAGE.sub(r"\1", text))


def raw_html(text: str) -> nbformat.NotebookNode:
    """Return a cell that becomes `text` as it is."""
    return nbformat.v4.new_markdown_cell(f"````{{raw}} html\n{text}\n````")


def code(cell: nbformat.NotebookNode, outputs: list[nbformat.NotebookNode]) -> nbformat.NotebookNode:
    """Return a code cell with these outputs."""
    return nbformat.v4.new_code_cell(
        cell.source, outputs=outputs, execution_count=cell.get("execution_count")
    )


def stream(output: nbformat.NotebookNode, text: str) -> nbformat.NotebookNode:
    """Return a stream of the same name with other text."""
    return nbformat.v4.new_output("stream", name=output.name, text=text)


def display_html(text: str) -> nbformat.NotebookNode:
    """Return an output that becomes `text` as it is."""
    return nbformat.v4.new_output("display_data", {"text/html": text})


# -------------------------------------------------------------------------------------------------------- links


def cell_targets(notebooks: Iterable[nbformat.NotebookNode]) -> set[str]:
    """Return the names of the cells that links name by their id."""
    found: set[str] = set()
    for notebook in notebooks:
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                found |= {
                    f"cell-{name}" for name in re.findall(r"\.ipynb#cell-id=([0-9a-f]+)\)", cell.source)
                }
    return found


def relinked(text: str, folder: str, targets: set[str]) -> str:
    """Return Markdown of a notebook with its links turned to the pages of the site.

    Args:
        text: the source of a cell.
        folder: where the page lies, below the site's root.
        targets: the names of the cells that pages mark.

    Raises:
        PageError: a link leads to something that the site does not have.
    """

    def turned(match: re.Match[str]) -> str:
        return f"[{match[1]}]({site_address(match[2], folder, targets)})"

    return MARKDOWN_LINK.sub(turned, text)


def site_address(address: str, folder: str, targets: set[str]) -> str:
    """Return the address on the site for a link that stands in a notebook of `lessons/`."""
    up = "" if folder == "." else "../" * (folder.count("/") + 1)
    if re.match(r"(https?|mailto):", address):
        return address
    if address.startswith("#"):
        return f"#{heading_slug(unquote(address[1:]))}"
    if quiz := QUIZ_LINK.fullmatch(address):
        return f"{up}hand_in.md#hand-in-{quiz[1].replace('_', '-')}"
    if lesson := LESSON_LINK.fullmatch(address):
        place = lesson[2] or ""
        if place.startswith("cell-id="):
            target = f"cell-{place.removeprefix('cell-id=')}"
            if target not in targets:
                raise PageError(f"no page marks the cell of the link {address!r}")
            return f"#{target}"
        return f"{up}lessons/{lesson[1]}.ipynb" + (f"#{heading_slug(unquote(place))}" if place else "")
    if address in ("glossary.ipynb", "../lessons/glossary.ipynb"):
        return f"{up}glossary.md"
    if address in ("cheat_sheet.html", "../lessons/cheat_sheet.html"):
        return f"{up}cheat_sheet.md"
    raise PageError(
        f"the link {address!r} leads to nothing that the site has; say in pages.py where it should lead"
    )


def heading_slug(heading: str) -> str:
    """Return the anchor that MyST gives to a heading, here named as JupyterLab does: `What-trains?-Two-counts`."""
    return re.sub(r"[^\w\- ]", "", heading.replace("-", " ").strip().lower()).replace(" ", "-")


# -------------------------------------------------------------------------------------------------- other pages


def lessons_index(pages: list[LessonPage]) -> str:
    """Return the page that lists the lessons by part."""
    parts = ["# Lessons", "Read in order, or begin with the question that you have."]
    for part, numbers in PARTS.items():
        chosen = [page for page in pages if page.number in numbers]
        rows = "\n".join(
            f"| {page.number} | [{page.title}]({page.name}.ipynb) | {page.question} | {page.minutes or ''} |"
            for page in chosen
        )
        parts.append(
            f"## {part}\n\n| | lesson | the question it answers | minutes |\n|---|---|---|---|\n{rows}"
        )
        names = "\n".join(page.name for page in chosen)
        parts.append(f"```{{toctree}}\n:hidden:\n:caption: {part}\n\n{names}\n```")
    unlisted = [page.name for page in pages if not any(page.number in numbers for numbers in PARTS.values())]
    if unlisted:
        raise PageError(f"PARTS in pages.py names no part for {', '.join(unlisted)}")
    return "\n\n".join(parts) + "\n"


def write_practice(
    site: Source, pages: Mapping[str, LessonPage], inline: set[str]
) -> list[tuple[LessonPage, int]]:
    """Write a page for each lesson whose bank has practice questions beyond those in the lesson; return them."""
    written = []
    for bank in load_banks(BANK_FOLDER):
        page = pages.get(bank.assignment)
        more = [question for question in bank.practice if question.id not in inline]
        if page is None or not more:
            continue
        parts = [
            f"# Practice · {page.title}",
            f"Questions on [lesson {page.number}](../lessons/{page.name}.ipynb) beyond those that stand in it. "
            "Nothing is graded, and your answers stay in this browser.",
        ]
        for number, question in enumerate(more, start=1):
            parts.append(f"## {number} · {question.topic}")
            parts.append(f"````{{raw}} html\n{card_html(question_card(question.id))}\n````")
            section = getattr(question, "section", None)
            if section:
                anchor = heading_slug(to_plain(section))
                parts.append(f"Back to: [{section}](../lessons/{page.name}.ipynb#{anchor})")
        site.write(f"practice/{page.name}.md", "\n\n".join(parts) + "\n")
        written.append((page, len(more)))
    return written


def practice_index(practised: list[tuple[LessonPage, int]]) -> str:
    """Return the page that lists the pages with further practice questions."""
    rows = "\n".join(f"| [{page.title}]({page.name}.md) | {count} |" for page, count in practised)
    names = "\n".join(page.name for page, _ in practised)
    return f"""# Practice

Every lesson has questions of its own. Here are more, each with feedback that names the mistake. In Jupyter the
course also mixes them, brings back what you missed, and keeps your progress.

| lesson | questions |
|---|---|
{rows}

```{{toctree}}
:hidden:

{names}
```
"""


def cheat_sheet(root: Path) -> str:
    """Return the cheat sheet as a page; the printed form lies beside it."""
    cells = [cell for cell in read_cheat_sheet(root) if HIDDEN not in cell.tags]
    shown = [
        cell.source if cell.cell_type == "markdown" else f"```python\n{cell.source}\n```" for cell in cells
    ]
    printed = '<a href="printed/cheat_sheet.html">One page to print</a>'
    return "\n\n".join([shown[0], f"````{{raw}} html\n<p>{printed}</p>\n````", *shown[1:]]) + "\n"


def hand_in(root: Path, pages: list[LessonPage]) -> str:
    """Return the page to which links to quizzes and exercises lead: they are worked on in Jupyter."""
    parts = [
        (Path(__file__).parent / "hand_in.md").read_text(encoding="utf-8").rstrip(),
    ]
    banks = {bank.assignment: bank for bank in load_banks(BANK_FOLDER)}
    for page in pages:
        folder = root / "quizzes" / page.name
        lines = []
        graded = banks[page.name].graded
        points = sum(question.points for question in graded)
        lines.append(f"- Quiz, {len(graded)} questions, {points:g} points: `quizzes/{page.name}/quiz.ipynb`")
        if (folder / "exercises.ipynb").is_file():
            names = ", ".join(f"`{name}`" for name in exercises_in(folder / "exercises.ipynb"))
            lines.append(f"- Exercises ({names}): `quizzes/{page.name}/exercises.ipynb`")
        label = f"(hand-in-{page.name.replace('_', '-')})="
        heading = f"### Lesson {page.number} · {page.title}"
        parts.append(f"{label}\n{heading}\n\n" + "\n".join(lines))
    return "\n\n".join(parts) + "\n"


def exercises_in(path: Path) -> list[str]:
    """Return the names of the functions that a released exercises notebook asks for."""
    notebook = nbformat.read(path, as_version=4)
    marks: list[dict[str, Any]] = [cell.metadata.get("nbgrader", {}) for cell in notebook.cells]
    return [str(mark["grade_id"]) for mark in marks if mark.get("solution") and not mark.get("grade")]


def reference(notebooks: Iterable[nbformat.NotebookNode]) -> str:
    """Return the page that documents, from docstrings, what these notebooks import from `headstart`."""
    parts = [
        "# Reference",
        "What lessons import from `headstart`. Everything else in them is plain PyTorch and torchvision.",
        "## headstart",
    ]
    parts += [_documented("headstart", name) for name in sorted(headstart.__all__) if name != "__version__"]
    names = imported(notebooks)
    for module, more in ALSO_PUBLIC.items():
        names.setdefault(module, set()).update(more)
    for module in sorted(names):
        purpose = (import_module(module).__doc__ or "").split("\n\n")[0].strip()
        if names[module]:
            parts.append(f"## {module}\n\n{purpose}")
        parts += [_documented(module, name) for name in sorted(names[module], key=str.casefold)]
    return "\n\n".join(parts) + "\n"


def imported(notebooks: Iterable[nbformat.NotebookNode]) -> dict[str, set[str]]:
    """Return functions and classes that code cells import by name: `{"headstart.data": {"Digits"}}`."""
    found: dict[str, set[str]] = {}
    for notebook in notebooks:
        for cell in notebook.cells:
            if cell.cell_type != "code":
                continue
            for module, names in IMPORT.findall(cell.source):
                found.setdefault(module, set()).update(re.findall(r"\w+", names))
    return {
        module: {name for name in names if callable(getattr(import_module(module), name))}
        for module, names in found.items()
    }


def _documented(module: str, name: str) -> str:
    is_class = isinstance(getattr(import_module(module), name), type)
    kind, option = ("autoclass", "\n   :members:") if is_class else ("autofunction", "")
    return f"```{{eval-rst}}\n.. {kind}:: {module}.{name}{option}\n```"
