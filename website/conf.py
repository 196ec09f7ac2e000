"""Sphinx's configuration of the web site. Read by Sphinx; build.py starts it on the pages that pages.py has written.

Nothing is loaded from another machine: no analytics, no fonts, no scripts for widgets or formulas.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

import headstart

project = "Headstart"
author = "the authors of Headstart"
project_copyright = "the authors of Headstart, MIT licence"
version = release = headstart.__version__
language = "en"

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["extra", "static"]
default_role = "code"
# The instructor's guide shows a .csv file, which Pygments does not know.
suppress_warnings = ["misc.highlighting_failure"]

# The notebooks come with their outputs.
nb_execution_mode = "off"
nb_ipywidgets_js: dict[str, dict[str, str]] = {}
nb_merge_streams = True
myst_enable_extensions: list[str] = []
myst_heading_anchors = 3

autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
napoleon_use_ivar = True

html_theme = "pydata_sphinx_theme"
html_title = "Headstart"
html_css_files = ["widget.css", "site.css"]
html_js_files = [("questions.js", {"defer": "defer"})]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_use_index = False
html_context = {"default_mode": "auto"}
html_theme_options = {
    "logo": {"text": "Headstart"},
    "header_links_before_dropdown": 7,
    "navigation_depth": 2,
    "show_toc_level": 2,
    "search_bar_text": "Search the course",
    "secondary_sidebar_items": ["page-toc"],
    "article_header_start": ["breadcrumbs"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_sidebars = {
    "index": [],
    "glossary": [],
    "cheat_sheet": [],
    "hand_in": [],
    "reference/index": [],
}


def use_written_files(app: Sphinx, config: Config) -> None:
    """Take static files from the folder that pages.py has written; Sphinx looks beside this file otherwise."""
    config.html_static_path = [str(Path(app.srcdir) / "static")]
    config.html_favicon = str(Path(app.srcdir) / "static" / "favicon.svg")
    config.html_extra_path = [str(Path(app.srcdir) / "extra")]


def without_aliases(
    app: Sphinx, what: str, name: str, member: object, skip: bool, options: object
) -> bool | None:
    """Leave out what Python says of each field of a named tuple; the class itself documents its fields."""
    text = getattr(member, "__doc__", None) or ""
    return True if text.startswith("Alias for field number") else None


def with_empty_corners(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Make the empty corner of a table an ordinary cell: it is no heading of anything, for screen readers."""
    if "body" in context:
        context["body"] = re.sub(r"<th[^>]*>(<p></p>)?</th>", "<td></td>", context["body"])


def setup(app: Sphinx) -> None:
    """Connect what depends on the folder of the pages. Called by Sphinx."""
    app.connect("config-inited", use_written_files)
    app.connect("autodoc-skip-member", without_aliases)
    app.connect("html-page-context", with_empty_corners)
