# %% [markdown]
# # Lesson 6 · Why pre-trained?
#
# **Does a head start really save time and data?**
#
# "Pre-trained models halve the training time." You read this in many places, mostly without a number beside
# it. In this lesson you run the race yourself: one network, two beginnings. You learn where the sentence
# holds, where it says too little, and where it is wrong.
#
# *15 minutes. You need: a training loop in PyTorch, and how to load pre-trained weights (lesson 5).*

# %%
import time

import matplotlib.pyplot as plt
import torch
from ipywidgets import Dropdown, interact
from sklearn.svm import SVC
from torch import nn
from torch.nn.functional import adaptive_avg_pool2d, cross_entropy, interpolate
from torch.utils.data import DataLoader
from torchvision.models import get_model
from tqdm.auto import tqdm

import headstart
import headstart.models
from headstart.pretraining import EPOCHS, LETTERS
from headstart.training import accuracy, extract_features

task = headstart.task()
device = task.device
print(task)


# %% [markdown] terms="from scratch, pre-trained"
# ## One network, two beginnings
#
# Training **from scratch** starts from random weights. A **pre-trained** network starts from weights that were
# learned on another task. Both get a new last layer, because your classes are new. Nothing else differs.


# %%
def network(weights, seed):
    torch.manual_seed(seed)
    model = get_model(task.backbone, weights=weights)
    model.fc = nn.Linear(model.fc.in_features, len(task.classes))
    return model.to(device)


def load(split, **choice):
    return [tensor.to(device) for tensor in task.data(split, **choice).tensors()]


# %% [markdown] terms="step"
# ## The two numbers to watch
#
# **Training time** is what you pay. **Validation accuracy**, the share of right answers on images that are kept
# out of training, is what you get for it. Watch one without the other and you can prove anything.
#
# A **step** is one update of the weights on one batch. Seconds depend on the machine, the number of steps does
# not. So the loop writes down all three. The clock stands still while accuracy is measured.

# %%
STEPS, BATCH = 50, 16


def now():
    if device == "cuda":
        torch.cuda.synchronize()  # a GPU is still at work when Python goes on
    return time.perf_counter()


