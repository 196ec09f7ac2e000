"""Every message that a learner can meet is read here as text: those in the source, and those of real situations.

`message_rules` says what a message must be like. A word that is neither plain English nor in the glossary fails:
define the term in a lesson, write the message in other words, or add the word to plain_words.txt.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from message_rules import (
    EXCEPTIONS,
    PLAIN,
    TECHNICAL,
    problems,
    unfinished,
    unknown_words,
    without_quotations,
)
from message_sources import FOR_AUTHORS, python_texts, script_texts, texts_of
from torch import nn
from torchvision.models import get_model
from typer.testing import CliRunner

import headstart
import headstart.models
from autograder.course import Course
from autograder.judge import judge_answer
from autograder.source import read_answer
from autograder.workspace import settings_kept
from headstart import cli, doctor, examples, letters, photos, pretraining, profiles, tasks, training
from headstart.data import Digits
from headstart.exercises import files
from headstart.exercises.banks import all_exercises
from headstart.names import OneLine
from headstart.questions.banks import BANK_FOLDER, load_banks
from headstart.questions.draw import instance
from headstart.questions.judging import Unreadable, judge, parse_response
from headstart.scenes import scenes

ROOT = Path(__file__).resolve().parents[2]
COURSE = ROOT / "course"
SOURCES = python_texts(ROOT / "headstart", FOR_AUTHORS) + script_texts(ROOT / "headstart")


# ------------------------------------------------------------------ the rules themselves


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Traceback (most recent call last): …", "a stack trace"),
        ("see headstart/questions/state.py", "a file of the package"),
        ("there was a KeyError", "KeyError is not explained"),
        ("Well done!", "an exclamation mark"),
        ("You just run it.", "the word 'just'"),
        ("write a number, such as", "it ends with"),
        ("the eigenvalue is negative", "neither plain nor in the glossary: 'eigenvalue'"),
        ("the LeakyAbstraction is missing", "neither plain nor in the glossary: 'LeakyAbstraction'"),
        ("so " * 50, "a sentence of 50 words"),
        ("x" * 800, "a line of 800 characters"),
    ],
    ids=lambda value: value[:20],
)
def test_the_rules_find_a_bad_message(text, found):
    assert any(found in problem for problem in problems(text)), problems(text)


@pytest.mark.parametrize(
    "text",
    [
        "layer4.1.bn2.weight still requires gradients (and 17 more): did you skip the BatchNorm layers?",
        "wrong the order: your code raised KeyError: 'eigenvalue' (line 3: `return x['eigenvalue']`)",
        "the example cannot use what `f` gave back: KeyError: 'mse' at `assert got['mse'] != 3`",
        "unknown exercise 'eigenvalue'. Did you mean 'box_iou'?",
        "expected a ValueError for an empty list, got 0.0",
    ],
)
def test_the_rules_leave_a_good_message_alone(text):
    assert problems(text) == []


def test_a_sentence_needs_an_end():
    assert unfinished("There is no function in this file") and not unfinished("There is no function in it.")
    assert not unfinished("error there is no function") and not unfinished("All is well.")


def test_the_lists_of_words_are_tidy():
    words = PLAIN.read_text(encoding="utf-8").split()
    assert words == sorted(set(words)), "sort plain_words.txt and remove what is there twice"
    listed = [word for words in TECHNICAL.values() for word in words.split()]
    assert not set(listed) & set(words), "a technical word is not plain"
    assert all(reason for reason in [*EXCEPTIONS.values(), *TECHNICAL])


# ------------------------------------------------------------------ what stands in the source


@pytest.mark.parametrize("text", SOURCES, ids=[text.place for text in SOURCES])
def test_a_text_in_the_package(text):
    assert problems(text.text, whole=False) == []


@pytest.mark.parametrize("path", sorted(COURSE.glob("*/checks.py")), ids=lambda path: path.parent.name)
def test_the_texts_of_hidden_checks(path):
    found = {text: problems(text, whole=False) for _, text in texts_of(path.read_text(encoding="utf-8"))}
    assert {text: what for text, what in found.items() if what} == {}


@pytest.mark.parametrize("name", ["expect.py", "student.py", "judge.py"])
def test_the_texts_around_hidden_checks(name):
    source = (ROOT / "autograder" / name).read_text(encoding="utf-8")
    found = {text: problems(text, whole=False) for _, text in texts_of(source)}
    assert {text: what for text, what in found.items() if what} == {}


# ------------------------------------------------------------------ situations


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty folder that is the current one, outside of the course, and a learner without a past."""
    for name in (
        "NBGRADER_EXECUTION",
        "HEADSTART_LEARNER",
        "HEADSTART_PROFILE",
        "HEADSTART_PHOTOS",
        "JUPYTERHUB_USER",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HEADSTART_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HEADSTART_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(profiles, "_unavailable", [])
    monkeypatch.setattr(sys, "path", sys.path.copy())
    monkeypatch.chdir(tmp_path)
    return tmp_path


# Raised where the command `headstart` is at work, which prints the message alone.
FOR_TERMINALS = (files.BadFile, FileExistsError, IsADirectoryError)
EXPECTED = (ValueError, TypeError, RuntimeError, OSError, LookupError, AttributeError, profiles.Unavailable)


def text_of(act: Callable[[], object]) -> str:
    """Return what a learner reads when `act` runs: what it prints, and its error as a notebook shows it."""
    printed = io.StringIO()
    error_text = ""
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            act()
        except EXPECTED as error:
            assert isinstance(error, (OneLine, *FOR_TERMINALS)), "a notebook shows the stack"
            error_text = "\n".join(error._render_traceback_()) if isinstance(error, OneLine) else str(error)
    return printed.getvalue() + error_text


def command(*arguments: str) -> Callable[[], None]:
    """Return what runs the command `headstart` and prints all that it says."""

    def act() -> None:
        result = CliRunner().invoke(cli.app, list(arguments))
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        print(re.sub(r"^Usage: .*\n|^Try .*\n", "", result.output, flags=re.M))

    return act


def written(name: str, text: str, act: Callable[[], object]) -> Callable[[], None]:
    """Return what writes a file into the current folder first."""

    def both() -> None:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        act()

    return both


def with_setting(name: str, value: str, act: Callable[[], object]) -> Callable[[], None]:
    """Return what sets an environment variable first, and takes it back."""

    def both() -> None:
        before = os.environ.get(name)
        os.environ[name] = value
        try:
            act()
        finally:
            if before is None:
                del os.environ[name]
            else:
                os.environ[name] = before

    return both


def checked(source: str, name: str = "freeze_all_but_fc") -> Callable[[], None]:
    """Return what checks the function `name` that `source` defines, in a file."""

    def act() -> None:
        Path("mine.py").write_text(source, encoding="utf-8")
        problems, reports = files.check_file(Path("mine.py"), [name])
        print("\n".join(problems))
        for report in reports:
            print("\n".join([result.line for result in report.results] + report.offers))

    return act


PRACTICE = next(question.id for bank in load_banks(BANK_FOLDER) for question in bank.practice)
GRADED = "freezing.flag-sum"
DIGITS = Digits("train", size=50)
IMAGES, LABELS = torch.zeros(4, 3, 32, 32), torch.zeros(4, dtype=torch.int64)
STUB = "def freeze_all_but_fc(model):\n    "

SITUATIONS: dict[str, Callable[[], object]] = {
    # Names with a slip.
    "unknown question": lambda: headstart.question("freezing.flag-summ"),
    "unknown prediction": lambda: headstart.predict("freezing.drft"),
    "unknown graded question": lambda: headstart.answered("freezing"),
    "unknown exercise": lambda: headstart.hint("freze"),
    "exercise as a number": lambda: headstart.solution(7),
    "unknown export": lambda: headstart.questoin,
    "unknown split": lambda: Digits("tran"),
    "unknown model": lambda: pretraining.pretrain("glyfnet"),
    "unknown profile": with_setting("HEADSTART_PROFILE", "ofline", headstart.profile),
    "unknown device": with_setting("HEADSTART_DEVICE", "gpu", profiles.device),
    "unknown photos": lambda: photos.Photos("train", collection="cats"),
    # Questions, in text.
    "a question": lambda: headstart.question(PRACTICE),
    "a graded question": lambda: headstart.question(GRADED),
    "a saved answer": lambda: headstart.question(GRADED, answer=3),
    "no answer": lambda: headstart.question(PRACTICE, answer=""),
    "nothing to hand in": lambda: headstart.answered(GRADED),
    "unreadable to hand in": lambda: headstart.answered(GRADED, "many"),
    "to hand in": lambda: headstart.answered(GRADED, 3),
    "no learner id": lambda: headstart.learner(""),
    "a learner id with a line break": lambda: headstart.learner("a\nb"),
    # State files.
    "answers that are no JSON": written("answers.json", "half writ", lambda: headstart.answered(GRADED)),
    "answers of another form": written(
        "answers.json", '{"version": 1, "answers": 3}', lambda: headstart.answered(GRADED)
    ),
    "answers of a newer version": written("answers.json", '{"version": 9}', lambda: headstart.answered(GRADED)),
    "records that are no JSON": written("home/exercises.json", "{", lambda: headstart.hint("box_iou")),
    "records half broken": written(
        "home/exercises.json",
        json.dumps({"version": 1, "exercises": {"box_iou": {"attempts": 1}, "x": 3}}),
        lambda: headstart.hint("box_iou"),
    ),
    "a folder that cannot be written": written("home", "a file", lambda: headstart.hint("box_iou")),
    # Data, models, training.
    "too few digits": lambda: Digits("train", size=3),
    "size of a test set": lambda: Digits("test", size=100),
    "size as text": lambda: Digits("train", size="50"),
    "negative seed": lambda: Digits("train", seed=-1),
    "no letters": lambda: letters.letters(0, seed=0),
    "canvas too small": lambda: scenes(DIGITS, 1, count=9, size=32, noise=0.0),
    "wrong number of classes": lambda: get_model("glyphnet", weights="DEFAULT", num_classes=10),
    "counts out of range": lambda: headstart.models.GlyphNet_Weights.DEFAULT.transforms()(torch.full((8, 8), 200)),
    "image of another shape": lambda: headstart.models.GlyphNet_Weights.DEFAULT.transforms()(torch.zeros(3, 9, 9)),
    "image as a list": lambda: headstart.models.GlyphNet_Weights.DEFAULT.transforms()([[1, 2]]),
    "figure without a text": lambda: headstart.show(None, alt=""),
    "fewer labels": lambda: training.fit(nn.Flatten(), IMAGES, LABELS[:2], epochs=1, lr=0.1),
    "no epochs": lambda: training.fit(nn.Flatten(), IMAGES, LABELS, epochs=0, lr=0.1),
    "nothing to train": lambda: training.fit(nn.Flatten(), IMAGES, LABELS, epochs=1, lr=0.1),
    "accuracy with fewer labels": lambda: training.accuracy(nn.Flatten(), IMAGES, LABELS[:2]),
    "no linear layer": lambda: training.extract_features(nn.Flatten(), IMAGES),
    "no epochs of pre-training": lambda: pretraining.pretrain("glyphnet", epochs=0),
    "a folder as target": lambda: pretraining.check_target(Path.cwd(), force=False),
    "a target in no folder": lambda: pretraining.check_target(Path("no/file"), force=False),
    "a target that exists": written("file", "", lambda: pretraining.check_target(Path("file"), force=False)),
    # The imagenet profile without what it needs.
    "no GPU": with_setting("HEADSTART_PROFILE", "imagenet", headstart.task),
    "a GPU that is full": lambda: tasks.check_memory(2**30),
    "no photographs": lambda: photos.Photos("train"),
    "weights that cannot be loaded": lambda: profiles.fall_back("the weights of resnet18 are not on this computer"),
    # Exercises.
    "not written": checked(STUB + "raise NotImplementedError"),
    "no return": checked(STUB + "pass"),
    "an error": checked(STUB + "return model.head"),
    "wrong": checked(STUB + "return model"),
    "exit": checked(STUB + "raise SystemExit"),
    "endless": checked(STUB + "return freeze_all_but_fc(model)"),
    "interrupted": checked(STUB + "raise KeyboardInterrupt"),
    "no Python": checked("def freeze_all_but_fc(model:\n    pass"),
    "stops at once": checked("x = {}['a']\n" + STUB + "pass"),
    "no such function": checked("def freeze(model): pass"),
    "check of a value": lambda: headstart.check(3),
    "check of an unknown name": lambda: headstart.check("freeze_all_but_fc"),
    "check of another function": lambda: headstart.check(texts_of),
    "fourth hint": lambda: headstart.hint("box_iou", 4),
    "third hint first": lambda: headstart.hint("box_iou", 3),
    "no solution here": lambda: headstart.solution("box_iou"),
    "examples that cannot run": lambda: print(
        *(result.line for result in examples.run_bank(_without_set_up(), print)), sep="\n"
    ),
    # The command line.
    "command: none such": command("docter"),
    "command: check without file": command("check", "no.py"),
    "command: check of a text": command("check", "notes.txt"),
    "command: check of an empty file": written("mine.py", "", command("check", "mine.py")),
    "command: check of a damaged notebook": written("mine.ipynb", "{", command("check", "mine.ipynb")),
    "command: check of nothing known": written("mine.py", "def freze(): pass", command("check", "mine.py")),
    "command: hint": command("hint", "box_iou"),
    "command: hint with a word": command("hint", "box_iou", "first"),
    "command: unknown question": command("question", "freezing.x"),
    "command: lab outside of the course": command("lab"),
    "command: unknown lesson": command("lab", "77"),
    "command: review of an unknown lesson": command("review", "77"),
    "command: pretrain into no folder": command("pretrain", "--out", "no/file"),
}  # fmt: skip


def _without_set_up():
    from dataclasses import replace

    return replace(all_exercises()["box_iou"], setup="import no_such_package")


@pytest.mark.parametrize("name", SITUATIONS)
def test_a_situation(place, name):
    text = text_of(SITUATIONS[name]).replace(str(place), "FOLDER")
    assert text.strip(), "nothing was said"
    assert problems(text) == [], text
    assert not unfinished(text), text


def test_an_error_in_a_notebook_is_one_line_with_the_learners_own():
    shell = InteractiveShell()
    cell = (
        "from headstart.data import Digits\ndef load(split):\n    return Digits(split)\n\ndata = load('tran')"
    )
    with capture_output() as shown:
        shell.run_cell(cell)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", shown.stdout + shown.stderr).splitlines()
    assert lines == [
        "ValueError: unknown split 'tran'. Did you mean 'train'? (line 3: `return Digits(split)`)"
    ]


@pytest.mark.parametrize(
    "command", cli.app.registered_commands, ids=lambda command: command.callback.__name__
)
def test_the_help_of_a_command(command):
    text = inspect.getdoc(command.callback)
    assert problems(text) == [] and not unfinished(text.split("\n\n")[0])


def test_the_solution_before_it_is_open(place, monkeypatch):
    monkeypatch.chdir(ROOT)
    text = text_of(lambda: headstart.solution("box_iou"))
    assert "You have made none yet." in text and problems(text) == []


def test_the_doctor_with_everything_wrong(place, monkeypatch):
    """One row of each kind, all with a remedy."""
    (place / "home").mkdir()
    (place / "home" / "review.json").write_text("half writ")
    (place / "home" / "review.broken-1.json").write_text("{}")
    monkeypatch.setattr(doctor.sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(
        doctor, "PACKAGES", {"no-such-thing": ("x", "nothing works without it"), "torch": ("no_such", "")}
    )
    monkeypatch.setattr(doctor, "_oldest", lambda name: None)
    monkeypatch.setattr(doctor, "_free_memory", lambda: 0.1)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 1e8}))
    rows = doctor.findings()
    for row in rows:
        assert row.state == doctor.OK or row.remedy, row
        text = f"{row.found}. {row.remedy}".replace(str(place), "FOLDER")
        assert problems(re.sub(r"\w+Error: [^)]*", "", text).replace("pip install", "")) == [], row
    assert "3 needed things are missing." in doctor.table(rows)


