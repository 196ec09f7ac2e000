"""Turns the lesson folders in `course/` into what students and instructors open.

    course/NN_slug/lesson.py     -> lessons/NN_slug.ipynb, and the terms of all -> lessons/glossary.ipynb
    course/cheat_sheet.py        -> lessons/cheat_sheet.html
    course/NN_slug/exercises.py  -> solutions/NN_slug/exercises.ipynb ┐ nbgrader's generate_assignment
    course/NN_slug/quiz.yaml     -> solutions/NN_slug/quiz.ipynb      ┴ -> quizzes/NN_slug/*.ipynb
                                 -> headstart/{questions,exercises}/bank/NN_slug.json
    the terms of all lessons     -> headstart/flashcards/cards.json
    the questions asked in them  -> headstart/overview/asked.json

The same source gives the same bytes. Everything is made in memory before the first file is written, so a
mistake in one lesson leaves all files as they were. Called by `make build`, which runs
`python -m autograder.build`.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["build_course"]


def build_course(root: Path, check: bool = False) -> list[Path]:
    """Build all lessons below `root/course`; return the files that changed, relative to `root`.

    Args:
        root: the course's root.
        check: write nothing; the returned files are those that are not up to date.

    Raises:
        SourceError: a lesson or an exercise cannot be built; names file, line and cell.
        QuizFileError: a quiz.yaml cannot be used; names file, line and field of every mistake.
        CourseError: the checks of a lesson cannot be loaded.
    """
    # Imported here: nbgrader's preprocessors, which import this package, need neither jupytext nor torch.
    from autograder.build.outputs import differences, remove, write
    from autograder.build.plan import plan

    root = Path(root).resolve()
    outputs = plan(root)
    stale, orphans = differences(root, outputs)
    if not check:
        for name in stale:
            write(root / name, outputs[name])
        for name in orphans:
            remove(root / name)
    return sorted(Path(name) for name in [*stale, *orphans])
