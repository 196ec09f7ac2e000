"""The lessons that adapt a model run on photographs too: the same cells, ResNet-18 in place of glyphnet.

The photographs are made here, and so are the weights, so the numbers mean nothing. That is why a few small photographs
are enough. `benchmarks/lessons.py --imagenet` runs the lessons on as many as are published, at their full size.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from notebook_runs import LESSONS, SMALL_PHOTOGRAPHS, printed, run
from stand_in_cache import has_a_task, settings_for, write_ants_and_bees, write_pets, write_random_weights

pytestmark = pytest.mark.long

CELL_SECONDS = 600
WITH_A_TASK = [path for path in LESSONS if has_a_task(path)]
RUNS = [(path, "pets") for path in WITH_A_TASK] + [(WITH_A_TASK[0], "ants_bees")]
COLLECTIONS: dict[str, Callable[[Path], Path]] = {
    "pets": lambda root: write_pets(root, trainval=75, test=20),
    "ants_bees": lambda root: write_ants_and_bees(root, train=(75, 78), val=(20, 22)),
}


@pytest.mark.parametrize(("path", "collection"), RUNS, ids=lambda value: getattr(value, "stem", value))
def test_a_lesson_runs_on_photographs(path: Path, collection: str, tmp_path: Path) -> None:
    COLLECTIONS[collection](tmp_path / "photos")
    write_random_weights(tmp_path / "torch")
    settings = settings_for(tmp_path, collection, "cpu")
    (tmp_path / "run").mkdir()
    notebook = run(path, tmp_path / "run", SMALL_PHOTOGRAPHS, settings, seconds=CELL_SECONDS)
    said = printed(notebook, "stdout")
    assert f"imagenet: resnet18, 2 classes ({collection}), on cpu" in said
    wants_more = "size=200" in path.read_text(encoding="utf-8")
    assert wants_more == (f"{collection} has 100 training images" in said)