# %%
def train(model, train_set, val_set, lr, seed, every=STEPS, steps=STEPS):
    torch.manual_seed(seed)
    (x, y), optimizer = train_set, torch.optim.AdamW(model.parameters(), lr=lr)
    history, seconds = [], 0.0
    for step in range(1, steps + 1):
        start = now()
        batch = torch.randperm(len(x), device=x.device)[:BATCH]
        loss = cross_entropy(model.train()(x[batch]), y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        seconds += now() - start
        if step % every == 0:
            reached = accuracy(model, *val_set)
            history.append({"step": step, "seconds": seconds, "val_accuracy": reached})
    return history


# %% [markdown] terms="history"
# A **history** is a list of records of a training run: what was reached, and when. Here is the first one, from 200
# images and pre-trained weights.

# %%
images, labels = load("train", size=200)
val = load("val")
first = train(network("DEFAULT", seed=0), (images, labels), val, lr=1e-3, seed=0, every=10)
for record in first:
    print(f"step {record['step']:2}   validation accuracy {record['val_accuracy']:.1%}")

# %% [markdown] terms="equal budget"
# ## The race
#
# Is that fast? Only an opponent can tell. With an **equal budget**, both sides get the same network, images, batch
# size and number of steps. Each side has the learning rate that suits it, a larger one for random weights. And
# one race proves little, so there are three, each with its own images and its own random numbers.

# %%
headstart.predict("why_pretrained.predict-steps")

# %%
ARMS = {"scratch": (None, 3e-3), "pre-trained": ("DEFAULT", 1e-3)}
SEEDS = range(3)
histories = {arm: [] for arm in ARMS}
for seed in tqdm(SEEDS):
    data, held_out = load("train", size=200, seed=seed), load("val", seed=seed)
    for arm, (weights, lr) in ARMS.items():
        model = network(weights, seed)
        histories[arm].append(train(model, data, held_out, lr, seed, every=5))


# %%
def race_figure(unit, alt):
    figure, axes = plt.subplots(figsize=(7, 3.2))
    for arm, style in (("scratch", "k--"), ("pre-trained", "b-")):
        for history in histories[arm]:
            reached = [100 * record["val_accuracy"] for record in history]
            axes.plot([record[unit] for record in history], reached, style, alpha=0.7)
    axes.set(xlabel=unit, ylabel="validation accuracy, %", ylim=(0, 101))
    axes.legend(axes.lines[:: len(SEEDS)], ARMS)
    headstart.show(figure, alt=alt)


race_figure("step", "Validation accuracy over steps, three runs each from scratch and pre-trained.")

# %% [markdown] terms="target"
# Read such a picture twice. **Upwards**: at the same step, how much more accuracy? **Sideways**: for the same
# accuracy, how many fewer steps? A **target** is the accuracy that a run has to reach. Each row of the table has
# one, and holds the first step at which each run was there, or None where it never was.


# %%
def first_steps(arm, target):
    reached = [[r["step"] for r in history if r["val_accuracy"] >= target] for history in histories[arm]]
    return [min(steps, default=None) for steps in reached]


for target in (0.5, 0.8, 0.9, 0.95):
    print(f"{target:.0%}", *(f"   {arm} {first_steps(arm, target)}" for arm in ARMS))

slow, fast = first_steps("scratch", 0.9), first_steps("pre-trained", 0.9)
share = "no number: not all runs got there" if None in slow + fast else round(100 * sum(fast) / sum(slow), 1)
headstart.predict("why_pretrained.predict-steps", measured=share)

# %% [markdown]
# ## Where "half the training time" holds
#
# The rows disagree. For a low target the head start hardly shows. The nearer the target comes to what scratch can
# reach within the budget, the more it is worth. Where scratch never arrives, there is no ratio. In the row of 90 %
# "half" is about right for the three races together, and for none of them alone. **A speed-up without a target means
# nothing**, and one without its spread over several runs means little. (In another profile, read your own rows.)
#
# A step costs the same on both sides, so seconds should tell the same story. Here they are, on your machine.

# %% tags=["timing"]
race_figure("seconds", "The same runs over seconds of training.")
for slow, fast in zip(histories["scratch"], histories["pre-trained"], strict=True):
    seconds = [
        next((r["seconds"] for r in h if r["val_accuracy"] >= 0.9), float("nan")) for h in (slow, fast)
    ]
    print(f"to 90 %: {seconds[0]:5.2f} s and {seconds[1]:5.2f} s, speed-up {seconds[0] / seconds[1]:.1f}")

# %%
headstart.question("why_pretrained.speedup-from-table")

# %% [markdown]
# On a CPU, run the lesson again and every step comes back as it was. The seconds do not: another program that
# runs beside is enough. Report both, and name the machine.
#
# ## Break it
#
# First mistake: to divide as if every run arrived.

# %% tags=["broken"]
slow, fast = first_steps("scratch", 0.999)[0], first_steps("pre-trained", 0.8)[0]
try:
    print("speed-up:", slow / fast)
except TypeError as error:
    print("TypeError:", error)

# %% [markdown]
# The error is the better outcome. Put the budget in for the missing number, and you get a speed-up that
# nobody measured. "Never" has to stay visible; in the exercises you write a function that keeps it so.
#
# The second mistake makes no error, and it flatters you: **a weak opponent**. Scratch runs again, on the same
# images, with a rate that somebody forgot to tune.

# %% tags=["broken"]
weak = train(network(None, seed=0), (images, labels), val, lr=1e-4, seed=0)[-1]["val_accuracy"]
fair = histories["scratch"][0][-1]["val_accuracy"]
ours = histories["pre-trained"][0][-1]["val_accuracy"]
print(f"gain over scratch: {100 * (ours - fair):5.1f} points, against a rate that suits it")
print(f"gain over scratch: {100 * (ours - weak):5.1f} points, against a rate that does not")


# %% [markdown] terms="control, baseline"
# The pre-trained network did not change. Only its opponent became worse. When a report praises a method, ask
# how much care the other one got.
#
# ## What is a label worth?
#
# With few images there is a cheaper way to use pre-trained weights. **Features** are what the last layer
# receives. Leave the rest of the network as it is, compute the features of each image once, and train the last
# layer on them. The steps then cost next to nothing. Every network gets 50 of them, as in the race.
#
# Two honest opponents join. A **baseline** is the simplest method that could do the job: here a support vector
# machine (SVM) on small raw images, without any network. A **control** is a copy of your experiment without the
# one thing that you praise: here the same head, on features of *random* weights.


# %%
def head_only(weights, train_set, val_set, seed):
    start, backbone = now(), network(weights, seed)
    features = extract_features(backbone, train_set[0])
    mean, spread = features.mean(0), features.std(0) + 1e-6  # one scale for all features: fair to the control
    seconds = now() - start
    val_features = (extract_features(backbone, val_set[0]) - mean) / spread
    ready = ((features - mean) / spread, train_set[1])
    last = train(backbone.fc, ready, (val_features, val_set[1]), 1e-2, seed)[-1]
    return last | {"seconds": seconds + last["seconds"]}


# %%
def svm(train_set, val_set):
    start = now()
    pixels = [adaptive_avg_pool2d(x, 8).flatten(1).cpu() for x, _ in (train_set, val_set)]
    fitted = SVC(C=10).fit(pixels[0], train_set[1].cpu())
    return {"seconds": now() - start, "val_accuracy": fitted.score(pixels[1], val_set[1].cpu())}


# %%
most = len(task.data("train"))
SIZES = sorted({min(size, most) for size in (50, 200, 500)})  # a small collection has fewer images
results = {name: {size: [] for size in SIZES} for name in ("scratch", "head only", "random features", "SVM")}
for size, seed in tqdm([(size, seed) for size in SIZES for seed in SEEDS]):
    data, held_out = load("train", size=size, seed=seed), load("val", seed=seed)
    raced = histories["scratch"][seed] if size == SIZES[1] else None
    slow = raced or train(network(None, seed), data, held_out, 3e-3, seed)
    results["scratch"][size].append(slow[-1])
    results["head only"][size].append(head_only("DEFAULT", data, held_out, seed))
    results["random features"][size].append(head_only(None, data, held_out, seed))
    results["SVM"][size].append(svm(data, held_out))


# %%
def percent(records):
    return 100 * torch.tensor([record["val_accuracy"] for record in records])


print("training images " + "".join(f"{size:>13}" for size in SIZES))
for name, runs in results.items():
    print(f"{name:16}" + "".join(f"{percent(r).mean():8.1f} ±{percent(r).std():4.1f}" for r in runs.values()))

# %% tags=["timing"]
for name, runs in results.items():
    seconds = sum(record["seconds"] for record in runs[SIZES[-1]]) / len(SEEDS)
    print(f"{name:16} with {SIZES[-1]} images: {seconds:6.2f} s of training")

# %% [markdown]
# Scratch had 50 steps, however many images there were. Does it lack images, or steps? Give it four times as many
# steps, with the fewest images and with the most.

# %%
patient = {size: [] for size in (SIZES[0], SIZES[-1])}
for size, seed in tqdm([(size, seed) for size in patient for seed in SEEDS]):
    data, held_out = load("train", size=size, seed=seed), load("val", seed=seed)
    patient[size].append(train(network(None, seed), data, held_out, 3e-3, seed, steps=4 * STEPS)[-1])

# %%
for size, runs in patient.items():
    three = (results["scratch"][size], runs, results["head only"][size])
    scratch, longer, head = (percent(records).mean() for records in three)
    print(f"{size} images: scratch {scratch:.1f} %, with {4 * STEPS} steps {longer:.1f} %; head {head:.1f} %")

# %% [markdown] terms="learning curve"
# With few images more steps do not help: there the head start saves *labels*. With many they close most of the gap,
# and what is left of the head start is *time*. (On the digits. In another profile, read your own lines.)
#
# ### Explore: data size against gain
#
# The table says it in seconds and points. Now as a picture. A **learning curve** shows accuracy over the number
# of training images. The band reaches from the worst run to the best. Choose an opponent and a size, and read
# the gain. Then look sideways: how many images does the opponent need for what the head reaches with 50?


# %%
def gain(opponent, size):
    figure, axes = plt.subplots(figsize=(7, 3.4))
    for name, color in (("head only", "tab:blue"), (opponent, "tab:gray")):
        runs = torch.stack([percent(results[name][n]) for n in SIZES]).numpy()
        axes.plot(SIZES, runs.mean(1), "o-", color=color, label=name)
        axes.fill_between(SIZES, runs.min(1), runs.max(1), color=color, alpha=0.2)
    points = (percent(results["head only"][size]) - percent(results[opponent][size])).mean()
    axes.axvline(size, color="tab:orange", linestyle=":")
    axes.set(xscale="log", xlabel="training images", ylabel="validation accuracy, %")
    axes.set_xticks(SIZES, SIZES)
    axes.minorticks_off()
    axes.set_title(f"{size} images: the head gains {points:+.1f} points over {opponent}")
    axes.legend()
    headstart.show(figure, alt=f"With {size} images the head gains {points:+.1f} points over {opponent}.")


gain("scratch", 50)

# %%
others = Dropdown(options=["scratch", "random features", "SVM"], description="against")
_ = interact(gain, opponent=others, size=Dropdown(options=SIZES, description="images"))

# %% [markdown]
# The gain over scratch is largest where images are few. With 500 of them the head is still the quick good
# choice beside scratch, for a small part of the seconds. But look at the SVM before you praise it. On the digits it
# catches up as the images become more, in few seconds too, and knows no pre-training. The random features say that
# the *learned* weights help, and not the mere shape of the network.
#
# ## Far from home
#
# A head start should help if the new images are like the old ones. Here they are not: in training and validation
# alike, smooth random blotches lie over them, which the pre-trained network never saw. Call them fog.


# %%
def foggy(pictures, seed):
    random = torch.Generator().manual_seed(seed)
    blotches = torch.randn(len(pictures), 1, 8, 8, generator=random)
    return pictures + 1.3 * interpolate(blotches, size=pictures.shape[-2:], mode="bilinear").to(device)


figure, axes = plt.subplots(2, 8, figsize=(7, 2))
for row, pictures in zip(axes, (images, foggy(images, seed=0)), strict=True):
    for ax, picture in zip(row, pictures, strict=False):
        ax.imshow(picture[0].cpu().numpy(), cmap="gray")
        ax.axis("off")
headstart.show(figure, alt="Eight training images, and the same eight with smooth random blotches.")

# %%
headstart.predict("why_pretrained.predict-fog")

# %%
in_fog = {name: [] for name in ("scratch", "pre-trained", "head only", "SVM")}
for seed in tqdm(SEEDS):
    (x, y), (x_val, y_val) = load("train", size=200, seed=seed), load("val", seed=seed)
    data, held_out = (foggy(x, seed), y), (foggy(x_val, 100 + seed), y_val)
    for arm, (weights, lr) in ARMS.items():
        in_fog[arm] += train(network(weights, seed), data, held_out, lr, seed)
    in_fog["head only"].append(head_only("DEFAULT", data, held_out, seed))
    in_fog["SVM"].append(svm(data, held_out))

# %%
clear = {arm: [history[-1] for history in histories[arm]] for arm in ARMS}
clear |= {name: results[name][SIZES[1]] for name in ("head only", "SVM")}
for name, runs in in_fog.items():
    print(f"{name:12} clear {percent(clear[name]).mean():5.1f} %   in fog {percent(runs).mean():5.1f} %")
headstart.predict("why_pretrained.predict-fog", measured=max(in_fog, key=lambda n: percent(in_fog[n]).mean()))

# %% [markdown] terms="image passes"
# Compare the two columns: which row lost most, which least? On the digits the head, whose features were
# made for clear images, falls below scratch. Training all the weights mends them and keeps a head start. Within this
# budget the SVM, which has no network at all, stands best.
#
# ## Who paid for the head start?
#
# The race began with weights that somebody had paid for. Count what they cost in **image passes**: one image,
# once forward and once back through the network. Beside it, what the head start saves on one task of yours.

# %%
PASSES = {"glyphnet": LETTERS * EPOCHS, "resnet18": 1_281_167 * 90}[task.backbone]  # images by epochs
slow, fast = (first_steps(arm, 0.9) for arm in ARMS)
saved = BATCH * sum((s or STEPS) - (f or STEPS) for s, f in zip(slow, fast, strict=True)) / len(SEEDS)
print(f"pre-training took {PASSES:,} image passes; one task saves {saved:,.0f} on the way to 90 %")
print(f"paid back after about {PASSES / max(saved, 1):,.0f} tasks")

# %% [markdown] terms="throughput, mixed precision"
# (For ResNet: the images of ImageNet times the epochs of [torchvision's
# recipe](https://github.com/pytorch/vision/tree/main/references/classification#resnet). A run that does not
# reach 90 % counts with its whole budget.)
#
# The head start saves *your* time because it was paid for once and is used by many. If you had to pre-train
# first, one small task would not pay it back. What it would still buy you is the other thing: fewer labels.
#
# ## Where do the seconds go?
#
# Training time is not only the network. Images must be read, changed and carried to the device, and meanwhile
# the model waits. **Throughput** is the number of images trained in a second. The next loop measures it, and the
# share of the time that is spent outside the model.
#
# Four ways to feed and run the same network follow. The loader makes each image anew, one by one, as in most
# tutorials. In memory they lie ready, on the device. The **channels-last memory format** stores the channels of a
# pixel side by side; the shape stays as it is. **Mixed precision** computes in 16 bits where that is safe; it is for
# GPUs, so on a CPU it is left out.


# %%
def throughput(batches, model, mixed=False):
    optimizer = torch.optim.AdamW(model.train().parameters(), lr=1e-3)
    scaler = torch.amp.GradScaler(device, enabled=mixed)  # keeps small float16 gradients from becoming 0
    start, inside, seen = now(), 0.0, 0
    for x, y in batches:
        x, y = x.to(device), y.to(device)
        begin = now()
        with torch.autocast(device, dtype=torch.float16, enabled=mixed):
            loss = cross_entropy(model(x), y)
        optimizer.zero_grad()
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        inside, seen = inside + now() - begin, seen + len(x)
    total = now() - start
    return seen / total, 1 - inside / total


# %% tags=["timing"]
loader = DataLoader(task.data("train", size=200), batch_size=BATCH, shuffle=True)
ready = list(zip(images.split(BATCH), labels.split(BATCH), strict=True))
pixels = [(x.to(memory_format=torch.channels_last), y) for x, y in ready]
ways = {"loader, image by image": (loader,), "in memory, on the device": (ready,), "channels last": (pixels,)}
ways |= {"and mixed precision": (pixels, True)} if device == "cuda" else {}
for name, (batches, *mixed) in ways.items():
    layout = torch.channels_last if batches is pixels else torch.contiguous_format
    model = network("DEFAULT", seed=0).to(memory_format=layout)
    throughput(ready[:2], model, *mixed)  # a warm-up, which pays for setting things up
    speed, outside = throughput(batches, model, *mixed)
    print(f"{name:26} {speed:8.0f} images a second, {outside:6.1%} of the time outside the model")

# %% [markdown]
# Nothing that makes the model faster shortens the *time* outside it. So the faster the model, the larger the *share*
# of that time. Keep data that fit into memory on the device, or give the `DataLoader` workers (`num_workers`).
#
# On a GPU mind the clock as well. Calls return before the work is done
# ([PyTorch's notes on CUDA](https://docs.pytorch.org/docs/stable/notes/cuda.html#asynchronous-execution)), so
# `now()` waits for it first. Without that line you time the order, not the meal.
#
# ## Check yourself

# %%
headstart.question("why_pretrained.order-fair-race")

# %%
headstart.question("why_pretrained.claims")

# %% [markdown]
# ## Key result
#
# Pre-trained weights save steps and labels, most of all when labels are few and the new images are like the
# old ones. How much depends on the target, the budget and the opponent: name all three, with the spread over
# several runs. With plenty of data, or far from home, a simple baseline may be as good or better.
#
# **Next:** the [graded exercises](../quizzes/06_why_pretrained/exercises.ipynb), the
# [graded quiz](../quizzes/06_why_pretrained/quiz.ipynb), and lesson 7: [what freezing really
# freezes](07_freezing.ipynb).
