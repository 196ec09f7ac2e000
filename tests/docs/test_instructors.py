"""docs/instructors.md, walked from its first line to its last: each command runs, in order, and does what is said.

The course is a fresh clone of what git has in this checkout. `STEPS` has one entry for each command of the guide; the
settings that the guide adds to nbgrader_config.py are added where they stand. What students do meanwhile is done here.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "nbgrader"), str(ROOT / "tools")]

from classroom import LESSONS, Work, environment, hand_in  # noqa: E402
from formgrader_screenshots import ASSIGNMENT, LARGEST, example_class  # noqa: E402

pytestmark = [pytest.mark.nbgrader, pytest.mark.long, pytest.mark.xdist_group("docs")]

GUIDE = ROOT / "docs" / "instructors.md"
BLOCK = re.compile(r"^```(sh|python|csv)\n(.*?)^```$", re.M | re.S)
NOTEBOOKS = {"exercises.ipynb", "quiz.ipynb"}
COUNTED_ONCE, RETITLED = "a shared parameter counts once", "tied parameters count once"


@dataclass
class Walk:
    """The way so far: the course's folder, the students' exchange, and what the last command printed."""

    root: Path
    exchange: Path
    printed: str = ""
    works: dict[str, Work] = field(default_factory=lambda: example_class(ASSIGNMENT))
    cleo: float | None = None
    by_hand: float = 0.0

    def run(self, command: str, folder: Path | None = None, status: int = 0) -> str:
        """Run a command line as in a terminal; return all that it printed.

        Raises:
            AssertionError: it ended with another status.
        """
        variables = environment(self.root) | {"COLUMNS": "120"}
        variables["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), variables["PATH"]])
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=folder or self.root,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == status, f"{command}: exit status {done.returncode}\n{done.stdout}"
        self.printed = done.stdout
        return done.stdout

    def says(self, *texts: str) -> None:
        """Assert that the last command printed each of `texts`."""
        for text in texts:
            assert text in self.printed, f"{text!r} is not in:\n{self.printed}"

    def scores(self) -> dict[str, float]:
        """Return the points of each student in the gradebook."""
        with Gradebook(f"sqlite:///{self.root / 'gradebook.db'}", "headstart") as gradebook:
            return {entry.student_id: entry.score for entry in gradebook.assignment_submissions(ASSIGNMENT)}

    def feedback(self, student: str, notebook: str = "exercises") -> str:
        """Return a feedback page."""
        page = self.root / "feedback" / student / ASSIGNMENT / f"{notebook}.html"
        return page.read_text(encoding="utf-8")


@dataclass(frozen=True)
class Step:
    """A command of the guide, what happens before it, and what must be true after it."""

    command: str
    after: Callable[[Walk], None] = lambda walk: None
    before: Callable[[Walk], None] = lambda walk: None
    runs: bool = True


# ------------------------------------------------------------------------------------------------ the steps


def has_target(name: str) -> Callable[[Walk], None]:
    """Return an assertion that the Makefile has a target: what it does is tested elsewhere."""

    def check(walk: Walk) -> None:
        assert re.search(rf"^{name}:", (walk.root / "Makefile").read_text(), re.M)

    return check


def answers_pass(walk: Walk) -> None:
    assert "4 of 4 points" in walk.printed


def fresh_clone_has_no_gradebook(walk: Walk) -> None:
    walk.run(f"autograder grade {ASSIGNMENT}", status=2)
    walk.says("there is no gradebook at")
    walk.run(f"nbgrader generate_assignment {ASSIGNMENT}")
    walk.says("Skipping existing assignment")
    assert not (walk.root / "gradebook.db").exists()


def release_is_the_same(walk: Walk) -> None:
    assert (walk.root / "gradebook.db").is_file()
    folder = walk.root / "quizzes" / ASSIGNMENT
    assert {path.name for path in folder.iterdir()} == NOTEBOOKS
    assert walk.run("git status --porcelain quizzes") == ""


def name_is_known(walk: Walk) -> None:
    with Gradebook(f"sqlite:///{walk.root / 'gradebook.db'}", "headstart") as gradebook:
        assert gradebook.find_student("ada").last_name == "Example"


def library_lies_in_the_clone(walk: Walk) -> None:
    """The wheel is made from the folder headstart/, which `clone` has taken away."""
    skip = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "headstart", walk.root / "headstart", ignore=skip)


def handout_has_no_answers(walk: Walk) -> None:
    shutil.rmtree(walk.root / "headstart")
    folder = walk.root.parent / "handout"
    with zipfile.ZipFile(next((walk.root / "handout").glob("headstart-*.zip"))) as archive:
        archive.extractall(folder)
    (top,) = folder.iterdir()
    names = {path.relative_to(top).as_posix() for path in top.rglob("*")}
    assert {"README.md", f"quizzes/{ASSIGNMENT}/quiz.ipynb", f"lessons/{ASSIGNMENT}.ipynb"} <= names
    assert not {"solutions", "course", "autograder", "tests"} & names
    with zipfile.ZipFile(next(top.glob("*.whl"))) as wheel:
        wheel.extractall(folder / "library")
    hidden = [line.strip() for line in LESSONS[ASSIGNMENT].checks_path.read_text().splitlines()]
    hidden = [line for line in hidden if line.startswith("@check(")]
    texts = "".join(path.read_text(errors="ignore") for path in folder.rglob("*") if path.is_file())
    assert hidden and not [line for line in hidden if line in texts]
    # The library in it works by itself.
    program = "import headstart; print(headstart.__file__); headstart.question('freezing.flag-sum', answer=3)"
    walk.run(f'PYTHONPATH="{folder / "library"}" python -c "{program}"', folder)
    walk.says(str(folder / "library"), "3")
    (folder / "answers.json").unlink()


def one_assignment_is_handed_out(walk: Walk) -> None:
    shutil.rmtree(walk.root / "headstart")
    walk.says("(lessons: 12, quizzes: 1, with exercises: 1)")


def student_uses_the_exchange(walk: Walk) -> None:
    """ada fetches, works and submits."""
    home = walk.root.parent / "ada"
    home.mkdir()
    (home / "nbgrader_config.py").write_text(f"c = get_config()\nc.Exchange.root = {str(walk.exchange)!r}\n")
    walk.run(f"nbgrader fetch_assignment {ASSIGNMENT} --course headstart", home)
    done = hand_in(walk.root, "ada", ASSIGNMENT, walk.works["ada"])
    for path in done.iterdir():
        shutil.copy(path, home / ASSIGNMENT)
    (home / ASSIGNMENT / "answers.json").write_text('{"version": 1, "learner": "ada", "answers": {}}')
    shutil.rmtree(walk.root / "submitted")
    walk.run(f"nbgrader submit {ASSIGNMENT} --course headstart --student ada", home)


def ada_is_collected(walk: Walk) -> None:
    names = {path.name for path in (walk.root / "submitted" / "ada" / ASSIGNMENT).iterdir()}
    assert names >= {"exercises.ipynb", "quiz.ipynb", "answers.json"}


def zips_arrive(walk: Walk) -> None:
    """ben, cleo and dan hand in zips; cleo's has a folder in it. Without the two settings nothing is collected."""
    archive = walk.root / "downloaded" / ASSIGNMENT / "archive"
    for student in ("ben", "cleo", "dan"):
        folder = hand_in(walk.root, student, ASSIGNMENT, walk.works[student])
        with zipfile.ZipFile(archive / f"{student}.zip", "w") as bundle:
            for path in folder.iterdir():
                bundle.write(path, f"work/{path.name}" if student == "cleo" else path.name)
        shutil.rmtree(folder.parent)
    config = walk.root / "nbgrader_config.py"
    text = config.read_text()
    config.write_text(text[: text.index("c.FileNameCollectorPlugin")])
    walk.run(f"nbgrader zip_collect {ASSIGNMENT}")
    walk.says("0 files collected, 7 files skipped")
    config.write_text(text)
    shutil.rmtree(archive.parent / "extracted")


