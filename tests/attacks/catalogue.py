"""The attacks: code in `code/`, one file each with a header, and what is done to notebooks and folders, here.

Each names its kind (overfitting, evasion, redirection and injection are Kratzke's four patterns; resource and
escape are the rest), what it hopes for, and what its honest part deserves. `stock` is False where an attack could
harm a machine without a sandbox.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

CODE = Path(__file__).resolve().parent / "code"
KINDS = ("overfitting", "evasion", "redirection", "injection", "resource", "escape", "notebook")
# What the honest part of every submission with a changed notebook is worth: `confusion_counts`, solved.
SOLVED = 6.0


@dataclass(frozen=True)
class CodeAttack:
    """An attack that stands in the cell of an exercise.

    Attributes:
        name: the file's name.
        title: what it is, in words.
        kind: one of `KINDS`.
        hopes: what it hopes for.
        source: the code; `@CANARY@`, `@COURSE@` and `@TOKEN@` are filled in where it is handed in.
        exercise: whose cell it stands in.
        deserves: most points that its honest part is worth.
        stock: whether it may run without a sandbox.
    """

    name: str
    title: str
    kind: str
    hopes: str
    source: str
    exercise: str = "confusion_counts"
    deserves: float = 0.0
    stock: bool = True


def read_code_attack(path: Path) -> CodeAttack:
    """Read a file of `code/`.

    Raises:
        ValueError: its header lacks something.
    """
    text = path.read_text(encoding="utf-8")
    lines = itertools.takewhile(lambda line: line.startswith("# "), text.splitlines())
    header = dict(line.removeprefix("# ").split(": ", 1) for line in lines)
    missing = {"name", "kind", "hopes"} - header.keys()
    if missing or header["kind"] not in KINDS:
        raise ValueError(f"{path.name}: the header lacks {sorted(missing) or 'a known kind'}.")
    return CodeAttack(
        path.stem,
        header["name"],
        header["kind"],
        header["hopes"],
        text,
        header.get("exercise", "confusion_counts"),
        float(header.get("deserves", 0)),
        header.get("stock") != "no",
    )


def code_attacks() -> list[CodeAttack]:
    """Return all attacks of `code/`, sorted by name."""
    return [read_code_attack(path) for path in sorted(CODE.glob("*.py"))]


# ------------------------------------------------------------------------------- notebooks and folders

Cells = dict[str, Any]
FORGED = [
    {"output_type": "execute_result", "execution_count": 1, "data": {"text/plain": "1000.0"}, "metadata": {}}
]
QUESTIONS_PER_QUIZ = 10


@dataclass(frozen=True)
class FolderAttack:
    """Something done to a folder in which `confusion_counts` is solved and nothing else.

    Attributes:
        name: for tables and tests.
        hopes: what it hopes for.
        change: does it to the folder.
        deserves: the points that are left for what is honest.
        exact: whether it must get just these points, not at most these.
        stock: whether it may be given to stock nbgrader.
    """

    name: str
    hopes: str
    change: Callable[[Path], None]
    deserves: float = SOLVED
    exact: bool = True
    stock: bool = True

    @property
    def kind(self) -> str:
        """The kind of all of these."""
        return "notebook"


def _edit(folder: Path, change: Callable[[Any], None]) -> None:
    path = folder / "exercises.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    change(notebook)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def _cells(notebook: Any) -> Cells:
    return {
        cell["metadata"]["nbgrader"]["grade_id"]: cell
        for cell in notebook["cells"]
        if "nbgrader" in cell["metadata"]
    }


def _tests(notebook: Any) -> list[Any]:
    return [cell for name, cell in _cells(notebook).items() if name.endswith("-checks")]


def _points_raised(notebook: Any) -> None:
    for cell in _tests(notebook):
        cell["metadata"]["nbgrader"]["points"] = 1000


def _points_negative(notebook: Any) -> None:
    for cell in _tests(notebook):
        cell["metadata"]["nbgrader"]["points"] = -5


def _tests_deleted(notebook: Any) -> None:
    notebook["cells"] = [cell for cell in notebook["cells"] if cell not in _tests(notebook)]


def _test_and_solution_deleted(notebook: Any) -> None:
    cells = _cells(notebook)
    gone = (cells["precision_recall_f1"], cells["precision_recall_f1-checks"])
    notebook["cells"] = [cell for cell in notebook["cells"] if cell not in gone]


def _tests_duplicated(notebook: Any) -> None:
    copies = json.loads(json.dumps(_tests(notebook)))
    for number, cell in enumerate(copies):
        cell["source"], cell["id"] = "1000.0", f"copy{number}"
        cell["metadata"]["nbgrader"]["locked"] = False
    notebook["cells"] += copies


def _tests_edited(notebook: Any) -> None:
    for cell in _tests(notebook):
        cell["source"] = "5.0"
        cell["metadata"]["nbgrader"]["checksum"] = "0" * 32


def _tests_unlocked(notebook: Any) -> None:
    for cell in _tests(notebook):
        cell["source"] = "1000.0"
        cell["metadata"]["nbgrader"] |= {"locked": False, "grade": True, "solution": True}


def _tests_as_text(notebook: Any) -> None:
    for cell in _tests(notebook):
        cell.update(cell_type="markdown", source="1000.0")
        del cell["outputs"], cell["execution_count"]


def _names_swapped(notebook: Any) -> None:
    first, second, *_ = _tests(notebook)
    entries = first["metadata"]["nbgrader"], second["metadata"]["nbgrader"]
    entries[0]["grade_id"], entries[1]["grade_id"] = entries[1]["grade_id"], entries[0]["grade_id"]


def _names_of_wrong_types(notebook: Any) -> None:
    for cell, name in zip(_tests(notebook), (["x"], {"a": 1}, 7), strict=False):
        cell["metadata"]["nbgrader"]["grade_id"] = name


def _invented_cell(notebook: Any) -> None:
    cell = json.loads(json.dumps(_tests(notebook)[0]))
    cell["metadata"]["nbgrader"] |= {"grade_id": "extra-credit", "points": 500}
    cell["source"], cell["id"] = "500.0", "extra"
    notebook["cells"].append(cell)


def _metadata_of_wrong_types(notebook: Any) -> None:
    kinds = ([], 5, "x", None, {"nbgrader": []}, {"nbgrader": "x"})
    for cell, metadata in zip(notebook["cells"], kinds, strict=False):
        cell["metadata"] = metadata
    notebook["metadata"] = []


def _forged_outputs(notebook: Any) -> None:
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = json.loads(json.dumps(FORGED))


def _huge_outputs(notebook: Any) -> None:
    notebook["cells"][-1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * 15_000_000}]


def _other_kernel(notebook: Any) -> None:
    notebook["metadata"] = {
        "kernelspec": {"name": "bash", "language": "bash", "display_name": "Bash"},
        "language_info": {"name": "R"},
    }


def _format_claimed(notebook: Any) -> None:
    notebook["nbformat"], notebook["nbformat_minor"] = 99, -1


def _many_cells(notebook: Any) -> None:
    filler = {"cell_type": "code", "source": "y = 1\n" * 800, "metadata": {}, "outputs": []}
    notebook["cells"] += [{**filler, "execution_count": None, "id": f"f{n}"} for n in range(600)]


def _too_many_cells(notebook: Any) -> None:
    filler = {"cell_type": "markdown", "source": "", "metadata": {}}
    notebook["cells"] += [{**filler, "id": f"f{n}"} for n in range(5_000)]


def _attachments(notebook: Any) -> None:
    notebook["cells"].append(
        {
            "cell_type": "markdown",
            "id": "pics",
            "source": "![x](attachment:x)",
            "metadata": {},
            "attachments": {"x": {"text/html": "<script>1</script>"}, "y": 5},
        }
    )


SCRIPT = "<script>stolen()</script>"


def _scripts(notebook: Any) -> None:
    """Put scripts wherever text stands that a browser may show."""
    texts = (
        SCRIPT,
        "<img src=x onerror=stolen()>",
        "<details ontoggle=stolen() open>",
        "[x](javascript:stolen())",
    )
    for number, text in enumerate(texts):
        for kind in ("markdown", "raw"):
            cell = {"cell_type": kind, "id": f"{kind}{number}", "source": f"x\n\n{text}", "metadata": {}}
            notebook["cells"].append(cell | {"metadata": {"raw_mimetype": "text/html"}})
    cell = {"cell_type": "code", "id": "shown", "metadata": {}, "outputs": [], "execution_count": None}
    code = f"from IPython.display import HTML, display\ndisplay(HTML({SCRIPT!r}))\nHTML({SCRIPT!r})"
    notebook["cells"].append(cell | {"source": code})


def _half_characters(notebook: Any) -> None:
    notebook["cells"].append(
        {
            "cell_type": "code",
            "id": "half",
            "source": "x = '\ud800'\nprint('\\ud800')",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
        }
    )


def _truncated(folder: Path) -> None:
    path = folder / "exercises.ipynb"
    path.write_bytes(path.read_bytes()[:3000])


def _old_format(folder: Path) -> None:
    notebook = nbformat.read(folder / "exercises.ipynb", as_version=4)
    (folder / "exercises.ipynb").write_text(json.dumps(nbformat.convert(notebook, 3)), encoding="utf-8")


def _content(name: str, content: bytes) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).write_bytes(content)

    return change


def _linked(name: str, target: str) -> Callable[[Path], None]:
    """Put a link to `target`, seen from the folder of the course, in the place of a file."""

    def change(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(target if target.startswith("/") else folder.parents[2] / target)

    return change


def _renamed(folder: Path) -> None:
    (folder / "exercises.ipynb").rename(folder / "Exercises (1).ipynb")


def _a_folder_instead(folder: Path) -> None:
    (folder / "exercises.ipynb").unlink()
    (folder / "exercises.ipynb").mkdir()


def _a_pipe(folder: Path) -> None:
    os.mkfifo(folder / "answers.json")
    os.mkfifo(folder / "data.csv")


def _odd_names(folder: Path) -> None:
    for name in (
        b"\xff\xfe.csv",
        b"\xff.exe",
        b"a\nb.csv",
        b"-rf.csv",
        b"$(id).csv",
        b"[red]x[bold].txt",
        b"x" * 250,
    ):
        Path(os.fsdecode(os.path.join(os.fsencode(folder), name))).write_bytes(b"1,2\n")


def _answers(entries: Any, learner: Any = "x") -> Callable[[Path], None]:
    content = {"version": 1, "learner": learner, "answers": entries, "predictions": {}}
    return _content("answers.json", json.dumps(content).encode())


def _every_question(entry: dict[str, Any]) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        from classroom import ASSIGNMENTS, QUIZZES

        names = [question.id for question in QUIZZES[ASSIGNMENTS[0]]]
        assert len(names) == QUESTIONS_PER_QUIZ
        _answers({name: {"learner": "x", "attempts": 1, **entry} for name in names})(folder)

    return change


def _in_notebook(change: Callable[[Any], None]) -> Callable[[Path], None]:
    return lambda folder: _edit(folder, change)


FOLDER_ATTACKS = [
    FolderAttack("points raised", "1000 points for a cell", _in_notebook(_points_raised)),
    FolderAttack("points negative", "the sum goes wrong", _in_notebook(_points_negative)),
    FolderAttack("grade cells deleted", "no test, full points", _in_notebook(_tests_deleted)),
    FolderAttack(
        "grade cell and solution deleted", "the repair fails", _in_notebook(_test_and_solution_deleted)
    ),
    FolderAttack("grade cells duplicated", "the batch ends", _in_notebook(_tests_duplicated)),
    FolderAttack("grade cells edited", "their value is the grade", _in_notebook(_tests_edited)),
    FolderAttack("grade cells unlocked", "their source stays", _in_notebook(_tests_unlocked)),
    FolderAttack(
        "grade cells made text", "they are graded by hand or not at all", _in_notebook(_tests_as_text)
    ),
    FolderAttack("grade ids swapped", "an easy test counts for a hard one", _in_notebook(_names_swapped)),
    FolderAttack("grade ids of wrong types", "the grader crashes", _in_notebook(_names_of_wrong_types)),
    FolderAttack("a grade cell invented", "extra credit", _in_notebook(_invented_cell)),
    FolderAttack(
        "metadata of wrong types",
        "the grader crashes",
        _in_notebook(_metadata_of_wrong_types),
        exact=False,
    ),
    FolderAttack("forged outputs", "verdicts stored in the file are believed", _in_notebook(_forged_outputs)),
    FolderAttack("huge outputs", "the grader runs out of memory", _in_notebook(_huge_outputs)),
    FolderAttack("another kernel", "a shell runs the cells", _in_notebook(_other_kernel)),
    FolderAttack("a format of the future", "the grader crashes", _in_notebook(_format_claimed)),
    FolderAttack("hundreds of cells", "the grader takes for ever", _in_notebook(_many_cells), stock=False),
    FolderAttack(
        "thousands of cells", "the grader takes for ever", _in_notebook(_too_many_cells), 0, stock=False
    ),
    FolderAttack("attachments", "HTML reaches the instructor's browser", _in_notebook(_attachments)),
    FolderAttack("scripts", "they run in the instructor's browser", _in_notebook(_scripts)),
    FolderAttack("half a character", "nobody can write the file", _in_notebook(_half_characters)),
    FolderAttack("broken JSON", "the batch ends", _truncated, 0),
    FolderAttack("no notebook at all", "the batch ends", _content("exercises.ipynb", b"null"), 0),
    FolderAttack("no list of cells", "the batch ends", _content("exercises.ipynb", b'{"cells": 5}'), 0),
    FolderAttack("an empty file", "the batch ends", _content("exercises.ipynb", b""), 0),
    FolderAttack(
        "nested for ever",
        "recursion in the grader",
        _content("exercises.ipynb", b'{"cells":' + b"[" * 200_000),
        0,
    ),
    FolderAttack(
        "larger than allowed",
        "the grader runs out of memory",
        _content("exercises.ipynb", b'{"cells": [], "x": "' + b"x" * 21_000_000 + b'"}'),
        0,
        stock=False,
    ),
    FolderAttack("an old format", "the grader crashes", _old_format, exact=False),
    FolderAttack("a wrong name", "the grader crashes", _renamed, 0),
    FolderAttack("a folder for a notebook", "the grader crashes", _a_folder_instead, 0),
    FolderAttack("pipes for files", "the grader waits for ever", _a_pipe, stock=False),
    FolderAttack("odd file names", "the grader crashes, or a shell runs them", _odd_names),
    FolderAttack(
        "a link to the source",
        "the solution is graded",
        _linked("exercises.ipynb", "solutions/01_confusion_matrix/exercises.ipynb"),
        0,
    ),
    FolderAttack(
        "a link to a classmate",
        "their work is graded",
        _linked("exercises.ipynb", "submitted/aa-honest/01_confusion_matrix/exercises.ipynb"),
        0,
    ),
    FolderAttack(
        "a link for answers", "a file of the machine is read", _linked("answers.json", "/etc/passwd")
    ),
    FolderAttack(
        "a link to a device", "the grader reads for ever", _linked("data.csv", "/dev/zero"), stock=False
    ),
    FolderAttack(
        "answers: huge", "the grader runs out of memory", _content("answers.json", b"[" + b"1," * 20_000_000)
    ),
    FolderAttack("answers: deep", "recursion in the grader", _content("answers.json", b"[" * 100_000)),
    FolderAttack("answers: no object", "the grader crashes", _content("answers.json", b'"x"')),
    FolderAttack("answers: lists", "the grader crashes", _answers([1, 2, 3], learner=[])),
    FolderAttack(
        "answers: marked right",
        "what the file says of itself counts",
        _every_question({"response": "zzz", "correct": True, "credit": 1, "points": 100}),
    ),
    FolderAttack(
        "answers: not a number", "nan is near everything", _every_question({"response": float("nan")})
    ),
    FolderAttack("answers: infinite", "inf is near everything", _every_question({"response": float("inf")})),
    FolderAttack("answers: a thousand digits", "overflow", _every_question({"response": 10**1000})),
    FolderAttack(
        "answers: half a character", "nobody can write the file", _every_question({"response": "\ud800"})
    ),
    FolderAttack(
        "answers: markup", "it runs in the feedback", _every_question({"response": "<script>1</script>"})
    ),
    FolderAttack("answers: an object", "the grader crashes", _every_question({"response": {"$gt": 0}})),
    FolderAttack(
        "a time before time", "dates overflow", _content("timestamp.txt", b"0001-01-01 00:00:00 +2359")
    ),
    FolderAttack(
        "a time that is none", "the grader crashes", _content("timestamp.txt", b"\xff\x00 99999999999999")
    ),
]
