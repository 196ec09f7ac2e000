# %% tags=["stand-ins"]
# What the snippets take for granted. The page leaves this cell out; the test runs it first.
import copy
from pathlib import Path
from tempfile import mkdtemp

import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torchvision.models import get_model, get_model_weights

import headstart.models  # noqa: F401  (makes glyphnet known to torchvision)
from headstart.data import Digits

name, num_classes, lr, epochs, patience = "glyphnet", 10, 1e-2, 20, 3
digits = Digits("train", size=50)
pictures, labels = digits.data.unsqueeze(1), digits.targets
val_images, val_labels = Digits("val").tensors()
path = Path(mkdtemp()) / "model.pt"
scores = torch.tensor([0.9, 0.8, 0.7, 0.6, 0.4, 0.2])
is_yes = torch.tensor([True, True, False, True, False, False])
says_yes, cost_fp, cost_fn = scores >= 0.65, 1.0, 5.0
right, n = 48, 50
val_losses = []


def train_and_validate(model: nn.Module, optimizer: torch.optim.Optimizer) -> float:
    """Train one step and return the loss on 100 validation images, which the test makes worse after some epochs."""
    optimizer.zero_grad()
    cross_entropy(model(images), labels).backward()
    optimizer.step()
    with torch.no_grad():
        loss = cross_entropy(model(val_images[:100]), val_labels[:100]).item()
    val_losses.append(loss if len(val_losses) < 4 else 10.0 + len(val_losses))
    return val_losses[-1]


# %% [markdown]
# # Cheat sheet · pre-trained models in PyTorch
#
# The idioms of the course, in the order in which they are used.

# %% [markdown]
# ## Load with weights and their own preprocessing · lesson 5

# %%
weights = get_model_weights(name).DEFAULT  # "resnet18", …
model = get_model(name, weights=weights)
images = weights.transforms()(pictures)

# %% [markdown]
# ## Freeze, then replace the head · lessons 5 and 7

# %%
model.requires_grad_(False)  # mind the last underscore
for place, module in model.named_modules():
    if isinstance(module, nn.Linear):  # the last one wins
        head_place, head = place, module
parent, _, leaf = head_place.rpartition(".")
new_head = nn.Linear(head.in_features, num_classes)
setattr(model.get_submodule(parent), leaf, new_head)

# %% [markdown]
# ## The optimizer last, over what trains · lesson 7

# %%
trains = [p for p in model.parameters() if p.requires_grad]
optimizer = torch.optim.AdamW(trains, lr=lr)

# %% [markdown]
# ## Train mode, frozen BatchNorm in eval · lesson 7

# %%
model.train()  # in each epoch, and before the loop below
for module in model.modules():
    if isinstance(module, nn.BatchNorm2d):
        module.eval()

# %% [markdown]
# ## One step

# %%
optimizer.zero_grad()
loss = cross_entropy(model(images), labels)
loss.backward()
optimizer.step()

# %% [markdown]
# ## Predict · lesson 5

# %%
model.eval()
with torch.inference_mode():
    probabilities = model(images).softmax(dim=1)
top, classes = probabilities.topk(3)

# %% [markdown]
# ## Cache the features of a frozen backbone · lesson 7

# %%
backbone = copy.deepcopy(model).eval()
inner = backbone.get_submodule(parent)
setattr(inner, leaf, nn.Identity())
with torch.no_grad():  # inference_mode forbids training
    features = backbone(images)

# %% [markdown]
# ## Unfreeze with discriminative rates · lesson 8

# %%
model.requires_grad_(True)
# a ViT's class_token is in no child: give it a group too
parts = [c for c in model.children() if [*c.parameters()]]
groups = []
for depth, part in enumerate(reversed(parts)):
    rate = 1e-3 * 0.3**depth  # the head learns fastest
    groups.append({"params": part.parameters(), "lr": rate})
optimizer = torch.optim.AdamW(groups)

# %% [markdown]
# ## Stop early, keep the best weights · lesson 9

# %%
best_loss, waited = float("inf"), 0
for _ in range(epochs):
    val_loss = train_and_validate(model, optimizer)
    if val_loss < best_loss:
        best_loss, waited = val_loss, 0
        best = copy.deepcopy(model.state_dict())
    else:
        waited += 1
        if waited == patience:
            break
model.load_state_dict(best)

# %% [markdown]
# ## Save and load without running foreign code · lesson 5

# %%
torch.save(model.state_dict(), path)
state = torch.load(path, weights_only=True)
model.load_state_dict(state)

# %% [markdown]
# ## Four counts and what they give · lesson 1

# %%
tp = (says_yes & is_yes).sum().item()
fp = (says_yes & ~is_yes).sum().item()
fn = (~says_yes & is_yes).sum().item()
tn = (~says_yes & ~is_yes).sum().item()
precision = tp / (tp + fp) if tp + fp else 0.0
recall = tp / (tp + fn) if tp + fn else 0.0
f1 = 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0.0

# %% [markdown]
# ## Threshold from costs, on validation data · lesson 3

# %%
candidates = torch.cat([scores, torch.tensor([torch.inf])])
yes = scores >= candidates[:, None]
cost = cost_fp * (yes & ~is_yes).sum(1)
cost = cost + cost_fn * (~yes & is_yes).sum(1)
threshold = candidates[cost.argmin()].item()

# %% [markdown]
# ## 95 % interval of a share (Wilson) · lesson 4

# %%
share, extra = right / n, 1.96**2 / n
half = (share * (1 - share) / n + extra / (4 * n)) ** 0.5
low = (share + extra / 2 - 1.96 * half) / (1 + extra)
high = (share + extra / 2 + 1.96 * half) / (1 + extra)

# %% [markdown]
# ## Always
#
# - Split first, by groups where there are any; then augment, scale, select. (lesson 4)
# - Choose on validation data; look at the test set once. (lesson 4)
# - Compare with the majority baseline, over several seeds. (lessons 1 and 8)
