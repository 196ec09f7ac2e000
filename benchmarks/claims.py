"""Print the size and spread of every effect that a lesson speaks of: what `pytest -m claims` asserts, in numbers.

    python benchmarks/claims.py [LESSON ...]        for example: 07_freezing

Each `tests/claims/test_*.py` with a function `measure()` is imported and asked. It returns a dictionary: the
effect's name with its unit after the last comma, and one value for each seed. No effect depends on the clock.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from effect_rows import row  # noqa: E402  (the folder of our tools is no package)

CLAIMS = ROOT / "tests" / "claims"

Effects = dict[str, list[float]]


def measures() -> dict[str, Callable[[], Effects]]:
    """Return the `measure` of each claims module that has one, by the name of its lesson."""
    found = {}
    for path in sorted(CLAIMS.glob("test_*.py")):
        name = f"claims_{path.stem}"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        if hasattr(module, "measure"):
            found[path.stem.removeprefix("test_")] = module.measure
    return found


def main(wanted: list[str]) -> int:
    """Print the table for the lessons `wanted`, or for all."""
    found = measures()
    unknown = [name for name in wanted if name not in found]
    if unknown:
        print(
            f"no claims are called {', '.join(unknown)}; there are: {', '.join(found) or 'none'}",
            file=sys.stderr,
        )
        return 2
    table = Table(title="Effects over seeds")
    table.add_column("effect", overflow="fold")
    table.add_column("unit")
    for column in ("mean ± sd", "min", "max", "seeds"):
        table.add_column(column, justify="right", no_wrap=True)
    for lesson in wanted or found:
        table.add_section()
        table.add_row(f"[bold]{lesson}[/bold]")
        for effect, values in found[lesson]().items():
            table.add_row(*row(effect, values))
    Console(width=120).print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
