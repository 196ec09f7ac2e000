"""The graded questions of lesson 09, tried: trainings watched, luck simulated, bugs made and mended."""

from __future__ import annotations

import copy
import re
from itertools import count, permutations
from typing import Any

import numpy as np
import pytest
import torch
from question_bench import assert_prints, assert_tried, graded, right_text, run, swapped, views
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torchvision.models import get_model

import headstart.models  # noqa: F401 - registers glyphnet
from headstart.data import Digits
from headstart.training import extract_features

QUESTIONS = graded("09_overfitting")
Pair = tuple[Tensor, Tensor]
BACKBONE = "glyphnet"


def features(split: str, size: int | None = None, seed: int = 0) -> Pair:
    """Return the features and labels of a split, as in the lesson."""
    images, labels = Digits(split, size=size, seed=seed).tensors()
    return extract_features(get_model(BACKBONE, weights="DEFAULT"), images), labels


def scores(head: nn.Module, x: Tensor) -> Tensor:
    """Return the class scores in eval mode."""
    with torch.no_grad():
        return head.eval()(x)


def train(
    data: Pair, val: Pair, epochs: int, lr: float, dropout: float = 0.0, weight_decay: float = 0.01
) -> tuple[nn.Module, Tensor]:
    """Train the lesson's head; return it with training loss and accuracy, then those of validation, by epoch."""
    torch.manual_seed(0)
    head = nn.Sequential(nn.Linear(128, 128), nn.ReLU(), nn.Dropout(dropout), nn.Linear(128, 10))
    optimizer = torch.optim.AdamW(head.parameters(), lr=lr, weight_decay=weight_decay)
    rows = []
    for _ in range(epochs):
        head.train()
        for batch in torch.randperm(len(data[1])).split(50):
            optimizer.zero_grad()
            cross_entropy(head(data[0][batch]), data[1][batch]).backward()
            optimizer.step()
        row = []
        for x, y in (data, val):
            found = scores(head, x)
            row += [cross_entropy(found, y).item(), (found.argmax(1) == y).double().mean().item()]
        rows.append(row)
    return head, torch.tensor(rows)


@pytest.fixture(scope="module")
def small() -> Pair:
    """Fifty images to learn from."""
    return features("train", 50)


@pytest.fixture(scope="module")
def val() -> Pair:
    """The images to validate on."""
    return features("val")


def test_every_claim_is_tried() -> None:
    assert_tried(QUESTIONS, globals())


def test_both_still_high(small: Pair, val: Pair) -> None:
    numbers = [float(number) for number in re.findall(r"\d\.\d\d", QUESTIONS["both-still-high"].stem)]
    first, last, val_first, val_last = numbers
    assert (first - last) / first == pytest.approx(0.1, abs=0.015)
    # A training that goes the same way, and what the options make of it.
    rate = 2e-4
    _, longer = train(small, val, 40, rate)
    told = torch.tensor([first, val_first, last, val_last])
    assert torch.allclose(torch.cat([longer[0, ::2], longer[9, ::2]]), told, atol=0.05)
    val_loss = longer[:, 2]
    assert right_text(QUESTIONS["both-still-high"]) == "train longer, or with a larger learning rate"
    assert (val_loss[:10].diff() < 0).all()
    assert val_loss[-1] < 0.8 * val_loss[9]
    assert train(small, val, 10, 10 * rate)[1][-1, 2] < 0.8 * val_loss[9]
    assert train(small, val, 10, rate, dropout=0.5, weight_decay=1.0)[1][-1, 2] > val_loss[9]
    assert (longer[0, ::2] > longer[9, ::2]).all()


def epochs_trained(losses: list[float], patience: int, spare: int = 0) -> int:
    """Return after how many epochs `patience` of them in a row, and `spare` more, were no improvement."""
    in_a_row, lowest = 0, float("inf")
    for epoch in count(1):
        in_a_row = 0 if losses[epoch - 1] < lowest else in_a_row + 1
        lowest = min(lowest, losses[epoch - 1])
        if in_a_row == patience + spare:
            return epoch
    raise AssertionError


