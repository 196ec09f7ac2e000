"""The practice questions of lessons 01 to 06: enough of each sort, and right.

Answers are found a second time here, by other formulas, by scikit-learn and PyTorch, or by simulation. The code
of a question is run: it prints what its key says, and a bug does what its stem claims until it is mended.
"""

from __future__ import annotations

import contextlib
import pickle
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from question_bench import mended, run
from safetensors.torch import save_file
from scipy.stats import binom
from sklearn import metrics
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupShuffleSplit, train_test_split
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_class_weight
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler
from torchvision.models import ResNet50_Weights, get_model
from torchvision.transforms.functional import normalize

import headstart.models  # noqa: F401 - makes glyphnet known to torchvision
from autograder.build.quiz_file import load_quiz
from headstart.data import Digits
from headstart.questions.draw import instance
from headstart.questions.schema import Question

ROOT = Path(__file__).resolve().parents[2]
LESSONS = (
    "01_confusion_matrix",
    "02_accuracy_paradox",
    "03_thresholds",
    "04_honest_evaluation",
    "05_loading_pretrained",
    "06_why_pretrained",
)
QUIZZES = {name: load_quiz(ROOT / "course" / name / "quiz.yaml") for name in LESSONS}
POOLS = {name: quiz.practice for name, quiz in QUIZZES.items()}
PRACTICE = {question.id: question for pool in POOLS.values() for question in pool}
LEARNERS = [f"learner-{number}" for number in range(40)]

Values = dict[str, Any]


def code_of(question_id: str) -> str:
    """Return the code of a question that draws nothing."""
    question = PRACTICE[question_id]
    assert question.code is not None
    assert not question.draw
    return question.code


def right_options(question: Question) -> list[str]:
    """Return the texts of the correct options."""
    return [option.text for option in question.options if option.correct]


