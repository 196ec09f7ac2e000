"""A class with its submissions, for the tests of the nbgrader pipeline: four students, each in another way."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.answer_key import typed_answer
from autograder.build.quiz_file import load_quiz
from autograder.course import Lesson
from autograder.sandbox import launch, mounts
from headstart.questions.draw import instance
from headstart.questions.judging import judge, parse_response
from headstart.questions.schema import Question

ROOT = Path(__file__).resolve().parents[2]
# Every lesson that has exercises; a class does the first two below, which take the least time.
WITH_EXERCISES = [path.parent.name for path in sorted(ROOT.glob("course/*/exercises.py"))]
ASSIGNMENTS = ("01_confusion_matrix", "07_freezing")
LESSONS = {name: Lesson(ROOT / "course" / name) for name in WITH_EXERCISES}


class Quizzes(dict[str, list[Question]]):
    """The graded questions by lesson, read at first use: reading one takes a while."""

    def __missing__(self, name: str) -> list[Question]:
        self[name] = load_quiz(LESSONS[name].quiz_path).questions
        return self[name]


QUIZZES = Quizzes()
ORDINARY_UID = 12_346
SYNTAX_ERROR = "def {name}(*arguments:\n    return 1\n"


@dataclass
class Work:
    """What one student hands in for one assignment.

    Attributes:
        code: what stands in the answer cell of each exercise; others stay as released.
        typed: what is typed for each question id.
        clicked: stored responses by question id, as the widget writes them to answers.json.
        id_typed: what stands between the quotes of `my_id`.
        deleted: grade ids of cells that the student deleted.
        files: whether each text in `code` is a whole file, with its imports.
    """

    code: dict[str, str] = field(default_factory=dict)
    typed: dict[str, Any] = field(default_factory=dict)
    clicked: dict[str, Any] = field(default_factory=dict)
    id_typed: str = ""
    deleted: tuple[str, ...] = ()
    files: bool = False


# For nbgrader_config.py: what nbgrader does by itself, with its own preprocessors.
STOCK = """
from nbgrader.converters import Autograde
c.Autograde.sanitize_preprocessors = Autograde.class_traits()["sanitize_preprocessors"].default()
c.Autograde.autograde_preprocessors = Autograde.class_traits()["autograde_preprocessors"].default()
"""


def environment(root: Path) -> dict[str, str]:
    """Return the environment of the commands: one thread, and no nbgrader settings but the course's own."""
    hidden = ("JUPYTERHUB_USER", "HEADSTART_LEARNER", "HEADSTART_COURSE", "NBGRADER_EXECUTION")
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    settings = root.parent / "settings"
    return kept | {
        "OMP_NUM_THREADS": "1",
        "JUPYTER_CONFIG_DIR": str(settings),
        "IPYTHONDIR": str(settings / "ipython"),
    }


def nbgrader(root: Path, *arguments: str) -> str:
    """Run an nbgrader command in the course at `root`; return all that it printed.

    Raises:
        AssertionError: the command failed.
    """
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(command, cwd=root, env=environment(root), capture_output=True, text=True)
    printed = done.stdout + done.stderr
    assert done.returncode == 0, f"nbgrader {' '.join(arguments)} exited with {done.returncode}:\n{printed}"
    return printed


def make_course(root: Path) -> None:
    """Copy what an instructor works with: course, source notebooks and settings."""
    for name in ("course", "solutions"):
        shutil.copytree(
            ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "answers.json*")
        )
    shutil.copy(ROOT / "nbgrader_config.py", root)


def make_released_course(root: Path) -> None:
    """Make a course at `root` in which both assignments are released and nothing is handed in."""
    make_course(root)
    for assignment in ASSIGNMENTS:
        nbgrader(root, "generate_assignment", assignment)


def grade_id(number: int, question: Question) -> str:
    """Return the grade id of the `number`-th question of a quiz."""
    return f"q{number:02}-{question.id.split('.', 1)[1]}"


