# %% [markdown]
# # Lesson 7 · Freezing
#
# **What is trainable, what moves, and what only looks frozen?**
#
# You load a network that somebody else has trained, freeze all of it except the last layer, and train that
# layer on your own few images. A few lines of code do this. In this lesson you measure whether they keep
# their promise.
#
# *20 minutes. You need: a training loop in PyTorch, and how to load pre-trained weights (lesson 5).*

# %%
import time

import matplotlib.pyplot as plt
import torch
from ipywidgets import Dropdown, interact
from torch import nn
from torch.nn.functional import cross_entropy
from torchvision.models import get_model
from tqdm.auto import tqdm

import headstart
import headstart.models
from headstart.data import Digits
from headstart.letters import letters
from headstart.training import accuracy, fit

task = headstart.task()
device = task.device
print(task)


# %% [markdown]
# ## A first run
#
# `glyphnet` is a small ResNet. It has learned to tell 43 letter shapes apart and has never seen a digit. Your
# own data are 50 handwritten digits, five of each class. Others are kept for the test. (In the `imagenet` profile
# the model is `resnet18`, which knows the 1,000 classes of ImageNet, and your data are 50 photographs.)


# %%
def on_device(dataset):
    return [tensor.to(device) for tensor in dataset.tensors()]


images, labels = on_device(task.data("train", size=50))
test_images, test_labels = on_device(task.data("test"))
model = get_model(task.backbone, weights="DEFAULT").to(device)

# %% [markdown] terms="freezing"
# **Freezing** a parameter means that training leaves it as it is. The idiom that you find everywhere has two
# loops: **everything off, then the head on**. The flag `requires_grad` tells PyTorch whether to compute a
# gradient for a tensor. A tensor without a gradient is skipped by the optimizer.

# %%
for parameter in model.parameters():
    parameter.requires_grad = False
for parameter in model.fc.parameters():
    parameter.requires_grad = True

print([name for name, parameter in model.named_parameters() if parameter.requires_grad])


# %% [markdown]
# This head has an output for each class of the old task; yours has other classes. A new layer has its flags on. So
# when you freeze first and replace `fc` second, you need no second loop. `requires_grad_(False)`, with an underscore
# at the end, is the first loop in one call.


# %%
def new_model():
    model = get_model(task.backbone, weights="DEFAULT").requires_grad_(False)
    torch.manual_seed(0)
    model.fc = nn.Linear(model.fc.in_features, len(task.classes))
    return model.to(device)


# %% [markdown]
# Now an ordinary training loop. The optimizer is built last and gets only what trains: the two tensors of the
# new head.


# %%
def train(model, optimizer, epochs=25):
    for _ in range(epochs):
        model.train()
        for batch in torch.randperm(len(images)).split(16):
            optimizer.zero_grad()
            loss = cross_entropy(model(images[batch]), labels[batch])
            loss.backward()
            optimizer.step()


model = new_model()
train(model, torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-2))
print(f"test accuracy: {accuracy(model, test_images, test_labels):.1%}")
print(f"guessing:      {1 / len(task.classes):.1%}")


# %% [markdown]
# For so little training this is a good start. Yet a part of the network is not frozen while this loop runs, and no
# message says so. You will find it by measuring, and see what it costs.
#
# ## What trains? Two counts
#
# "How many parameters train?" The usual one-liner adds up the flags.


# %%
def count(parameters):
    parameters = list(parameters)
    return len(parameters), sum(parameter.numel() for parameter in parameters)


tensors, elements = count(model.parameters())
trainable_tensors, trainable_elements = count(p for p in model.parameters() if p.requires_grad)
print("sum of flags:", sum(p.requires_grad for p in model.parameters()))
print(f"tensors:  {trainable_tensors:7,} of {tensors:7,} train")
print(f"elements: {trainable_elements:7,} of {elements:7,} train")

# %% [markdown] terms="elements"
# The sum of the flags counts *tensors*: one weight and one bias. The **elements** of a tensor are the single
# numbers in it.
# Both counts are right, and they answer different questions. A report must say which one it gives. Count once
# yourself:

