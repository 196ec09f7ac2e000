"""Prints what the offline backbones are worth on real handwritten digits, beside the controls.

    python benchmarks/backbone.py            about five minutes on two cores: two controls are trained here
    python benchmarks/backbone.py --quick    two splits, and controls that hardly train: shows that it runs

Three tables: classifiers on frozen features against controls and raw pixels; the network with only `fc`
trained against the same network trained from scratch; and what the imports cost.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable
from statistics import mean, stdev

import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from torch import nn
from torchvision.models import get_model

from headstart.data import Digits
from headstart.pretraining import digit_accuracies, pretrain
from headstart.training import accuracy, fit, seed_everything

SIZES = (50, 100, 200, 500)

# Training digits: epochs, and the margin in points that the pre-trained network must have over scratch.
BARS = {50: (25, 8.0), 200: (15, 2.0)}
SCRATCH_LR = 1e-3
HEAD_LR = 1e-2


def main() -> None:
    """Print the three tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a small run whose numbers mean little")
    quick = parser.parse_args().quick
    feature_table(splits=2 if quick else 8, **({"count": 2_000, "epochs": 1} if quick else {}))
    bar_table(seeds=2 if quick else 5)
    import_table()


def feature_table(splits: int, **recipe: int) -> None:
    """Print the test accuracy of simple classifiers on frozen features and on raw pixels.

    Args:
        splits: how many seeds of `Digits`.
        **recipe: `count` and `epochs` of the controls' pre-training.
    """
    print(f"Logistic regression on frozen features, test accuracy in %, mean ± sd over {splits} splits")
    heading("training digits", [str(size) for size in SIZES])
    seeds = range(splits)
    networks: dict[str, Callable[[], nn.Module]] = {
        "glyphnet": lambda: get_model("glyphnet", weights="DEFAULT"),
        "glyphnet_vgg": lambda: get_model("glyphnet_vgg", weights="DEFAULT"),
        "glyphnet, random weights": lambda: random_network("glyphnet"),
        "glyphnet_vgg, random weights": lambda: random_network("glyphnet_vgg"),
        "glyphnet, shuffled labels": lambda: pretrain("glyphnet", shuffle_labels=True, **recipe),
        "glyphnet, no look-alikes": lambda: pretrain("glyphnet", exclude_lookalikes=True, **recipe),
    }
    for name, build in networks.items():
        model = build()
        row(name, [digit_accuracies(model, size, seeds) for size in SIZES])
    logistic = make_pipeline(StandardScaler(), LogisticRegression(max_iter=3000))
    row("raw pixels, the same classifier", [pixel_accuracies(logistic, size, seeds) for size in SIZES])
    support_vectors = SVC(C=10.0, kernel="rbf", gamma="scale")
    row("raw pixels, SVM-RBF", [pixel_accuracies(support_vectors, size, seeds) for size in SIZES])
    print(
        "Training and test digits share writers: on new writers these numbers would be a few points lower.\n"
    )


def random_network(arch: str) -> nn.Module:
    """Build a network that has learnt nothing."""
    seed_everything(0)
    return get_model(arch, weights=None, num_classes=10)


def pixel_accuracies(classifier: LogisticRegression | SVC, size: int, seeds: range) -> list[float]:
    """Return the test accuracy of a scikit-learn classifier on each digit's 64 counts, for each split."""
    scores = []
    for seed in seeds:
        train, test = Digits("train", size=size, seed=seed), Digits("test", seed=seed)
        classifier.fit(train.data.flatten(1).numpy() / 16, train.targets.numpy())
        scores.append(float(classifier.score(test.data.flatten(1).numpy() / 16, test.targets.numpy())))
    return scores


def bar_table(seeds: int) -> None:
    """Print `fc` alone, pre-trained, against the same network from scratch, for the same number of epochs."""
    for size, (epochs, required) in BARS.items():
        print(f"glyphnet on {size} digits, {epochs} epochs, test accuracy in %")
        heading("seed", ["scratch", "only fc", "margin"])
        runs = [
            (100 * from_scratch(size, epochs, seed), 100 * only_fc(size, epochs, seed))
            for seed in range(seeds)
        ]
        for seed, (scratch, frozen) in enumerate(runs):
            print(f"{seed:<34}{scratch:12.1f}{frozen:12.1f}{frozen - scratch:12.1f}", flush=True)
        margin = mean(frozen - scratch for scratch, frozen in runs)
        means = [mean(column) for column in zip(*runs, strict=True)]
        verdict = "reached" if margin >= required else "MISSED"
        print(
            f"{'mean':<34}{means[0]:12.1f}{means[1]:12.1f}{margin:12.1f}   at least {required}: {verdict}\n"
        )


def from_scratch(size: int, epochs: int, seed: int) -> float:
    """Train all of a random network; return its test accuracy."""
    seed_everything(seed)
    model = get_model("glyphnet", weights=None, num_classes=10)
    fit(model, *Digits("train", size=size, seed=seed).tensors(), epochs=epochs, lr=SCRATCH_LR, seed=seed)
    return accuracy(model, *Digits("test", seed=seed).tensors())


def only_fc(size: int, epochs: int, seed: int) -> float:
    """Train a new `fc` on the frozen pre-trained network; return its test accuracy."""
    seed_everything(seed)
    model = get_model("glyphnet", weights="DEFAULT").requires_grad_(False)
    model.fc = nn.Linear(model.fc.in_features, 10)
    images, labels = Digits("train", size=size, seed=seed).tensors()
    fit(model, images, labels, epochs=epochs, lr=HEAD_LR, seed=seed, bn_eval=True)
    return accuracy(model, *Digits("test", seed=seed).tensors())


def import_table(runs: int = 3) -> None:
    """Print how long the imports take in a fresh Python, in the best of a few runs."""
    code = (
        "from time import perf_counter as now; t = [now()]; import torch, torchvision; t += [now()]; "
        "import headstart; t += [now()]; import headstart.models, headstart.data, headstart.training; "
        "t += [now()]; print(*[b - a for a, b in zip(t, t[1:])])"
    )
    times = [
        [float(field) for field in subprocess.check_output([sys.executable, "-c", code], text=True).split()]
        for _ in range(runs)
    ]
    print("Imports, one after the other, seconds")
    names = ("torch, torchvision", "headstart", "headstart.models, .data, .training")
    for name, *column in zip(names, *times, strict=True):
        print(f"{name:<36}{min(column):8.3f}")


def heading(first: str, columns: list[str]) -> None:
    """Print a table's first line."""
    print(f"{first:<34}" + "".join(f"{column:>12}" for column in columns))


def row(name: str, columns: list[list[float]]) -> None:
    """Print mean and standard deviation of each column's scores, in per cent."""
    cells = [f"{100 * mean(scores):.1f} ± {100 * stdev(scores):.1f}" for scores in columns]
    print(f"{name:<34}" + "".join(f"{cell:>12}" for cell in cells), flush=True)


if __name__ == "__main__":
    torch.set_num_threads(min(2, torch.get_num_threads()))
    main()