# ------------------------------------------------------------------ answers to questions

JUNK = [
    "zz",
    "a, a, a, b, c, d, e, f",
    "",
    3.7,
    float("nan"),
    True,
    object(),
    [],
    ["a", 3],
    {"a": 1},
    "1,234",
    "½",
]


@pytest.mark.parametrize("bank", load_banks(BANK_FOLDER), ids=lambda bank: bank.assignment)
def test_answers_of_every_kind(bank):
    """The feedback on each option, on each likely number, on nothing and on what cannot be read.

    The feedback speaks of the lesson's own terms, which the glossary's tests watch over: words are not read here.
    """
    for question in [*bank.practice, *bank.graded]:
        seen = instance(question, "ada")
        keys = [choice.key for choice in seen.choices]
        possible = {
            "single": keys,
            "multiple": [keys[:1], keys[1:], keys],
            "ordering": [keys, keys[::-1]],
            "numeric": [0.0, 1.0, 50.0, 1e6],
        }[question.kind]
        said = []
        for raw in JUNK:
            with contextlib.suppress(Unreadable):
                parse_response(question, "ada", raw)
            try:
                parse_response(question, "ada", raw)
            except Unreadable as error:
                assert problems(re.sub(r"got .*", "got X", str(error))) == [], (question.id, raw)
        if question in bank.practice:
            said = [judge(question, "ada", response) for response in possible]
            assert {verdict.correct for verdict in said} >= {False}, question.id
        for verdict in said:
            for text in (verdict.label, verdict.message, *verdict.details):
                assert problems(text, jargon=False) == [], (question.id, text)