# %%
headstart.question("freezing.bn-elements")


# %% [markdown]
# ### Explore: where the elements are
#
# Training may start at any block; what comes before it stays frozen. The map shows what each block holds.
# With the list below it, choose another first block, and watch which of the two counts jumps.


# %%
def freezing_map(first):
    figure, axes = plt.subplots(figsize=(7, 2.8))
    trains = blocks[blocks.index(first) :]
    for name in blocks:
        tensors, elements = count(mapped.get_submodule(name).parameters())
        state, color = ("trains", "tab:orange") if name in trains else ("frozen", "lightsteelblue")
        axes.barh(name, elements, color=color)
        axes.text(elements, name, f"  {state} · tensors: {tensors} · elements: {elements:,}", va="center")
    tensors, elements = count(p for name in trains for p in mapped.get_submodule(name).parameters())
    axes.set_title(f"from {first} on: {tensors} tensors, {elements:,} elements train")
    axes.set(xlim=(0, 2 * axes.get_xlim()[1]), xticks=[])
    axes.invert_yaxis()
    headstart.show(figure, alt=f"Elements in each block. From {first} on, {elements:,} elements train.")


mapped = new_model()
blocks = ["conv1", "bn1", "layer1", "layer2", "layer3", "layer4", "fc"]
freezing_map("fc")
_ = interact(freezing_map, first=Dropdown(options=blocks, value="layer4", description="train from"))

# %% [markdown] terms="buffers"
# Most elements sit in the last block before the head. So "all is frozen but one block" may well mean that most
# of the network trains.
#
# ## What moves? One training step
#
# Flags are promises. Now look at the tensors themselves. `state_dict()` holds everything that is saved with a
# model: parameters and buffers. **Buffers** are tensors of a model that are saved with it and that no gradient
# changes. You copy it all, do one step, and list what is different.

# %%
headstart.predict("freezing.predict-moves")


# %%
def one_step(model):
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    optimizer = torch.optim.AdamW(model.fc.parameters(), lr=1e-2)
    cross_entropy(model(images[:16]), labels[:16]).backward()
    optimizer.step()
    return {name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before[name])}


def report(model, moved):
    statistics = {name for name, buffer in model.named_buffers()}
    kinds = {"fc": set(), "frozen parameters": set(), "BatchNorm statistics": statistics}
    for name, parameter in model.named_parameters():
        kinds["fc" if parameter.requires_grad else "frozen parameters"].add(name)
    for kind, names in kinds.items():
        print(f"{kind:20} {len(names & moved):2} of {len(names):2} tensors moved")


# %%
model = new_model()
model.train()
report(model, one_step(model))
headstart.predict("freezing.predict-moves", measured="fc, and the running statistics of BatchNorm")

# %% [markdown]
# The frozen parameters kept their promise: none moved. The statistics of BatchNorm moved, all of them. They
# are buffers. The forward pass itself changes them whenever the layer is in train mode, and `requires_grad`
# has no say in that. `model.train()` asks for this mode. Leaving the line out is no remedy: a new model is in train
# mode already.
#
# ## Frozen was not frozen
#
# Is that serious? Take `glyphnet` as it was delivered, with its letters head, and measure its accuracy on letters,
# which can be drawn in every profile. Then show it digits in train mode. There is no optimizer here and no gradient,
# only forward passes.

# %%
counts, letter_labels, _ = letters(1000, seed=7)
letter_images = headstart.models.GlyphNet_Weights.DEFAULT.transforms()(counts.unsqueeze(1))
digits, _ = on_device(Digits("train", size=50))
model = get_model("glyphnet", weights="DEFAULT").to(device)
on_letters = [accuracy(model, letter_images, letter_labels)]
for _ in range(10):
    model.train()
    for batch in torch.randperm(48).repeat(2).split(16):  # equal batches, so 48 of the 50
        with torch.no_grad():
            model(digits[batch])
    on_letters.append(accuracy(model, letter_images, letter_labels))

