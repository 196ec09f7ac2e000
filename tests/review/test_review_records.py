"""All that Headstart keeps of a learner: exported as one file, deleted when confirmed, counted over all folders."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fsrs import Rating

import headstart
from headstart import records, whole_files
from headstart.flashcards.memory import Memory
from headstart.names import Refusal
from headstart.questions.state import Store

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NAMES = [
    "lessons/answers.json",
    "quizzes/07_freezing/answers.json",
    "my_learning/practice.json",
    "my_learning/review.json",
    "my_learning/review.broken-1.json",
    "my_learning/exercises.json",
]


@pytest.fixture
def kept(course: Path) -> Path:
    """A course folder in which everything was used once."""
    Store(course / "lessons").keep_prediction("freezing.predict-drift", 10.0)
    Store(course / "quizzes" / "07_freezing").keep_answer("freezing.which-snippet", "o1", "ada", None)
    Memory().rate("freezing", "07_freezing", Rating.Good, NOW)
    learning = course / "my_learning"
    for name in ("practice", "exercises", "review.broken-1"):
        (learning / f"{name}.json").write_text('{"version": 1}')
    for name in ("lessons/07_freezing.ipynb", "my_learning/notes.json", "lessons/mine.json"):
        (course / name).write_text("not ours")
    return course


@pytest.mark.parametrize("place", [".", "lessons", "quizzes/07_freezing"])
def test_everything_goes_into_one_file(
    place: str,
    kept: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(kept / place)
    target = tmp_path / "mine"
    assert headstart.export_data(target) == tmp_path / "mine.zip"
    assert capsys.readouterr().out == f"Wrote {target}.zip: 6 files ({', '.join(NAMES)}).\n"
    with zipfile.ZipFile(tmp_path / "mine.zip") as archive:
        assert archive.namelist() == NAMES
        for name in NAMES:
            assert archive.read(name) == (kept / name).read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["course", "mine.zip"]


def test_what_is_kept_in_memory_is_exported_too(
    course: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(whole_files.tempfile, "mkstemp", refuse)
        Memory().rate("freezing", "07_freezing", Rating.Good, NOW)
    headstart.export_data(tmp_path / "mine.zip")
    with zipfile.ZipFile(tmp_path / "mine.zip") as archive:
        assert list(json.loads(archive.read("my_learning/review.json"))["cards"]) == ["freezing"]
    headstart.delete_data(confirm=True)
    assert Memory().entries() == {}


def test_an_export_replaces_nothing(kept: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.zip").write_text("a holiday")
    with pytest.raises(Refusal, match=r"mine\.zip is there already; choose another name"):
        headstart.export_data(tmp_path / "mine.zip")
    with pytest.raises(Refusal, match=r"there is no folder .*; make it first, or choose another"):
        headstart.export_data(tmp_path / "nowhere" / "mine.zip")
    assert (tmp_path / "mine.zip").read_text() == "a holiday"


def test_an_export_that_cannot_be_written(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(whole_files.tempfile, "mkstemp", refuse)
    with pytest.raises(
        Refusal, match=r"mine\.zip cannot be written \(Permission denied\); choose another folder"
    ):
        headstart.export_data(tmp_path / "mine.zip")


def test_nothing_is_deleted_before_it_is_confirmed(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    headstart.delete_data()
    assert capsys.readouterr().out == (
        f"This would delete 6 files ({', '.join(NAMES)}). Quiz answers that you have not handed in are lost too. "
        "To delete: headstart.delete_data(confirm=True). To keep a copy first: headstart.export_data().\n"
    )
    assert all((kept / name).exists() for name in NAMES)
    headstart.delete_data(confirm="yes")
    assert all((kept / name).exists() for name in NAMES)


def test_deletion_takes_what_is_ours_and_nothing_else(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    headstart.delete_data(confirm=True)
    assert capsys.readouterr().out == f"Deleted 6 files ({', '.join(NAMES)}).\n"
    left = sorted(path.relative_to(kept).as_posix() for path in kept.rglob("*") if path.is_file())
    assert left == ["lessons/07_freezing.ipynb", "lessons/mine.json", "my_learning/notes.json"]
    assert Memory().entries() == {}
    assert records.lessons_begun() == set()
    headstart.delete_data(confirm=True)
    assert "There is nothing to delete" in capsys.readouterr().out
    assert headstart.export_data() is None
    assert "There is nothing to export" in capsys.readouterr().out


def test_the_learning_folder_goes_when_it_is_empty(course: Path) -> None:
    Memory().rate("freezing", "07_freezing", Rating.Good, NOW)
    headstart.delete_data(confirm=True)
    assert not (course / "my_learning").exists()


def test_what_cannot_be_deleted_is_named(
    kept: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(self: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "unlink", refuse)
    headstart.delete_data(confirm=True)
    out = capsys.readouterr().out
    assert out.startswith("Could not be deleted: lessons/answers.json (Permission denied), ")
    assert out.count("\n") == 1


def test_the_learning_folder_elsewhere_is_exported_and_deleted_too(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "letters.json").write_text("{}")
    monkeypatch.setenv("HEADSTART_HOME", str(home))
    Memory().rate("freezing", "07_freezing", Rating.Good, NOW)
    headstart.delete_data(confirm=True)
    assert capsys.readouterr().out == "Deleted 1 file (my_learning/review.json).\n"
    assert [path.name for path in home.iterdir()] == ["letters.json"]


def test_of_two_answers_to_one_question_the_later_counts(course: Path) -> None:
    for place, response, time in (("lessons", 1.0, "2026-03-02"), (".", 2.0, "2026-03-01")):
        (course / place / "answers.json").write_text(
            json.dumps(
                {
                    "version": 1,
                    "learner": None,
                    "answers": {},
                    "predictions": {
                        "freezing.predict-drift": {"response": response, "learner": "ada", "at": time}
                    },
                }
            )
        )
    assert records.answers()[1]["freezing.predict-drift"]["response"] == 1.0


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"version": 9}', '{"version": 1, "answers": 5, "exercises": []}']
)
def test_files_that_cannot_be_used_are_left_alone_when_counting(
    text: str, course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (course / "my_learning").mkdir()
    paths = [course / "my_learning" / f"{name}.json" for name in ("practice", "exercises", "review")]
    for path in paths:
        path.write_text(text)
    assert (records.practice_answers(), records.exercise_attempts()) == ([], {})
    assert records.lessons_begun() == set()
    assert [path.read_text() for path in paths] == [text] * 3
    assert capsys.readouterr().out == ""


def test_outside_the_course_the_current_folder_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = tmp_path / "desk"
    desk.mkdir()
    monkeypatch.chdir(desk)
    Store().keep_prediction("freezing.predict-drift", 10.0)
    assert records.answer_folders() == [desk]
    assert records.lessons_begun() == {"07_freezing"}