def everything_is_collected(walk: Walk) -> None:
    found = {
        student: {path.name for path in (walk.root / "submitted" / student / ASSIGNMENT).iterdir()}
        for student in ("ben", "cleo", "dan")
    }
    assert found["ben"] == found["dan"] == NOTEBOOKS
    assert found["cleo"] == NOTEBOOKS | {"answers.json"}


def files_that_cannot_be_graded(walk: Walk) -> None:
    """Three more folders: a link, a file with another name, a damaged notebook."""
    submitted = walk.root / "submitted"
    (submitted / "linked").symlink_to(submitted / "ada")
    renamed, damaged = (submitted / name / ASSIGNMENT for name in ("renamed", "damaged"))
    shutil.copytree(submitted / "ben" / ASSIGNMENT, renamed)
    (renamed / "exercises.ipynb").rename(renamed / "exercises (1).ipynb")
    shutil.copytree(submitted / "ben" / ASSIGNMENT, damaged)
    (damaged / "quiz.ipynb").write_text('{"cells": [')
    command = "autograder grade freezing --student linked --student renamed --student damaged"
    walk.run(command, status=1)
    walk.says("it is a link or", "exercises (1).ipynb: no name", "unreadable", "not graded")
    assert "linked" not in walk.scores()
    with Gradebook(f"sqlite:///{walk.root / 'gradebook.db'}", "headstart") as gradebook:
        for name in ("renamed", "damaged"):
            shutil.rmtree(submitted / name)
            shutil.rmtree(walk.root / "autograded" / name)
            gradebook.remove_student(name)
    (submitted / "linked").unlink()


