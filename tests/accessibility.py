"""What axe-core finds wrong on a page in the browser tests."""

from __future__ import annotations

from typing import Any

import pytest


def violations(page: Any, context: str | None = None, *, preload: bool = True) -> list[str]:
    """Return what axe-core finds wrong, one line for each element.

    Args:
        page: The page.
        context: A CSS selector: look only inside what it selects. Without it the whole page is looked at.
        preload: Let axe-core fetch style sheets. It asks for those of a web site at wrong addresses; it computes
            contrast without them.
    """
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core is missing")
    results = (
        axe.Axe()
        .run(page, context=context, options={"resultTypes": ["violations"], "preload": preload})
        .response
    )
    assert results["passes"], "axe-core looked at nothing"
    return [f"{v['id']}: {v['help']}: {n['html'][:300]}" for v in results["violations"] for n in v["nodes"]]
