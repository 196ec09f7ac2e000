"""Write environment.yml (conda, Binder) from pyproject.toml and constraints.txt.

`python tools/environment_yml.py` rewrites the file; a test calls `render` to see that it is up to date.
PyTorch comes from conda-forge's CPU build there: Binder gives 2 GB of memory and no GPU.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FROM_CONDA = {"torch": "pytorch-cpu", "torchvision": "torchvision"}
EXTRAS = ("lab", "instructor")

HEAD = """\
# For conda and Binder. Written by tools/environment_yml.py; edit pyproject.toml or constraints.txt instead.
#   conda env create -f environment.yml && conda activate headstart && jupyter lab
name: headstart
channels:
  - conda-forge
  - nodefaults
dependencies:
  - python=3.11
  - pip
"""


def requirement_name(requirement: str) -> str:
    """Return the normalised package name of a requirement such as `PyYAML>=6`."""
    return re.split(r"[<>=!~\[; ]", requirement, maxsplit=1)[0].lower().replace("_", "-")


def pinned_versions(constraints: str) -> dict[str, str]:
    """Return package name -> exact version from the text of a constraints file."""
    pins = re.findall(r"^([A-Za-z0-9_.-]+)==(\S+)$", constraints, flags=re.M)
    return {name.lower().replace("_", "-"): version for name, version in pins}


def render(root: Path = ROOT) -> str:
    """Return the text of environment.yml.

    Raises:
        KeyError: a direct dependency has no exact version in constraints.txt.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    pins = pinned_versions((root / "constraints.txt").read_text())
    wanted = list(project["dependencies"])
    for extra in EXTRAS:
        wanted += project["optional-dependencies"][extra]
    by_name = {requirement_name(requirement): requirement for requirement in wanted}

    conda = [by_name[name].replace(name, package) for name, package in FROM_CONDA.items()]
    pip = [f"{name}=={pins[name]}" for name in sorted(by_name) if name not in FROM_CONDA]
    lines = [f'  - "{requirement}"' for requirement in conda]
    lines += ["  - pip:", *(f"      - {pin}" for pin in pip), "      - --editable ."]
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    (ROOT / "environment.yml").write_text(render())