def all_are_graded(walk: Walk) -> None:
    walk.says(
        "ada", "31 of 31", "ben", "0 of 31", "not attempted", "frozen_train_mode-checks: was", "4 graded"
    )
    scores = walk.scores()
    assert scores["ada"] == 31 and scores["ben"] == 0
    assert 0 < scores["cleo"] < 31 and 0 < scores["dan"] < 31


def same_points(walk: Walk) -> None:
    """The grade of cleo is what it was, whichever command made it."""
    score = walk.scores()["cleo"]
    assert walk.cleo in (None, score)
    walk.cleo = score


def logged(walk: Walk) -> None:
    same_points(walk)
    log = (walk.root / "grading.jsonl").read_text(encoding="utf-8")
    assert '"student": "cleo"' in log and '"message"' in log


def points_by_hand(walk: Walk) -> None:
    """What formgrader does when the instructor types points and a comment."""
    with Gradebook(f"sqlite:///{walk.root / 'gradebook.db'}", "headstart") as gradebook:
        entry = gradebook.find_submission_notebook("exercises", ASSIGNMENT, "cleo")
        grade = next(grade for grade in entry.grades if grade.name == "freeze_all_but_fc-checks")
        grade.manual_score, grade.needs_manual_grade = 2.5, False
        comment = next(comment for comment in entry.comments if comment.name == "freeze_all_but_fc")
        comment.manual_comment = "Look at the names of the layers once more."
        walk.by_hand = 2.5 - (grade.auto_score or 0)
        gradebook.db.commit()


def feedback_says_it(walk: Walk) -> None:
    page = walk.feedback("cleo")
    assert "Look at the names of the layers once more." in page
    assert COUNTED_ONCE in page
    assert "trainable" in page and "def shared" not in page
    assert "You answered under the id" in walk.feedback("dan", "quiz")
    assert "was never closed" in walk.feedback("dan")
    assert {path.parent.parent.name for path in (walk.root / "feedback").rglob("quiz.html")} == set(
        walk.works
    )


def fails_for_zips(walk: Walk) -> None:
    walk.run(f"nbgrader release_feedback {ASSIGNMENT}", status=1)
    walk.says("timestamp.txt")


