# %% [markdown]
# # Lesson 9 · Overfitting
#
# **When do I stop?**
#
# Training accuracy climbs to 100 % and stays there. Whether the model is good is decided elsewhere, on images that
# it did not learn from. Train too short, and it has not learned enough; train too long, and it has learned the
# wrong things.
#
# You watch both curves, stop at the right moment, and measure what dropout, weight decay and augmentation are worth.
#
# - **Time:** 15 minutes.
# - **You need:** cached features of a frozen backbone ([lesson 7](07_freezing.ipynb)), and training, validation and
#   test data ([lesson 4](04_honest_evaluation.ipynb)).

# %%
import copy

import ipywidgets as widgets
import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torchvision.models import get_model
from torchvision.transforms import v2
from tqdm.auto import tqdm

import headstart
from headstart.training import extract_features

task = headstart.task()
print(task)


# %% [markdown]
# ## Fifty images
#
# The backbone is frozen, so its features are computed once. On top comes a head with a hidden layer of 128 units:
# strong enough to learn a small training set by heart.

# %%
backbone = get_model(task.backbone, weights="DEFAULT").to(task.device)


def features(split, size=None, seed=0):
    images, labels = task.data(split, size=size, seed=seed).tensors()
    return extract_features(backbone, images), labels


# %%
def new_head(dropout=0.0):
    first = nn.Linear(val[0].shape[1], 128)
    return nn.Sequential(first, nn.ReLU(), nn.Dropout(dropout), nn.Linear(128, len(task.classes)))


# %% [markdown]
# Fifty images to learn from, and validation images that no training sees.

# %%
small, val = features("train", size=50), features("val")
print("to learn from:", tuple(small[0].shape), "  to validate on:", tuple(val[0].shape))


# %% [markdown]
# Training is the usual loop. After every epoch it writes down loss and accuracy, on the training and on the
# validation set. Both are measured in eval mode.


# %%
def measure(head, x, y):
    head.eval()
    with torch.no_grad():
        scores = head(x)
    return cross_entropy(scores, y).item(), (scores.argmax(1) == y).float().mean().item()