# %%
figure, axes = plt.subplots(figsize=(7, 3))
axes.plot(range(0, 66, 6), [100 * value for value in on_letters], "o-")
axes.set(xlabel="batches of digits seen in train mode", ylabel="accuracy on letters, %")
headstart.show(figure, alt="Accuracy on letters falls as the network sees more batches of digits.")


# %% [markdown]
# No weight has changed, and yet this is another network: it knows its own letters less well than before. Each
# batch moves each statistic a tenth of the way towards its own value (`momentum=0.1`).
#
# ## The remedy
#
# Put BatchNorm into eval mode **after** `model.train()`, which would undo it. In eval mode the layers use
# their statistics and leave them alone.


# %%
def train_mode(model):
    model.train()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()


# %%
model = new_model()
train_mode(model)
report(model, one_step(model))

# %% [markdown]
# Now only `fc` moves. What is that worth on your data? The helper `fit` is the loop from above; with
# `bn_eval=True` it applies the remedy. Five runs each way follow. Each has its own 50 images and its own test
# set.

# %%
headstart.predict("freezing.predict-drift")


# %%
def final_accuracies(bn_eval, batch_size):
    accuracies = []
    for seed in tqdm(range(5)):
        model, (x, y) = new_model(), task.data("train", size=50, seed=seed).tensors()
        fit(model, x, y, epochs=25, lr=1e-2, batch_size=batch_size, seed=seed, bn_eval=bn_eval)
        accuracies.append(100 * accuracy(model, *task.data("test", seed=seed).tensors()))
    return torch.tensor(accuracies)


drifting = final_accuracies(bn_eval=False, batch_size=16)
still = final_accuracies(bn_eval=True, batch_size=16)
headstart.predict("freezing.predict-drift", measured=round((still - drifting).mean().item(), 1))

# %% [markdown]
# The price is real. But look closer before you blame the drift. 50 images make batches of 16, 16, 16 and
# **2**. In train mode BatchNorm normalises those two images by the statistics of the two alone, which distorts
# them. Batches of 10 leave no such remainder.

# %%
even = final_accuracies(bn_eval=False, batch_size=10)
runs = torch.stack([drifting, even, still])
figure, axes = plt.subplots(figsize=(7, 3))
axes.plot(runs, "o-", color="tab:blue", alpha=0.4)
axes.plot(runs.mean(dim=1), "ks--", label="mean")
axes.set_xticks(range(3), ["train mode,\nlast batch of 2", "train mode,\nequal batches", "eval mode"])
axes.set(ylabel="test accuracy, %", xlim=(-0.3, 2.3))
axes.legend()
headstart.show(figure, alt="Five runs and their mean: lowest with a last batch of 2, best in eval mode.")

# %% [markdown]
# Most of the price comes from the small last batch, the rest from a mismatch: in training the features of an image
# depend on its batch, in the test on stored statistics. In eval mode they depend on the image alone. So the
# remedy is safe even where you cannot choose the batches.
#
# ## Break it
#
# Four mistakes that people make. First, a switch that is not connected.

# %% tags=["broken"]
model = get_model(task.backbone, weights="DEFAULT")
model.requires_grad = False
print("model.requires_grad = False :", sum(p.requires_grad for p in model.parameters()), "tensors train")
model.requires_grad_(False)
print("model.requires_grad_(False) :", sum(p.requires_grad for p in model.parameters()), "tensors train")

# %% [markdown]
# Python lets you add an attribute to any module, so the first form only looks like a switch. Second mistake:
# the new head comes *before* freezing, and is frozen with the rest.

# %% tags=["broken"]
model = get_model(task.backbone, weights="DEFAULT").to(device)
model.fc = nn.Linear(model.fc.in_features, len(task.classes)).to(device)
model.requires_grad_(False)
try:
    cross_entropy(model(images), labels).backward()
except RuntimeError as error:
    print("RuntimeError:", error)
try:
    torch.optim.AdamW([p for p in model.parameters() if p.requires_grad])
