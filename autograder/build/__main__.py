"""`python -m autograder.build [--check] [--root FOLDER]`: build the course, or say what is not up to date."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from autograder.build import build_course
from autograder.build.errors import SourceError
from autograder.build.quiz_file import QuizFileError
from autograder.build.release import ReleaseError
from autograder.course import Course, CourseError

MISTAKES = (CourseError, QuizFileError, ReleaseError, SourceError)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 1 for a mistake in the course, or for stale files with `--check`."""
    parser = argparse.ArgumentParser(prog="python -m autograder.build", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 if a file is not up to date"
    )
    parser.add_argument(
        "--root", type=Path, help="the folder that holds course/ (default: this one or one above)"
    )
    options = parser.parse_args(arguments)
    try:
        changed = build_course(options.root or Course.find().path.parent, check=options.check)
    except MISTAKES as error:
        print(error, file=sys.stderr)
        return 1
    for path in changed:
        print(f"{'not up to date' if options.check else 'changed'}: {path.as_posix()}")
    if not options.check:
        print(f"{len(changed)} files changed." if changed else "Everything is up to date.")
    elif changed:
        print(f"{len(changed)} files are not up to date: run `make build`.", file=sys.stderr)
    return 1 if options.check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
