"""review.json: what is kept, when a card comes back, and what becomes of files that are broken or not writable."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fsrs import Rating

from headstart import whole_files
from headstart.flashcards import count_due
from headstart.flashcards.memory import Memory, in_future, is_due, moment, reviewed

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def stored(course: Path) -> dict:
    return json.loads((course / "my_learning" / "review.json").read_text(encoding="utf-8"))


def rate(card: str = "freezing", rating: Rating = Rating.Good, now: datetime = NOON) -> dict:
    return Memory().rate(card, "07_freezing", rating, now)


def test_a_rating_is_kept_as_documented(course: Path) -> None:
    rate()
    rate(now=NOON + timedelta(minutes=10))
    content = stored(course)
    assert content["version"] == 1
    assert content["cards"] == {
        "freezing": {
            "lesson": "07_freezing",
            "state": "review",
            "step": None,
            "stability": pytest.approx(2.3065, abs=1),
            "difficulty": pytest.approx(2.1, abs=1),
            "due": "2026-03-04T12:10:00+00:00",
            "last_review": "2026-03-02T12:10:00+00:00",
            "first": "2026-03-02T12:00:00+00:00",
            "reviews": 2,
            "again": 0,
        }
    }
    assert rate(rating=Rating.Again, now=NOON + timedelta(days=2))["again"] == 1


def test_a_card_that_is_known_comes_back_later_and_later() -> None:
    entry, now, pauses = None, NOON, []
    for _ in range(8):
        entry = reviewed(entry, Rating.Good, now)
        pauses.append(moment(entry["due"]) - now)
        now = moment(entry["due"])
    assert pauses == sorted(pauses)
    assert timedelta(minutes=5) < pauses[0] < timedelta(hours=1)
    assert timedelta(days=90) < pauses[-1] <= timedelta(days=365)
    forgotten = reviewed(entry, Rating.Again, now)
    assert moment(forgotten["due"]) - now <= timedelta(hours=1)
    assert forgotten["stability"] < entry["stability"]


def test_what_comes_back_after_days_is_due_from_the_morning_of_its_day(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = reviewed(None, Rating.Easy, NOON)
    due = moment(entry["due"])
    day = due.astimezone().replace(hour=0, minute=1).astimezone(UTC)
    assert is_due(entry, day)
    assert not is_due(entry, day - timedelta(minutes=2))
    learning = reviewed(None, Rating.Good, NOON)
    assert not is_due(learning, NOON + timedelta(minutes=9))
    assert is_due(learning, NOON + timedelta(minutes=10))


@pytest.mark.parametrize("rating", list(Rating))
@pytest.mark.parametrize("back", [timedelta(minutes=30), timedelta(days=400), timedelta(days=9000)])
def test_a_clock_set_back_gives_sensible_times(rating: Rating, back: timedelta) -> None:
    entry = None
    for days in (0, 1, 4):
        entry = reviewed(entry, Rating.Good, NOON + timedelta(days=days))
    now = NOON + timedelta(days=4) - back
    assert in_future(entry, now)
    assert is_due(entry, now)
    after = reviewed(entry, rating, now)
    assert now < moment(after["due"]) <= now + timedelta(days=60)
    assert moment(after["last_review"]) == now
    assert after["first"] == entry["first"]
    assert after["reviews"] == 4
    assert not in_future(after, now)


def test_clocks_that_differ_by_seconds_are_no_clock_set_back() -> None:
    assert not in_future(reviewed(None, Rating.Good, NOON), NOON - timedelta(seconds=90))


GOOD = reviewed(None, Rating.Good, NOON) | {"lesson": "07_freezing"}
BAD = [
    None,
    5,
    {},
    GOOD | {"state": "asleep"},
    GOOD | {"state": "review"},
    GOOD | {"step": None},
    GOOD | {"step": -1},
    GOOD | {"step": 0.5},
    GOOD | {"stability": None},
    GOOD | {"stability": "much"},
    GOOD | {"stability": float("nan")},
    GOOD | {"stability": 0},
    GOOD | {"difficulty": True},
    GOOD | {"due": "tomorrow"},
    GOOD | {"due": 5},
    GOOD | {"due": "0001-01-01T00:00:00+14:00"},
    GOOD | {"due": "9999-12-31T23:59:59+00:00"},
    GOOD | {"last_review": None},
    {key: value for key, value in GOOD.items() if key != "last_review"},
    GOOD | {"first": ""},
    GOOD | {"reviews": "many"},
    GOOD | {"again": None},
]


def test_good_entries_of_a_broken_file_stay(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cards = {"freezing": GOOD} | {f"bad {i}": entry for i, entry in enumerate(BAD)}
    folder = course / "my_learning"
    folder.mkdir()
    (folder / "review.json").write_text(json.dumps({"version": 1, "cards": cards}))
    assert list(Memory().entries()) == ["freezing"]
    assert capsys.readouterr().out == (
        "review.json could not be used (it does not have the expected form). It is kept as "
        "review.broken-1.json. The 1 readable entries stay.\n"
    )
    rate("leak")
    assert list(stored(course)["cards"]) == ["freezing", "leak"]
    assert len(json.loads((folder / "review.broken-1.json").read_text())["cards"]) == len(BAD) + 1
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "it is not JSON"),
        ("[]", "it does not have the expected form"),
        ('{"version": 1, "cards": []}', "it does not have the expected form"),
        ('{"version": 2, "decks": {}}', "it was written by a newer Headstart, version 2 of the file"),
    ],
)
def test_a_file_that_cannot_be_used_is_kept_aside(
    text: str, reason: str, course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = course / "my_learning"
    folder.mkdir()
    (folder / "review.json").write_text(text)
    assert count_due() == 0
    assert (folder / "review.json").read_text() == text, "counting changes nothing"
    rate()
    assert (
        capsys.readouterr().out
        == f"review.json could not be used ({reason}). It is kept as review.broken-1.json.\n"
    )
    assert (folder / "review.broken-1.json").read_text() == text
    assert list(stored(course)["cards"]) == ["freezing"]


@pytest.mark.parametrize("version", [{}, {"version": 0}])
def test_an_older_file_loses_nothing(version: dict, course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = course / "my_learning"
    folder.mkdir()
    text = json.dumps(version | {"cards": {"freezing": GOOD}})
    (folder / "review.json").write_text(text)
    assert list(Memory().entries()) == ["freezing"]
    assert capsys.readouterr().out.count("\n") == 1
    assert (folder / "review.broken-1.json").read_text() == text
    assert list(stored(course)["cards"]) == ["freezing"]


def test_cards_and_fields_that_are_not_known_stay_in_the_file(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = course / "my_learning"
    folder.mkdir()
    cards = {"an old word": GOOD, "freezing": GOOD | {"note": "mine"}}
    (folder / "review.json").write_text(json.dumps({"version": 1, "cards": cards}))
    rate(now=NOON + timedelta(days=1))
    assert stored(course)["cards"]["an old word"] == GOOD
    assert stored(course)["cards"]["freezing"]["note"] == "mine"
    assert capsys.readouterr().out == ""


def test_a_folder_that_cannot_be_written(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # The superuser may write anywhere, so permissions alone do not show this.
    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(whole_files.tempfile, "mkstemp", refuse)
        rate("freezing")
        rate("leak")
        assert capsys.readouterr().out == (
            f"review.json cannot be written in {course / 'my_learning'} (Permission denied). "
            "You can go on: what you do is kept until the kernel stops.\n"
        )
        assert list(Memory().entries()) == ["freezing", "leak"]
    rate("head")
    assert list(stored(course)["cards"]) == ["freezing", "leak", "head"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs fcntl")
def test_two_kernels_at_once_lose_nothing(course: Path) -> None:
    code = (
        "import sys, time\nfrom datetime import UTC, datetime\nfrom fsrs import Rating\n"
        "from headstart.flashcards.memory import Memory\nnow = datetime.now(UTC)\n"
        "for i in range(20):\n"
        "    Memory().rate(f'{sys.argv[1]} {i}', '07_freezing', Rating.Good, now)\n"
        "    Memory().rate('both', '07_freezing', Rating.Good, now)\n"
        # The lock knows no queue: without a pause, the other kernel could wait for all twenty on a busy computer.
        "    time.sleep(0.02)"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", code, name], cwd=course, env=dict(os.environ))
        for name in "ab"
    ]
    assert [process.wait() for process in both] == [0, 0]
    cards = stored(course)["cards"]
    assert len(cards) == 41
    assert cards["both"]["reviews"] == 40


def test_the_learning_folder_can_be_elsewhere(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADSTART_HOME", str(tmp_path / "mine"))
    rate()
    assert (tmp_path / "mine" / "review.json").exists()
    assert not (course / "my_learning").exists()
