"""Writes an effect of a lesson as a row of a table. Called by `benchmarks/claims.py` and the tests of claims."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import mean, stdev

# The units of effects, and how many decimals of each mean something.
UNITS = {"%": 1, "points": 1, "images": 1, "times": 2, "of 1": 3, "per image": 3, "distance": 3, "nats": 3}


def row(effect: str, values: list[float]) -> tuple[str, ...]:
    """Return an effect as cells of the table: name, unit, mean and spread, extremes, number of seeds.

    Raises:
        ValueError: there are fewer than three values, or the name does not end with a unit that is known.
    """
    name, _, unit = effect.rpartition(", ")
    if unit not in UNITS:
        raise ValueError(
            f"the effect {effect!r} has no unit; end it with a comma and one of {', '.join(UNITS)}"
        )
    if len(values) < 3:
        raise ValueError(f"the effect {effect!r} has {len(values)} values; measure at least three seeds")
    digits = UNITS[unit]
    spread = f"{mean(values):.{digits}f} ± {stdev(values):.{digits}f}"
    return name, unit, spread, f"{min(values):.{digits}f}", f"{max(values):.{digits}f}", str(len(values))


def assert_shown(effects: Mapping[str, list[float]]) -> None:
    """Assert that the table can show each effect: it has a unit, and enough seeds."""
    assert effects
    for name, values in effects.items():
        row(name, values)
