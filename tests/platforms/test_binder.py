"""Binder builds its image from environment.yml, and a session starts through the file `start`.

What repo2docker, Binder's own tool, looks for is written down here; neither a conda client with its channels nor
Docker is needed. So this checks what the files say, not that they can be solved.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import environment_yml
import yaml

ROOT = Path(__file__).resolve().parents[2]

# Each of these, at the top, would make repo2docker pass environment.yml over (its build packs, in their order).
PREFERRED = (
    *("binder", ".binder", "Dockerfile", "Project.toml", "JuliaProject.toml", "REQUIRE", "default.nix"),
    *("install.R", "DESCRIPTION"),
)


def test_nothing_is_preferred_to_environment_yml() -> None:
    assert (ROOT / "environment.yml").is_file()
    assert not [name for name in PREFERRED if (ROOT / name).exists()]
    runtime = ROOT / "runtime.txt"
    assert not runtime.exists() or not runtime.read_text().startswith("r-")


def test_the_image_has_pytorch_for_cpus_and_the_pinned_packages() -> None:
    wanted = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert wanted["channels"] == ["conda-forge", "nodefaults"]
    conda = [entry for entry in wanted["dependencies"] if isinstance(entry, str)]
    (pip,) = [entry["pip"] for entry in wanted["dependencies"] if isinstance(entry, dict)]
    names = {environment_yml.requirement_name(entry) for entry in conda}
    # Binder gives 2 GB of memory and no GPU. `pytorch-cpu` asks for the CPU build, which `pytorch` may not be.
    assert names == {"python", "pip", "pytorch-cpu", "torchvision"}
    assert not [entry for entry in pip if re.match(r"(torch|torchvision|nvidia-|cuda-|triton)", entry)]
    pins = environment_yml.pinned_versions((ROOT / "constraints.txt").read_text())
    assert pip[-1] == "--editable ."
    for entry in pip[:-1]:
        name, version = entry.split("==")
        assert pins[name] == version
    assert "jupyterlab" in {entry.split("==")[0] for entry in pip}


def test_a_session_starts_with_one_thread() -> None:
    start = ROOT / "start"
    assert os.access(start, os.X_OK), "repo2docker needs `start` to be executable"
    assert start.read_text().startswith("#!/bin/bash\n")
    inherited = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    command = [
        str(start),
        sys.executable,
        "-S",
        "-c",
        "import os, sys; print(os.environ['OMP_NUM_THREADS'], sys.argv[1])",
        "a b",
    ]
    done = subprocess.run(command, env=inherited, capture_output=True, text=True)
    assert done.stdout == "1 a b\n", done.stderr
