"""Fixtures: caches with small photo collections and random weights, and no network."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from local_network import LocalNetwork
from stand_in_cache import write_ants_and_bees, write_pets, write_random_weights


@pytest.fixture
def pets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that holds a small Oxford-IIIT Pet."""
    monkeypatch.setenv("HEADSTART_CACHE", str(tmp_path / "cache"))
    return write_pets(tmp_path / "cache")


@pytest.fixture
def ants_and_bees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that holds a few ants and bees."""
    monkeypatch.setenv("HEADSTART_CACHE", str(tmp_path / "cache"))
    return write_ants_and_bees(tmp_path / "cache")


@pytest.fixture
def random_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A torch.hub cache that holds random weights under the name of resnet18's; returns the file."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return write_random_weights(tmp_path / "torch")


@pytest.fixture
def network() -> Iterator[LocalNetwork]:
    """No network, except for what the test puts into `network.files`."""
    local = LocalNetwork()
    urllib.request.install_opener(urllib.request.build_opener(urllib.request.ProxyHandler({}), local))
    yield local
    urllib.request.install_opener(None)  # the next request builds the ordinary one