def hand_in(root: Path, student: str, assignment: str, work: Work) -> Path:
    """Put a submission into `submitted/`, made from the release in `quizzes/`; return its folder."""
    folder = root / "submitted" / student / assignment
    folder.mkdir(parents=True)
    names = {grade_id(n, question): question.id for n, question in enumerate(QUIZZES[assignment], start=1)}
    for release in (root / "quizzes" / assignment).glob("*.ipynb"):
        notebook = nbformat.read(release, as_version=4)
        kept = []
        for cell in notebook.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
            if name in work.deleted:
                continue
            if name in work.code:
                cell.source = work.code[name]
            question_id = names.get(name.removesuffix("-answer"))
            if name.endswith("-answer") and question_id in work.typed:
                cell.source = f"{cell.source.split(' = ')[0]} = {work.typed[question_id]!r}"
            if cell.source.startswith('my_id = ""'):
                cell.source = cell.source.replace('""', json.dumps(work.id_typed), 1)
            kept.append(cell)
        notebook.cells = kept
        nbformat.write(notebook, folder / release.name)
    if work.clicked:
        answers = {
            question_id: {"response": response, "learner": student, "attempts": 1, "correct": None, "at": ""}
            for question_id, response in work.clicked.items()
        }
        content = {"version": 1, "learner": student, "answers": answers, "predictions": {}}
        (folder / "answers.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def bank_answer(assignment: str, exercise: str, place: int) -> Path:
    """Return the `place`-th wrong answer to an exercise from the course's bank."""
    return sorted((LESSONS[assignment].answers_path / exercise).glob("wrong_*.py"))[place]


def mistaken(question: Question, learner: str) -> Any:
    """Return an answer that is wrong, or right in part where the kind of the question allows it."""
    seen = instance(question, learner)
    if question.kind == "numeric":
        return round(seen.traps[0][0], 6)
    if question.kind == "ordering":
        return " ".join(seen.choice(key).letter for key in reversed(seen.right_order))
    right = [choice.letter for choice in seen.choices if choice.correct]
    if question.kind == "multiple" and len(right) > 1:
        return ", ".join(right[:-1])
    return next(choice.letter for choice in seen.choices if not choice.correct)


def right(question: Question, learner: str) -> Any:
    """Return the right answer as the learner types it."""
    return typed_answer(question, learner)


def stored(question: Question, learner: str, answer: Any) -> Any:
    """Return `answer` as the widget stores it."""
    return parse_response(question, learner, answer)


def points(question: Question, learner: str, answer: Any) -> float:
    """Return what an answer is worth by itself, without any notebook."""
    return judge(question, learner, answer).credit * question.points


def as_ordinary_user() -> list[str]:
    """Return the start of a command line that runs the rest of it as a made-up user.

    Skips the test where that cannot be. Folders that only root may enter are bound where that user can see what
    it needs of them.
    """
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv (util-linux) is needed to become another user")
    needed = [Path(sys.prefix), Path(sys.base_prefix), Path(mounts.package_folder("headstart")).parent]
    closed = {p for path in needed for p in path.parents if not p.stat().st_mode & 0o001}
    words = []
    for parent in sorted(closed, key=lambda path: len(path.parts)):
        words += ["--perms", "0755", "--tmpfs", str(parent)]
    for parent in sorted({p for path in needed for p in path.parents}, key=lambda path: len(path.parts)):
        if any(parent != folder and parent.is_relative_to(folder) for folder in closed):
            words += ["--perms", "0755", "--dir", str(parent)]
    for path in needed:
        words += ["--ro-bind", str(path), str(path)]
    user = ["--reuid", str(ORDINARY_UID), "--regid", str(ORDINARY_UID), "--clear-groups"]
    setpriv = ["setpriv", *user, "--inh-caps=-all", "--bounding-set=-all"]
    return [launch.find_bubblewrap(), "--dev-bind", "/", "/", *words, "--", *setpriv, "env", "HOME=/tmp"]
