"""Making the weights again: the recipe scores what it promises, files are written whole, errors are clear."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torchvision.models import get_model
from typer.testing import CliRunner

import headstart
from headstart import pretraining, whole_files
from headstart.cli import app
from headstart.models import GlyphNet_Weights
from headstart.names import UnknownName
from headstart.pretraining import half_state, pretrain, write_weights

SMALL = {"count": 200, "epochs": 1}


@pytest.mark.long
def test_the_default_recipe_scores_what_the_packaged_weights_score():
    """This takes about a minute: it is the whole recipe."""
    lines: list[str] = []
    model = pretrain("glyphnet", report=lines.append)
    assert [line.split(":")[0] for line in lines] == [f"epoch {i} of 5" for i in range(1, 6)]
    expected = GlyphNet_Weights.DEFAULT.meta["_metrics"]
    on_letters = expected["held-out letters"]["acc@1"] / 100
    assert pretraining.letter_accuracy(model) == pytest.approx(on_letters, abs=pretraining.LETTERS_TOLERANCE)
    scores = pretraining.digit_accuracies(model)
    on_digits = expected["digits, 200 for training"]["acc@1"] / 100
    assert sum(scores) / len(scores) == pytest.approx(on_digits, abs=pretraining.DIGITS_TOLERANCE)


@pytest.mark.parametrize("arch", pretraining.ARCHITECTURES)
def test_a_seed_gives_the_same_weights_again(arch: str):
    first, again, other = (pretrain(arch, seed=seed, **SMALL).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)


def test_the_model_comes_back_in_eval_mode():
    assert not pretrain(**SMALL).training


def test_the_controls_differ_from_the_recipe():
    plain = pretrain(**SMALL).state_dict()
    shuffled = pretrain(shuffle_labels=True, **SMALL).state_dict()
    assert not torch.equal(plain["fc.weight"], shuffled["fc.weight"])
    assert pretrain(exclude_lookalikes=True, **SMALL).fc.out_features == 43 - 14


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"arch": "glyphnett"}, UnknownName, "Did you mean 'glyphnet'"),
        ({"count": 0}, ValueError, "n is 0; ask for at least 1 letter"),
        ({"epochs": 0}, ValueError, "epochs is 0; train for at least 1 epoch"),
    ],
)
def test_bad_settings_are_refused(arguments: dict, kind: type[Exception], message: str):
    with pytest.raises(kind, match=message):
        pretrain(**{**SMALL, **arguments})


@pytest.fixture
def model() -> torch.nn.Module:
    return get_model("glyphnet_vgg", num_classes=43)


def test_a_written_file_holds_the_weights_in_half_precision(tmp_path: Path, model: torch.nn.Module):
    path = tmp_path / "new.safetensors"
    write_weights(model, path)
    loaded, expected = load_file(path), half_state(model)
    assert loaded.keys() == expected.keys()
    assert all(torch.equal(loaded[name], expected[name]) for name in expected)
    assert loaded["features.0.weight"].dtype == torch.float16
    assert list(tmp_path.iterdir()) == [path]


def test_an_existing_file_is_kept_unless_forced(tmp_path: Path, model: torch.nn.Module):
    path = tmp_path / "mine.safetensors"
    path.write_text("precious")
    with pytest.raises(FileExistsError, match=r"exists; choose another --out, or replace it with --force"):
        write_weights(model, path)
    assert path.read_text() == "precious"
    write_weights(model, path, force=True)
    assert load_file(path)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, model: torch.nn.Module, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "mine.safetensors"
    path.write_text("precious")

    def no_space(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(whole_files.os, "replace", no_space)
    with pytest.raises(OSError, match="no space left"):
        write_weights(model, path, force=True)
    assert path.read_text() == "precious"
    assert list(tmp_path.iterdir()) == [path]


def test_the_command_writes_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pretraining, "HELD_OUT", 50)
    arguments = ["pretrain", "--arch", "glyphnet_vgg", "--letters", "200", "--epochs", "1", "--seed", "3"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "epoch 1 of 1: mean loss" in result.output and "accuracy on 50 held-out letters" in result.output
    assert "wrote glyphnet_vgg.safetensors, SHA-256" in result.output
    assert (
        load_file(tmp_path / "glyphnet_vgg.safetensors").keys()
        == get_model("glyphnet_vgg").state_dict().keys()
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out", "taken"], "taken exists; choose another --out"),
        (["--out", "nowhere/new"], "the folder nowhere does not exist"),
        (["--out", ".", "--force"], ". is a folder; give the name of a file"),
        (["--arch", "glyphnett"], "unknown architecture 'glyphnett'. Did you mean"),
    ],
)
def test_the_command_refuses_before_it_trains(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    Path("taken").write_text("precious")
    result = CliRunner().invoke(app, ["pretrain", *arguments])
    assert result.exit_code == 2
    assert f"error: {message}" in result.output and "Traceback" not in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_the_command_tells_its_version():
    result = CliRunner().invoke(app, ["--version"])
    assert result.exit_code == 0 and result.output.strip() == headstart.__version__


def test_the_command_asks_a_question_and_takes_an_answer(monkeypatch: pytest.MonkeyPatch):
    calls = []
    monkeypatch.setattr(
        headstart, "question", lambda name, **given: calls.append((name, given)), raising=False
    )
    runner = CliRunner()
    assert runner.invoke(app, ["question", "freezing.flag-sum"]).exit_code == 0
    assert runner.invoke(app, ["question", "freezing.flag-sum", "--answer", "a, c"]).exit_code == 0
    assert calls == [("freezing.flag-sum", {}), ("freezing.flag-sum", {"answer": "a, c"})]


def test_the_command_names_the_nearest_question():
    result = CliRunner().invoke(app, ["question", "freezing.no-such-question"])
    assert result.exit_code == 2
    assert (
        "unknown question 'freezing.no-such-question'" in result.output and "Traceback" not in result.output
    )
