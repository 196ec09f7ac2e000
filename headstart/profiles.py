"""Which set of models and data the lessons run on: `offline` (default) or `imagenet`.

Called by the lessons' set-up cells through `headstart.profile()`.
"""

from __future__ import annotations

import os

from headstart.names import unknown_name

PROFILES = ("imagenet", "offline")


def profile() -> str:
    """Return the profile that the lessons run in.

    `HEADSTART_PROFILE` decides where it is set; the default is `"offline"`, which never touches the network.

    Raises:
        UnknownName: `HEADSTART_PROFILE` holds something else than a profile's name.
    """
    chosen = os.environ.get("HEADSTART_PROFILE", "offline").strip().lower()
    if chosen not in PROFILES:
        raise unknown_name("profile (HEADSTART_PROFILE)", chosen, PROFILES)
    return chosen
