"""Figures that a screen reader can read too. Called by the lessons."""

from __future__ import annotations

import html
from base64 import b64encode
from io import BytesIO
from typing import TYPE_CHECKING

from headstart.names import Refusal

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
    from IPython.display import display
    from matplotlib import pyplot

    if not alt.strip():
        raise Refusal("alt is empty; say in a sentence what the figure shows, for those who cannot see it")
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=110, bbox_inches="tight", facecolor="white")
    pyplot.close(figure)
    png = b64encode(buffer.getvalue()).decode("ascii")
    # JupyterLab drops the alt text of an image/png output, so the picture comes as HTML; the PNG stands by for
    # converters that take no HTML.
    element = f'<img src="data:image/png;base64,{png}" alt="{html.escape(alt)}">'
    display({"text/html": element, "image/png": png, "text/plain": alt}, raw=True)
