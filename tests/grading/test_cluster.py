"""The same class on a real Dask cluster, two worker processes of which one is killed on the way."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from grading_helpers import QUICK, SMALL, class_of, expected_of, grader, grades, log_lines

distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed")

pytestmark = [pytest.mark.nbgrader, pytest.mark.usefixtures("sandboxed")]


def test_one_worker_killed_each_graded_once(course: Path) -> None:
    works = class_of(course, 6)
    log = course / "log.jsonl"
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        process = grader(
            course, SMALL, *QUICK, "--scheduler", cluster.scheduler_address, "--json-log", str(log)
        )
        while process.poll() is None and not log_lines(log):
            time.sleep(0.05)
        with distributed.Client(cluster) as client:
            victim = next(iter(client.run(os.getpid).values()))
        os.kill(victim, signal.SIGKILL)
        out, err = process.communicate(timeout=300)
    assert process.returncode == 0, f"{out}\n{err}"
    assert sorted(entry["student"] for entry in log_lines(log)) == sorted(works)
    assert grades(course) == expected_of(works)
