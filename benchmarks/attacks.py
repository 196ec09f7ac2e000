"""Hands the same hostile submissions to stock `nbgrader autograde` and to `autograder grade`, and compares.

    python benchmarks/attacks.py                    # the whole table, some minutes
    python benchmarks/attacks.py --only verdict     # attacks whose name contains a word

Only attacks that cannot harm a machine without a sandbox run (`stock` in tests/attacks/catalogue.py). Each grader gets
one batch in which hostile and honest submissions stand side by side; hostile ones hand in no quiz. Prints a table
in Markdown.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / name) for name in ("nbgrader", "grading", "attacks")]

from arena import HONEST, Aftermath, Battle, grade, manual_scores, run  # noqa: E402
from catalogue import FOLDER_ATTACKS, CodeAttack, FolderAttack, code_attacks  # noqa: E402
from classroom import ASSIGNMENTS, LESSONS, STOCK, make_course, nbgrader  # noqa: E402

Attack = CodeAttack | FolderAttack
ASSIGNMENT = ASSIGNMENTS[0]
SHORT = "c.Execute.timeout = 15\n"
SECONDS = 3000.0


def chosen(word: str) -> list[Attack]:
    """Return the attacks to run: harmless ones on the exercises of one lesson."""
    names = {exercise.name for exercise in LESSONS[ASSIGNMENT].exercises}
    codes = [attack for attack in code_attacks() if attack.exercise in names]
    found = [attack for attack in (*codes, *FOLDER_ATTACKS) if attack.stock and word in attack.name]
    return [attack for attack in found if not attack.name.startswith("answers:")]


def by_stock(battle: Battle) -> Aftermath:
    """Grade with nbgrader's own command and preprocessors; what is missing in a notebook stays missing."""
    with open(battle.root / "nbgrader_config.py", "a", encoding="utf-8") as file:
        file.write(STOCK + SHORT)
    command = [sys.executable, "-m", "nbgrader", "autograde", battle.assignment]
    return run(battle.root, command, SECONDS)


def told(battle: Battle, student: str, attack: Attack, leaked: list[str]) -> tuple[str, bool]:
    """Return what an attack got, in words, and whether it had an effect that it should not have."""
    scores = battle.scores().get(student)
    if not scores or scores[0] is None:
        return "not graded", True
    said, exact = [f"{scores[0]:g}"], isinstance(attack, FolderAttack) and attack.exact
    if scores[0] > attack.deserves:
        said = [f"**{said[0]}**"]
    elif exact and scores[0] < attack.deserves:
        said = [f"{said[0]} (honest part lost)"]
    by_hand = manual_scores(battle.root) if attack.name == "gradebook_rewritten" else 0
    if by_hand:
        said.append(f"**{by_hand} cells of the whole class set by hand**")
    if student in leaked:
        said.append("saw what it should not")
    harmful = scores[0] > attack.deserves or len(said) > 1 or (exact and scores[0] < attack.deserves)
    return ", ".join(said), harmful


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", help="attacks whose name contains this word")
    attacks = chosen(parser.parse_args().only)
    with tempfile.TemporaryDirectory(prefix="attacks-") as folder:
        released = Path(folder, "released", "course")
        make_course(released)
        nbgrader(released, "generate_assignment", ASSIGNMENT)
        battles, after = {}, {}
        for name, grader in (("stock", by_stock), ("ours", grade)):
            battle = battles[name] = Battle(
                shutil.copytree(released, Path(folder, name, "course")), ASSIGNMENT
            )
            battle.prepare(attacks)
            for student in battle.hostile:
                (battle.root / "submitted" / student / ASSIGNMENT / "quiz.ipynb").unlink()
            after[name] = grader(battle)
        _print(battles, after)


def _print(battles: dict[str, Battle], after: dict[str, Aftermath]) -> None:
    leaked = {name: battle.leaked() for name, battle in battles.items()}
    count = {name: 0 for name in battles}
    print("| kind | attack | deserves | stock nbgrader | autograder |\n|---|---|---|---|---|")
    for student, attack in sorted(battles["stock"].hostile.items(), key=lambda pair: (pair[1].kind, pair[0])):
        cells = []
        for name, battle in battles.items():
            text, harmful = told(battle, student, attack, leaked[name])
            count[name] += harmful
            cells.append(text)
        title = attack.title if isinstance(attack, CodeAttack) else attack.name
        print(f"| {attack.kind} | {title} | {attack.deserves:g} | {' | '.join(cells)} |")
    total = len(battles["stock"].hostile)
    print(f"\nOf {total} attacks, so many had an effect: {count['stock']} and {count['ours']}.")
    for name, battle in battles.items():
        scores = battle.scores()
        right = sum(
            len(scores.get(student, [])) == 1
            and scores[student][0] is not None
            and abs(scores[student][0] - battle.deserved[student]) < 1e-9
            for student in HONEST
        )
        if after[name].status not in (0, 1) or "out of time" in after[name].said:
            print(f"{name} stopped early: {after[name].said.strip()[-600:]}")
        print(
            f"{name}: {right} of {len(HONEST)} honest submissions have their points; {manual_scores(battle.root)} "
            f"cells were given points by hand; exit status {after[name].status}; "
            f"{len(after[name].alive) + len(battle.leftovers())} processes left"
        )


if __name__ == "__main__":
    main()
