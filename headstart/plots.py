"""Figures that a screen reader can read too. Called by the lessons."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def show(figure: Figure, alt: str) -> None:
    """Display `figure` under the cell, with `alt` as the text that stands in for it, and close it.

    Args:
        figure: a matplotlib figure.
        alt: one or two sentences that say what the picture shows.

    Raises:
        ValueError: `alt` is empty.
    """
    from IPython.display import Image, display
    from matplotlib import pyplot

    if not alt.strip():
        raise ValueError("alt is empty; say in a sentence what the figure shows, for those who cannot see it")
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=110, bbox_inches="tight", facecolor="white")
    pyplot.close(figure)
    display(Image(data=buffer.getvalue(), format="png", alt=alt))
