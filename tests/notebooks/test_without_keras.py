"""Lesson 11 where the extra `keras` is not installed: one clear line at each cell that needs it, and no error."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LESSON = ROOT / "course" / "11_same_ideas_in_keras" / "lesson.py"


def test_the_lesson_goes_on_without_keras(tmp_path: Path) -> None:
    (tmp_path / "hidden" / "keras").mkdir(parents=True)
    (tmp_path / "hidden" / "keras" / "__init__.py").write_text('raise ImportError("hidden by a test")\n')
    paths = [str(tmp_path / "hidden"), str(ROOT), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(paths),
        "MPLBACKEND": "agg",
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(
        [sys.executable, str(LESSON)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Keras is not installed here") >= 5
    assert "PyTorch, model.requires_grad = False: 158 tensors train" in done.stdout
