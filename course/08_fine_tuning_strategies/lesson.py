# %% [markdown] terms="fine-tuning"
# # Lesson 8 · Fine-tuning strategies
#
# **Which layers, at which learning rate, for which data?**
#
# A frozen backbone gives you what somebody else's network knows, and nothing more. **Fine-tuning** is to train
# some or all layers of a pre-trained network further, on your own data. Its purpose is to fit the features to
# your task without losing what makes them worth having. How far you go is a choice. You measure it here.
#
# *20 minutes. You need: freezing, and BatchNorm in eval mode (lesson 7).*

# %%
import copy

import matplotlib.pyplot as plt
import torch
from ipywidgets import BoundedFloatText, Dropdown, interact
from sklearn.metrics import precision_recall_fscore_support
from torch import nn
from torch.nn.functional import cross_entropy, interpolate
from torch.optim import AdamW, lr_scheduler
from torchvision.models import get_model
from tqdm.auto import tqdm

import headstart
import headstart.models
from headstart.data import Digits
from headstart.letters import letters
from headstart.training import accuracy, fit, predict_logits, set_batchnorm_eval

task = headstart.task()
print(task)


# %% [markdown]
# ## Start here: freeze all, new head
#
# You have 100 images. For a ten-class problem the first step is always the same: freeze everything, put a head
# with ten outputs on top, and train that head. (In another profile the number of classes is another one; the
# step is not.)


# %%
def new_model(backbone=task.backbone, classes=task.classes, seed=0, weights="DEFAULT"):
    torch.manual_seed(seed)
    model = get_model(backbone, weights=weights)
    model.fc = nn.Linear(model.fc.in_features, len(classes))
    return model.to(task.device)


def on_device(dataset):
    return [tensor.to(task.device) for tensor in dataset.tensors()]


training, validation = on_device(task.data("train", size=100)), on_device(task.data("val"))


# %% [markdown]
# The loop is the one of lesson 7: BatchNorm stays in eval mode. It can also move the learning rate after each
# step, if you give it a scheduler. You will need that later.


# %%
def train(model, data, optimizer, epochs, scheduler=None):
    images, labels = data
    order = torch.Generator().manual_seed(0)
    model.train()
    set_batchnorm_eval(model)
    for _ in range(epochs):
        for batch in torch.randperm(len(images), generator=order).split(20):
            optimizer.zero_grad()
            cross_entropy(model(images[batch]), labels[batch]).backward()
            optimizer.step()
            if scheduler:
                scheduler.step()


# %%
base = new_model().requires_grad_(False)
base.fc.requires_grad_(True)
train(base, training, AdamW(base.fc.parameters(), lr=1e-2), epochs=5)
print(f"head alone: validation accuracy {accuracy(base, *validation):.1%}")

# %% [markdown] terms="base model"
# A **base model** is the simple model that every later one has to beat. This one costs little, and with few images
# like those of the old task it is often the best that you can do. So keep it, and compare.
#
# ## Unfreeze from the top
#
# Early layers see edges, which every task needs. Late layers see what is special to the old task. So you let go
# of the last block first. Its weights are good already and the head has learned, so the rate is now ten times
# smaller.

# %%
model = copy.deepcopy(base)
model.layer4.requires_grad_(True)
train(model, training, AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-3), epochs=3)
print(f"then layer4: validation accuracy {accuracy(model, *validation):.1%}")


# %% [markdown] terms="discriminative learning rates, parameter group"
# Note the order: unfreeze, then build the optimizer. To go on to *all* layers, you may not want one rate for all.
# **Discriminative learning rates** are learning rates that get smaller towards the first layers ([Howard and Ruder,
# 2018](https://arxiv.org/abs/1801.06146)). A **parameter group** is a part of the parameters that has its own
# settings in the optimizer: a dictionary with the tensors and, here, their rate.


# %%
blocks = ["conv1", "bn1", "layer1", "layer2", "layer3", "layer4", "fc"]


def rate_groups(model, base_lr, decay):
    groups = []
    for steps, name in enumerate(reversed(blocks)):
        parameters = [p for p in model.get_submodule(name).parameters() if p.requires_grad]
        if parameters:
            groups.append({"params": parameters, "lr": base_lr * decay**steps, "name": name})
    return groups


