"""Make the pictures of docs/instructors.md: an example class, graded, in formgrader and on a feedback page.

    python tools/formgrader_screenshots.py        writes docs/formgrader-*.png

The class is made from the course's own solutions and answer banks in a temporary copy of the course; nothing but
the pictures is written here. `example_class` also serves the test of the guide.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from lab_in_browser import BROWSERS, FLAGS, Lab, find_browser, running_lab

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "nbgrader"))

from classroom import (  # noqa: E402
    LESSONS,
    QUIZZES,
    SYNTAX_ERROR,
    Work,
    bank_answer,
    environment,
    hand_in,
    make_course,
    mistaken,
    nbgrader,
    right,
    stored,
)

ASSIGNMENT = "07_freezing"
LARGEST = 250_000  # bytes of one picture
WIDTH = 1120  # pixels
NEVER_ENDS = "def {name}(*arguments):\n    while True:\n        pass\n"


def example_class(assignment: str) -> dict[str, Work]:
    """Return what four students hand in: all right, nothing done, wrong in part, and everything that goes wrong."""
    lesson, questions = LESSONS[assignment], QUIZZES[assignment]
    solved = {exercise.name: exercise.solution_source for exercise in lesson.exercises}
    names = list(solved)
    clicked = {
        question.id: stored(question, "cleo", (right if place % 2 else mistaken)(question, "cleo"))
        for place, question in enumerate(questions)
    }
    broken = {
        names[0]: NEVER_ENDS.format(name=names[0]),
        names[1]: SYNTAX_ERROR.format(name=names[1]),
    }
    return {
        "ada": Work(code=solved, typed={q.id: right(q, "ada") for q in questions}, id_typed="ada"),
        "ben": Work(),
        "cleo": Work(
            code={name: bank_answer(assignment, name, 1).read_text(encoding="utf-8") for name in names},
            clicked=clicked,
            id_typed="cleo",
        ),
        "dan": Work(
            code=solved | broken,
            typed={q.id: right(q, "ada") for q in questions},
            id_typed="ada",
            deleted=(f"{names[2]}-checks",),
        ),
    }


def graded_course(root: Path, exchange: Path) -> None:
    """Make a course at `root` with the example class, graded and with feedback."""
    make_course(root)
    with (root / "nbgrader_config.py").open("a", encoding="utf-8") as file:
        file.write(f"\nc.Exchange.root = {str(exchange)!r}\n")
    exchange.mkdir(mode=0o777)
    nbgrader(root, "generate_assignment", ASSIGNMENT)
    for student, work in example_class(ASSIGNMENT).items():
        hand_in(root, student, ASSIGNMENT, work)
    command = [sys.executable, "-m", "autograder.cli", "grade", ASSIGNMENT, "--seconds", "5"]
    subprocess.run(command, cwd=root, env=environment(root), check=True)
    nbgrader(root, "generate_feedback", ASSIGNMENT)


def take_pictures(chromium: Any, lab: Lab, folder: Path) -> list[Path]:
    """Write the four pictures into `folder`; return their paths."""
    page = chromium.new_page(viewport={"width": WIDTH, "height": 820}, color_scheme="light")

    def open_page(path: str) -> None:
        page.goto(f"{lab.url}{path}?token={lab.token}", wait_until="networkidle")

    def picture(name: str, height: int) -> Path:
        path = folder / f"formgrader-{name}.png"
        page.screenshot(path=path, clip={"x": 0, "y": 0, "width": WIDTH, "height": height})
        return path

    def picture_around(place: int, name: str, above: int, height: int) -> Path:
        """Take a picture that has the `place`-th verdict `above` pixels below its top."""
        verdict = page.locator(".autograder-verdict").nth(place)
        verdict.wait_for()
        page.wait_for_timeout(1000)  # formgrader lays its boxes out once more after it has loaded
        verdict.evaluate(
            "(box, above) => window.scrollTo(0, box.getBoundingClientRect().top + window.scrollY - above)",
            above,
        )
        page.wait_for_timeout(300)
        return picture(name, height)

    made = []
    open_page("formgrader/manage_assignments")
    page.locator("table a", has_text=ASSIGNMENT).first.wait_for()
    made.append(picture("assignments", 510))

    open_page(f"formgrader/manage_submissions/{ASSIGNMENT}")
    page.locator("table td", has_text="dan").first.wait_for()
    made.append(picture("submissions", 480))

    open_page(f"formgrader/submissions/{submission_of(lab, 'cleo')}/")
    made.append(picture_around(place=1, name="verdict", above=470, height=800))

    page.goto((lab.folder / "feedback" / "dan" / ASSIGNMENT / "exercises.html").as_uri())
    made.append(picture_around(place=0, name="feedback", above=60, height=330))
    return made


def submission_of(lab: Lab, student: str) -> str:
    """Return formgrader's id of the exercises that `student` handed in."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{lab.folder / 'gradebook.db'}", "headstart") as gradebook:
        return str(gradebook.find_submission_notebook("exercises", ASSIGNMENT, student).id)


def main() -> int:
    from playwright.sync_api import sync_playwright

    browser_path = find_browser()
    if browser_path is None:
        print(f"no browser is installed; looked for {', '.join(BROWSERS)}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        home = Path(scratch)
        graded_course(home / "course", home / "exchange")
        with running_lab(home, home / "course") as lab:
            chromium = playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
            for path in take_pictures(chromium, lab, ROOT / "docs"):
                size = path.stat().st_size
                print(f"wrote {path.relative_to(ROOT)}, {size // 1000} kB")
                if size > LARGEST:
                    print(
                        f"{path.name} is larger than {LARGEST // 1000} kB; make its clip smaller",
                        file=sys.stderr,
                    )
                    return 1
            chromium.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