def test_last_epoch() -> None:
    for seen in views(QUESTIONS["last-epoch"]):
        best, patience = seen.values["best"], seen.values["patience"]
        losses = [1 / epoch for epoch in range(1, best + 1)] + [1.0] * 30
        assert seen.answer == epochs_trained(losses, patience)
        at_best, late, early, from_the_start = (value for value, _ in seen.traps)
        assert at_best == losses.index(min(losses)) + 1
        assert late == epochs_trained(losses, patience, spare=1)
        assert early == epochs_trained(losses, patience, spare=-1)
        assert from_the_start == patience


def test_surer_and_wrong(small: Pair, val: Pair) -> None:
    x, y = val
    heads = [train(small, val, epochs, lr=1e-2) for epochs in (8, 100)]
    (early, _), (late, history) = heads
    losses = [cross_entropy(scores(head, x), y).item() for head in (early, late)]
    answers = [scores(head, x).softmax(1).max(1) for head in (early, late)]
    right = [(found.indices == y).double().mean().item() for found in answers]
    assert min(right) > 0.9 and abs(right[0] - right[1]) < 0.005
    assert losses[1] > 2 * losses[0]
    assert "surer of its answers" in right_text(QUESTIONS["surer-and-wrong"])
    sure = [found.values[found.indices != y].mean().item() for found in answers]
    assert sure[1] > sure[0] + 0.1
    # Were the validation images training images, their loss would fall with it.
    assert history[-1, 0] < 0.01 * history[7, 0]
    # The loss of a wrong answer grows with its certainty, without limit; the count stays as it is.
    wrong = torch.tensor([[2.0, 1.0]])
    growing = [cross_entropy(k * wrong, torch.tensor([1])).item() for k in (1, 10, 100, 1000)]
    assert growing == sorted(growing) and growing[-1] > 900


def test_kept_weights() -> None:
    question = QUESTIONS["kept-weights"]
    (seen,) = views(question)
    assert_prints(seen)
    code = question.code or ""
    line = "best = dict(model.state_dict())"
    for copied in (
        "best = {name: value.clone() for name, value in model.state_dict().items()}",
        "import copy; best = copy.deepcopy(model.state_dict())",
    ):
        assert run(swapped(code, (line, copied)))[0] == "1.0"
    assert run(swapped(code, (line, "best = model.state_dict()")))[0] == "2.0"
    _, known = run(code)
    assert type(known["best"]) is dict
    assert known["best"]["weight"].data_ptr() == known["model"].weight.data_ptr()


def test_count_never_reset() -> None:
    question = QUESTIONS["count-never-reset"]
    told = [float(number) for number in re.findall(r"\d\.\d", question.hint)]
    # A bump after each improvement for a long time, then nothing but bad epochs.
    bumpy = [loss for k in range(20) for loss in (told[0] - 0.02 * k, told[1])]
    losses = bumpy + [2.0] * 100
    lowest = losses.index(min(losses)) + 1

    def outcome(code: str, losses: list[float] = losses) -> tuple[int, float, dict[str, Any]]:
        """Return the number of epochs, the weight in the end (the epoch it is from) and all names."""
        model = nn.Linear(1, 1)
        nn.init.zeros_(model.weight)
        trained = []

        def train_one_epoch(model: nn.Module) -> None:
            trained.append(None)
            nn.init.constant_(model.weight, model.weight.item() + 1)

        def validation_loss(model: nn.Module) -> float:
            return losses[int(model.weight.item()) - 1]

        names = {"train_one_epoch": train_one_epoch, "validation_loss": validation_loss}
        _, known = run(code, model=model, copy=copy, **names)
        return len(trained), model.weight.item(), known

    code = question.code or ""
    assert outcome(code)[:2] == (10, 9)
    mended = swapped(code, ("        best = loss\n", "        best, waited = loss, 0\n"))
    assert outcome(mended)[:2] == (lowest + 5, lowest)
    assert right_text(question).startswith("`waited` is not set back to 0")
    *_, known = outcome(swapped(code, ("range(100)", "range(6)")), told)
    assert known["waited"] == 3
    # From 0 nothing is an improvement: no weights are kept.
    with pytest.raises(NameError, match="weights"):
        outcome(swapped(code, ('float("inf")', "0")))
    line = "        weights = copy.deepcopy(model.state_dict())\n"
    in_else = swapped(code, (line, ""), ("        waited += 1\n", f"        waited += 1\n{line}"))
    assert outcome(in_else)[:2] == (10, 10)
    uncopied = swapped(code, ("copy.deepcopy(model.state_dict())", "model.state_dict()"))
    assert outcome(uncopied)[:2] == (10, 10)
    model = nn.Linear(1, 1)
    model(torch.ones(1, 1)).sum().backward()
    kept = copy.deepcopy(model.state_dict())
    assert model.weight.grad is not None and all(value.grad is None for value in kept.values())
    restore = "model.load_state_dict(weights)"
    inside = swapped(
        code, (restore, ""), ("        waited += 1\n", f"        waited += 1\n        {restore}\n")
    )
    epochs, left, _ = outcome(inside)
    assert left < epochs and epochs < lowest


