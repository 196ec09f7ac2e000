"""What a forked process does first in its room, whether kernel or worker: environment and random numbers."""

from __future__ import annotations

import functools
import inspect
import os
import random
import sys
from typing import Any

from autograder.sandbox.mounts import HOME, SCRATCH
from autograder.sandbox.policy import Policy

_FOR_WORKERS = ("num_workers", "prefetch_factor", "persistent_workers", "multiprocessing_context", "timeout")


def settle(policy: Policy) -> None:
    """Set the environment that students' code finds, and start all random numbers from the policy's seed."""
    os.environ.update(
        HOME=HOME,
        TMPDIR=f"{SCRATCH}/tmp",
        PATH=os.pathsep.join((os.path.join(sys.prefix, "bin"), "/usr/bin", "/bin")),
        IPYTHONDIR=f"{HOME}/.ipython",
        MPLCONFIGDIR=f"{HOME}/.matplotlib",
    )
    sys.argv = [""]  # a notebook that parses its command line finds none
    seed_random_numbers(policy.seed)
    torch = sys.modules.get("torch")
    if torch is not None:
        _load_in_process(torch.utils.data.DataLoader)


def seed_random_numbers(seed: int) -> None:
    """Start the random numbers of Python, NumPy and PyTorch from `seed`.

    Without this, all rooms would go on with the zygote's random numbers; seeded alike, the same answer gets
    the same grade in every run.
    """
    random.seed(seed)
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(seed)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(seed)


def _load_in_process(loader: type) -> None:
    """Let a `DataLoader` that asks for worker processes do without: they would need sockets, which a room lacks.

    The batches are the same; many notebooks say `num_workers=2` out of habit.
    """
    make = loader.__init__

    @functools.wraps(make)
    def make_without_workers(self: Any, *args: Any, **kwargs: Any) -> None:
        given = inspect.signature(make).bind(self, *args, **kwargs).arguments
        if given.get("num_workers"):
            for name in _FOR_WORKERS:
                given.pop(name, None)
        given.pop("self")
        make(self, **given)

    loader.__init__ = make_without_workers
