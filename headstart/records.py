"""All that Headstart keeps of a learner, over all folders: found, counted, exported, deleted.

Called by the review and by progress, which ask what was begun, and by learners:

    headstart.export_data("my-headstart.zip")     everything as one file
    headstart.delete_data(confirm=True)           nothing is left

The files lie beside the notebooks (answers.json) and in the learning folder. They are small JSON files; nothing of
them is sent anywhere.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from headstart.exercises import records as exercises
from headstart.lessons import load_lessons
from headstart.names import Refusal
from headstart.practising import records as practice
from headstart.questions.state import FILE_NAME, Store
from headstart.state_file import LEARNING_FILES, LEARNING_FOLDER, StateFile, course_folder, learning_folder
from headstart.whole_files import write_whole

Understood = Callable[[dict[str, Any]], tuple[dict[str, Any], bool]]


def answer_folders() -> list[Path]:
    """Return the folders in which an answers.json may lie: course, lessons, each quiz, and the current one."""
    course, here = course_folder(), Path.cwd()
    if course is None:
        return [here]
    quizzes = sorted(path for path in (course / "quizzes").glob("*") if path.is_dir())
    return list(dict.fromkeys([course, course / "lessons", *quizzes, here]))


def answers() -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """Return all stored answers and guesses, by id; of two for one id, the later one. Nothing is written."""
    found: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    for folder in answer_folders():
        content = Store(folder, say=lambda line: None).read(keep_aside=False)
        for kept, entries in zip(found, (content["answers"], content["predictions"]), strict=True):
            for name, entry in entries.items():
                if name not in kept or str(kept[name].get("at", "")) <= str(entry.get("at", "")):
                    kept[name] = entry
    return found


def practice_answers() -> list[dict[str, Any]]:
    """Return what was answered in practice, in order: entries with `id`, `lesson`, `correct`. Nothing is written."""
    return _read(practice.FILE_NAME, practice.understood)["answers"]


def exercise_attempts() -> dict[str, dict[str, Any]]:
    """Return what is known of each exercise that was tried, by its function's name. Nothing is written."""
    return _read(exercises.FILE_NAME, exercises.understood)["exercises"]


def lessons_begun() -> set[str]:
    """Return the folders of the lessons with a guess, an answer or an attempt at an exercise."""
    slugs = {name.split(".")[0] for entries in answers() for name in entries}
    slugs |= {str(entry["id"]).split(".")[0] for entry in practice_answers()}
    tried = exercise_attempts()
    return {
        lesson.folder
        for lesson in load_lessons()
        if lesson.slug in slugs or any(name in tried for name in lesson.exercises)
    }


def export_data(path: str | Path = "my-headstart.zip") -> Path | None:
    """Write all that Headstart keeps of you into one zip file, and say what is in it.

    Args:
        path: the file to write; `.zip` is added where it is missing.

    Returns:
        The file, or None where there is nothing to export.

    Raises:
        Refusal: there is such a file already, or it cannot be written; the message says what to do.
    """
    target = Path(path).expanduser()
    target = target.with_name(target.name + ("" if target.suffix.lower() == ".zip" else ".zip"))
    if target.exists():
        raise Refusal(f"{target} is there already; choose another name, or remove it first")
    if not target.parent.is_dir():
        raise Refusal(f"there is no folder {target.parent}; make it first, or choose another")
    contents = {name: text for name, file in _files() if (text := _text(file)) is not None}
    if not contents:
        print("There is nothing to export: Headstart has kept nothing of you here.")
        return None
    try:
        _write_zip(target, contents)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise Refusal(f"{target} cannot be written ({reason}); choose another folder") from error
    print(f"Wrote {target}: {_listed(list(contents))}.")
    return target


def delete_data(*, confirm: bool = False) -> None:
    """Delete all that Headstart keeps of you, and say what was deleted.

    Args:
        confirm: True deletes. Without it you read what would be deleted, and nothing is.
    """
    found = [(name, file) for name, file in _files() if file.path.exists() or file.in_memory()]
    if not found:
        print("There is nothing to delete: Headstart has kept nothing of you here.")
        return
    names = [name for name, _ in found]
    if confirm is not True:
        print(
            f"This would delete {_listed(names)}. Quiz answers that you have not handed in are lost too. "
            "To delete: headstart.delete_data(confirm=True). To keep a copy first: headstart.export_data()."
        )
        return
    failed = []
    for name, file in found:
        try:
            file.delete()
        except OSError as error:
            failed.append(f"{name} ({error.strerror or type(error).__name__})")
        else:
            with suppress(OSError):
                file.path.with_name(f"{file.path.name}.lock").unlink(missing_ok=True)
    with suppress(OSError):
        learning_folder().rmdir()
    gone = [name for name in names if not any(text.startswith(f"{name} (") for text in failed)]
    if gone:
        print(f"Deleted {_listed(gone)}.")
    if failed:
        print(f"Could not be deleted: {', '.join(failed)}.")


def _files() -> Iterator[tuple[str, StateFile]]:
    """Give the learner's files with their names in the export, those that were kept aside included."""
    course = course_folder() or Path.cwd()
    places = [(folder, (FILE_NAME,)) for folder in answer_folders()]
    for folder, names in [*places, (learning_folder(), LEARNING_FILES)]:
        # A learning folder elsewhere goes by its usual name.
        shown = folder.relative_to(course).as_posix() if folder.is_relative_to(course) else LEARNING_FOLDER
        for name in names:
            aside = sorted(folder.glob(f"{Path(name).stem}.broken-*.json"))
            for path in (folder / name, *aside):
                yield (path.name if shown == "." else f"{shown}/{path.name}"), StateFile(path, _anything)


def _text(file: StateFile) -> str | None:
    """Return the text of a file, or of what is kept in memory in its place; None where there is nothing."""
    if file.in_memory():
        return json.dumps(file.read(), indent=1, ensure_ascii=False) + "\n"
    try:
        return file.path.read_bytes().decode("utf-8", errors="replace")
    except OSError:
        return None


def _write_zip(target: Path, contents: dict[str, str]) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for inside, text in contents.items():
            archive.writestr(inside, text)
    write_whole(target, packed.getvalue(), mode=0o600)  # it tells what the learner got wrong


def _read(name: str, understood: Understood) -> dict[str, Any]:
    return StateFile(learning_folder() / name, understood, say=lambda line: None).read(keep_aside=False)


def _anything(raw: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    return raw, True


def _listed(names: list[str]) -> str:
    return f"{len(names)} file{'' if len(names) == 1 else 's'} ({', '.join(names)})"
