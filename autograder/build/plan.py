"""Makes the text of every output of a course in memory. Called by `build_course`."""

from __future__ import annotations

import json
import re
from pathlib import Path

from autograder.build import cheat_sheet as cheat_sheet_page
from autograder.build import glossary, platforms
from autograder.build.bank import bank_text
from autograder.build.errors import SourceError
from autograder.build.exercise_bank import exercise_bank_text
from autograder.build.exercises import build_exercises, exercise_facts
from autograder.build.glossary import Definition
from autograder.build.lessons import Lesson, read_lesson
from autograder.build.outputs import FOLDER
from autograder.build.quiz_file import Quiz, load_quiz
from autograder.build.quizzes import build_quiz
from autograder.build.release import generate_release
from autograder.course import load_checks
from headstart.names import unknown_name
from headstart.questions.schema import ExerciseFacts

FILES = ("lesson.py", "quiz.yaml")
# A lesson has both of these or neither.
GRADED = ("exercises.py", "checks.py")


def plan(root: Path) -> dict[str, str]:
    """Return the text of every output of the course at `root`, by path relative to `root`.

    Raises:
        SourceError, QuizFileError, CourseError, ReleaseError: something cannot be built.
    """
    outputs: dict[str, str] = {}
    sources: dict[str, dict[str, str]] = {}
    lessons: list[Lesson] = []
    quizzes: dict[str, Quiz] = {}
    facts: dict[str, list[ExerciseFacts]] = {}
    for folder in lesson_folders(root):
        name = folder.name
        lesson = read_lesson(root, folder)
        lessons.append(lesson)
        quizzes[name] = _quiz(root, folder, lesson)
        sources[name] = {"quiz.ipynb": build_quiz(name, lesson, quizzes[name])}
        facts[name] = []
        if has_exercises(folder):
            facts[name] = exercise_facts(root, folder)
            points: dict[str, float] = {}
            for check in load_checks(folder / "checks.py"):
                points[check.exercise] = points.get(check.exercise, 0) + check.points
            sources[name]["exercises.ipynb"] = build_exercises(root, folder, points)
            outputs[f"headstart/exercises/bank/{name}.json"] = exercise_bank_text(root, folder)
    asked = {lesson.folder: lesson.asked() for lesson in lessons}
    if any(asked.values()):
        outputs["headstart/overview/asked.json"] = json.dumps(asked, indent=1) + "\n"
    definitions = [definition for lesson in lessons for definition in lesson.definitions]
    glossary.check_once(definitions)
    cheat_sheet = (root / "course" / cheat_sheet_page.SOURCE).is_file()
    links = [(bool(definitions), glossary.LINK), (cheat_sheet, cheat_sheet_page.LINK)]
    footer = " ".join(link for exists, link in links if exists)
    where = platforms.published(root)
    notebooks = {
        lesson.folder: lesson.notebook("\n\n".join(filter(None, (practise(lesson), footer))), where)
        for lesson in lessons
    }
    outputs |= {f"lessons/{folder}.ipynb": notebook.text for folder, notebook in notebooks.items()}
    for lesson in lessons:
        name = lesson.folder
        about = lesson.about(facts[name], notebooks[name].ids)
        outputs[f"headstart/questions/bank/{name}.json"] = bank_text(quizzes[name], name, about)
    if (root / platforms.README).is_file():
        text = (root / platforms.README).read_text(encoding="utf-8")
        outputs[platforms.README] = platforms.readme(text, where, f"lessons/{lessons[0].folder}.ipynb")

    def cell_id(definition: Definition) -> str:
        return notebooks[definition.folder].ids[definition.cell]

    if definitions:
        outputs[f"lessons/{glossary.NAME}"] = glossary.build_glossary(definitions, cell_id)
        outputs[glossary.CARDS] = glossary.cards_text(definitions, cell_id)
    if cheat_sheet:
        outputs[f"lessons/{cheat_sheet_page.NAME}"] = cheat_sheet_page.build_cheat_sheet(root)
    for kind, assignments in (("solutions", sources), ("quizzes", generate_release(root, sources))):
        for name, texts in assignments.items():
            outputs |= {f"{kind}/{name}/{file_name}": text for file_name, text in texts.items()}
    return outputs


def practise(lesson: Lesson) -> str:
    """Return the line at a lesson's end that offers practice and the other ways to study."""
    number = f"{lesson.number:02}"
    return (
        f'**Practise:** `headstart.practice("{number}")` in a new cell asks ten questions, and more of what you miss. '
        f'`headstart.study("{number}")` has other ways: exercises, explorers, finding bugs, flashcards.'
    )


def has_exercises(folder: Path) -> bool:
    """Return whether the lesson in `folder` has exercises beside its quiz."""
    return any((folder / file_name).is_file() for file_name in GRADED)


def lesson_folders(root: Path) -> list[Path]:
    """Return the lesson folders of the course at `root`, in order.

    Raises:
        SourceError: there is none, a folder is not called `NN_slug`, or a file is missing in one.
    """
    course = root / "course"
    folders = sorted(
        path for path in course.glob("*") if path.is_dir() and not path.name.startswith((".", "__"))
    )
    if not folders:
        raise SourceError(
            "course", None, "", f"no lesson in {course}; make a folder such as course/01_confusion_matrix"
        )
    for folder in folders:
        shown = folder.relative_to(root)
        if not re.fullmatch(FOLDER, folder.name):
            raise SourceError(
                shown, None, "folder name", "expected NN_slug, for example 07_freezing; rename it"
            )
        wanted = (*FILES, *GRADED) if has_exercises(folder) else FILES
        for file_name in wanted:
            if not (folder / file_name).is_file():
                raise SourceError(
                    shown / file_name, None, "", f"there is no such file; a lesson has {', '.join(wanted)}"
                )
    return folders


def _quiz(root: Path, folder: Path, lesson: Lesson) -> Quiz:
    quiz = load_quiz(folder / "quiz.yaml")
    slug = folder.name.split("_", 1)[1]
    shown = (folder / "quiz.yaml").relative_to(root)
    if quiz.lesson != slug:
        raise SourceError(
            shown, 1, "lesson", f"is {quiz.lesson!r}, but the folder is {folder.name}; write {slug!r}"
        )
    sections = lesson.sections()
    for question in (*quiz.questions, *quiz.practice):
        if question.section is not None and question.section not in sections:
            field = f"section of {question.id}"
            raise SourceError(shown, None, field, str(unknown_name("section", question.section, sections)))
    return quiz
