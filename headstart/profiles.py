"""Which set of models and data the lessons run on: `offline` (default) or `imagenet`.

Called by the lessons' set-up cells through `headstart.profile()`, and by `headstart.tasks`.
"""

from __future__ import annotations

import os
from pathlib import Path

import torch

from headstart.names import OneLine, unknown_name

PROFILES = ("imagenet", "offline")
DEVICES = ("cpu", "cuda")

_unavailable: list[str] = []


class Unavailable(OneLine, Exception):
    """Something that the `imagenet` profile needs is missing; the message is the reason, in one line."""


def profile() -> str:
    """Return the profile that the lessons run in.

    `HEADSTART_PROFILE` decides where it is set. The default is `"offline"`, also on a machine with a GPU,
    because it never touches the network. Once `imagenet` has turned out not to be available
    (see `headstart.task`), this is `"offline"` until Python is restarted.

    Raises:
        UnknownName: `HEADSTART_PROFILE` holds something else than a profile's name.
    """
    chosen = os.environ.get("HEADSTART_PROFILE", "offline").strip().lower() or "offline"
    if chosen not in PROFILES:
        raise unknown_name("profile (HEADSTART_PROFILE)", chosen, PROFILES)
    return "offline" if _unavailable else chosen


def device() -> str:
    """Return where to compute: `"cuda"` if there is a GPU that PyTorch can use, else `"cpu"`.

    `HEADSTART_DEVICE=cpu` leaves a GPU alone.

    Raises:
        UnknownName: `HEADSTART_DEVICE` holds something else than `cpu` or `cuda`.
    """
    chosen = os.environ.get("HEADSTART_DEVICE", "").strip().lower() or "cuda"
    if chosen not in DEVICES:
        raise unknown_name("device (HEADSTART_DEVICE)", chosen, DEVICES)
    return "cuda" if chosen == "cuda" and torch.cuda.is_available() else "cpu"


def cache_folder() -> Path:
    """Return the folder that keeps downloaded photographs: `HEADSTART_CACHE`, else one in the user's cache."""
    chosen = os.environ.get("HEADSTART_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "headstart"


def fall_back(reason: str) -> None:
    """Say in one line why the `imagenet` profile is not available, and go on in `offline`."""
    _unavailable.append(reason)
    print(
        f"The imagenet profile is not available: {reason}. "
        "The lesson goes on in the offline profile: handwritten digits and glyphnet.",
    )