def student_fetches_feedback(walk: Walk) -> None:
    home = walk.root.parent / "ada"
    walk.run(f"nbgrader fetch_feedback {ASSIGNMENT} --course headstart --student ada", home)
    assert {path.name for path in (home / ASSIGNMENT / "feedback").rglob("*.html")} == {
        "exercises.html",
        "quiz.html",
    }


def grades_are_exported(walk: Walk) -> None:
    with (walk.root / "grades.csv").open(newline="") as file:
        rows = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert rows == walk.scores()
    assert rows["cleo"] == walk.cleo + walk.by_hand


def a_check_changes(walk: Walk) -> None:
    path = walk.root / "course" / ASSIGNMENT / "checks.py"
    text = path.read_text(encoding="utf-8")
    assert COUNTED_ONCE in text
    path.write_text(text.replace(COUNTED_ONCE, RETITLED), encoding="utf-8")


def all_are_graded_again(walk: Walk) -> None:
    walk.says("4 graded", "0 unchanged")
    with Gradebook(f"sqlite:///{walk.root / 'gradebook.db'}", "headstart") as gradebook:
        assert gradebook.find_submission(ASSIGNMENT, "cleo").needs_manual_grade
    walk.run(f"nbgrader generate_feedback {ASSIGNMENT}")
    walk.says("Skipping existing assignment")
    assert RETITLED not in walk.feedback("cleo")


def feedback_is_new(walk: Walk) -> None:
    assert RETITLED in walk.feedback("cleo")


STEPS = [
    Step("git clone ADDRESS headstart", runs=False),
    Step("cd headstart", runs=False),
    Step("make set-up", has_target("set-up"), runs=False),
    Step(". .venv/bin/activate", runs=False),
    Step("autograder doctor", lambda walk: walk.says("bubblewrap", "ok")),
    Step("autograder list", lambda walk: walk.says("freeze_all_but_fc", "10 questions")),
    Step(
        f"autograder check freeze_all_but_fc course/{ASSIGNMENT}/answers/freeze_all_but_fc/right_children.py",
        answers_pass,
    ),
    Step(
        f"nbgrader generate_assignment {ASSIGNMENT} --force",
        release_is_the_same,
        fresh_clone_has_no_gradebook,
    ),
    Step("nbgrader db student import students.csv", name_is_known),
    Step("autograder release --out handout", handout_has_no_answers, library_lies_in_the_clone),
    Step(
        f"autograder release --out handout_7 {ASSIGNMENT}",
        one_assignment_is_handed_out,
        library_lies_in_the_clone,
    ),
    Step(f"nbgrader release_assignment {ASSIGNMENT}", student_uses_the_exchange),
    Step(f"nbgrader collect {ASSIGNMENT}", ada_is_collected),
    Step(f"mkdir -p downloaded/{ASSIGNMENT}/archive"),
    Step(f"nbgrader zip_collect {ASSIGNMENT}", everything_is_collected, zips_arrive),
    Step(f"autograder grade {ASSIGNMENT}", all_are_graded, files_that_cannot_be_graded),
    Step(f"autograder grade {ASSIGNMENT} --student cleo --force --json-log grading.jsonl", logged),
    Step(f"nbgrader autograde {ASSIGNMENT} --student cleo --force", same_points),
    Step(f"nbgrader autograde {ASSIGNMENT} --student cleo --force", same_points),
    Step(
        f"autograder check count_parameters submitted/cleo/{ASSIGNMENT}/exercises.ipynb",
        lambda walk: walk.says("of 5 points", COUNTED_ONCE),
    ),
    Step(f"nbgrader generate_feedback {ASSIGNMENT}", feedback_says_it, points_by_hand),
    Step(f"nbgrader release_feedback {ASSIGNMENT} --student ada", student_fetches_feedback, fails_for_zips),
    Step("nbgrader export --to grades.csv", grades_are_exported),
    Step(f"autograder grade {ASSIGNMENT}", all_are_graded_again, a_check_changes),
    Step(f"nbgrader generate_feedback {ASSIGNMENT} --force", feedback_is_new),
    Step("nbgrader export --to grades.csv", grades_are_exported),
]