def cases(matrix: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return truth and prediction of every case that `matrix` counts; rows are the truth."""
    pairs = [(i, j) for i, row in enumerate(matrix) for j, n in enumerate(row) for _ in range(int(n))]
    truth, predicted = np.array(pairs).T
    return truth, predicted


# ---------------------------------------------------------------------------------------------- the pools


@pytest.mark.parametrize("name", POOLS)
def test_a_pool_has_enough_of_each_sort(name: str) -> None:
    pool = POOLS[name]
    levels = Counter(question.difficulty for question in pool)
    forms = Counter(question.form for question in pool)
    topics = Counter(question.topic for question in pool)
    assert len(pool) >= 12
    assert levels["easy"] >= 5
    assert levels["medium"] >= 5
    assert levels["hard"] >= 2
    assert {question.kind for question in pool} == {"single", "multiple", "ordering", "numeric"}
    assert sum(question.kind == "numeric" and bool(question.draw) for question in pool) >= 2
    assert forms["bug"] >= 3
    assert forms["prints"] >= 1
    assert 3 <= len(topics) <= 5
    assert min(topics.values()) >= 2, topics
    assert all(question.section for question in pool)


@pytest.mark.parametrize("name", POOLS)
def test_no_practice_question_gives_a_graded_answer_away(name: str) -> None:
    quiz = QUIZZES[name]
    keys = {option.text for question in quiz.questions for option in question.options if option.correct}
    # Short keys, such as `2 1` or "false positive", are ordinary words of the field.
    keys = {key for key in keys if len(key) > 30}
    for question in quiz.practice:
        texts = " ".join(text for _, text in question.texts())
        assert not [key for key in keys if key in texts], question.id


# ------------------------------------------------------------------------------- what a piece of code prints

PRINTS = [question for question in PRACTICE.values() if question.form == "prints"]


@pytest.mark.parametrize("question", PRINTS, ids=lambda question: question.id)
def test_the_code_prints_what_the_key_says(question: Question) -> None:
    printed, _ = run(code_of(question.id))
    (right,) = right_options(question)
    assert printed == right.strip("`")


# ------------------------------------------------------------------------------------------ drawn numbers


def by_counts(tp: float, fp: float, fn: float) -> tuple[float, float]:
    """Return precision and recall as scikit-learn computes them from single cases."""
    truth, predicted = cases([[0, fp], [fn, tp]])
    return metrics.precision_score(truth, predicted), metrics.recall_score(truth, predicted)


def false_alarms(v: Values) -> float:
    """Return the count of false alarms with which the precision comes out, by trying."""
    found = v["cats"] * v["recall"] / 100
    return min(range(2000), key=lambda alarms: abs(found / (found + alarms) - v["precision"] / 100))


def balanced_weight(negative: int, positive: int) -> float:
    """Return scikit-learn's "balanced" weight of the positive class."""
    labels = np.array([0] * negative + [1] * positive)
    return compute_class_weight("balanced", classes=np.array([0, 1]), y=labels)[1]


def precision_in_life(v: Values) -> float:
    """Return the precision when every negative of a balanced test stands for `k` of them."""
    alarms = round(1000 * v["p"]) * [1] + (1000 - round(1000 * v["p"])) * [0]
    weights = [1 if alarm else v["k"] for alarm in alarms]
    return metrics.precision_score(alarms, [1] * 1000, sample_weight=weights)


def break_even(alarm: Callable[[float], float], no_alarm: Callable[[float], float]) -> float:
    """Return the first probability at which an alarm is the cheaper answer, by trying."""
    return next(p for p in np.linspace(0, 1, 100_001) if alarm(p) <= no_alarm(p) + 1e-12)


def without_the_copies(v: Values) -> float:
    """Return the accuracy over the images that are no copies, image by image."""
    right = np.array([1] * (v["n"] - v["wrong"]) + [0] * v["wrong"])
    copy = np.arange(v["n"]) < v["d"]
    return 100 * right[~copy].mean()


def shrinks_by(v: Values) -> float:
    """Return by how many per cent a network shrinks, with its head counted by PyTorch."""

    def size(classes: int) -> float:
        head = nn.Linear(1280, classes, device="meta")
        return v["b"] * 1e6 + sum(parameter.numel() for parameter in head.parameters())

    return 100 * (1 - size(v["c"]) / size(1000))


def pixel(v: Values) -> float:
    """Return the pixel that torchvision normalises to `x`."""
    normalised = normalize(torch.arange(256.0).view(1, 16, 16) / 255, [v["mean"]], [v["std"]])
    return (normalised.flatten() - v["x"]).abs().argmin().item()


def speedup_from_table(v: Values) -> float:
    """Return the speed-up at 90 %, from the first record of each run that is there."""
    scratch = [(82, v["a"]), (91, v["b"]), (95, v["c"])]
    pretrained = [(85, 1), (92, v["e"]), (97, v["f"])]
    slow, fast = (next(s for reached, s in run if reached >= 90) for run in (scratch, pretrained))
    return slow / fast


def times_each_image_is_seen(v: Values) -> float:
    """Return how often an image is seen, on average, by drawing batches."""
    random = np.random.default_rng(0)
    drawn = np.concatenate([random.permutation(v["n"])[: v["batch"]] for _ in range(v["steps"])])
    return np.bincount(drawn, minlength=v["n"]).mean()


FORMULAS: dict[str, Callable[[Values], float]] = {
    "confusion_matrix.cat-recall": lambda v: by_counts(v["tp"], v["fp"], v["fn"])[1],
    "confusion_matrix.called-an-eight": lambda v: cases([[v["tn"], v["fp"]], [v["fn"], v["tp"]]])[1].sum(),
    "confusion_matrix.f1-of-extremes": lambda v: 1 / np.mean([1 / v["p"], 1 / v["r"]]),
    "confusion_matrix.alarms-from-shares": false_alarms,
    "accuracy_paradox.balanced": lambda v: np.mean([v["found"] / 100, v["kept"] / 100]),
    "accuracy_paradox.one-in-n": lambda v: (
        100 * metrics.accuracy_score([1] + [0] * (v["n"] - 1), [0] * v["n"])
    ),
    "accuracy_paradox.weight-of-the-rare": lambda v: balanced_weight(v["neg"], v["pos"]),
    "accuracy_paradox.precision-in-life": precision_in_life,
    "honest_evaluation.four-times": lambda v: min(
        range(1, 2000), key=lambda n: abs(v["half"] * (v["n"] / n) ** 0.5 - v["wanted"])
    ),
    "honest_evaluation.one-image": lambda v: 100 * np.mean([1] + [0] * (v["n"] - 1)),
    "honest_evaluation.half-width": lambda v: 196 * binom(v["n"], v["percent"] / 100).std() / v["n"],
    "honest_evaluation.chance-of-none": lambda v: 100 * binom(v["n"], v["rare"] / 100).pmf(0),
    "honest_evaluation.without-the-copies": without_the_copies,
    "loading_pretrained.vgg-head": lambda v: sum(
        parameter.numel() for parameter in nn.Linear(4096, v["classes"], device="meta").parameters()
    ),
    "loading_pretrained.half-precision": lambda v: (
        v["m"] * torch.zeros(1, dtype=torch.float16).element_size()
    ),
    "loading_pretrained.back-to-pixels": pixel,
    "loading_pretrained.how-much-smaller": shrinks_by,
    "why_pretrained.speedup-from-table": speedup_from_table,
    "why_pretrained.steps-and-epochs": times_each_image_is_seen,
    "why_pretrained.hours-of-labelling": lambda v: sum([v["seconds"] / 60] * (v["many"] - v["few"])) / 60,
    "why_pretrained.images-a-second": lambda v: 1 / ((v["total"] - v["val"]) / v["steps"] / v["batch"]),
    "why_pretrained.with-the-pre-training": lambda v: (
        sum([v["slow"]] * v["k"]) / sum([v["pre"]] + [v["fast"]] * v["k"])
    ),
    "thresholds.break-even": lambda v: break_even(lambda p: 1 - p, lambda p: v["cost_fn"] * p),
    "thresholds.check-every-alarm": lambda v: break_even(lambda p: v["c"], lambda p: v["v"] * p),
    "thresholds.line-at-zero": lambda v: metrics.precision_score(
        [1] * v["pos"] + [0] * (v["n"] - v["pos"]), [1] * v["n"]
    ),
    "thresholds.allowed-misses": lambda v: max(
        missed for missed in range(v["p"]) if 100 * (v["p"] - missed) >= v["target"] * v["p"]
    ),
}


def test_every_numeric_question_has_a_second_formula() -> None:
    assert set(FORMULAS) == {name for name, question in PRACTICE.items() if question.kind == "numeric"}


@pytest.mark.parametrize("question_id", FORMULAS)
def test_a_second_formula_gives_the_same_number(question_id: str) -> None:
    question = PRACTICE[question_id]
    for learner in LEARNERS:
        seen = instance(question, learner)
        wanted = FORMULAS[question_id](seen.values)
        assert float(seen.answer) == pytest.approx(wanted, abs=max(question.tolerance, 1e-9)), seen.values


# --------------------------------------------------------------------------------------------- the bugs


def label_not_valid(code: str) -> None:
    with pytest.raises(
        ValueError, match=r"^pos_label=1 is not a valid label. It should be one of \['cat' 'dog'\]$"
    ):
        run(code)
    call = "recall_score(y_true, y_pred)"
    with pytest.raises(ValueError, match="pos_label=1"):
        run(mended(code, call, "recall_score(y_pred, y_true)"))
    for argument, printed in (
        ('pos_label="cat"', "1.0"),
        ('average="micro"', "0.75"),
        ('pos_label="dog"', "0.5"),
    ):
        assert run(mended(code, call, f"recall_score(y_true, y_pred, {argument})"))[0] == printed


def negative_count(code: str) -> None:
    assert run(code)[0] == "-9"
    assert run(mended(code, "print(", "y_true, y_pred = y_true == 1, y_pred == 1\nprint("))[0] == "3"
    with pytest.raises(RuntimeError, match="ambiguous"):
        run(mended(code, "&", "and"))


def mean_of_shares(code: str) -> None:
    matrix = np.array([[50, 5, 0], [3, 15, 2], [1, 4, 20]])
    names = {"recall": matrix.diagonal() / matrix.sum(1), "support": matrix.sum(1)}
    accuracy = matrix.trace() / matrix.sum()
    assert float(run(code, **names)[0]) == pytest.approx(accuracy / 3)
    assert float(run(mended(code, ".mean()", ".sum()"), **names)[0]) == pytest.approx(accuracy)
    others = (("support.sum()", "support.max()"), (" * share", ""))
    for old, new in others:
        assert float(run(mended(code, old, new), **names)[0]) != pytest.approx(accuracy)


def cats_are_zero(code: str) -> None:
    assert run(code)[0] == "recall for cats: 1.0"
    call = "recall_score(y_true, y_pred)"
    assert run(mended(code, call, "recall_score(y_true, y_pred, pos_label=0)"))[0] == "recall for cats: 0.0"
    assert run(mended(code, call, "recall_score(y_pred, y_true)"))[0] == "recall for cats: 0.9"
    assert (
        run(mended(code, call, 'recall_score(y_true, y_pred, average="macro")'))[0] == "recall for cats: 0.5"
    )


def auc_of_answers(code: str) -> None:
    for seed in range(3):
        random = np.random.default_rng(seed)
        y_true = random.integers(0, 2, 400)
        scores = (0.3 * y_true + 0.7 * random.random(400)) ** 1.5
        names = {"y_true": y_true, "scores": scores, "roc_auc_score": metrics.roc_auc_score}
        balanced = metrics.balanced_accuracy_score(y_true, scores >= 0.5)
        assert float(run(code, **names)[0]) == pytest.approx(balanced)
        assert float(run(mended(code, ".astype(int)", ""), **names)[0]) == pytest.approx(balanced)
        area = float(run(mended(code, "(y_true, answers)", "(y_true, scores)"), **names)[0])
        pairs = scores[y_true == 1][:, None] > scores[y_true == 0]
        assert area == pytest.approx(pairs.mean())
        assert area > balanced + 0.02


def absent_class(code: str) -> None:
    said = r"^weight tensor should be defined either for all 3 classes or no classes "
    said += r"but got weight tensor of shape: \[2\]$"
    with pytest.raises(RuntimeError, match=said):
        run(code)
    with pytest.raises(RuntimeError, match="weight tensor should be defined"):
        run(mended(code, "(3 *", "(2 *"))
    counted = mended(code, "bincount(labels)", "bincount(labels, minlength=3)")
    repaired = mended(counted, "loss =", "weight = weight.where(weight.isfinite(), 0)\nloss =")
    _, names = run(repaired)
    assert names["weight"].tolist() == pytest.approx([4 / 9, 4 / 3, 0])
    assert names["loss"].item() == pytest.approx(np.log(3))


def counted_twice(code: str) -> None:
    labels = torch.tensor(([0] * 39 + [1]) * 40)
    class_weight = len(labels) / (2 * torch.bincount(labels))
    torch.manual_seed(0)
    names = {
        "image_weight": class_weight[labels],
        "class_weight": class_weight,
        "dataset": TensorDataset(labels),
        "torch": torch,
        "DataLoader": DataLoader,
        "WeightedRandomSampler": WeightedRandomSampler,
    }
    _, after = run(code, **names)
    drawn = torch.cat([batch for (batch,) in after["loader"]])
    assert drawn.double().mean().item() == pytest.approx(0.5, abs=0.05)
    assert (class_weight[1] / class_weight[0]).item() == pytest.approx(39)
    # A constant score learns the share of 8s that the loss sees: a half with one repair, far more with both.
    shares = torch.linspace(0.01, 0.99, 99)
    for weight, learned in ((None, 0.5), (class_weight, 39 / 40)):
        scores = torch.stack([1 - shares, shares], dim=1).log()
        losses = [cross_entropy(row.expand(len(drawn), 2), drawn, weight=weight) for row in scores]
        assert shares[torch.stack(losses).argmin()].item() == pytest.approx(learned, abs=0.05)


def ranked(seed: int, gap: float = 1.5, size: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Return truth and scores from 0 to 1 of a fairly good model."""
    random = np.random.default_rng(seed)
    truth = (random.random(size) < 0.2).astype(int)
    return truth, 1 / (1 + np.exp(-(gap * truth - 2 + random.normal(size=size))))


def lowest_line(code: str) -> None:
    for seed in range(3):
        truth, scores = ranked(seed)
        names = {"y_val": truth, "scores": scores, "precision_recall_curve": metrics.precision_recall_curve}
        assert (scores >= run(code, **names)[1]["threshold"]).all()
        threshold = run(mended(code, ".min()", ".max()"), **names)[1]["threshold"]
        reaching = [line for line in scores if (scores[truth == 1] >= line).mean() >= 0.9]
        assert threshold == max(reaching)


def line_from_training(code: str) -> None:
    """A linear model learns 60 images by heart; the line of fresh images keeps the promise about every second time."""
    kept = {"train": [], "val": []}
    for seed in range(20):
        random = np.random.default_rng(seed)
        x = random.normal(size=(1400, 40))
        y = (x[:, :5].sum(1) + random.normal(size=1400) > 1.5).astype(int)
        parts = {"train": slice(0, 60), "val": slice(60, 400), "test": slice(400, None)}
        model = LogisticRegression(C=100).fit(x[parts["train"]], y[parts["train"]])
        names = {
            f"{name}_{what}": v[part]
            for name, part in parts.items()
            for what, v in (("images", x), ("labels", y))
        }
        names |= {
            "scores_of": lambda images, model=model: model.predict_proba(images)[:, 1],
            "precision_recall_curve": metrics.precision_recall_curve,
            "recall_score": metrics.recall_score,
        }
        kept["train"].append(float(run(code, **names)[0]))
        repaired = mended(
            code, "(train_labels, scores_of(train_images))", "(val_labels, scores_of(val_images))"
        )
        kept["val"].append(float(run(repaired, **names)[0]))
    assert np.mean(np.array(kept["train"]) < 0.85) >= 0.9
    assert np.mean(kept["val"]) == pytest.approx(0.9, abs=0.03)


def sigmoid_twice(code: str) -> None:
    torch.manual_seed(0)
    names = {
        "nn": torch.nn,
        "torch": torch,
        "backbone": torch.nn.Linear(4, 128),
        "images": 50 * torch.randn(400, 4),
    }
    _, after = run(code, **names)
    assert after["positive"].all()
    assert after["scores"].min() >= 0.5
    assert after["scores"].max().item() == pytest.approx(1 / (1 + np.exp(-1)), abs=0.005)
    once = run(mended(code, "torch.sigmoid(model(images))", "model(images)"), **names)[1]["positive"]
    assert 0.2 < once.double().mean() < 0.8


def curve_upside_down(code: str) -> None:
    truth, scores = ranked(0, gap=4)
    names = {"np": np, "y_true": truth, "scores": scores}
    upwards = run(code, **names)[1]
    assert upwards["precision"][:20].max() == 0
    assert upwards["precision"][-1] == pytest.approx(truth.mean())
    downwards = run(mended(code, "argsort(scores)", "argsort(-scores)"), **names)[1]
    assert downwards["precision"][:20].min() > 0.8
    steps = np.diff(downwards["recall"], prepend=0)
    assert (steps * downwards["precision"]).sum() == pytest.approx(
        metrics.average_precision_score(truth, scores)
    )


def scaled_before(code: str) -> None:
    x = np.random.default_rng(0).normal(size=(40, 3))
    names = {"features": x, "StandardScaler": StandardScaler, "train_test_split": train_test_split}
    _, test = train_test_split(np.arange(40), random_state=0)
    moved = x.copy()
    moved[test] += 5
    before, after = (run(code, **names | {"features": f})[1]["train"] for f in (x, moved))
    assert not np.allclose(before, after), "the test images move the scaled training images"
    repaired = mended(code, "(scaled, ", "(features, ")
    repaired += "\ntrain = StandardScaler().fit(train).transform(train)"
    before, after = (run(repaired, **names | {"features": f})[1]["train"] for f in (x, moved))
    assert np.allclose(before, after)


def best_of_history(code: str) -> None:
    """All epochs are equally good, at 80 %; 50 images of each kind and 30 epochs."""
    random = np.random.default_rng(0)
    shown = {"test": [], "val": [], "val of the validation's choice": []}
    repaired = mended(code, 'record["test"]', 'record["val"]')
    for _ in range(300):
        scores = random.binomial(50, 0.8, (30, 2)) / 50
        history = [{"epoch": i, "val": val, "test": test} for i, (val, test) in enumerate(scores)]
        shown["test"].append(float(run(code, history=history)[0].split()[-1]))
        shown["val"].append(float(run(repaired, history=history)[0].split()[-1]))
        validation = mended(repaired, 'best["test"]', 'best["val"]')
        shown["val of the validation's choice"].append(float(run(validation, history=history)[0].split()[-1]))
    assert np.mean(shown["test"]) > 0.88
    assert np.mean(shown["val"]) == pytest.approx(0.8, abs=0.01)
    assert np.mean(shown["val of the validation's choice"]) > 0.88


def zero_percent(code: str) -> None:
    random = np.random.default_rng(0)
    y, photographer = random.integers(0, 10, 2000), random.integers(0, 50, 2000)
    centres = 3 * random.normal(size=(10, 20))
    names = {
        "x": centres[y] + random.normal(size=(2000, 20)),
        "y": y,
        "photographer": photographer,
        "GroupShuffleSplit": GroupShuffleSplit,
        "LogisticRegression": LogisticRegression,
    }
    printed, after = run(code, **names)
    assert printed == "0.0"
    assert not set(y[after["train"]]) & set(y[after["test"]])
    assert run(mended(code, "test_size=0.2", "test_size=0.5"), **names)[0] == "0.0"
    printed, after = run(mended(code, "groups=y", "groups=photographer"), **names)
    assert float(printed) > 0.9
    assert not set(photographer[after["train"]]) & set(photographer[after["test"]])


def no_duplicate_found(code: str) -> None:
    images = torch.rand(8, 1, 4, 4)
    names = {"train": images[:5].clone(), "test": images[3:].clone()}
    assert run(code, **names)[0] == "0"
    with pytest.raises(RuntimeError, match="ambiguous"):
        run(mended(code, "set(train)", "list(train)"), **names)
    assert run(mended(code, "in known", "not in known"), **names)[0] == "5"
    by_bytes = mended(code, "set(train)", "{image.numpy().tobytes() for image in train}")
    assert run(mended(by_bytes, "image in known", "image.numpy().tobytes() in known"), **names)[0] == "2"


def alone_in_its_batch(code: str) -> None:
    """Trained weights without a network in between: those of the course, with letters as the right answers."""
    images, _ = Digits("test", seed=0).tensors()
    images = images[:60]
    trained = get_model("glyphnet", weights="DEFAULT").eval()
    labels = trained(images).argmax(1)
    names = {"get_model": get_model, "images": images, "labels": labels, "torch": torch}
    code = mended(code, "resnet18", "glyphnet")
    assert float(run(code, **names)[0]) < 0.25
    assert float(run(mended(code, 'weights="DEFAULT")', 'weights="DEFAULT").eval()'), **names)[0]) == 1


def shapes_do_not_fit(code: str) -> None:
    class ResNet18_Weights:
        """Stands for torchvision's weights, which would be downloaded."""

        class DEFAULT:
            get_state_dict = staticmethod(get_model("resnet18", weights=None).state_dict)

    names = {"ResNet18_Weights": ResNet18_Weights, "get_model": get_model, "nn": nn}
    said = (
        r"size mismatch for fc.weight: copying a param with shape torch.Size\(\[1000, 512\]\) "
        r"from checkpoint, the shape in current model is torch.Size\(\[10, 512\]\)"
    )
    with pytest.raises(RuntimeError, match=said):
        run(code, **names)
    with pytest.raises(RuntimeError, match=r"size mismatch for fc\.weight"):
        run(mended(code, "get_state_dict())", "get_state_dict(), strict=False)"), **names)
    with pytest.raises(RuntimeError, match=r"size mismatch for fc\.weight"):
        run(mended(code, "nn.Linear(512, 10)", "nn.Linear(1000, 10)"), **names)
    assert (
        run(mended(code, "nn.Linear(512, 10)", "nn.Linear(512, 1000)"), **names)[1]["model"].fc.out_features
        == 1000
    )
    first, second, head, load = code.splitlines()
    model = run("\n".join((first, second, load, head)), **names)[1]["model"]
    assert model.fc.out_features == 10


def scrambled_picture(code: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (224, 224, 3), dtype=np.uint8)
    names = {"torch": torch, "pixels": pixels}

    def picture(old: str, new: str) -> np.ndarray:
        return run(mended(code, old, new), **names)[1]["image"].numpy()

    scrambled = run(code, **names)[1]["image"]
    assert scrambled.shape == (3, 224, 224)
    reshape = ".reshape(3, 224, 224)"
    right = picture(reshape, ".permute(2, 0, 1)")
    assert right.shape == (3, 224, 224)
    assert all((right[channel] == pixels[..., channel]).all() for channel in range(3))
    assert not (scrambled.numpy() == right).all()
    assert (picture(reshape, ".transpose(0, 2)") == right.swapaxes(1, 2)).all()
    assert (picture("3, 224, 224", "1, 3, 224, 224")[0] == scrambled.numpy()).all()
    assert not (picture(reshape, ".flip(2).reshape(3, 224, 224)") == right).all()


def other_recipe(code: str) -> None:
    first, second = ResNet50_Weights.IMAGENET1K_V1, ResNet50_Weights.IMAGENET1K_V2
    assert ResNet50_Weights.DEFAULT is second
    assert (first.transforms().resize_size, second.transforms().resize_size) == ([256], [232])
    assert first.transforms().crop_size == second.transforms().crop_size == [224]
    assert first.name in code
    assert second.name in code


class Clock:
    """A clock of a world with a GPU: ordering work takes a moment, and only waiting takes as long as the work."""

    def __init__(self) -> None:
        self.seconds, self.ordered = 0.0, 0.0

    def perf_counter(self) -> float:
        return self.seconds

    time = perf_counter

    def model(self, images: torch.Tensor) -> torch.Tensor:
        self.seconds, self.ordered = self.seconds + 0.001, self.ordered + len(images)
        return images

    def synchronize(self) -> None:
        self.seconds, self.ordered = self.seconds + self.ordered, 0.0


def order_not_the_meal(code: str) -> None:
    def printed(code: str) -> float:
        clock = Clock()
        clock.model(torch.zeros(5, 2))  # earlier work, which must not be counted
        return float(
            run(code, time=clock, model=clock.model, images=torch.zeros(64, 2), wait=clock.synchronize)[0]
        )

    assert printed(code) < 0.01
    assert printed(mended(code, "print", "scores = scores.softmax(1)\nprint")) < 0.01
    late = mended(code, "print", "wait()\nprint")
    assert printed(late) == pytest.approx(69, abs=0.01)
    assert printed("wait()\n" + late) == pytest.approx(64, abs=0.01)


def never_becomes_a_number(code: str) -> None:
    assert run(code)[0] == "speed-up: 2.5"
    assert run(mended(code, "budget=50", "budget=500"))[0] == "speed-up: 25.0"
    assert run(mended(code, "budget=50", "budget=0"))[0] == "speed-up: 0.0"
    with pytest.raises(TypeError, match="NoneType"):
        run(mended(code, "budget=50", "budget=None"))


def three_runs(code: str) -> None:
    images = torch.randn(60, 4, generator=torch.Generator().manual_seed(0))
    labels = (images[:, 0] > 0).long()

    def train(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> tuple[float, float]:
        losses = []
        for _ in range(5):
            loss = cross_entropy(model(images), labels)
            model.zero_grad()
            loss.backward()
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter -= parameter.grad
            losses.append(loss.item())
        return losses[0], losses[-1]

    def network(weights: str) -> nn.Module:
        """One that has learned something else: it starts far from these labels, by no two times the same."""
        model = nn.Linear(4, 2)
        with torch.no_grad():
            model.weight[:, 0] += torch.tensor([5.0, -5.0])
        return model

    names = {"network": network, "train": train, "torch": torch, "images": images, "labels": labels}
    first, second, third = run(code, **names)[1]["results"]
    assert second[0] < first[1]
    assert third[0] < second[1]
    line = 'model = network("DEFAULT")\n'
    assert code.startswith(line)
    repaired = mended(code[len(line) :], "    results.append", f"    {line}    results.append")
    again = run(repaired, **names)[1]["results"]
    assert len({start for start, _ in again}) == 3
    assert min(start for start, _ in again) > max(second[0], third[0])


BUGS: dict[str, Callable[[str], None]] = {
    "confusion_matrix.label-not-valid": label_not_valid,
    "confusion_matrix.negative-count": negative_count,
    "confusion_matrix.mean-of-shares": mean_of_shares,
    "accuracy_paradox.cats-are-zero": cats_are_zero,
    "accuracy_paradox.auc-of-answers": auc_of_answers,
    "accuracy_paradox.absent-class": absent_class,
    "accuracy_paradox.counted-twice": counted_twice,
    "thresholds.lowest-line": lowest_line,
    "thresholds.line-from-training": line_from_training,
    "thresholds.sigmoid-twice": sigmoid_twice,
    "thresholds.curve-upside-down": curve_upside_down,
    "loading_pretrained.alone-in-its-batch": alone_in_its_batch,
    "loading_pretrained.shapes-do-not-fit": shapes_do_not_fit,
    "loading_pretrained.scrambled-picture": scrambled_picture,
    "loading_pretrained.other-recipe": other_recipe,
    "why_pretrained.order-not-the-meal": order_not_the_meal,
    "why_pretrained.never-becomes-a-number": never_becomes_a_number,
    "why_pretrained.three-runs": three_runs,
    "honest_evaluation.scaled-before": scaled_before,
    "honest_evaluation.best-of-history": best_of_history,
    "honest_evaluation.zero-percent": zero_percent,
    "honest_evaluation.no-duplicate-found": no_duplicate_found,
}


def test_every_bug_is_run() -> None:
    assert set(BUGS) == {name for name, question in PRACTICE.items() if question.form == "bug"}


@pytest.mark.parametrize("question_id", BUGS)
def test_the_bug_does_what_the_stem_claims_until_it_is_mended(question_id: str) -> None:
    BUGS[question_id](code_of(question_id))


# --------------------------------------------------------------------------- orders and several right options


def equal_to_accuracy() -> list[bool]:
    """Return for each option whether it equals the accuracy, for every one of many random matrices."""
    random = np.random.default_rng(0)
    always = [True] * 6
    for _ in range(20):
        truth, predicted = cases(random.integers(1, 40, (3, 3)))
        accuracy = metrics.accuracy_score(truth, predicted)
        values = [
            metrics.precision_score(truth, predicted, average="micro"),
            metrics.recall_score(truth, predicted, average="micro"),
            metrics.recall_score(truth, predicted, average="weighted"),
            metrics.precision_score(truth, predicted, average="weighted"),
            metrics.recall_score(truth, predicted, average="macro"),
            metrics.f1_score(truth, predicted, average="macro"),
        ]
        always = [
            so_far and abs(value - accuracy) < 1e-12 for so_far, value in zip(always, values, strict=True)
        ]
    return always


OPENED: list[str] = []


def note(what: str) -> None:
    """Note that a file ran its code."""
    OPENED.append(what)


class Surprise:
    """An object whose pickle calls `note` while it is read."""

    def __reduce__(self) -> tuple[Any, ...]:
        return note, ("opened",)


def refuse_hidden_code(folder: Path) -> list[bool]:
    """Return for each way of reading a file whether it leaves the code in it alone."""
    torch.save({"weight": torch.zeros(2), "extra": Surprise()}, folder / "head.pt")
    (folder / "head.pkl").write_bytes(pickle.dumps(Surprise()))
    save_file({"weight": torch.zeros(2)}, folder / "head.safetensors")
    quiet = []
    for call in PRACTICE["loading_pretrained.file-from-a-forum"].options:
        OPENED.clear()
        with contextlib.chdir(folder), contextlib.suppress(pickle.UnpicklingError):
            run(call.text.strip("`"), torch=torch, safetensors=safetensors, pickle=pickle)
        quiet.append(not OPENED)
    return quiet


def differ_after_ten_batches() -> list[bool]:
    """Return for each option whether such tensors differ after ten batches in train mode, without an optimizer."""
    model = get_model("glyphnet", weights="DEFAULT").train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with torch.no_grad():
        for _ in range(10):
            model(torch.randn(4, 3, 32, 32))
    model.eval()
    moved = {name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before[name])}
    kinds = ("running_mean", "running_var", "num_batches_tracked", "bn1.weight", "conv1.weight", "fc.bias")
    assert all(name.endswith(kinds[:3]) for name in moved)
    return [any(name.endswith(kind) for name in moved) for kind in kinds]


SEVERAL: dict[str, Callable[[], list[bool]]] = {
    "confusion_matrix.equal-to-accuracy": equal_to_accuracy,
    "loading_pretrained.what-moved": differ_after_ten_batches,
}


def test_which_ways_of_reading_a_file_run_no_hidden_code(tmp_path: Path) -> None:
    options = PRACTICE["loading_pretrained.file-from-a-forum"].options
    assert [option.correct for option in options] == refuse_hidden_code(tmp_path)


@pytest.mark.parametrize("question_id", SEVERAL)
def test_the_right_options_are_right_when_computed(question_id: str) -> None:
    assert [option.correct for option in PRACTICE[question_id].options] == SEVERAL[question_id]()


def test_the_matrix_without_labels() -> None:
    matrix = np.array([[30, 20], [10, 140]])
    assert matrix.sum(0).tolist() == [40, 160]
    truth, predicted = cases(matrix.T)
    assert metrics.precision_score(truth, predicted, pos_label=0) == pytest.approx(0.6)
    assert right_options(PRACTICE["confusion_matrix.matrix-without-labels"]) == ["30 / 50 = 0.60"]


def test_the_order_of_five_numbers() -> None:
    truth, predicted = cases([[975, 15], [5, 5]])
    values = [
        truth.mean(),
        metrics.precision_score(truth, predicted),
        metrics.recall_score(truth, predicted),
        metrics.accuracy_score(truth, predicted),
        metrics.accuracy_score(truth, np.zeros(1000)),
    ]
    assert values == pytest.approx([0.01, 0.25, 0.5, 0.98, 0.99])
