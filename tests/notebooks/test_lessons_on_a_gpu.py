"""The lessons that adapt a model put everything where the model is. No GPU is needed: one is pretended.

What a pretended GPU refuses is tested here too, since the lessons prove nothing if it refuses nothing.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from notebook_runs import LESSONS, PRETEND_GPU, name_of, notebook_of, printed, run
from stand_in_cache import has_a_task

# A pretended GPU is slow, so `make test` takes one lesson and `make test-all` every one.
IN_EVERY_TEST = "07_freezing"
WITH_A_TASK = [
    pytest.param(path, id=name_of(path), marks=[] if path.stem == IN_EVERY_TEST else [pytest.mark.long])
    for path in LESSONS
    if has_a_task(path)
]

SET_UP = """
import numpy as np
import torch
from torch import nn

torch.manual_seed(0)
there, here = torch.rand(4, 3, 8, 8, device="cuda"), torch.rand(4, 3, 8, 8)
"""
MESSAGE_OF = """
def message_of(code):
    try:
        eval(code)
    except (RuntimeError, TypeError) as error:
        return str(error)
    return "no error"
"""
REFUSED = {
    "operands on two devices": ("there + here", "Expected all tensors to be on the same device"),
    "a model here, images there": (
        "nn.Conv2d(3, 2, 1)(there)",
        "Expected all tensors to be on the same device",
    ),
    "a model there, images here": ("nn.Conv2d(3, 2, 1).to('cuda')(here)", "Expected all tensors"),
    "a head that stayed behind": (
        "nn.Sequential(nn.Flatten().cuda(), nn.Linear(192, 2))(there)",
        "Expected all tensors",
    ),
    "an index there for data here": ("here[torch.arange(2).to(there)]", "Expected all tensors"),
    "a view of what is there": ("there[:2].mean(dim=1) + here[:2].mean(dim=1)", "Expected all tensors"),
    "NumPy": ("np.asarray(there)", "can't convert cuda:0 device type tensor to numpy"),
    "numpy()": ("there.mean(dim=0).numpy()", "can't convert cuda:0 device type tensor to numpy"),
}
ALLOWED = """
assert there.device.type == (there * 2)[0].device.type == torch.rand(2).to(there).device.type == "cuda"
assert there.is_cuda and not there.cpu().is_cuda and here.device.type == "cpu"
assert torch.equal(there.cpu().to("cuda"), there) and there.to("cuda", copy=True) is not there
assert there[torch.arange(2)].is_cuda and there[torch.tensor([0, 1], device="cuda")].is_cuda
assert (there + torch.tensor(1.0)).is_cuda and here.copy_(there).device.type == "cpu"
layer = nn.Linear(3, 2).to("cuda")
optimizer = torch.optim.AdamW(layer.parameters())
with torch.autocast("cuda", dtype=torch.float16):
    scores = layer(there.mean(dim=(2, 3)))
assert scores.dtype == torch.float16 and scores.is_cuda
scores.float().sum().backward()
optimizer.step()
assert layer.weight.grad.is_cuda and layer.weight.is_cuda and len(scores.tolist()) == 4
"""


# The mistake of lesson 7: an optimizer without a tensor that trains. Nothing moves, and nothing is said. The same model
# learns these points, whatever its first weights are, once the optimizer holds what should train.
TOO_EARLY = """
from headstart.training import fit
model = nn.Linear(2, 2).to("cuda")
points, labels = torch.eye(2, device="cuda").repeat(2, 1), torch.tensor([0, 1, 0, 1])
optimizer = torch.optim.AdamW(nn.Linear(2, 2).to("cuda").parameters(), lr=1.0)
losses = fit(model, points, labels, epochs=3, lr=0, optimizer=optimizer)
assert len(losses) == 3 and max(losses) - min(losses) < 1e-2, losses
learned = fit(model, points, labels, epochs=30, lr=0.1)
assert learned[-1] < losses[-1] / 2, learned
"""


def test_what_a_pretended_gpu_refuses_and_allows(tmp_path: Path) -> None:
    asked = f"for code in {[code for code, _ in REFUSED.values()]!r}:\n    print(message_of(code))"
    notebook = run(
        notebook_of(tmp_path, SET_UP, MESSAGE_OF, asked, ALLOWED, TOO_EARLY), tmp_path, startup=PRETEND_GPU
    )
    for message, (name, (_, says)) in zip(
        printed(notebook, "stdout").splitlines(), REFUSED.items(), strict=True
    ):
        assert says in message, f"{name}: {message}"


@pytest.mark.parametrize("path", WITH_A_TASK)
def test_a_lesson_mixes_no_devices(path: Path, tmp_path: Path) -> None:
    notebook = run(path, tmp_path, startup=PRETEND_GPU, settings={"HEADSTART_DEVICE": ""})
    assert "classes (digits), on cuda" in printed(notebook, "stdout")
