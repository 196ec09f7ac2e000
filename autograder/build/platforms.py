"""Where a published course opens in a browser: badges for Binder and Colab, and the cell that Colab needs.

Called by the build. The owner of a public copy sets one address in pyproject.toml,

    [tool.headstart]
    repository = "https://github.com/OWNER/NAME"

and tags the release `v<version>`. `make build` then writes the badges into README.md and into the opening of each
lesson, and below the opening the cell that fetches the course on Colab. All of them name the tag, so that a lesson
and the library that it imports are of one release. Without an address nothing of this is written.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from autograder.build.errors import SourceError

PROJECT = "pyproject.toml"
README = "README.md"

# What Colab's runtime 2026.01 has of the packages that the course needs, and of those that these need. From
# pip-freeze.txt in github.com/googlecolab/backend-info, commit bd8aaa4580401a7fbf96a52fab5a7acf96f50b73. A dependency
# that is missing here is fetched by the Colab cell; one that Colab has all the same stays as it is.
COLAB_HAS = {
    "annotated-doc": "0.0.4",
    "annotated-types": "0.7.0",
    "anywidget": "0.9.21",
    "backcall": "0.2.0",
    "click": "8.3.1",
    "contourpy": "1.3.3",
    "cycler": "0.12.1",
    "decorator": "4.4.2",
    "filelock": "3.20.3",
    "fonttools": "4.61.1",
    "fsspec": "2025.3.0",
    "ipykernel": "6.17.1",
    "ipython": "7.34.0",
    "ipython-genutils": "0.2.0",
    "ipywidgets": "7.7.1",
    "jinja2": "3.1.6",
    "joblib": "1.5.3",
    "jupyter-client": "7.4.9",
    "jupyter-core": "5.9.1",
    "jupyterlab-widgets": "3.0.16",
    "keras": "3.10.0",
    "kiwisolver": "1.4.9",
    "markdown-it-py": "4.0.0",
    "markupsafe": "3.0.3",
    "matplotlib": "3.10.0",
    "matplotlib-inline": "0.2.1",
    "mdurl": "0.1.2",
    "mpmath": "1.3.0",
    "networkx": "3.6.1",
    "numpy": "2.0.2",
    "packaging": "25.0",
    "pexpect": "4.9.0",
    "pickleshare": "0.7.5",
    "pillow": "11.3.0",
    "prompt-toolkit": "3.0.52",
    "psutil": "5.9.5",
    "psygnal": "0.15.1",
    "pydantic": "2.12.3",
    "pydantic-core": "2.41.4",
    "pygments": "2.19.2",
    "pyparsing": "3.3.1",
    "python-dateutil": "2.9.0.post0",
    "pyzmq": "26.2.1",
    "rich": "13.9.4",
    "safetensors": "0.7.0",
    "scikit-learn": "1.6.1",
    "scipy": "1.16.3",
    "setuptools": "75.2.0",
    "shellingham": "1.5.4",
    "six": "1.17.0",
    "sympy": "1.14.0",
    "threadpoolctl": "3.6.0",
    "torch": "2.9.0",
    "torchvision": "0.24.0",
    "tornado": "6.5.1",
    "tqdm": "4.67.1",
    "traitlets": "5.7.1",
    "typer": "0.21.1",
    "typing-extensions": "4.15.0",
    "typing-inspection": "0.4.2",
    "wcwidth": "0.2.14",
    "widgetsnbextension": "3.6.10",
}

COLAB_CELL = """\
# For Colab: fetch the course, and leave alone what is installed there.
try:
    import headstart
except ImportError:
    %pip install --quiet --no-deps {wanted}"""

_ADDRESS = re.compile(r"https://github\.com/(?P<owner>[A-Za-z0-9-]+)/(?P<name>[A-Za-z0-9._-]+?)(?:\.git)?/?")
_MARKER = re.compile(r"(<!-- badges:[^>]*-->\n)(?:\[!\[.*\n)?")
_TITLE = re.compile(r"(# .*\n)")


@dataclass(frozen=True)
class Published:
    """A public copy of the course: `OWNER/NAME` on GitHub, the tag of the release, and what Colab lacks for it."""

    slug: str
    tag: str
    colab_lacks: tuple[str, ...]

    @property
    def archive(self) -> str:
        """The address of the tagged release as a zip, from which pip can install."""
        return f"https://github.com/{self.slug}/archive/refs/tags/{self.tag}.zip"

    def badges(self, notebook: str) -> str:
        """Return the line with both badges for `notebook`, a path from the course's root."""
        binder = f"https://mybinder.org/v2/gh/{self.slug}/{self.tag}?labpath={quote(notebook, safe='')}"
        colab = f"https://colab.research.google.com/github/{self.slug}/blob/{self.tag}/{quote(notebook)}"
        return (
            f"[![Open in Binder](https://mybinder.org/badge_logo.svg)]({binder}) "
            f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({colab})"
        )

    def opening(self, source: str, notebook: str) -> str:
        """Return the Markdown `source` of a lesson's first cell with the badges below its title."""
        return _TITLE.sub(lambda title: f"{title[1]}\n{self.badges(notebook)}\n", source, count=1)

    def colab_cell(self) -> str:
        """Return the code of the cell that fetches the course where it is not installed."""
        return COLAB_CELL.format(wanted=" ".join([self.archive, *self.colab_lacks]))


def published(root: Path) -> Published | None:
    """Return where the course at `root` is published, or None if pyproject.toml names no address.

    Raises:
        SourceError: the address is not that of a repository on GitHub, the only host that Colab opens notebooks
            from; or a package that Colab lacks has no exact version in constraints.txt.
    """
    path = root / PROJECT
    if not path.is_file():
        return None
    settings = tomllib.loads(path.read_text(encoding="utf-8"))
    address = settings.get("tool", {}).get("headstart", {}).get("repository", "")
    if address == "":
        return None
    match = _ADDRESS.fullmatch(address) if isinstance(address, str) else None
    if match is None:
        message = f"is {address!r}; expected https://github.com/OWNER/NAME, or an empty text for no badges"
        raise SourceError(PROJECT, None, "tool.headstart.repository", message)
    project = settings["project"]
    return Published(
        slug=f"{match['owner']}/{match['name']}",
        tag=f"v{project['version']}",
        colab_lacks=tuple(_pinned(root, name) for name in colab_lacks(project["dependencies"])),
    )


def colab_lacks(requirements: list[str]) -> list[str]:
    """Return the names of those `requirements` that Colab does not preinstall, sorted."""
    names = {re.split(r"[<>=!~\[; ]", requirement, maxsplit=1)[0] for requirement in requirements}
    return sorted(
        name for name in (name.lower().replace("_", "-") for name in names) if name not in COLAB_HAS
    )


def readme(text: str, where: Published | None, notebook: str) -> str:
    """Return the README's `text` with the badges for `notebook` below its marker, or without any."""
    line = f"{where.badges(notebook)}\n" if where else ""
    return _MARKER.sub(lambda marker: marker[1] + line, text, count=1)


def _pinned(root: Path, name: str) -> str:
    constraints = root / "constraints.txt"
    text = constraints.read_text(encoding="utf-8") if constraints.is_file() else ""
    pin = re.search(rf"^{re.escape(name)}==(\S+)$", text, re.M | re.I)
    if pin is None:
        message = (
            f"{name!r} has no exact version; Colab lacks it, and the lessons' first cell fetches it: pin it"
        )
        raise SourceError(constraints.name, None, "", message)
    return f"{name}=={pin[1]}"