class Parts:
    """The six parts of the question `one-epoch-in-order`; the model is the number of epochs it has learned."""

    def __init__(self, losses: tuple[float, ...], patience: int) -> None:
        self.losses, self.patience = losses, patience
        self.model = self.epochs = self.waited = 0
        self.lowest = float("inf")
        self.reported: list[int] = []

    def train(self) -> None:
        self.model, self.epochs = self.model + 1, self.epochs + 1

    def measure(self) -> None:
        self.loss = self.losses[self.model]

    def keep(self) -> None:
        self.waited += 1
        if self.loss < self.lowest:
            self.lowest, self.kept, self.waited = self.loss, self.model, 0

    def leave(self) -> bool:
        return self.waited >= self.patience

    def load(self) -> None:
        self.model = self.kept

    def report(self) -> None:
        self.reported.append(self.model)

    def outcome(self, order: tuple[str, ...], in_loop: int) -> tuple[int, list[int]] | None:
        """Run the first `in_loop` parts until one says leave, then the others; return epochs and reports."""
        try:
            for _ in range(20):
                if any(getattr(self, name)() for name in order[:in_loop]):
                    break
            for name in order[in_loop:]:
                getattr(self, name)()
        except AttributeError:
            return None
        return self.epochs, self.reported


def test_one_epoch_in_order() -> None:
    names = ("train", "measure", "keep", "leave", "load", "report")
    words = ("train one epoch", "compute the validation loss", "copy", "leave", "load", "test accuracy")
    items = QUESTIONS["one-epoch-in-order"].items
    assert all(word in item.text for word, item in zip(words, items, strict=True))
    # Losses by epochs learned, the patience, and what is wanted: the epochs trained and the one reported.
    late = (9.0, 0.9, 0.95, 0.5, 0.7, 0.6, 0.4, *[1.0] * 30)
    soon = (9.0, 0.6, 0.3, 0.8, 0.5, 0.4, 0.2, *[1.0] * 30)
    cases = [(late, 2, (5, [3])), (soon, 3, (5, [2])), (soon, 4, (10, [6]))]

    def works(order: tuple[str, ...]) -> bool:
        ends = range(order.index("leave") + 1, len(order) + 1)
        return any(
            all(Parts(losses, patience).outcome(order, end) == wanted for losses, patience, wanted in cases)
            for end in ends
        )

    found = [order for order in permutations(names) if works(order)]
    assert [order for order in found if order[0] == "train"] == [names]
    # The same loop can be entered elsewhere, so the stem says with what to begin.
    assert {order[:4] for order in found if order[4:] == names[4:]} == {
        names[:4],
        ("leave", "train", "measure", "keep"),
        ("measure", "keep", "leave", "train"),
    }
    assert len(found) == 3
    assert "Begin with the training" in QUESTIONS["one-epoch-in-order"].stem


def test_mean_loss() -> None:
    chance = np.random.default_rng(0)
    for seen in views(QUESTIONS["mean-loss"]):
        n, wrong, early, late = (seen.values[name] for name in ("n", "wrong", "early", "late"))
        right = chance.exponential(0.05, n - wrong).tolist()
        spread = chance.uniform(-0.5, 0.5, wrong)
        spread -= spread.mean()

        def mean(loss: float, right: list[float] = right, spread: Any = spread, also: float = 1.0) -> float:
            return float(np.mean([also * value for value in right] + (loss + spread).tolist()))

        assert mean(late) - mean(early) == pytest.approx(float(seen.answer), abs=1e-6)
        rise, at_the_end, one, times = (value for value, _ in seen.traps)
        assert rise == pytest.approx(np.mean(late + spread) - np.mean(early + spread))
        assert at_the_end == pytest.approx(mean(late, also=0.0))
        assert one * wrong == pytest.approx(mean(late) - mean(early))
        assert early * times == pytest.approx(late)


