"""answers.json: what is kept, under which id, and what becomes of files that are broken or not writable."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from headstart import state_file, whole_files
from headstart.questions import state
from headstart.questions.state import Store, given, learner


def stored(folder: Path) -> dict:
    """The content of answers.json."""
    return json.loads((folder / "answers.json").read_text(encoding="utf-8"))


def test_learner_comes_from_environment_file_hub_or_default(
    desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert learner() == "learner"
    assert not (desk / "answers.json").exists()
    monkeypatch.setenv("JUPYTERHUB_USER", "hub")
    assert learner() == "hub"
    assert learner(" ada ") == "ada"
    assert stored(desk)["learner"] == "ada"
    assert learner() == "ada"
    monkeypatch.setenv("HEADSTART_LEARNER", "env")
    assert learner() == "env"


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 101, 7])
def test_ids_that_are_no_names(name: object) -> None:
    with pytest.raises(ValueError, match="a learner id is a short text such as 'ada'; got"):
        learner(name)


def test_answers_are_kept_as_documented(desk: Path) -> None:
    store = Store()
    store.keep_learner("ada")
    store.keep_answer("sample.one", "o123456", "ada", None)
    store.keep_answer("sample.one", "o123456", "ada", None)
    store.keep_answer("sample.one", "o654321", "ada", None)
    store.keep_answer("sample.try-share", 0.5, "ada", True)
    store.keep_prediction("sample.guess-share", 80.0)
    store.keep_prediction("sample.guess-share", 80.0, measured=93.5)
    content = stored(desk)
    assert content["version"] == 1
    one = content["answers"]["sample.one"]
    assert {k: one[k] for k in ("response", "learner", "attempts", "correct")} == {
        "response": "o654321",
        "learner": "ada",
        "attempts": 2,
        "correct": None,
    }
    assert one["at"].endswith("+00:00")
    assert content["answers"]["sample.try-share"]["correct"] is True
    assert content["predictions"]["sample.guess-share"]["measured"] == 93.5
    assert sorted(path.name for path in desk.iterdir()) == ["answers.json", "answers.json.lock"]


def test_answers_keep_the_id_they_were_given_under(desk: Path) -> None:
    store = Store()
    store.keep_learner("ada")
    store.keep_answer("sample.share", 0.5, "ada", None)
    learner("grace")
    assert given("sample.share").learner == "ada"
    assert given("sample.share", 0.7) == state.Given(0.7, "grace", "assignment")


def test_given_prefers_an_assignment_and_writes_nothing(desk: Path) -> None:
    assert given("sample.one") is None
    assert given("sample.one", "b") == state.Given("b", "learner", "assignment")
    Store().keep_answer("sample.one", "o123456", "ada", None)
    before = (desk / "answers.json").read_bytes()
    for nothing in (None, ..., "", "  "):
        assert given("sample.one", nothing) == state.Given("o123456", "ada", "answers.json")
    assert given("sample.one", 0) == state.Given(0, "learner", "assignment")
    assert (desk / "answers.json").read_bytes() == before
    (desk / "answers.json").write_text("{broken")
    assert given("sample.one", folder=desk) is None
    assert (desk / "answers.json").read_text() == "{broken"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "it is not JSON"),
        ("", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("[]", "it does not have the expected form"),
        ('{"answers": {}}', "it does not have the expected form"),
        ('{"version": 1, "answers": []}', "it does not have the expected form"),
        ('{"version": 1, "learner": 5}', "it does not have the expected form"),
        ('{"version": 2, "answers": {}}', "it was written by a newer Headstart, version 2 of the file"),
        ("\udcff", "it is not text"),
    ],
)
def test_broken_file_is_kept_aside_and_named_once(
    text: str, reason: str, desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = text.encode(errors="surrogateescape")
    (desk / "answers.json").write_bytes(raw)
    Store().keep_answer("sample.one", "o123456", "ada", None)
    out, err = capsys.readouterr()
    assert out == f"answers.json could not be used ({reason}). It is kept as answers.broken-1.json.\n"
    assert err == ""
    assert (desk / "answers.broken-1.json").read_bytes() == raw
    assert list(stored(desk)["answers"]) == ["sample.one"]
    (desk / "answers.json").write_bytes(raw)
    Store().read()
    assert "answers.broken-2.json" in capsys.readouterr().out


def test_good_entries_of_a_broken_file_stay(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = {"response": "o123456", "learner": "ada", "attempts": 1, "correct": None}
    bad = [
        {"response": "o1"},
        5,
        None,
        good | {"response": {}},
        good | {"response": [1]},
        good | {"attempts": "x"},
    ]
    answers = {"sample.one": good} | {f"sample.bad-{i}": entry for i, entry in enumerate(bad)}
    (desk / "answers.json").write_text(json.dumps({"version": 1, "learner": "ada", "answers": answers}))
    assert list(Store().read()["answers"]) == ["sample.one"]
    assert "answers.broken-1.json. The 1 readable" in capsys.readouterr().out
    assert list(stored(desk)["answers"]) == ["sample.one"]
    assert stored(desk)["learner"] == "ada"
    assert Store().learner() == "ada"
    assert capsys.readouterr().out == ""


def test_folder_that_cannot_be_written(
    desk: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # The superuser may write anywhere, so permissions alone do not show this.
    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(whole_files.tempfile, "mkstemp", refuse)
        store = Store()
        store.keep_answer("sample.one", "o123456", "ada", None)
        store.keep_answer("sample.two", "o123456", "ada", None)
        out = capsys.readouterr().out
        assert out.count("\n") == 1
        assert f"answers.json cannot be written in {desk} (Permission denied). You can go on" in out
        assert set(Store().read()["answers"]) == {"sample.one", "sample.two"}
        assert given("sample.one").response == "o123456"
    # Once the folder can be written again, nothing is lost.
    Store().keep_answer("sample.three", "o123456", "ada", None)
    assert set(stored(desk)["answers"]) == {"sample.one", "sample.two", "sample.three"}


def test_a_folder_named_answers_json_does_not_stop_the_session(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (desk / "answers.json").mkdir()
    Store().keep_answer("sample.one", "o123456", "ada", None)
    assert capsys.readouterr().out.count("\n") == 1
    assert list(Store().read()["answers"]) == ["sample.one"]


def test_interrupted_write_leaves_the_old_file(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Store().keep_answer("sample.one", "o123456", "ada", None)

    def stop(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(whole_files.os, "replace", stop)
        Store().keep_answer("sample.two", "o123456", "ada", None)
    assert list(stored(desk)["answers"]) == ["sample.one"]
    assert sorted(path.name for path in desk.iterdir()) == ["answers.json", "answers.json.lock"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs fcntl")
def test_two_kernels_in_one_folder_lose_nothing(desk: Path) -> None:
    code = (
        "import sys, time; from headstart.questions.state import Store\n"
        "for i in range(40):\n"
        "    Store().keep_answer(f'sample.{sys.argv[1]}-{i}', 'o123456', 'ada', None)\n"
        # The lock knows no queue: without a pause, the other kernel could wait for all forty on a busy computer.
        "    time.sleep(0.01)"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", code, name], cwd=desk, env=dict(os.environ)) for name in "ab"
    ]
    assert [process.wait() for process in both] == [0, 0]
    assert len(stored(desk)["answers"]) == 80


@pytest.mark.skipif(sys.platform == "win32", reason="needs fcntl")
def test_a_kernel_that_hangs_with_the_lock_does_not_stop_this_one(
    desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    monkeypatch.setattr(state_file, "LOCK_SECONDS", 0.1)
    with open(desk / "answers.json.lock", "a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        Store().keep_answer("sample.one", "o123456", "ada", None)
        Store().keep_answer("sample.two", "o123456", "ada", None)
    assert set(stored(desk)["answers"]) == {"sample.one", "sample.two"}


def test_a_byte_order_mark_and_other_alphabets(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = json.dumps({"version": 1, "learner": "ελένη", "answers": {}}, ensure_ascii=False)
    (desk / "answers.json").write_text(text, encoding="utf-8-sig")
    assert learner() == "ελένη"
    assert capsys.readouterr().out == ""
