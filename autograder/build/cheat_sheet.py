"""`course/cheat_sheet.py` -> `lessons/cheat_sheet.html`: the idioms of the course on one printed page.

Called by the build. The source is a py:percent file: a Markdown cell with a title, then one code cell for each
heading. A first cell with the tag "stand-ins" defines what the snippets take for granted; the page leaves it out,
and a test runs everything from top to bottom. It is an HTML page because two columns fit a sheet of A4, which a
notebook has not; JupyterLab shows it when its link is followed.
"""

from __future__ import annotations

import html
import re
from pathlib import Path

from autograder.build.errors import SourceError
from autograder.build.percent import SourceCell, read_cells
from headstart.questions.markup import to_html

SOURCE = "cheat_sheet.py"
NAME = "cheat_sheet.html"
LINK = f"The idioms of the course on one page to print: the [cheat sheet]({NAME})."
HIDDEN = "stand-ins"
WIDEST = 60  # characters of code in a line of a printed column

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>
@page {{ size: A4; margin: 10mm; }}
:root {{ color-scheme: light; }}
body {{ margin: 0 auto; max-width: 190mm; color: #111; background: #fff; font: 9.5pt/1.4 sans-serif; }}
h1 {{ font-size: 16pt; margin: 0; }}
p {{ margin: 1mm 0 4mm; }}
div {{ columns: 2; column-gap: 5mm; }}
section {{ break-inside: avoid; margin: 0 0 4mm; }}
h2 {{ font-size: 9.5pt; margin: 0 0 1mm; }}
pre {{ margin: 0; padding: 1mm; background: #f3f4f6; font: 7pt/1.45 monospace; overflow-x: auto; }}
ul {{ margin: 0; padding-left: 4mm; }}
@media screen {{ body {{ padding: 8mm; }} }}
@media print {{ pre {{ border: 0.2mm solid #bbb; }} }}
</style>
</head>
<body>
<main>
{introduction}
<div>
{sections}
</div>
</main>
</body>
</html>
"""


def read_cheat_sheet(root: Path) -> list[SourceCell]:
    """Return the cells of the cheat sheet of the course at `root`, the stand-ins included.

    Raises:
        SourceError: a cell does not parse.
    """
    return read_cells(root, root / "course" / SOURCE, ("tags",))


def build_cheat_sheet(root: Path) -> str:
    """Return the page as HTML.

    Raises:
        SourceError: the first cell that is shown has no title, code has no heading above it, or a line of code is
            too long for a printed column.
    """
    shown = Path("course") / SOURCE
    cells = [cell for cell in read_cheat_sheet(root) if HIDDEN not in cell.tags]
    title = re.match(r"# (\S.*)", cells[0].source) if cells else None
    if title is None or cells[0].cell_type != "markdown":
        raise SourceError(
            shown, cells[0].line if cells else None, "title", "begin with a Markdown cell `# <title>`"
        )
    sections: list[str] = []
    for cell in cells[1:]:
        if cell.cell_type == "markdown":
            if not cell.source.startswith("## "):
                raise SourceError(shown, cell.line, "heading", "begin each Markdown cell with `## <heading>`")
            sections.append(to_html(cell.source))
        elif not sections:
            raise SourceError(shown, cell.line, "code cell", "has no heading; write a Markdown cell above it")
        else:
            _check_width(shown, cell)
            sections[-1] += f'\n<pre tabindex="0"><code>{html.escape(cell.source, quote=False)}</code></pre>'
    return _PAGE.format(
        title=html.escape(title[1].replace("`", "")),
        introduction=to_html(cells[0].source),
        sections="\n".join(f"<section>\n{section}\n</section>" for section in sections),
    )


def _check_width(shown: Path, cell: SourceCell) -> None:
    for number, line in enumerate(cell.source.splitlines(), start=1):
        if len(line) > WIDEST:
            message = f"has {len(line)} characters; a printed column holds {WIDEST}: break the line"
            raise SourceError(shown, cell.line + number, "line of code", message)