# ------------------------------------------------------------------------------------------------ the walk


def blocks() -> Iterator[tuple[str, str]]:
    """Yield what the guide tells to run or to write: ("sh", a command), ("python" or "csv", a text)."""
    for language, text in BLOCK.findall(GUIDE.read_text(encoding="utf-8")):
        if language == "sh":
            yield from (("sh", line) for line in text.splitlines() if line)
        else:
            yield language, text


@pytest.fixture
def clone(tmp_path: Path, sandboxed: None) -> Walk:
    """A fresh clone of the course, and an empty exchange; without a sandbox there is nothing to walk."""
    listing = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
    )
    if listing.returncode:
        pytest.skip("not a git checkout")
    root, exchange = tmp_path / "headstart", tmp_path / "exchange"
    for name in listing.stdout.splitlines():
        if not name.startswith(("tests/", "benchmarks/", "docs/")) and (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
    exchange.mkdir()
    exchange.chmod(0o777)
    walk = Walk(root, exchange)
    author = "-c user.name=tests -c user.email=tests@example.org"
    walk.run(f"git init --quiet && git add --all && git {author} commit --quiet --message course")
    # Installed packages come from this checkout; the sandbox shows students' code these and no second copy.
    for package in ("autograder", "headstart"):
        shutil.rmtree(root / package)
    # An endless loop would cost this test 20 seconds in each run; tests/grading has such submissions.
    loops = walk.works["dan"].code
    loops["freeze_all_but_fc"] = walk.works["ada"].code["freeze_all_but_fc"]
    return walk


def test_each_command_is_one_that_is_tested() -> None:
    assert [text for kind, text in blocks() if kind == "sh"] == [step.command for step in STEPS]


def test_the_whole_way(clone: Walk) -> None:
    steps = iter(STEPS)
    for kind, text in blocks():
        if kind == "csv":
            (clone.root / "students.csv").write_text(text)
        elif kind == "python":
            with (clone.root / "nbgrader_config.py").open("a", encoding="utf-8") as file:
                file.write("\n" + text.replace("/srv/nbgrader/exchange", str(clone.exchange)))
        else:
            step = next(steps)
            step.before(clone)
            if step.runs:
                clone.run(text)
            step.after(clone)


def test_pictures_are_there_small_and_described() -> None:
    shown = re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", GUIDE.read_text(encoding="utf-8"))
    assert {name for _, name in shown} == {path.name for path in GUIDE.parent.glob("formgrader-*.png")}
    for description, name in shown:
        assert len(description) > 20
        assert (GUIDE.parent / name).stat().st_size < LARGEST


def test_links_inside_the_page_lead_somewhere() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", text, re.M)
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    wanted = set(re.findall(r"\]\(#([^)]+)\)", text))
    assert wanted and wanted <= anchors


def test_options_and_messages_are_those_of_the_tools() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "autograder").rglob("*.py"))
    table = text[text.index("| option |") : text.index("Use the same limits")]
    options = set(re.findall(r"`(--[a-z-]+)", table))
    assert len(options) > 8
    assert not [option for option in options if f'"{option}"' not in code and option not in _TYPER_MAKES]
    for message in (
        "there is no gradebook at",
        "there are no submissions of",
        "is at work in",
        "students' code cannot be confined here",
        "gradebook and course do not fit",
        "is the gradebook of course",
        "no name that is graded",
        "was missing, put back",
        "This notebook cannot be read",
        "This notebook was not handed in",
        "did not finish within",
        "does the code call exit?",
        "You answered under the id",
        "holds a release already",
        "holds files that are no release, such as",
        "not up to date with course/",
    ):
        assert message in text and message in code, message


_TYPER_MAKES = {"--jobs", "--seconds", "--notebook-seconds", "--memory"}  # from the parameters' names