# %%
model = copy.deepcopy(base).requires_grad_(True)
optimizer = AdamW(rate_groups(model, base_lr=1e-3, decay=0.5))
print({group["name"]: f"{group['lr']:.1e}" for group in optimizer.param_groups})
train(model, training, optimizer, epochs=3)
print(f"then all: validation accuracy {accuracy(model, *validation):.1%}")


# %% [markdown]
# Three models, and little between them. Which is best cannot be read off one run; you come back to
# that with more seeds. First look at what the rates do inside.
#
# ### Explore: learning-rate groups
#
# Set the first block that trains, the head's rate, and the factor from block to block. The cell fine-tunes for
# two epochs. The left bars are the rates, the right ones say how far each block has moved, as a share of the
# length of its weights. Find rates at which the accuracy collapses.


# %%
def explore(first, base_lr, decay):
    model = copy.deepcopy(base)
    for name in blocks[blocks.index(first) :]:
        model.get_submodule(name).requires_grad_(True)
    groups = rate_groups(model, base_lr, decay)
    train(model, training, AdamW(groups), epochs=2)
    draw_groups(groups, model, accuracy(model, *validation))


# %%
def weights_of(model, name):
    return torch.cat([p.detach().flatten() for p in model.get_submodule(name).parameters()])


def draw_groups(groups, model, score):
    names, rates = [group["name"] for group in groups], [group["lr"] for group in groups]
    before = [weights_of(base, name) for name in names]
    moves = [
        ((weights_of(model, n) - b).norm() / b.norm()).item() for n, b in zip(names, before, strict=True)
    ]
    figure, axes = plt.subplots(1, 2, figsize=(8, 2.8), sharey=True, layout="constrained")
    for axis, values, title in zip(axes, (rates, moves), ("learning rate", "share moved"), strict=True):
        axis.barh(names, values)
        axis.set(title=title, xscale="log", xlim=(1e-6, 10))
    figure.suptitle(f"validation accuracy {score:.1%}")
    moved = ", ".join(f"{name} {move:.3f}" for name, move in zip(names, moves, strict=True))
    headstart.show(figure, alt=f"Accuracy {score:.1%}. Share of each block's weights moved: {moved}.")


explore("conv1", base_lr=1e-3, decay=0.5)

# %%
rate = BoundedFloatText(1e-2, min=0, max=1, step=1e-4, description="head's rate")
factor = BoundedFloatText(1.0, min=0.01, max=1, step=0.1, description="factor")
_ = interact(explore, first=Dropdown(options=blocks, value="layer3"), base_lr=rate, decay=factor)

# %% [markdown] terms="catastrophic forgetting"
# With the factor the early blocks hardly move. A factor of 1 gives one rate for all.
#
# ## Break it: too high a rate
#
# What does a rate destroy? To see it you need the old task. `glyphnet` has learned letters and we can draw more of
# them, so this part uses it and the digits in every profile. **Catastrophic forgetting** is the loss of an old
# task by training on a new one. You measure it with the *old* head on the *new* backbone.

# %% tags=["broken"]
digits, more_digits = on_device(Digits("train", size=100)), on_device(Digits("val"))
counts, letter_labels, _ = letters(1000, seed=7)
letter_images = headstart.models.GlyphNet_Weights.DEFAULT.transforms()(counts.unsqueeze(1))
old_head = get_model("glyphnet", weights="DEFAULT").fc.to(task.device)


def on_both(model):
    on_digits = accuracy(model, *more_digits)
    with_old_head = copy.copy(model)
    with_old_head._modules = {**model._modules, "fc": old_head}  # the same layers, and the old head
    return 100 * on_digits, 100 * accuracy(with_old_head, letter_images, letter_labels)


# %%
ready = new_model("glyphnet", Digits.classes).requires_grad_(False)
ready.fc.requires_grad_(True)
train(ready, digits, AdamW(ready.fc.parameters(), lr=1e-2), epochs=5)
print("frozen backbone: digits {:.1f} %, letters {:.1f} %".format(*on_both(ready)))

# %% [markdown]
# Now all layers train for five epochs with one rate. `1e-2` was right for the head. What if the whole network
# gets it?

