"""What lesson 07 says, asserted: facts of PyTorch once, measured claims over several seeds."""

from __future__ import annotations

import copy
from functools import cache
from statistics import mean

import pytest
import torch
from effect_rows import assert_shown
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torchvision.models import get_model

import headstart.models
from headstart.data import Digits
from headstart.letters import letters
from headstart.training import accuracy, fit

pytestmark = pytest.mark.claims

SEEDS = range(3)
MORE_SEEDS = range(6)
NO_GRADIENT = "element 0 of tensors does not require grad and does not have a grad_fn"

Split = tuple[Tensor, Tensor]


def digit_model(seed: int = 0) -> nn.Module:
    """Return the lesson's network: frozen backbone, new head for ten digits."""
    model = get_model("glyphnet", weights="DEFAULT")
    model.requires_grad_(False)
    torch.manual_seed(seed)
    model.fc = nn.Linear(model.fc.in_features, 10)
    return model


def fifty(seed: int) -> Split:
    """Return 50 training digits."""
    return Digits("train", size=50, seed=seed).tensors()


def moved_in_one_step(model: nn.Module, images: Tensor, labels: Tensor) -> set[str]:
    """Do one step with an optimizer over `fc`; return the names in the state dict that changed."""
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    optimizer = torch.optim.AdamW(model.fc.parameters(), lr=1e-2)
    cross_entropy(model(images[:16]), labels[:16]).backward()
    optimizer.step()
    return {name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before[name])}


def still_batchnorm(model: nn.Module) -> None:
    """Put the model into train mode and BatchNorm into eval mode: the lesson's remedy."""
    model.train()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()


def test_the_sum_of_flags_counts_tensors() -> None:
    model = digit_model()
    assert sum(p.requires_grad for p in model.parameters()) == 2
    trainable = [p for p in model.parameters() if p.requires_grad]
    assert [tuple(p.shape) for p in trainable] == [(10, 128), (10,)]


def test_most_elements_are_in_the_last_block() -> None:
    model = digit_model()
    sizes = {name: sum(p.numel() for p in block.parameters()) for name, block in model.named_children()}
    tensors = {name: len(list(block.parameters())) for name, block in model.named_children()}
    assert sizes["layer4"] > 0.7 * sum(sizes.values())
    assert tensors["layer4"] < 0.3 * sum(tensors.values())


@pytest.mark.parametrize("seed", SEEDS)
def test_one_step_in_train_mode_moves_fc_and_statistics_only(seed: int) -> None:
    model = digit_model(seed).train()
    buffers = {name for name, _ in model.named_buffers()}
    assert moved_in_one_step(model, *fifty(seed)) == {"fc.weight", "fc.bias"} | buffers


@pytest.mark.parametrize("seed", SEEDS)
def test_with_the_remedy_one_step_moves_fc_only(seed: int) -> None:
    model = digit_model(seed)
    still_batchnorm(model)
    assert moved_in_one_step(model, *fifty(seed)) == {"fc.weight", "fc.bias"}


def test_train_after_the_remedy_undoes_it() -> None:
    model = digit_model()
    still_batchnorm(model)
    assert model.train().bn1.training


def test_each_batch_moves_a_statistic_a_tenth_of_the_way() -> None:
    layer = nn.BatchNorm1d(1).requires_grad_(False)
    layer.running_mean.fill_(2.0)
    for _ in range(4):
        layer(torch.tensor([[9.0], [11.0]]))
    assert layer.running_mean.item() == pytest.approx(10 + (2 - 10) * 0.9**4, abs=1e-5)


@cache
def letters_before_and_after(seed: int) -> tuple[float, float]:
    """Return the accuracy on letters in per cent, before and after digits were shown in train mode."""
    counts, labels, _ = letters(1000, seed=7)
    images = headstart.models.GlyphNet_Weights.DEFAULT.transforms()(counts.unsqueeze(1))
    model, (digits, _) = get_model("glyphnet", weights="DEFAULT"), fifty(seed)
    before = accuracy(model, images, labels)
    model.train()
    torch.manual_seed(seed)
    with torch.no_grad():
        for _ in range(20):
            for batch in torch.randperm(48).split(16):
                model(digits[batch])
    return 100 * before, 100 * accuracy(model, images, labels)


@cache
def head_accuracy(seed: int, bn_eval: bool, batch_size: int) -> float:
    """Train a head on 50 digits; return its test accuracy in per cent."""
    model = digit_model()
    fit(model, *fifty(seed), epochs=25, lr=1e-2, batch_size=batch_size, seed=seed, bn_eval=bn_eval)
    return 100 * accuracy(model, *Digits("test", seed=seed).tensors())


def accuracies(*, bn_eval: bool, batch_size: int) -> list[float]:
    """Return the test accuracies of heads trained on 50 digits, one for each of `MORE_SEEDS`."""
    return [head_accuracy(seed, bn_eval, batch_size) for seed in MORE_SEEDS]


def measure() -> dict[str, list[float]]:
    """Return the effects that the lesson speaks of: name with unit, one value a seed."""
    drifting = accuracies(bn_eval=False, batch_size=16)
    even = accuracies(bn_eval=False, batch_size=10)
    still = accuracies(bn_eval=True, batch_size=16)
    letters_lost = [before - after for before, after in map(letters_before_and_after, SEEDS)]
    return {
        "letters lost by forward passes in train mode, points": letters_lost,
        "cost of train mode, last batch of 2, 50 digits, points": differences(still, drifting),
        "cost of train mode, equal batches, 50 digits, points": differences(still, even),
        "test accuracy with BatchNorm in eval mode, 50 digits, %": still,
    }


