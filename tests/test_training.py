"""The training helpers: reproducible, honest about modes and losses, and clear about bad input."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torchvision.models import get_model

import headstart.models  # noqa: F401  (registers glyphnet)
from headstart.training import accuracy, extract_features, fit, predict_logits, seed_everything


@pytest.fixture
def batch() -> tuple[torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(0)
    images = torch.randn(37, 3, 32, 32, generator=random)
    return images, torch.randint(10, (37,), generator=random)


def small_network(seed: int = 0) -> nn.Sequential:
    """A network with BatchNorm and Dropout."""
    seed_everything(seed)
    return nn.Sequential(
        *(nn.Conv2d(3, 8, 3, stride=4), nn.BatchNorm2d(8), nn.ReLU(), nn.Dropout(0.5)),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10)),
    )


def state(model: nn.Module) -> dict[str, torch.Tensor]:
    """A copy of all weights and buffers."""
    return {name: value.clone() for name, value in model.state_dict().items()}


def changed(before: dict[str, torch.Tensor], model: nn.Module) -> set[str]:
    """The names of what is not as before."""
    return {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}


def test_fit_depends_on_its_arguments_only(batch):
    first, second, third = small_network(), small_network(), small_network()
    losses = fit(first, *batch, epochs=3, lr=1e-2, seed=4)
    torch.rand(100)
    assert fit(second, *batch, epochs=3, lr=1e-2, seed=4) == losses
    assert not changed(state(first), second)
    assert fit(third, *batch, epochs=3, lr=1e-2, seed=5) != losses


def test_fit_leaves_the_global_random_numbers_alone(batch):
    model = small_network()
    before = torch.random.get_rng_state()
    fit(model, *batch, epochs=1, lr=1e-2)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_fit_learns(batch):
    images, labels = batch
    model = get_model("glyphnet", num_classes=10)
    losses = fit(model, images, labels, epochs=15, lr=3e-3)
    assert len(losses) == 15 and losses[-1] < 0.3 * losses[0]
    assert accuracy(model, images, labels) > 0.9


def test_the_loss_of_an_epoch_counts_each_image_once(batch):
    images, labels = batch
    model = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 10))
    expected = nn.functional.cross_entropy(model(images), labels).item()
    # 37 images in batches of 16 leave a batch of 5, which must not weigh as much as the others.
    (loss,) = fit(model, images, labels, epochs=1, lr=0.0)
    assert loss == pytest.approx(expected, rel=1e-5)


def test_only_what_requires_a_gradient_changes(batch):
    model = get_model("glyphnet", weights="DEFAULT").requires_grad_(False)
    model.fc = nn.Linear(128, 10)
    before = state(model)
    fit(model, *batch, epochs=1, lr=1e-2, bn_eval=True)
    assert changed(before, model) == {"fc.weight", "fc.bias"}


def test_without_bn_eval_the_running_statistics_move(batch):
    model = get_model("glyphnet", weights="DEFAULT").requires_grad_(False)
    model.fc = nn.Linear(128, 10)
    before = state(model)
    fit(model, *batch, epochs=1, lr=1e-2)
    moved = changed(before, model)
    assert {"bn1.running_mean", "layer4.0.bn2.running_var", "fc.weight"} <= moved
    assert not {name for name in moved if name.endswith(("conv1.weight", "bn1.weight", "bn1.bias"))}


def test_your_own_optimizer_is_used(batch):
    model = small_network()
    before = state(model)
    fit(model, *batch, epochs=1, lr=9.9, optimizer=torch.optim.SGD(model[6].parameters(), lr=0.1))
    assert {
        name for name in changed(before, model) if "running" not in name and "num_batches" not in name
    } == {
        "6.weight",
        "6.bias",
    }


@pytest.mark.parametrize("helper", ["fit", "accuracy", "predict_logits", "extract_features"])
def test_each_modules_mode_is_left_as_it_was(batch, helper: str):
    images, labels = batch
    model = small_network().train()
    model[1].eval()
    modes = [module.training for module in model.modules()]
    {
        "fit": lambda: fit(model, images, labels, epochs=1, lr=1e-3, bn_eval=True),
        "accuracy": lambda: accuracy(model, images, labels),
        "predict_logits": lambda: predict_logits(model, images),
        "extract_features": lambda: extract_features(model, images),
    }[helper]()
    assert [module.training for module in model.modules()] == modes


def test_predictions_are_made_in_eval_mode_and_change_nothing(batch):
    images, _ = batch
    model = small_network().train()
    before = state(model)
    logits = predict_logits(model, images, batch_size=10)
    assert logits.shape == (37, 10) and not logits.requires_grad
    assert not changed(before, model)
    torch.testing.assert_close(logits, model.eval()(images))
    assert torch.equal(logits, predict_logits(model, images, batch_size=10))


def test_accuracy_is_the_share_of_right_answers():
    logits = torch.eye(4)
    assert accuracy(PassThrough(), logits, torch.tensor([0, 1, 2, 0])) == 0.75
    assert accuracy(PassThrough(), logits, torch.tensor([0, 1, 2, 0]), batch_size=3) == 0.75


class PassThrough(nn.Linear):
    """Answers with what it gets."""

    def __init__(self) -> None:
        super().__init__(1, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x


@pytest.mark.parametrize(
    ("arch", "head", "width"), [("glyphnet", "fc", 128), ("glyphnet_vgg", "classifier", 256)]
)
def test_features_are_what_the_head_receives(batch, arch: str, head: str, width: int):
    images, _ = batch
    model = get_model(arch, weights="DEFAULT")
    features = extract_features(model, images)
    assert features.shape == (37, width) and not features.requires_grad
    torch.testing.assert_close(getattr(model, head)(features), predict_logits(model, images))
    new_head = nn.Linear(width, 10)
    new_head(features).sum().backward()
    assert new_head.weight.grad is not None


def test_features_leave_no_hook_behind(batch):
    model = get_model("glyphnet", num_classes=10)
    extract_features(model, batch[0])
    assert not model.fc._forward_pre_hooks
    with pytest.raises(RuntimeError):
        extract_features(model, torch.zeros(2, 5, 32, 32))
    assert not model.fc._forward_pre_hooks


def test_seed_everything_seeds_all_three():
    import random

    import numpy as np

    def numbers() -> tuple[float, float, float]:
        return random.random(), np.random.rand(), torch.rand(1).item()

    seed_everything(3)
    first = numbers()
    seed_everything(3)
    assert numbers() == first


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m, x, y: fit(m, x, y[:-1], epochs=1, lr=1e-3), "got 37 images and 36 labels"),
        (lambda m, x, y: fit(m, x[:0], y[:0], epochs=1, lr=1e-3), "got 0 images"),
        (lambda m, x, y: fit(m, x, y, epochs=0, lr=1e-3), "epochs is 0"),
        (lambda m, x, y: fit(m, x, y, epochs=1, lr=1e-3, batch_size=0), "batch_size 0"),
        (lambda m, x, y: fit(m.requires_grad_(False), x, y, epochs=1, lr=1e-3), "no parameter of the model"),
        (lambda m, x, y: accuracy(m, x, y[:3]), "got 37 images and 3 labels"),
        (lambda m, x, y: accuracy(m, x[:0], y[:0]), "got 0 images"),
        (lambda m, x, y: extract_features(m[:1], x), "Sequential has no nn.Linear layer"),
    ],
)
def test_bad_input_is_refused(batch, call, message: str):
    with pytest.raises(ValueError, match=message):
        call(small_network(), *batch)


def test_on_a_cpu_fit_is_the_plain_loop_to_the_bit(batch):
    images, labels = batch
    model, plain = small_network(), small_network()
    losses = fit(model, images, labels, epochs=2, lr=1e-2, seed=3)

    torch.manual_seed(3)
    optimizer, order = torch.optim.AdamW(plain.parameters(), lr=1e-2), torch.Generator().manual_seed(3)
    for epoch in range(2):
        total = 0.0
        for rows in torch.randperm(37, generator=order).split(16):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(plain(images[rows]), labels[rows])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        assert losses[epoch] == total / 37
    assert not changed(state(plain), model)
    with torch.no_grad():
        assert torch.equal(predict_logits(model, images), plain.eval()(images))


def test_on_a_cpu_nothing_is_laid_out_anew_or_computed_in_half_precision(batch):
    model = small_network()
    strides = model[0].weight.stride()
    fit(model, *batch, epochs=1, lr=1e-2)
    assert model[0].weight.stride() == strides
    assert predict_logits(model, batch[0]).dtype == extract_features(model, batch[0]).dtype == torch.float32
    assert extract_features(model.double(), batch[0].double()).dtype == torch.float64


@pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no GPU")
def test_on_a_gpu_results_are_close_to_those_of_the_cpu(batch):
    images, labels = batch
    model = get_model("glyphnet", weights="DEFAULT")
    logits, features = predict_logits(model, images), extract_features(model, images)
    model.cuda()
    on_gpu = predict_logits(model, images)
    assert on_gpu.dtype == torch.float32 and torch.allclose(on_gpu, logits, atol=0.1)
    assert torch.allclose(extract_features(model, images), features, atol=0.1)
    model.fc = nn.Linear(128, 10).cuda()
    losses = fit(model, images, labels, epochs=15, lr=3e-3)
    assert losses[-1] < 0.3 * losses[0] and accuracy(model, images, labels) > 0.9


def test_the_model_may_be_on_a_gpu(batch):
    if not torch.cuda.is_available():
        pytest.skip("no GPU here")
    images, labels = batch
    model = get_model("glyphnet", num_classes=10).cuda()
    fit(model, images, labels, epochs=1, lr=1e-3)
    assert next(model.parameters()).is_cuda
    assert predict_logits(model, images).device.type == "cpu"
    assert 0 <= accuracy(model, images, labels) <= 1
    assert extract_features(model, images).device.type == "cpu"
