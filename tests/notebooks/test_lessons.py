"""Every lesson runs, calls nothing deprecated, and gives the same when it is run again.

Cells may carry two tags, written into their line in `lesson.py`:

    # %% tags=["timing"]    its output depends on the clock, and it holds no other result
    # %% tags=["broken"]    a mistake made on purpose (see `test_lesson_parts.py`)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from notebook_runs import LESSONS, STRICT, code_cells, name_of, notebook_of, printed, run, tags

# The second run of the others comes with `make test-all`.
TWICE_IN_EVERY_TEST = ("01_confusion_matrix", "07_freezing")

# Both runs of a lesson belong on one worker, which remembers the first.
EACH = [pytest.param(path, id=name_of(path), marks=pytest.mark.xdist_group(path.stem)) for path in LESSONS]
EACH_AGAIN = [
    pytest.param(
        path,
        id=name_of(path),
        marks=[
            pytest.mark.xdist_group(path.stem),
            *([] if path.stem in TWICE_IN_EVERY_TEST else [pytest.mark.long]),
        ],
    )
    for path in LESSONS
]

Notebook = nbformat.NotebookNode


# ------------------------------------------------------------------------------------------- deprecated calls


def test_a_deprecated_call_stops_a_lesson(tmp_path: Path) -> None:
    path = notebook_of(tmp_path, "import torch", "torch.cuda.amp.GradScaler(enabled=False)")
    with pytest.raises(AssertionError, match=r"GradScaler\(args\.\.\.\)` is deprecated"):
        run(path, tmp_path, startup=STRICT)


def test_which_warnings_stop_a_lesson(tmp_path: Path) -> None:
    helper = """
        import warnings

        def stops(category, module):
            try:
                warnings.warn_explicit("going away", category, "file.py", 1, module=module)
            except category:
                return True
            return False

        ours = ("torch.nn", "torchvision.models", "numpy", "matplotlib.pyplot", "headstart.data", "__main__")
        categories = (DeprecationWarning, PendingDeprecationWarning, FutureWarning)
    """
    checks = """
        for category in categories:
            assert all(stops(category, module) for module in ours)
            assert not stops(category, "torchlike.thing")
        assert not any(stops(UserWarning, module) for module in ours)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            assert not stops(FutureWarning, "torch.nn")
        assert len(caught) == 1
    """
    # The filters must also outlive the imports, since libraries set filters of their own.
    imports = "import matplotlib.pyplot, numpy, sklearn, torch, torchvision, headstart.models"
    cells = [re.sub(r"^ {8}", "", text, flags=re.MULTILINE).strip() for text in (helper, checks, imports)]
    run(notebook_of(tmp_path, *cells, cells[1]), tmp_path, startup=STRICT)


# -------------------------------------------------------------------------------------------------- two runs


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Notebook]:
    """Return a function that runs a lesson, and remembers it for the other tests of this lesson."""
    known: dict[Path, Notebook | AssertionError] = {}

    def run_once(path: Path) -> Notebook:
        if path not in known:
            try:
                known[path] = run(path, tmp_path_factory.mktemp(path.stem), startup=STRICT)
            except AssertionError as error:
                known[path] = error
        found = known[path]
        if isinstance(found, AssertionError):
            raise found
        return found

    return run_once


@pytest.mark.parametrize("path", EACH)
def test_lesson_runs(path: Path, first_run: Callable[[Path], Notebook]) -> None:
    notebook = first_run(path)
    warned = re.findall(r".*(?:DeprecationWarning|FutureWarning).*", printed(notebook, "stderr"))
    assert not warned, "\n".join(warned)
    shown = [output.data for cell in code_cells(notebook) for output in cell.outputs if "data" in output]
    figures = [data for data in shown if "image/png" in data]
    assert figures, "shows no figure"
    assert all(re.search(r'alt="[^"]+"', data.get("text/html", "")) for data in figures), (
        "a figure without alt text: use headstart.show(figure, alt=...)"
    )


PROGRESS = re.compile(r"[^\r\n]*\d+%\|[^\r\n]*\|[^\r\n]*[\r\n]?")
WIDGET = "application/vnd.jupyter.widget-view+json"


def results(cell: Notebook) -> list[Any]:
    """Return what a cell gave, without what may differ: progress bars and the ids of widgets."""
    found: list[Any] = []
    for output in cell.outputs:
        if output.output_type == "stream":
            # In how many pieces a text arrives is chance.
            if found and found[-1][0] == output.name:
                found[-1] = (output.name, found[-1][1] + output.text)
            else:
                found.append((output.name, output.text))
        else:
            data = {kind: value for kind, value in output.get("data", {}).items() if kind != WIDGET}
            if "text/plain" in data and WIDGET in output.data:
                data["text/plain"] = PROGRESS.sub("", data["text/plain"])
            found.append((output.output_type, data))
    return [
        (kind, PROGRESS.sub("", value).strip("\r\n") if isinstance(value, str) else value)
        for kind, value in found
    ]


def differences(one: Notebook, other: Notebook) -> list[str]:
    """Return where two runs of a notebook differ, `timing` cells left out: each cell's first line, and both results."""
    found = []
    for before, after in zip(code_cells(one), code_cells(other), strict=True):
        first, second = results(before), results(after)
        if "timing" not in tags(before) and first != second:
            pairs = [(a, b) for a, b in zip(first, second, strict=False) if a != b] or [(first, second)]
            shown = " and then ".join(f"{str(value)[:300]}" for value in pairs[0])
            found.append(f"{before.source.splitlines()[0]}\n    gave {shown}")
    return found


def test_a_difference_between_two_runs_is_found(tmp_path: Path) -> None:
    path = notebook_of(
        tmp_path,
        "import sys, time\nfrom tqdm import tqdm\nfor i in tqdm(range(3)):\n    print(i)",
        "print(time.time_ns())",
        "print(time.time_ns() + 1)",
    )
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].metadata["tags"] = ["timing"]
    nbformat.write(notebook, path)
    runs = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        runs.append(run(path, tmp_path / name))
    assert [text.splitlines()[0] for text in differences(*runs)] == ["print(time.time_ns() + 1)"]


@pytest.mark.parametrize("path", EACH_AGAIN)
def test_lesson_gives_the_same_again(
    path: Path, first_run: Callable[[Path], Notebook], tmp_path: Path
) -> None:
    found = differences(first_run(path), run(path, tmp_path))
    assert not found, "\n".join(found)