def test_the_table_shows_the_effects() -> None:
    assert_shown(measure())


def differences(more: list[float], less: list[float]) -> list[float]:
    """Return the differences seed by seed."""
    return [one - other for one, other in zip(more, less, strict=True)]


def test_forward_passes_alone_cost_accuracy_on_letters() -> None:
    before, after = zip(*map(letters_before_and_after, SEEDS), strict=True)
    assert max(after) < min(before)
    assert mean(after) < mean(before) - 0.5


def test_train_mode_costs_accuracy() -> None:
    drifting = accuracies(bn_eval=False, batch_size=16)
    still = accuracies(bn_eval=True, batch_size=16)
    assert mean(still) > mean(drifting) + 1.5
    assert sum(after > before for before, after in zip(drifting, still, strict=True)) > len(MORE_SEEDS) / 2


def test_most_of_the_cost_is_the_last_batch_of_two() -> None:
    drifting = mean(accuracies(bn_eval=False, batch_size=16))
    even = mean(accuracies(bn_eval=False, batch_size=10))
    still = mean(accuracies(bn_eval=True, batch_size=16))
    assert drifting < even < still
    assert even - drifting > still - even


def test_the_drifted_statistics_are_not_the_price() -> None:
    """With the statistics from before put back for the test, the head does worse: it has learned with others."""
    restored = []
    for seed in MORE_SEEDS:
        model = digit_model()
        before = {name: buffer.clone() for name, buffer in model.named_buffers()}
        fit(model, *fifty(seed), epochs=25, lr=1e-2, batch_size=10, seed=seed)
        model.load_state_dict(before, strict=False)
        restored.append(100 * accuracy(model, *Digits("test", seed=seed).tensors()))
    assert mean(restored) < mean(accuracies(bn_eval=False, batch_size=10)) - 1


def test_without_the_line_a_new_model_trains_in_the_same_mode() -> None:
    assert all(module.training for module in digit_model().modules())


def test_module_attribute_freezes_nothing_and_the_method_does() -> None:
    model = get_model("glyphnet", weights="DEFAULT")
    model.requires_grad = False
    assert all(p.requires_grad for p in model.parameters())
    model.requires_grad_(False)
    assert not any(p.requires_grad for p in model.parameters())


def test_a_head_replaced_before_freezing_leaves_nothing_to_train() -> None:
    model = get_model("glyphnet", weights="DEFAULT")
    model.fc = nn.Linear(128, 10)
    model.requires_grad_(False)
    images, labels = fifty(0)
    with pytest.raises(RuntimeError, match=NO_GRADIENT):
        cross_entropy(model(images), labels).backward()
    with pytest.raises(ValueError, match="optimizer got an empty parameter list"):
        torch.optim.AdamW([p for p in model.parameters() if p.requires_grad])


@pytest.mark.parametrize("seed", SEEDS)
def test_an_optimizer_built_before_the_head_gives_a_flat_loss(seed: int) -> None:
    torch.manual_seed(seed)
    model = get_model("glyphnet", weights="DEFAULT")
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    model.requires_grad_(False)
    model.fc = nn.Linear(128, 10)
    flat = fit(model, *fifty(seed), epochs=10, lr=1e-2, seed=seed, optimizer=optimizer, bn_eval=True)
    assert max(flat) - min(flat) < 1e-4
    optimizer = torch.optim.AdamW(model.fc.parameters(), lr=1e-2)
    falling = fit(model, *fifty(seed), epochs=10, lr=1e-2, seed=seed, optimizer=optimizer, bn_eval=True)
    assert falling[-1] < 0.2 * flat[-1]


@pytest.mark.parametrize("make", [torch.optim.AdamW, torch.optim.SGD])
def test_an_optimizer_skips_what_has_no_gradient_and_moves_what_has(make: type) -> None:
    model, (images, labels) = digit_model().requires_grad_(True), fifty(0)
    options = {"momentum": 0.9} if make is torch.optim.SGD else {}
    optimizer = make(model.parameters(), lr=1e-2, weight_decay=0.5, **options)
    cross_entropy(model(images), labels).backward()
    model.requires_grad_(False)
    before = model.conv1.weight.clone()
    optimizer.step()
    assert not torch.equal(model.conv1.weight, before)
    optimizer.zero_grad()
    before = model.conv1.weight.clone()
    optimizer.step()
    assert torch.equal(model.conv1.weight, before)


@pytest.mark.parametrize("seed", SEEDS)
def test_cached_features_give_the_same_head(seed: int) -> None:
    images, labels = Digits("train", size=200, seed=seed).tensors()
    whole = digit_model(seed)
    cached = copy.deepcopy(whole)
    fit(whole, images, labels, epochs=10, lr=1e-2, seed=seed, bn_eval=True)
    head, cached.fc = cached.fc, nn.Identity()
    with torch.no_grad():
        features = cached.eval()(images)
    fit(head, features, labels, epochs=10, lr=1e-2, seed=seed)
    cached.fc = head
    test = Digits("test", seed=seed).tensors()
    assert accuracy(cached, *test) == pytest.approx(accuracy(whole, *test), abs=0.003)
    assert torch.allclose(head.weight, whole.fc.weight, atol=1e-2)


def test_features_made_in_inference_mode_cannot_train() -> None:
    with torch.inference_mode():
        features = torch.randn(4, 8)
    with pytest.raises(RuntimeError, match="Inference tensors"):
        nn.Linear(8, 2)(features).sum().backward()
