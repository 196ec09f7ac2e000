"""`autograder release` writes all or nothing, and says in one line what is wrong."""

from __future__ import annotations

import errno
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

import autograder.build
import autograder.bundle.contents
from autograder.bundle.writing import CannotWrite, check_place, write
from autograder.cli import app

FILES = {"README.md": b"read me", "lessons/01_a.ipynb": b"{}"}
TOP = "headstart-1.0"


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below `folder`, hidden ones too."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


# --------------------------------------------------------------------------------------------------- writing


@pytest.mark.parametrize("exists", [False, True])
def test_folder_and_zip_hold_the_same(tmp_path: Path, exists: bool) -> None:
    out = tmp_path / "handout"
    if exists:
        out.mkdir()
    folder, archive = write(FILES, out, TOP)
    assert tree(folder) == FILES
    with zipfile.ZipFile(archive) as members:
        assert {name: members.read(name) for name in members.namelist()} == {
            f"{TOP}/{name}": content for name, content in FILES.items()
        }
    assert {path.name for path in out.iterdir()} == {TOP, f"{TOP}.zip"}


def test_a_release_is_replaced_only_when_asked_for(tmp_path: Path) -> None:
    write(FILES, tmp_path, "headstart-0.9")
    before = tree(tmp_path)
    with pytest.raises(
        CannotWrite, match="holds a release already; name another folder, or replace it with --force"
    ):
        write(FILES, tmp_path, TOP)
    assert tree(tmp_path) == before
    write(FILES, tmp_path, TOP, force=True)
    assert {path.name for path in tmp_path.iterdir()} == {TOP, f"{TOP}.zip"}


@pytest.mark.parametrize("force", [False, True])
def test_other_files_are_never_touched(tmp_path: Path, force: bool) -> None:
    (tmp_path / "thesis.tex").write_text("years")
    with pytest.raises(
        CannotWrite, match=r"holds files that are no release, such as 'thesis.tex'; name a new"
    ):
        write(FILES, tmp_path, TOP, force=force)
    assert tree(tmp_path) == {"thesis.tex": b"years"}


@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_place_that_is_no_folder(tmp_path: Path, kind: str) -> None:
    out = tmp_path / "out"
    if kind == "file":
        out.write_text("")
    else:
        out.symlink_to(tmp_path / "nowhere")
    with pytest.raises(CannotWrite, match="is no folder; name another place with --out"):
        check_place(out, force=True)


def test_a_missing_parent(tmp_path: Path) -> None:
    with pytest.raises(
        CannotWrite, match=r"cannot be written \(No such file or directory\); nothing has changed"
    ):
        write(FILES, tmp_path / "no" / "folder", TOP)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("earlier", [False, True])
@pytest.mark.parametrize("problem", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_an_end_halfway_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problem: BaseException, earlier: bool
) -> None:
    out = tmp_path / "out"
    if earlier:
        write(FILES, out, "headstart-0.9")
    before = tree(tmp_path)
    real = Path.write_bytes

    def stops(path: Path, content: bytes) -> int:
        if path.suffix == ".zip":
            real(path, content[:10])
            raise problem
        return real(path, content)

    monkeypatch.setattr(Path, "write_bytes", stops)
    with pytest.raises((CannotWrite, KeyboardInterrupt)):
        write(FILES, out, TOP, force=True)
    assert tree(tmp_path) == before
    assert out.exists() is earlier


def test_a_move_that_fails_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(FILES, tmp_path, "headstart-0.9")
    before = tree(tmp_path)
    real = Path.rename

    def refuses(path: Path, target: Path) -> Path:
        if target == tmp_path / f"{TOP}.zip":
            raise OSError(errno.EACCES, "Permission denied")
        return real(path, target)

    monkeypatch.setattr(Path, "rename", refuses)
    with pytest.raises(CannotWrite, match="Permission denied"):
        write(FILES, tmp_path, TOP, force=True)
    assert tree(tmp_path) == before


def test_what_a_crash_left_behind_is_swept(tmp_path: Path) -> None:
    (tmp_path / ".release-abc" / TOP).mkdir(parents=True)
    write(FILES, tmp_path, TOP, force=True)
    assert {path.name for path in tmp_path.iterdir()} == {TOP, f"{TOP}.zip"}


# --------------------------------------------------------------------------------------------------- the command


@pytest.fixture
def up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    """The notebooks are taken to be up to date, which tests/build checks, and the wheel to be built."""
    monkeypatch.setattr(autograder.build, "build_course", lambda root, check: [])
    monkeypatch.setattr(autograder.bundle.contents, "learner_wheel", lambda root: ("library.whl", b"wheel"))


def run(*arguments: object) -> tuple[int, str, str]:
    """Run `autograder release`; return its exit status and what it wrote to stdout and stderr."""
    result = CliRunner().invoke(app, ["release", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.usefixtures("up_to_date")
def test_the_command_says_what_it_wrote(tmp_path: Path) -> None:
    status, said, complaint = run("--out", tmp_path / "handout", "freezing", "1", "07_freezing")
    assert (status, complaint) == (0, "")
    assert "(lessons: 12, quizzes: 2, with exercises: 2)" in said and ".zip  (" in said
    quizzes = next((tmp_path / "handout").glob("headstart-*/quizzes"))
    assert {path.name for path in quizzes.iterdir()} == {"01_confusion_matrix", "07_freezing"}
    status, _, complaint = run("--out", tmp_path / "handout")
    assert status == 2 and "holds a release already" in complaint
    assert run("--out", tmp_path / "handout", "--force")[0] == 0


@pytest.mark.usefixtures("up_to_date")
def test_an_unknown_assignment_is_named_with_the_nearest(tmp_path: Path) -> None:
    status, said, complaint = run("--out", tmp_path / "out", "07_frezing")
    assert (status, said) == (2, "")
    assert complaint.startswith("autograder: unknown lesson '07_frezing'. Did you mean '07_freezing'")
    assert complaint.count("\n") == 1 and not (tmp_path / "out").exists()


def test_notebooks_that_are_out_of_date_stay_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stale = [Path(f"lessons/0{number}_x.ipynb") for number in range(5)]
    monkeypatch.setattr(autograder.build, "build_course", lambda root, check: stale)
    status, _, complaint = run("--out", tmp_path / "out")
    assert status == 3 and complaint.count("\n") == 1
    assert "lessons/02_x.ipynb and 2 more: not up to date with course/. Run `make build`" in complaint
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("up_to_date")
def test_a_place_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    status, _, complaint = run("--out", tmp_path / "file" / "out")
    assert status == 2 and "cannot be written (Not a directory); nothing has changed" in complaint
    assert complaint.count("\n") == 1


def test_without_a_place_the_command_says_so() -> None:
    status, _, complaint = run()
    assert status == 2 and "--out" in complaint
