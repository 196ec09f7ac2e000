"""The table of effects: each lesson's claims can be measured, and what cannot be read is refused."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from effect_rows import row

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def table() -> ModuleType:
    spec = importlib.util.spec_from_file_location("claims_table", ROOT / "benchmarks" / "claims.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_lesson_has_effects_to_measure(table: ModuleType) -> None:
    lessons = {path.name for path in (ROOT / "course").iterdir() if (path / "lesson.py").is_file()}
    assert lessons and lessons <= table.measures().keys()


def test_an_effect_becomes_name_unit_spread_extremes_and_seeds() -> None:
    assert row("gain, 50 digits, points", [1.0, 2.0, 4.5]) == (
        "gain, 50 digits",
        "points",
        "2.5 ± 1.8",
        "1.0",
        "4.5",
        "3",
    )


def test_a_share_has_more_decimals() -> None:
    assert row("IoU, of 1", [0.5, 0.625, 0.75])[2:5] == ("0.625 ± 0.125", "0.500", "0.750")


@pytest.mark.parametrize(
    ("effect", "values", "words"),
    [
        ("gain", [1.0, 2.0, 3.0], "has no unit"),
        ("gain, 50 digits", [1.0, 2.0, 3.0], "has no unit"),
        ("gain, points", [1.0, 2.0], "at least three seeds"),
    ],
)
def test_an_effect_without_unit_or_spread_is_refused(effect: str, values: list[float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        row(effect, values)


def test_an_unknown_lesson_is_named_with_those_that_exist(
    table: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert table.main(["07_frezing"]) == 2
    assert "07_frezing; there are: " in capsys.readouterr().err