# ------------------------------------------------------------------ wrong answers to exercises

HIDDEN = [
    pytest.param(path, id=f"{folder.name}/{path.stem}", marks=[pytest.mark.long] if place else [])
    for folder in sorted(COURSE.glob("*/answers/*"))
    for place, path in enumerate(sorted(folder.glob("wrong_*.py")))
]
BANKS = sorted(COURSE.glob("*/answers/*"))


@pytest.mark.parametrize("folder", BANKS, ids=lambda folder: folder.name)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_visible_examples_on_wrong_answers(place, folder):
    exercise = all_exercises()[folder.name]
    found = {}
    for path in sorted(folder.glob("wrong_*.py")):
        with contextlib.redirect_stdout(io.StringIO()), settings_kept():
            report = files.check_file(path, [exercise.name])[1][0] if _defines(path, exercise.name) else None
        for line in [result.line for result in report.results] + report.offers if report else []:
            if what := problems(re.sub(r"\b(got|expected) .*", r"\1 X", line)):
                found[f"{path.name}: {line}"] = what
    assert found == {}


@pytest.mark.parametrize("path", HIDDEN)
def test_hidden_checks_on_a_wrong_answer(path):
    name = path.parent.name
    verdict = judge_answer(Course(COURSE).exercise(name), read_answer(path, name))
    for result in verdict.checks:
        assert problems(result.title) == [] and problems(result.message) == [], result


def _defines(path: Path, name: str) -> bool:
    return re.search(rf"^(?:def|class) {name}\b", path.read_text(encoding="utf-8"), re.M) is not None


def test_words_that_are_quoted_are_not_read():
    quoted = "option 'eigenvalue' of `eigenvalue` in eigen_value.py, eigen.value() and --eigen"
    assert unknown_words(without_quotations(quoted)) == []