except ValueError as error:
    print("ValueError:", error)

# %% [markdown]
# You often read that the loss "does not change" when everything is frozen. PyTorch is more helpful:
# `backward()` refuses, and so does an optimizer without parameters. A loss that really stays flat has another
# cause, the third mistake: the optimizer is built *before* the head is replaced.

# %% tags=["broken"]
model = get_model(task.backbone, weights="DEFAULT").to(device)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
model.requires_grad_(False)
model.fc = nn.Linear(model.fc.in_features, len(task.classes)).to(device)
too_early = fit(model, images, labels, epochs=25, lr=1e-2, optimizer=optimizer, bn_eval=True)

optimizer = torch.optim.AdamW(model.fc.parameters(), lr=1e-2)
rebuilt = fit(model, images, labels, epochs=25, lr=1e-2, optimizer=optimizer, bn_eval=True)

# %%
figure, axes = plt.subplots(figsize=(7, 3))
axes.plot(too_early, label="optimizer built before the new head")
axes.plot(rebuilt, "--", label="optimizer built after the new head")
axes.set(xlabel="epoch", ylabel="mean loss", ylim=(0, None))
axes.legend()
headstart.show(figure, alt="Built before the head, the optimizer leaves the loss flat; after it, it falls.")

# %% [markdown]
# An optimizer keeps the tensors that it was given and never looks at the model again. This one looks after a
# head that nobody uses. No error, no warning, only a flat line. Build the optimizer last.
#
# Fourth mistake: freezing in the middle of training, with the last gradients still in place.

# %% tags=["broken"]
model = new_model().requires_grad_(True)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
cross_entropy(model(images), labels).backward()
model.requires_grad_(False)
for when in ("gradients left in place", "after zero_grad()"):
    before = model.conv1.weight.clone()
    optimizer.step()
    print(f"{when}: conv1 moved: {not torch.equal(before, model.conv1.weight)}")
    optimizer.zero_grad()


# %% [markdown]
# The optimizer does not read `requires_grad`. It skips a tensor whose `.grad` is `None`, whatever
# its settings, and updates any other. When you freeze during training, build a new optimizer from what still
# trains.
#
# ## Compute frozen features once
#
# A frozen backbone in eval mode gives the same features for the same image in every epoch. So compute them
# once, and train the head alone.

# %%
x, y = on_device(task.data("train", size=200))
whole = new_model()
start = time.perf_counter()
fit(whole, x, y, epochs=30, lr=1e-2, bn_eval=True)
seconds_whole = time.perf_counter() - start

# %%
cached = new_model().eval()
head, cached.fc = cached.fc, nn.Identity()
start = time.perf_counter()
with torch.no_grad():
    features = cached(x)
fit(head, features, y, epochs=30, lr=1e-2)
seconds_cached = time.perf_counter() - start

cached.fc = head
for name, model in (("whole network", whole), ("cached features", cached)):
    print(f"{name:16} test accuracy {accuracy(model, test_images, test_labels):.2%}")

# %% tags=["timing"]
print(f"cached features: {seconds_whole / seconds_cached:.0f} times faster")

# %% [markdown]
# Same head, same batches, same result, in a fraction of the time, the one pass through the backbone included.
# It works as long as the images do not change: with new random augmentation in each epoch there is nothing to
# cache. (Use `no_grad` here. Tensors made in `inference_mode` cannot take part in training.)
#
# ## Check yourself

# %%
headstart.question("freezing.epoch-lines")

# %%
headstart.question("freezing.cache")

# %% [markdown]
# ## Key result
#
# `requires_grad` freezes parameters and nothing else; BatchNorm needs `eval()` as well, after every
# `model.train()`. The order is: freeze, replace the head, build the optimizer from what trains. Count tensors
# or elements, and say which.
#
# **Next:** the [graded exercises](../quizzes/07_freezing/exercises.ipynb), the
# [graded quiz](../quizzes/07_freezing/quiz.ipynb), and lesson 8: which layers to unfreeze, and when a frozen
# backbone is the wrong choice.