# %%
headstart.predict("fine_tuning_strategies.predict-letters")

# %%
rates, results = (1e-4, 1e-3, 1e-2, 1e-1), []
for rate in tqdm(rates):
    model = copy.deepcopy(ready).requires_grad_(True)
    train(model, digits, AdamW(model.parameters(), lr=rate), epochs=5)
    results.append(on_both(model))

# %%
headstart.predict("fine_tuning_strategies.predict-letters", measured=round(results[2][1], 1))
figure, axes = plt.subplots(figsize=(7, 3))
axes.plot(rates, results, "o-", label=["digits", "letters"])
axes.set(xscale="log", xlabel="learning rate of all layers", ylabel="accuracy, %", ylim=(0, 100))
axes.legend()
headstart.show(figure, alt="Letters are lost at a rate at which digits only suffer; then both are lost.")

# %% [markdown]
# No error, no warning. At a hundredth the letters are gone and the digits have become worse than with the frozen
# backbone: the pre-trained features are destroyed, and 100 images cannot rebuild them. At a tenth the network
# guesses. The digits alone warn you late. The letters show the damage one step earlier.
#
# ## Three ways to protect the features
#
# The first gradients of a *new* head are arbitrary, and they run through the whole network ([Kumar et al.,
# 2022](https://arxiv.org/abs/2202.10054)). So the head comes first. Compare, all with five epochs and `1e-3` at
# the head:

# %%
fresh, both = new_model("glyphnet", Digits.classes), "digits {:.1f} %, letters {:.1f} %"
for start, decay in ((fresh, 1), (ready, 1), (ready, 0.5)):
    model = copy.deepcopy(start).requires_grad_(True)
    train(model, digits, AdamW(rate_groups(model, 1e-3, decay)), epochs=5)
    print(f"{'trained' if start is ready else 'new'} head, factor {decay}:", both.format(*on_both(model)))

# %% [markdown] terms="warm-up"
# On digits the three are close. On letters they are not: a trained head saves much of the old task, and
# discriminative rates save nearly all of the rest. That is what "gentle" means here: as much gained, less
# lost.
#
# There is a third way. **Warm-up** is a schedule in which the rate grows from near zero to its full value over the
# first steps ([Goyal et al., 2017](https://arxiv.org/abs/1706.02677)). Here is the rate that was too high, falling to
# zero in a straight line, without and with ten steps of warm-up. (It meets the falling line a little below the full
# value.)


# %%
def schedule(optimizer, warm_up, steps=50):
    return lr_scheduler.LambdaLR(optimizer, lambda i: min((i + 1) / max(warm_up, 1), 1 - i / steps))


# %%
for warm_up in (0, 10):
    model = copy.deepcopy(ready).requires_grad_(True)
    optimizer = AdamW(model.parameters(), lr=1e-2)
    train(model, digits, optimizer, epochs=10, scheduler=schedule(optimizer, warm_up))
    print(f"warm-up of {warm_up} steps:", both.format(*on_both(model)))

# %% [markdown]
# AdamW divides each gradient by its usual size. In the first steps it has seen hardly any, so every weight moves as
# far as the rate allows. Warm-up makes these steps small, and more of the letters survive. It softens a rate that is
# too high; it does not make it right.

# %%
headstart.question("fine_tuning_strategies.group-rate")

# %% [markdown]
# ## Break it: two mistakes with groups
#
# The first one is loud: the head is in two groups, because `model.parameters()` holds it too. The second is silent: a
# scheduler with one maximum rate gives it to *every* group.

# %% tags=["broken"]
try:
    AdamW([{"params": model.parameters(), "lr": 1e-4}, {"params": model.fc.parameters(), "lr": 1e-2}])
except ValueError as error:
    print("ValueError:", error)

# %%
optimizer = AdamW(rate_groups(model, base_lr=1e-3, decay=0.5))
own = [group["lr"] for group in optimizer.param_groups]
for name, max_lr in (("one rate", 1e-3), ("a list of rates", own)):
    lr_scheduler.OneCycleLR(optimizer, max_lr=max_lr, total_steps=50)
    print(f"{name}, first step:", [f"{group['lr']:.1e}" for group in optimizer.param_groups])