# %%
def one_epoch(head, optimizer, x, y):
    head.train()
    for batch in torch.randperm(len(y)).split(50):
        loss = cross_entropy(head(x[batch]), y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


# %%
def train(data, val, epochs=60, lr=3e-3, seed=0, dropout=0.0, weight_decay=0.01):
    torch.manual_seed(seed)
    head = new_head(dropout)
    optimizer = torch.optim.AdamW(head.parameters(), lr=lr, weight_decay=weight_decay)
    rows = []
    for _ in range(epochs):
        one_epoch(head, optimizer, *data)
        rows.append([*measure(head, *data), *measure(head, *val)])
    names = ("train loss", "train accuracy", "val loss", "val accuracy")
    return head, dict(zip(names, torch.tensor(rows).T, strict=True))


# %% [markdown]
# A hundred epochs on fifty images take moments, because only the head is trained.

# %%
head, clean = train(small, val, epochs=100, lr=1e-2)
print(f"accuracy: training {clean['train accuracy'][-1]:.1%}, validation {clean['val accuracy'][-1]:.1%}")

# %% [markdown]
# All training images are right, and most of the validation images. You have the accuracies. What about the loss?

# %%
headstart.predict("overfitting.predict-loss")


# %%
def curves(history, alt):
    figure, axes = plt.subplots(1, 2, figsize=(8, 2.8), layout="constrained")
    epochs = range(1, len(history["val loss"]) + 1)
    for ax, what in zip(axes, ("loss", "accuracy"), strict=True):
        ax.plot(epochs, history[f"train {what}"], "--", label="training")
        ax.plot(epochs, history[f"val {what}"], label="validation")
        ax.set(xlabel="epoch", title=what)
    axes[0].axvline(history["val loss"].argmin() + 1, color="gray", linewidth=1)
    axes[1].legend(loc="lower right")
    headstart.show(figure, alt=alt)


# %%
curves(clean, alt="Validation loss falls, then rises far above that; validation accuracy stays level.")
# %% [markdown]
# Your guess, and what it came to:

# %%
ratio = clean["val loss"][-1] / clean["val loss"].min()
headstart.predict("overfitting.predict-loss", measured=f"{ratio:.1f} times its lowest value")

# %% [markdown]
# The validation loss has its lowest point early, at the grey line. Then it rises far above that and does not come
# back. The validation accuracy does not care. How can both be true? Look at the wrong answers, at the lowest point
# and at the end.

# %%
x, y = val
lowest = int(clean["val loss"].argmin()) + 1
for epochs in (lowest, 100):
    head, _ = train(small, val, epochs=epochs, lr=1e-2)
    with torch.no_grad():
        certainty, answers = head.eval()(x).softmax(1).max(1)
    wrong = answers != y
    sure = certainty[wrong].mean()
    print(f"epoch {epochs:3}: {wrong.sum():2} wrong answers, mean certainty in them {sure:.0%}")

# %% [markdown]
# About as many wrong answers, and the head is far surer of them. Accuracy counts an answer as right or wrong.
# Cross-entropy is the negative logarithm of the probability that the true class got, and it has no upper limit: one
# wrong answer with great certainty costs as much as many doubtful ones. The head has become overconfident. If you
# use only the answers, that harms little; if you use the probabilities, as with a threshold, it harms a lot.
#
# ## A tired annotator
#
# Now a case in which the answers suffer. There are 200 images, and one label in five is wrong, as if from a tired
# annotator. The validation labels are right.


# %%
def with_wrong_labels(labels, share=0.2, seed=0):
    chance = torch.Generator().manual_seed(seed)
    wrong = torch.randperm(len(labels), generator=chance)[: int(share * len(labels))]
    shift = torch.randint(1, len(task.classes), (len(wrong),), generator=chance)
    labels = labels.clone()
    labels[wrong] = (labels[wrong] + shift) % len(task.classes)
    return labels


# %%
def tired(seed):
    x, y = features("train", size=200, seed=seed)
    return x, with_wrong_labels(y, seed=seed)


# %% [markdown]
# Can a head learn labels by heart that follow no rule?

# %%
headstart.predict("overfitting.predict-memorise")

# %%
_, noisy = train(tired(0), val)
curves(noisy, alt="Training accuracy goes to 100 %, validation accuracy falls from its early peak.")
# %%
measured = round(100 * noisy["train accuracy"][-1].item(), 1)
headstart.predict("overfitting.predict-memorise", measured=measured)

# %% [markdown] terms="overfitting, underfitting"
# The head learns the right labels first, because they follow a rule. Then it learns the wrong ones too, one by one,
# by heart. For that it bends the rule, and the validation accuracy falls.
#
# **Overfitting** is learning details of the training examples that do not hold for other examples. **Underfitting**
# is not having learned what the training examples could teach: both losses are still high. On the left of the
# curves there is underfitting, on the right overfitting.

# %%
headstart.question("overfitting.read-the-curves")

# %% [markdown]
# One run may be luck. Here are four, each with other images, other wrong labels and another validation set.

# %%
seeds = range(4)
data = [(tired(seed), features("val", seed=seed)) for seed in seeds]
runs = [train(*pair, seed=seed)[1] for seed, pair in enumerate(tqdm(data))]
# %% [markdown]
# For each run: what training reached, and what it did to the validation set.

# %%
print("     training        validation accuracy       validation loss")
print("seed   at end    at best epoch    at end     end / lowest")
for seed, run in zip(seeds, runs, strict=True):
    best = run["val loss"].argmin()
    accuracies = f"{run['val accuracy'][best]:13.1%}   {run['val accuracy'][-1]:7.1%}"
    ratio = run["val loss"][-1] / run["val loss"].min()
    print(f"{seed:4}   {run['train accuracy'][-1]:6.1%}    {accuracies}   {ratio:14.2f}")


# %% [markdown] terms="early stopping, patience"
# ## Early stopping
#
# **Early stopping** ends training when the validation loss no longer improves. One bad epoch is no reason to stop,
# so you grant some: **patience** is the number of epochs in a row without improvement after which training ends.
# An improvement may be required to have a size, `min_delta`.


# %%
def stop(losses, patience, min_delta=0.0):
    best, best_epoch = float("inf"), 0
    for epoch, loss in enumerate(losses, start=1):
        if loss < best - min_delta:
            best, best_epoch = loss, epoch
        elif epoch - best_epoch >= patience:
            return best_epoch, epoch
    return best_epoch, len(losses)


# %% [markdown]
# Where would it have ended the four runs?

# %%
for patience in (1, 5, 10):
    results = [stop(run["val loss"], patience) for run in runs]
    print(f"patience {patience:2}: (best epoch, stopped after) {results}")

# %% [markdown]
# ### Explore: patience
#
# Choose a run, then patience and `min_delta`. The title says what you get and what it costs.
#
# 1. In the bumpy run, which patience is the smallest that finds the lowest point?
# 2. Set patience to 5 and `min_delta` to 0.05 there. When does training end now, and at which loss?
# 3. Is there one patience that suits all runs?

# %%
_, bumpy = train(*data[0], dropout=0.9)
# %%
known = {"wrong labels": runs[0], "bumpy, dropout 0.9": bumpy, "fifty clean images": clean}


# %%
def explore(run, patience, min_delta):
    losses, accuracies = known[run]["val loss"], known[run]["val accuracy"]
    best, last = stop(losses, patience, min_delta)
    text = f"best epoch {best}, stopped after {last} of {len(losses)}"
    text += f"; at the best epoch loss {losses[best - 1]:.2f}, accuracy {accuracies[best - 1]:.1%}"
    figure, ax = plt.subplots(figsize=(8, 2.8), layout="constrained")
    ax.plot(range(1, len(losses) + 1), losses, color="lightgray")
    ax.plot(range(1, last + 1), losses[:last], label="validation loss")
    ax.plot(best, losses[best - 1], "o", label="best epoch")
    ax.axvline(last, color="tab:red", linewidth=1, label="stopped")
    ax.set(xlabel="epoch", title=text)
    ax.legend()
    headstart.show(figure, alt=f"{run}, patience {patience}, min_delta {min_delta}: {text}.")


# %%
explore("bumpy, dropout 0.9", patience=2, min_delta=0.0)

# %%
widgets.interactive(
    explore,
    run=widgets.Dropdown(options=list(known), value="bumpy, dropout 0.9"),
    patience=widgets.BoundedIntText(2, min=1, max=60),
    min_delta=widgets.BoundedFloatText(0.0, min=0.0, max=1.0, step=0.005),
)

# %% [markdown]
# Dropout of 0.9, a remedy explained below, makes the bumps. Too little patience stops at the first of them. Too
# much costs epochs, and nothing else, *if* you go back to the best weights at the end.
#
# ## Break it: the best weights that were not
#
# When training stops, the head is `patience` epochs past its best. So keep the weights of the best epoch and put
# them back. `state_dict()` gives them. Does it?


# %% tags=["broken"]
def stop_and_restore(keep, seed, patience=10):
    (x, y), val = data[seed]
    torch.manual_seed(seed)
    head = new_head()
    optimizer = torch.optim.AdamW(head.parameters(), lr=3e-3)
    best, waited = float("inf"), 0
    while waited < patience:
        one_epoch(head, optimizer, x, y)
        loss, waited = measure(head, *val)[0], waited + 1
        if loss < best:
            best, waited, saved = loss, 0, keep(head.state_dict())
    head.load_state_dict(saved)
    return measure(head, *val)[0] / best


# %% [markdown]
# One run of each kind, on the four data sets. A ratio of 1 means that the best head is back.

# %%
for name, keep in (("state_dict()", lambda state: state), ("deepcopy(state_dict())", copy.deepcopy)):
    ratios = [f"{stop_and_restore(keep, seed):.2f}" for seed in seeds]
    print(f"{name:22}  loss of the restored head / lowest loss: {', '.join(ratios)}")

# %% [markdown]
# The values of a state dict *are* the tensors of the model, not copies. The optimizer goes on changing them in
# place, so the first form "restores" the head to where it stands. No error, and a model that is past its best. Copy
# each tensor with `clone()`, or the whole with `copy.deepcopy`, buffers included.

# %%
headstart.question("overfitting.what-to-keep")

# %% [markdown] terms="dropout, weight decay, augmentation"
# ## Three other remedies
#
# - **Dropout** sets a random part of the hidden values to zero in every training step, so that no unit can rely on
#   one other.
# - **Weight decay** shrinks every weight a little in each step, so that only what is needed again and again stays
#   large.
# - **Augmentation** shows every image in randomly changed versions: turned, shifted, scaled.
#
# With augmentation the features of an image are no longer one vector. Five versions of each image are computed once,
# and every epoch takes one of them at random.


# %%
def augmented(seed, versions=5):
    torch.manual_seed(seed)
    images, _ = task.data("train", size=200, seed=seed).tensors()
    change = v2.RandomAffine(degrees=15, translate=(0.1, 0.1), scale=(0.9, 1.1), fill=images.min().item())
    changed = [torch.stack([change(image) for image in images]) for _ in range(versions)]
    return torch.stack([extract_features(backbone, version) for version in changed])


# %% [markdown]
# The training loop differs in one line: which version of the features it takes.


# %%
def train_augmented(seed, epochs=60):
    (_, y), val = data[seed]
    versions = augmented(seed)
    torch.manual_seed(seed)
    head, rows = new_head(), []
    optimizer = torch.optim.AdamW(head.parameters(), lr=3e-3)
    for _ in range(epochs):
        one_epoch(head, optimizer, versions[torch.randint(len(versions), y.shape), torch.arange(len(y))], y)
        shown = versions.flatten(0, 1), y.repeat(len(versions))  # all that it may learn by heart
        rows.append([*measure(head, *shown), *measure(head, *val)])
    return dict(zip(runs[0], torch.tensor(rows).T, strict=True))  # under the same names


# %%
remedies = {
    "plain (decay 0.01)": runs,
    "weight decay 0.1": [train(*data[seed], seed=seed, weight_decay=0.1)[1] for seed in seeds],
    "weight decay 5": [train(*data[seed], seed=seed, weight_decay=5.0)[1] for seed in seeds],
    "dropout 0.5": [train(*data[seed], seed=seed, dropout=0.5)[1] for seed in seeds],
    "augmentation": [train_augmented(seed) for seed in tqdm(seeds)],
}

# %%
print("                    training     validation accuracy")
print("                     at end     best loss     at end")
for name, histories in remedies.items():
    trained = torch.stack([run["train accuracy"][-1] for run in histories])
    at_best = torch.stack([run["val accuracy"][run["val loss"].argmin()] for run in histories])
    at_end = torch.stack([run["val accuracy"][-1] for run in histories])
    last = f"{at_end.mean():8.1%} ± {at_end.std():.1%}"
    print(f"{name:18}   {trained.mean():7.1%}   {at_best.mean():11.1%}   {last}")

# %% [markdown]
# Read the two columns of validation accuracy against each other. At the best epoch no remedy is ahead of the plain
# head, which has the weight decay that AdamW brings along: early stopping alone takes what there is to win. At the
# end they differ. A usual weight decay does next to nothing here; dropout, and a very strong weight decay, keep the
# head from learning everything by heart. Augmentation slows that down, with five times as many pictures to learn,
# and it does not save the validation accuracy: a wrong label is as wrong for a turned image.
#
# No remedy is the best everywhere. Measure it, on your data.
#
# ## The remedy that lasts: look
#
# The best head has learned the rule and not yet the exceptions. So the training images with the highest loss are
# suspects. Look at as many as you think have a wrong label, 40 of 200.

# %%
headstart.predict("overfitting.predict-suspects")

# %%
for seed in seeds:
    (x, y), val = data[seed]
    best = int(runs[seed]["val loss"].argmin()) + 1
    head, _ = train((x, y), val, epochs=best, seed=seed)
    with torch.no_grad():
        losses = cross_entropy(head.eval()(x), y, reduction="none")
    suspects = losses.topk(40).indices
    true_labels = task.data("train", size=200, seed=seed).targets
    share = (y[suspects] != true_labels[suspects]).float().mean().item()
    print(f"split {seed}: {share:.1%} of the 40 suspects have a wrong label")
# %% [markdown]
# Your guess beside the last line:

# %%
headstart.predict("overfitting.predict-suspects", measured=round(100 * share, 1))

# %% [markdown]
# A look at a fifth of the images finds most of the wrong labels. With the labels put right there is much less to
# overfit. Ask the head early: at the end of training it agrees with nearly every wrong label, and its list of
# suspects is much worse.
#
# ## The validation set is spent
#
# Early stopping looks at the validation set once in each epoch, and picks the epoch that looks best. Whoever picks
# the best of many picks luck as well. To see how much, choose among the epochs of the four runs by accuracy on 50
# validation images, and read the same epoch's accuracy on the test set.


# %%
def right_answers(seed):
    (x, y), val = data[seed]
    test = features("test", seed=seed)
    torch.manual_seed(seed)
    head, rows = new_head(), []
    optimizer = torch.optim.AdamW(head.parameters(), lr=3e-3)
    for _ in range(60):
        one_epoch(head, optimizer, x, y)
        with torch.no_grad():
            rows.append([(head.eval()(images).argmax(1) == labels).float() for images, labels in (val, test)])
    return [torch.stack(right) for right in zip(*rows, strict=True)]


# %%
answers = [right_answers(seed) for seed in seeds]

# %%
torch.manual_seed(0)
print("looks   on the 50 images   on the test set   difference")
for looks in (1, 3, 10, 60):
    pairs = []
    for on_val, on_test in answers * 250:
        epochs = torch.randperm(60)[:looks]
        images = torch.randperm(on_val.shape[1])[:50]
        scores = on_val[epochs][:, images].mean(1)
        chosen = epochs[scores.argmax()]
        pairs.append([scores.max(), on_test[chosen].mean()])
    seen, real = torch.tensor(pairs).mean(0)
    print(f"{looks:5}   {seen:16.1%}   {real:15.1%}   {100 * (seen - real):+6.1f} points")

# %% [markdown]
# Looking helps: the chosen epoch really is better. But what you *report* grows faster than what you *get*. The more
# epochs, rates and remedies you compare on one validation set, and the smaller it is, the more of its best score is
# luck. The validation set is for choosing. For the number in the report there is the test set, looked at once.
#
# ## Check yourself

# %%
headstart.question("overfitting.which-number")

# %% [markdown]
# ## Key result
#
# Watch training and validation together. A validation loss that rises while the accuracy holds means overconfidence;
# when the accuracy falls too, the model learns by heart what does not hold elsewhere, wrong labels for instance. Stop
# with patience, keep a *copy* of the best weights, put it back. Dropout, weight decay and augmentation help as far as
# you have measured. And report a number that took no part in any choice.
#
# **Next:** the [graded exercises](../quizzes/09_overfitting/exercises.ipynb), the [graded
# quiz](../quizzes/09_overfitting/quiz.ipynb), and [lesson 10](10_beyond_classification.ipynb): regression, boxes and
# masks.
