"""The same class on a real Dask cluster, two worker processes of which one is killed on the way."""

from __future__ import annotations

import os
import pickle
import signal
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from grading_helpers import QUICK, SMALL, class_of, expected_of, grader, grades, log_lines

from autograder.grading import cluster
from autograder.grading.submissions import Submission
from autograder.sandbox import SandboxUnavailable

distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed")

pytestmark = pytest.mark.nbgrader


def test_a_worker_without_a_sandbox_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(terms: object) -> None:
        raise SandboxUnavailable("bwrap is missing.", "Install it.")

    monkeypatch.setattr(cluster, "_grader", refuse)
    result = cluster.judge_task(None, Submission("ada", {}, {}))
    assert result.machine and "bwrap is missing. Install it." in result.fault
    # A worker sends what it raises; an exception that cannot be read again would cost the connection.
    error = pickle.loads(pickle.dumps(SandboxUnavailable("the reason.", "The remedy.")))
    assert (error.reason, error.remedy) == ("the reason.", "The remedy.")


def test_without_workers_every_submission_comes_back_ungraded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(cluster, "_WITHOUT_WORKERS_SECONDS", 0.0)
    abandoned = object.__new__(cluster.Cluster)
    abandoned._client, abandoned._terms, abandoned.jobs = Abandoned(), None, 1
    submissions = [Submission(f"student{number}", {}, {}) for number in range(5)]
    results = list(abandoned.grade(submissions))
    assert [submission.student for submission, _ in results] == [s.student for s in submissions]
    assert all(result.machine and "no workers" in result.fault for _, result in results)


class Abandoned:
    """A Dask client whose workers are all gone: what is sent to it is never done."""

    status = "running"

    def __init__(self) -> None:
        self.sent = 0

    def nthreads(self) -> dict[str, int]:
        return {}

    def submit(self, *task: object, **options: object) -> SimpleNamespace:
        self.sent += 1
        return SimpleNamespace(key=str(self.sent), add_done_callback=lambda function: None)


@pytest.mark.long
@pytest.mark.usefixtures("sandboxed")
def test_one_worker_killed_each_graded_once(course: Path) -> None:
    works = class_of(course, 6)
    log = course / "log.jsonl"
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as workers:
        process = grader(
            course, SMALL, *QUICK, "--scheduler", workers.scheduler_address, "--json-log", str(log)
        )
        while process.poll() is None and not log_lines(log):
            time.sleep(0.05)
        with distributed.Client(workers) as client:
            victim = next(iter(client.run(os.getpid).values()))
        os.kill(victim, signal.SIGKILL)
        out, err = process.communicate(timeout=300)
    assert process.returncode == 0, f"{out}\n{err}"
    assert sorted(entry["student"] for entry in log_lines(log)) == sorted(works)
    assert grades(course) == expected_of(works)