# %% [markdown]
# Your discriminative rates were gone before the first step. `OneCycleLR` takes a list with one rate for each
# group. `LambdaLR` and `LinearLR` multiply what is there and keep the ratios. Print the rates after you have
# built the scheduler.
#
# ## Compare on one budget
#
# One run is an anecdote. Now each strategy gets the same budget, eight epochs over 100 images, and three seeds:
# other images, another head, other validation images each time. (You are about to choose, so the test set stays
# closed.) *Then last block* and *then all* spend half of it on the
# head. *All at once* trains a new head at `1e-2` and everything below it at `1e-3` from the first step.
#
# Five numbers are compared with the base model's. The loss sees how sure a model is; precision, recall and F1 are
# averaged over the classes (macro, lesson 1).


# %%
def two_steps(model, data, first, epochs, seed):
    head_epochs = epochs if first == "fc" else epochs // 2
    model.requires_grad_(False)
    model.fc.requires_grad_(True)
    fit(model, *data, epochs=head_epochs, lr=1e-2, batch_size=20, seed=seed, bn_eval=True)
    for name in blocks[blocks.index(first) :]:
        model.get_submodule(name).requires_grad_(True)
    optimizer = AdamW(rate_groups(model, 1e-3, 0.5))
    if epochs > head_epochs:
        rest = epochs - head_epochs
        fit(model, *data, epochs=rest, lr=0, batch_size=20, seed=seed, optimizer=optimizer, bn_eval=True)


# %%
def adapt(strategy, data, seed, epochs=8):
    model = new_model(seed=seed, weights=None if strategy == "scratch" else "DEFAULT")
    if strategy == "scratch":
        fit(model, *data, epochs=epochs, lr=1e-3, batch_size=20, seed=seed)
    elif strategy == "all at once":
        body = [p for name, p in model.named_parameters() if not name.startswith("fc.")]
        optimizer = AdamW([{"params": body, "lr": 1e-3}, {"params": model.fc.parameters(), "lr": 1e-2}])
        fit(model, *data, epochs=epochs, lr=0, batch_size=20, seed=seed, optimizer=optimizer, bn_eval=True)
    else:
        first = {"head": "fc", "then last block": "layer4", "then all": "conv1"}[strategy]
        two_steps(model, data, first, epochs, seed)
    return model


# %%
METRICS = ("loss", "accuracy", "precision", "recall", "F1")


def five_numbers(model, images, labels):
    logits, labels = predict_logits(model, images).cpu(), labels.cpu()
    predicted = logits.argmax(1)
    averages = precision_recall_fscore_support(labels, predicted, average="macro", zero_division=0)
    right = (predicted == labels).double().mean().item()
    return [cross_entropy(logits, labels).item(), right, *averages[:3]]


# %%
def compare(strategies, change=lambda images, seed: images):
    results = torch.zeros(3, len(strategies), len(METRICS))  # one row for each seed and strategy
    for seed in tqdm(range(3)):
        x, y = on_device(task.data("train", size=100, seed=seed))
        val_x, val_y = on_device(task.data("val", seed=seed))
        x, val_x = change(x, seed), change(val_x, 100 + seed)
        for place, strategy in enumerate(strategies):
            model = adapt(strategy, (x, y), seed)
            results[seed, place] = torch.tensor(five_numbers(model, val_x, val_y))
    return results


# %%
strategies = ["head", "then last block", "then all", "all at once", "scratch"]
clean = compare(strategies)
print(" " * 16 + "".join(f"{name:>11}" for name in METRICS))
for strategy, row in zip(strategies, clean.mean(dim=0), strict=True):
    print(f"{strategy:16}" + "".join(f"{value:11.3f}" for value in row))


# %% [markdown]
# The mean of three runs hides their spread. Each seed gave all strategies the same images, so look at the
# *difference* to the base model within each seed.


