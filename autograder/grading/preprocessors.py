"""The same verdicts inside `nbgrader autograde` and formgrader's button: preprocessors in the place of nbgrader's.

    from autograder.grading.preprocessors import isolate
    isolate(c)                                             # in nbgrader_config.py

Grades one submission after the other; `autograder grade` does it side by side.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.preprocessors import (
    DeduplicateIds,
    Execute,
    NbGraderPreprocessor,
    OverwriteCells,
    OverwriteKernelspec,
)
from traitlets import Bool, Dict
from traitlets.config import Config

from autograder.grading.blueprint import Blueprint, NotebookPlan, read_blueprint
from autograder.grading.repair import repair
from autograder.grading.submissions import read_files

_REPLACED = (DeduplicateIds, OverwriteKernelspec)


def isolate(config: Config) -> None:
    """Let `nbgrader autograde` judge in sandboxes. Call it in nbgrader_config.py."""
    traits = Autograde.class_traits()
    sanitize, judge = (traits[f"{step}_preprocessors"].default() for step in ("sanitize", "autograde"))
    config.Autograde.sanitize_preprocessors = [
        RepairedNotebook if step is OverwriteCells else step for step in sanitize if step not in _REPLACED
    ]
    config.Autograde.autograde_preprocessors = [
        IsolatedVerdicts if step is Execute else step for step in judge
    ]


@lru_cache(maxsize=4)
def _blueprint(db_url: str, assignment: str) -> Blueprint:
    with Gradebook(db_url) as gradebook:
        return read_blueprint(gradebook, assignment, {})


def _plan(resources: dict[str, Any]) -> NotebookPlan:
    about = resources["nbgrader"]
    blueprint = _blueprint(about["db_url"], about["assignment"])
    return next(plan for plan in blueprint.notebooks if plan.name == about["notebook"])


class RepairedNotebook(NbGraderPreprocessor):
    """Makes a submitted notebook whole again after the gradebook; see `autograder.grading.repair`."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Return the repaired notebook; what was repaired goes to nbgrader's log."""
        repaired = repair(nbformat.writes(nb).encode(), _plan(resources))
        for note in repaired.notes:
            self.log.warning("%s: %s", resources["nbgrader"]["student"], note)
        return repaired.notebook, resources


class IsolatedVerdicts(NbGraderPreprocessor):
    """Runs the students' cells in a room and writes the verdicts, in the place of nbgrader's `Execute`."""

    unsafe = Bool(False, help="Judge without a sandbox. Every verdict says so.").tag(config=True)
    policy = Dict(help="Limits of a room: settings of autograder.sandbox.Policy by name.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Judge the notebook.

        Raises:
            SandboxUnavailable: this machine cannot confine students' code, and `unsafe` was not asked for.
            RuntimeError: a check is itself at fault.
        """
        from autograder.course import Course
        from autograder.grading.rooms import open_rooms
        from autograder.grading.terms import Terms
        from autograder.grading.verdicts import Judge
        from autograder.sandbox.policy import Policy

        about = resources["nbgrader"]
        policy = Policy.from_dict(dict(self.policy))
        lesson = Course.find().lesson(about["assignment"])
        terms = Terms(_blueprint(about["db_url"], about["assignment"]), {}, policy, not self.unsafe)
        plan = _plan(resources)
        repaired = repair(nbformat.writes(nb).encode(), plan)
        files = read_files(Path(resources["metadata"]["path"]), policy)
        judge = Judge(lesson, open_rooms(terms), policy, terms.confined)
        result = judge.notebook(plan, repaired.notebook, files, about["student"])
        if result.faults:
            raise RuntimeError("; ".join(result.faults))
        result.notebook.metadata["autograder"] = {"sandbox": terms.confined}
        return result.notebook, resources
