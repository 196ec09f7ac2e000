"""The same tasks on a Dask cluster: its workers judge in sandboxes of their own, the coordinator alone writes.

A task that Dask runs twice, because a worker was lost, gives one result all the same. Each worker process
judges one submission at a time, so start workers with one thread: `dask worker ADDRESS --nworkers auto --nthreads 1`.
"""

from __future__ import annotations

import atexit
import tempfile
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from autograder.grading.submissions import Submission
from autograder.grading.terms import Graded, Terms
from autograder.source import BadInput

_lock = threading.Lock()
_graders: dict[str, Any] = {}
_CONNECT_SECONDS = 10


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
        from distributed import as_completed

        from autograder.grading.crew import Failure

        source = iter(submissions)
        waiting: dict[str, Submission] = {}

        def sent(submission: Submission) -> Any:
            future = self._client.submit(judge_task, self._terms, submission, pure=False, retries=1)
            waiting[future.key] = submission
            return future

        running = as_completed(loop=self._client.loop, raise_errors=False)
        # Twice as many tasks as threads are under way: nobody waits, and results do not pile up.
        for submission in (item for _, item in zip(range(2 * self.jobs), source, strict=False)):
            running.add(sent(submission))
        for future in running:
            submission = waiting.pop(future.key)
            if future.status == "finished":
                result = future.result()
            else:
                error = future.exception()
                result = Failure(submission.student, f"{type(error).__name__}: {error}", machine=True)
            following = next(source, None)
            if following is not None:
                running.add(sent(following))
            future.release()
            yield submission, result


def judge_task(terms: Terms, submission: Submission) -> Graded | Any:
    """Judge one submission on a Dask worker. The worker's first task starts its sandbox."""
    from autograder.grading.crew import graded_or_failure

    with _lock:
        return graded_or_failure(_grader(terms), submission)


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
