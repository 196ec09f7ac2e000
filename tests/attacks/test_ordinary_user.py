"""Some of the attacks once more where the grader itself is an ordinary user, as on an instructor's own machine."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from arena import HONEST, Battle, copy_of, grade
from catalogue import FOLDER_ATTACKS, CodeAttack, FolderAttack, code_attacks
from classroom import ASSIGNMENTS

from autograder.sandbox import launch, mounts

pytestmark = pytest.mark.nbgrader

ORDINARY_UID = 12_346
CHOSEN = (
    "debugger_attached",
    "everything_caught",
    "fork_bomb",
    "gradebook_rewritten",
    "kill_all",
    "leftover_process",
    "links_left_behind",
    "memory",
    "network",
    "patched_verdict",
    "poisoned_packages",
    "reads_a_canary",
    "reads_another_submission",
    "writes_a_canary",
    "a link to the source",
    "odd file names",
    "pipes for files",
)


def as_ordinary_user() -> list[str]:
    """Return the start of a command line that runs the rest of it as a made-up user.

    Folders that only root may enter are bound where that user can see what it needs of them.
    """
    needed = [Path(sys.prefix), Path(sys.base_prefix), Path(mounts.package_folder("headstart")).parent]
    closed = {p for path in needed for p in path.parents if not p.stat().st_mode & 0o001}
    words = []
    for parent in sorted(closed, key=lambda path: len(path.parts)):
        words += ["--perms", "0755", "--tmpfs", str(parent)]
    for parent in sorted({p for path in needed for p in path.parents}, key=lambda path: len(path.parts)):
        if any(parent != folder and parent.is_relative_to(folder) for folder in closed):
            words += ["--perms", "0755", "--dir", str(parent)]
    for path in needed:
        words += ["--ro-bind", str(path), str(path)]
    user = ["--reuid", str(ORDINARY_UID), "--regid", str(ORDINARY_UID), "--clear-groups"]
    setpriv = ["setpriv", *user, "--inh-caps=-all", "--bounding-set=-all"]
    return [launch.find_bubblewrap(), "--dev-bind", "/", "/", *words, "--", *setpriv, "env", "HOME=/tmp"]


@pytest.fixture
def field_of_a_user(attackable: Path) -> Iterator[Path]:
    """A released course that belongs to the ordinary user."""
    folder = Path(tempfile.mkdtemp(prefix="attacks-"))
    folder.chmod(0o755)
    yield copy_of(attackable, folder / "course")
    shutil.rmtree(folder)


def test_attacks_are_contained_for_an_ordinary_user_too(field_of_a_user: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("the other tests run as an ordinary user already")
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv (util-linux) is needed to become another user")
    every: list[CodeAttack | FolderAttack] = [*code_attacks(), *FOLDER_ATTACKS]
    battle = Battle(field_of_a_user, ASSIGNMENTS[0])
    battle.prepare([attack for attack in every if attack.name in CHOSEN])
    assert len(battle.hostile) == len(CHOSEN)
    for path in [battle.root.parent, *battle.root.parent.rglob("*")]:
        os.chown(path, ORDINARY_UID, ORDINARY_UID, follow_symlinks=False)
    before = battle.watched()
    after = grade(battle, "--seconds", "1.5", prefix=as_ordinary_user())
    assert after.status == 0, after.said
    assert (battle.root / "gradebook.db").stat().st_uid == ORDINARY_UID
    scores = battle.scores()
    for student in HONEST:
        assert scores[student] == [pytest.approx(battle.deserved[student])]
    for student, attack in battle.hostile.items():
        assert scores[student] == [pytest.approx(attack.deserves)], attack.name
    assert battle.watched() == before
    assert battle.canary.read_text() == battle.token
    assert (battle.leaked(), after.alive, battle.leftovers(), after.mounts) == ([], [], [], 0)
