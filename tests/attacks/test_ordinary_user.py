"""Some of the attacks once more where the grader itself is an ordinary user, as on an instructor's own machine."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from arena import HONEST, Battle, grade
from catalogue import FOLDER_ATTACKS, CodeAttack, FolderAttack, code_attacks
from classroom import ASSIGNMENTS, ORDINARY_UID, as_ordinary_user

pytestmark = pytest.mark.nbgrader

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


@pytest.fixture
def field_of_a_user(attackable: Path) -> Iterator[Path]:
    """A released course that belongs to the ordinary user."""
    folder = Path(tempfile.mkdtemp(prefix="attacks-"))
    folder.chmod(0o755)
    yield shutil.copytree(attackable, folder / "course")
    shutil.rmtree(folder)


def test_attacks_are_contained_for_an_ordinary_user_too(field_of_a_user: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("the other tests run as an ordinary user already")
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
