"""The same tasks on a Dask cluster: its workers judge in sandboxes of their own, the coordinator alone writes.

A task that Dask runs twice, because a worker was lost, gives one result all the same. Each worker process
judges one submission at a time, so start workers with one thread: `dask worker ADDRESS --nworkers auto --nthreads 1`.
"""

from __future__ import annotations

import atexit
import contextlib
import queue
import socket
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from autograder.grading.submissions import Submission
from autograder.grading.terms import Graded, Terms
from autograder.source import BadInput

_lock = threading.Lock()
_graders: dict[str, Any] = {}
_CONNECT_SECONDS = 10
_LOOK_SECONDS = 5.0
# A worker that was lost is often started again by its nanny.
_WITHOUT_WORKERS_SECONDS = 60.0


class Cluster:
    """Grades submissions on the workers of the Dask scheduler at `address`. Use as a context manager.

    Raises:
        BadInput: Dask is not installed, no scheduler answers, or it has no workers.
    """

    def __init__(self, terms: Terms, address: str) -> None:
        try:
            from distributed import Client
        except ImportError:
            raise BadInput(
                "--scheduler needs the package `distributed`; install it: pip install distributed."
            ) from None
        try:
            self._client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            said = str(error).splitlines()[0] if str(error) else "no answer"
            raise BadInput(f"no Dask scheduler answers at {address} ({said}).") from None
        self._terms = terms
        self.jobs = sum(self._client.nthreads().values())
        if not self.jobs:
            self._client.close()
            raise BadInput(
                f"the Dask scheduler at {address} has no workers; start some: dask worker {address} --nthreads 1."
            )

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *exception: object) -> None:
        self._client.close(timeout=5)

    def grade(self, submissions: Iterable[Submission]) -> Iterator[tuple[Submission, Any]]:
        """Grade all `submissions`, in whatever order they are done; each comes out exactly once."""
        from autograder.grading.crew import Failure

        source = iter(submissions)
        waiting: dict[str, tuple[Any, Submission]] = {}
        done: queue.SimpleQueue[Any] = queue.SimpleQueue()

        def send(submission: Submission) -> None:
            future = self._client.submit(judge_task, self._terms, submission, pure=False, retries=1)
            waiting[future.key] = future, submission
            future.add_done_callback(done.put)

        # Twice as many tasks as threads are under way: nobody waits, and results do not pile up.
        for submission in islice(source, 2 * self.jobs):
            send(submission)
        while waiting:
            future = self._next(done)
            if future is None:
                for submission in (*(left for _, left in waiting.values()), *source):
                    yield submission, Failure(submission.student, "the cluster has no workers", machine=True)
                return
            _, submission = waiting.pop(future.key)
            if future.status == "finished":
                result = future.result()
            else:
                error = future.exception()
                result = Failure(submission.student, f"{type(error).__name__}: {error}", machine=True)
            following = next(source, None)
            if following is not None:
                send(following)
            future.release()
            yield submission, result

    def _next(self, done: queue.SimpleQueue[Any]) -> Any:
        """Return the next task that is done; None where there is nobody left who could do it."""
        lonely_since = None
        while True:
            with contextlib.suppress(queue.Empty):
                return done.get(timeout=_LOOK_SECONDS)
            try:
                alone = self._client.status != "running" or not self._client.nthreads()
            except (OSError, RuntimeError, ValueError):  # the scheduler is gone
                alone = True
            if not alone:
                lonely_since = None
                continue
            lonely_since = lonely_since or time.monotonic()
            if time.monotonic() - lonely_since > _WITHOUT_WORKERS_SECONDS:
                return None


def judge_task(terms: Terms, submission: Submission) -> Graded | Any:
    """Judge one submission on a Dask worker. The worker's first task starts its sandbox."""
    from autograder.grading.crew import Failure, graded_or_failure
    from autograder.sandbox.launch import SandboxUnavailable

    with _lock:
        try:
            grader = _grader(terms)
        except SandboxUnavailable as error:
            # A result, not an exception: Dask would judge the worker by it, and try again.
            return Failure(submission.student, f"{socket.gethostname()}: {error}", machine=True)
        return graded_or_failure(grader, submission)


def _grader(terms: Terms) -> Any:
    """Return this process's grader for `terms`; its sandbox and lesson live as long as the process."""
    version = terms.version()
    if version not in _graders:
        import torch

        from autograder.grading.rooms import open_rooms
        from autograder.grading.task import Grader, unpack_lesson

        torch.set_num_threads(1)
        folder = tempfile.TemporaryDirectory(prefix="headstart-lesson-")
        atexit.register(folder.cleanup)
        rooms = open_rooms(terms)
        _graders.clear()
        _graders[version] = Grader(terms, unpack_lesson(terms, Path(folder.name)), rooms)
    return _graders[version]