def test_best_of_forty() -> None:
    chance = np.random.default_rng(0)
    # True accuracies near 90 %, twenty thousand comparisons of forty settings.
    true = chance.normal(0.90, 0.003, (20_000, 40))
    on_val = chance.binomial(100, true)
    assert on_val[:, 0].std() == pytest.approx(3, abs=0.1)
    assert 95 <= on_val.max(1).mean() < 97
    best = on_val.argmax(1)
    chosen = np.take_along_axis(true, best[:, None], 1)[on_val.max(1) == 95]
    on_test = chance.binomial(10_000, chosen) / 10_000
    assert right_text(QUESTIONS["best-of-forty"]) == "near 90 %"
    assert len(chosen) > 1000 and on_test.mean() == pytest.approx(0.90, abs=0.005)
    # A setting that was chosen beforehand shows its true accuracy, on a large set as on a small one.
    assert on_val[:, 0].mean() == pytest.approx(90, abs=0.1)
    assert chance.binomial(10_000, true[:, 0]).mean() == pytest.approx(9000, abs=5)


@pytest.fixture(scope="module")
def tired() -> list[dict[str, Any]]:
    """Two trainings on 200 labels of which 40 are wrong, up to 100 % training accuracy."""
    found = []
    for seed in range(2):
        (x, true), val = features("train", 200, seed), features("val", seed=seed)
        chance = torch.Generator().manual_seed(seed)
        wrong = torch.randperm(200, generator=chance)[:40]
        labels = true.clone()
        labels[wrong] = (labels[wrong] + torch.randint(1, 10, (40,), generator=chance)) % 10
        _, rows = train((x, labels), val, 80, lr=3e-3)
        complete = int((rows[:, 1] == 1).nonzero()[0])
        head, rows = train((x, labels), val, complete + 1, lr=3e-3)
        best = int(rows[:, 3].argmax())
        at_best, _ = train((x, labels), val, best + 1, lr=3e-3)
        found.append({"x": x, "labels": labels, "true": true, "rows": rows, "head": head, "at_best": at_best})
    return found


def test_wrong_labels(tired: list[dict[str, Any]]) -> None:
    options = QUESTIONS["wrong-labels"].options
    for training in tired:
        x, labels, true, rows = (training[name] for name in ("x", "labels", "true", "rows"))
        wrong = labels != true
        assert wrong.double().mean() == 0.2 and rows[-1, 1] == 1
        answers = scores(training["head"], x).argmax(1)
        losses = cross_entropy(scores(training["at_best"], x), labels, reduction="none")
        best = int(rows[:, 3].argmax())
        learned_by_heart = answers[wrong] != true[wrong]
        suspects = wrong[losses.topk(40).indices].double()
        found = [
            bool(learned_by_heart.all()),
            best < len(rows) // 2 and bool(rows[best, 3] > rows[-1, 3] + 0.03),
            bool(suspects.mean() > 0.8),
            bool(rows[:, 3].max() <= 0.8),
            abs(int(rows[:, 0].argmin()) - best) < len(rows) // 4,
        ]
        assert found == [option.correct for option in options]
        # The rule first: at the best epoch the right labels are learned and hardly one wrong label.
        learned = scores(training["at_best"], x).argmax(1) == labels
        assert learned[~wrong].double().mean() > 0.9 and learned[wrong].double().mean() < 0.2


def test_what_may_decide(tired: list[dict[str, Any]]) -> None:
    # The validation numbers turn, the training numbers do not; a test number may not take part.
    decides = {option.text: option.correct for option in QUESTIONS["what-may-decide"].options}
    assert {text for text, may in decides.items() if may} == {"validation loss", "validation accuracy"}
    for training in tired:
        train_loss, train_accuracy, val_loss, val_accuracy = training["rows"].T
        last = len(train_loss) - 1
        assert int(train_loss.argmin()) >= last - 3 and int(train_accuracy.argmax()) == last
        assert int(val_loss.argmin()) < last // 2 and int(val_accuracy.argmax()) < last // 2
        images = 500 * val_accuracy.double()
        assert torch.allclose(images, images.round(), atol=1e-3)  # in steps of one image
        assert len(set(val_accuracy.tolist())) < len(set(val_loss.tolist()))
