"""Hostile submissions in one batch with honest ones: no point gained, nobody else harmed, nothing left behind."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import nbformat
import pytest
from arena import HONEST, Aftermath, Battle, grade, manual_scores, outcomes
from catalogue import FOLDER_ATTACKS, CodeAttack, FolderAttack, code_attacks
from classroom import ASSIGNMENTS, LESSONS
from nbconvert.exporters import HTMLExporter

pytestmark = pytest.mark.nbgrader

EXERCISES = {exercise.name: name for name in ASSIGNMENTS for exercise in LESSONS[name].exercises}
ATTACKS: list[CodeAttack | FolderAttack] = [*code_attacks(), *FOLDER_ATTACKS]
# A submission that could not be judged at all would be safe too, and a nuisance: a person has to look at it.
NO_NUISANCE = ("failed", "not graded")
# Attacks on time stand in the first lesson; the second one's honest answers train models.
CALL_SECONDS = {ASSIGNMENTS[0]: "1.5", ASSIGNMENTS[1]: "5"}


def assignment_of(attack: CodeAttack | FolderAttack) -> str:
    return EXERCISES[attack.exercise] if isinstance(attack, CodeAttack) else ASSIGNMENTS[0]


class Field:
    """A battle that is over."""

    def __init__(self, battle: Battle, after: Aftermath, touched: list[str]) -> None:
        self.battle, self.after, self.touched = battle, after, touched
        self.scores, self.log = battle.scores(), outcomes(battle)
        self.student = {attack.name: student for student, attack in battle.hostile.items()}


@pytest.fixture(scope="module", params=ASSIGNMENTS)
def field(request: pytest.FixtureRequest) -> Field:
    return request.getfixturevalue("fields")[request.param]


@pytest.fixture(scope="module")
def fields(attackable: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Field]:
    """Both lessons, each with its hostile and its honest submissions, graded."""
    done = {}
    for assignment in ASSIGNMENTS:
        root = shutil.copytree(attackable, tmp_path_factory.mktemp("battle") / "course")
        battle = Battle(root, assignment)
        battle.prepare([attack for attack in ATTACKS if assignment_of(attack) == assignment])
        before = battle.watched()
        after = grade(battle, "--seconds", CALL_SECONDS[assignment])
        now = battle.watched()
        touched = [name for name in before.keys() | now.keys() if before.get(name) != now.get(name)]
        done[assignment] = Field(battle, after, touched)
    return done


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name.replace(" ", "-"))
def test_no_point_is_gained(fields: dict[str, Field], attack: CodeAttack | FolderAttack) -> None:
    field = fields[assignment_of(attack)]
    student = field.student[attack.name]
    scores = field.scores.get(student)
    assert scores is not None and len(scores) == 1, (
        f"{scores}: exactly one grade is expected\n{field.after.said}"
    )
    entry = field.log[student]
    assert scores[0] is not None and scores[0] <= attack.deserves, entry
    if isinstance(attack, FolderAttack) and attack.exact:
        assert scores[0] == attack.deserves, entry
    assert entry["outcome"] not in NO_NUISANCE, entry


def test_the_batch_goes_on(field: Field) -> None:
    assert field.after.status == 0, field.after.said
    assert "Traceback" not in field.after.said
    for student in HONEST:
        assert field.scores[student] == [pytest.approx(field.battle.deserved[student])]
    assert set(field.scores) == {*HONEST, *field.battle.hostile}


def test_nothing_outside_is_seen_or_touched(field: Field) -> None:
    assert field.battle.leaked() == []
    assert field.touched == []
    assert field.battle.canary.read_text() == field.battle.token
    assert manual_scores(field.battle.root) == 0


def test_nothing_is_left_running(field: Field) -> None:
    assert field.after.alive == []
    assert field.battle.leftovers() == []
    assert field.after.mounts == 0


def test_no_output_of_an_attack_is_a_verdict(field: Field) -> None:
    """Control characters and HTML of a submission reach no graded notebook as anything but text."""
    for path in (field.battle.root / "autograded").rglob("*.ipynb"):
        text = path.read_text(encoding="utf-8")
        assert "\\u001b" not in text and "\x1b" not in text


def test_no_script_reaches_the_instructors_browser(fields: dict[str, Field]) -> None:
    """What formgrader and feedback show is made by nbconvert from the graded notebook."""
    field = fields[ASSIGNMENTS[0]]
    path = field.battle.root / "autograded" / field.student["scripts"] / ASSIGNMENTS[0] / "exercises.ipynb"
    page, _ = HTMLExporter(template_name="classic").from_notebook_node(nbformat.read(path, as_version=4))
    assert "stolen()" in page
    for active in (r"<script>\s*stolen", r"<img[^>]*stolen", r"<details[^>]*stolen", r'href="javascript'):
        assert re.search(active, page) is None, active