# %%
def draw_runs(strategies, results, title):
    points = 100 * results[:, :, METRICS.index("accuracy")]
    figure, axes = plt.subplots(figsize=(7, 3))
    axes.plot(strategies, points.T, "o-", alpha=0.5)
    axes.plot(strategies, points.mean(dim=0), "ks", label="mean")
    axes.set(ylabel="validation accuracy, %", title=title)
    axes.legend()
    means = ", ".join(f"{s} {m:.1f} %" for s, m in zip(strategies, points.mean(dim=0), strict=True))
    headstart.show(figure, alt=f"Three runs of each strategy. Means: {means}.")
    for strategy, against in zip(strategies, (points - points[:, :1]).T, strict=True):
        shown = ", ".join(f"{difference:+.1f}" for difference in against)
        print(f"{strategy:16} against the head alone, in points: {shown}")


draw_runs(strategies, clean, "100 images, three seeds")

# %% [markdown] terms="domain shift"
# Scratch is far behind. In accuracy the pre-trained strategies are a point or two apart, and the differences of the
# two-step ones change sign from seed to seed. The loss tells more: a second step lowers it, and *all at once* raises
# it. Do you use only the answers? Then the base model is the sensible choice with 100 digits, which are drawn with
# strokes like letters: it trains the fewest weights. Do you use the probabilities? Then the second step is worth
# it. (In another profile, read your own table.)
#
# ## When freezing is wrong
#
# Now the same task, photographed badly: coarse noise lies over every image, in training and in the test. The
# backbone has never seen such a thing. A **domain shift** is a difference between the source of the new images and
# that of the images from which the network has learned.


# %%
def noisy(images, seed, strength=0.3):
    generator = torch.Generator().manual_seed(seed)
    height, width = images.shape[-2:]
    blotches = torch.randn(len(images), 1, height // 4, width // 4, generator=generator)
    spread = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)  # the transform has divided by it
    noise = interpolate(blotches, size=(height, width), mode="bilinear") / spread
    return images + strength * noise.to(images.device)


pair = [training[0][0], noisy(training[0][:1], seed=0)[0]]
figure, axes = plt.subplots(1, 2, figsize=(4, 2))
for axis, image in zip(axes, pair, strict=True):
    axis.imshow(image[0].cpu().numpy(), cmap="gray")
    axis.axis("off")
headstart.show(figure, alt="An image of the task, and the same image under coarse noise.")

# %%
headstart.predict("fine_tuning_strategies.predict-noise")

# %%
strategies = ["head", "then all", "all at once"]
shifted = compare(strategies, change=noisy)
draw_runs(strategies, shifted, "100 noisy images, three seeds")
winner = strategies[shifted[:, :, METRICS.index("accuracy")].mean(dim=0).argmax()]
headstart.predict("fine_tuning_strategies.predict-noise", measured=winner)

# %% [markdown]
# Now the differences are large, and they have the same sign in every seed. No head can repair features that see noise
# in place of strokes, so the frozen backbone loses. Gentle rates protect the layers below the head, and here those
# must change. *All at once* gives them a larger rate, and wins. What cost accuracy on clean images is right for these.
#
# ## The decision table
#
# Two questions decide: how many images, and how **similar** are they to those of pre-training?
#
# | images | similarity high | medium | low |
# |---|---|---|---|
# | **fewer than 1,000** | head | last block | all |
# | **1,000 to 9,999** | last block | all | all |
# | **10,000 or more** | all | all | scratch |
#
# Further down or further right, no strategy trains less of the network. *Scratch* stands in one corner alone: with
# much data of another kind a random start [catches up](https://arxiv.org/abs/1811.08883). The borders are
# conventions, and the table is where you start. The base model and a few seeds say whether to stay there.
#
# ## Check yourself

# %%
headstart.question("fine_tuning_strategies.which-first")

# %%
headstart.question("fine_tuning_strategies.protect")

# %% [markdown]
# ## Key result
#
# Freeze all and train a new head first: that is the base model. Unfreeze from the top, with smaller rates for
# earlier layers, and keep a step only if it beats the base model over several seeds. Too high a rate destroys
# features in silence. The less similar your data, the more of the network must move.
#
# **Next:** the [graded exercises](../quizzes/08_fine_tuning_strategies/exercises.ipynb), the
# [graded quiz](../quizzes/08_fine_tuning_strategies/quiz.ipynb), and lesson 9, [Overfitting](09_overfitting.ipynb):
# when to stop training.
