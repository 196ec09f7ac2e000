# %% [markdown]
# # Lesson 3 · Thresholds
#
# **Precision or recall: who decides?**
#
# A model that looks for something rare does not say yes or no. It gives a score. Somebody draws a line and
# says: from here on, it counts. That line decides how many cases are missed and how many alarms are false,
# and most programs draw it at 0.5 because nobody has asked.
#
# In this lesson you move the line, put a price on both mistakes, and learn on which data the line may be
# chosen.
#
# - **Time:** 15 minutes.
# - **You need:** true and false positives, precision and recall (lesson 1), and rare classes (lesson 2).

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch
from ipywidgets import BoundedFloatText, interactive
from sklearn import metrics
from torch.nn.functional import binary_cross_entropy_with_logits
from torchvision.models import get_model

import headstart
import headstart.models  # makes glyphnet known to torchvision
from headstart.data import Digits, all_digits

# %% [markdown]
# ## Find the 8s
#
# One image in ten shows an 8. To make them hard to read, as if the
# camera were a bad one, you add noise to every pixel.

# %%
counts, labels = all_digits()  # 1,797 images of 8x8 pixels, with values from 0 to 16
is_eight = (labels == 8).numpy()
noise = torch.randn(counts.shape, generator=torch.Generator().manual_seed(0))
noisy = (counts + 3.2 * noise).clamp(0, 16)  # standard deviation: 20 % of full ink

# %% [markdown]
# Can you still read them? Ten 8s above, ten other digits below.

# %%
padded = torch.nn.functional.pad(noisy, (1, 1, 1, 1))  # a white border keeps the images apart
rows = [np.hstack(padded[member][:10].numpy()) for member in (is_eight, ~is_eight)]
figure, ax = plt.subplots(figsize=(8, 2), layout="constrained")
ax.imshow(np.vstack(rows), cmap="gray_r")
ax.set(xticks=[], yticks=[5, 15], yticklabels=["8s", "others"])
headstart.show(figure, alt="Ten noisy images of 8s and ten of other digits. Some are hard to tell apart.")

# %% [markdown]
# The model is the one of lesson 1: `glyphnet` without its last layer gives 128 features an image. They are
# computed once, for all images. A *split* is then a list of places: these images to learn from, those to
# choose with, the rest to test on.

# %%
backbone = get_model("glyphnet", weights="DEFAULT").eval()
backbone.fc = torch.nn.Identity()
preset = headstart.models.GlyphNet_Weights.DEFAULT.transforms()
with torch.no_grad():
    features = backbone(preset(noisy.unsqueeze(1)))

# %% [markdown]
# The three lists, and how many 8s each of them has:

# %%
train, val, test = (Digits(name, seed=0).indices.numpy() for name in ("train", "val", "test"))
for name, part in {"train": train, "validation": val, "test": test}.items():
    print(f"{name:10} {len(part)} images, {is_eight[part].sum()} of them 8s")

# %% [markdown] terms="score"
# The head has one output, which the sigmoid turns into a number between 0 and 1. The **score** of an image is such
# a number: the higher, the more the model takes the image for a positive.


# %%
def scores_after_training(train):
    torch.manual_seed(0)
    head = torch.nn.Linear(128, 1)
    optimizer = torch.optim.AdamW(head.parameters(), lr=0.01)
    targets = torch.tensor(is_eight[train], dtype=torch.float32)
    for _ in range(60):
        loss = binary_cross_entropy_with_logits(head(features[train]).squeeze(1), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return torch.sigmoid(head(features)).squeeze(1).detach().numpy()


# %% [markdown]
# One training, and a score for every image:

# %%
scores = scores_after_training(train)
print("five scores:", *scores[val][:5].round(3))

# %% [markdown] terms="threshold"
# Now the usual line. The **threshold** is the score from which on an answer counts as positive.


# %%
def at_threshold(part, threshold, scores=scores):
    positive, truth = scores[part] >= threshold, is_eight[part]
    tp, fp = int((positive & truth).sum()), int((positive & ~truth).sum())
    fn = int(truth.sum()) - tp
    precision = tp / (tp + fp) if tp + fp else 0.0
    return {"FP": fp, "FN": fn, "precision": precision, "recall": tp / (tp + fn)}


print(*(f"{name} {value:.3g} " for name, value in at_threshold(val, 0.5).items()))

# %% [markdown]
# When this model says "8", you can believe it. But many 8s never get that far. Where are they?

# %%
figure, ax = plt.subplots(figsize=(7, 2.8), layout="constrained")
bins = np.linspace(0, 1, 26)
ax.hist(scores[val][~is_eight[val]], bins, alpha=0.6, label="other digits")
ax.hist(scores[val][is_eight[val]], bins, alpha=0.6, label="8s")
ax.axvline(0.5, color="black", linestyle="--", label="threshold 0.5")
ax.set(xlabel="score", ylabel="images (log scale)", yscale="log")
ax.legend()
headstart.show(figure, alt="Most others score near 0; the 8s spread from 0 to 1, many of them below 0.5.")

# %% [markdown]
# The model does see something in most of the missed 8s: their scores are higher than those of four in five other
# digits. They are on the wrong side of a line that nobody chose. So move it.

# %%
headstart.predict("thresholds.predict-lower")

# %%
print("threshold    FP   FN   precision   recall")
for threshold in (0.9, 0.7, 0.5, 0.3, 0.2, 0.1, 0.05, 0.02):
    row = at_threshold(val, threshold)
    print("{:9}  {FP:4} {FN:4}   {precision:9.3f}   {recall:6.3f}".format(threshold, **row))

headstart.predict("thresholds.predict-lower", measured="recall")

# %% [markdown]
# The network did not change, not by one weight. A lower threshold adds answers "8" and takes none away, so
# recall can only rise. Each further 8 is paid for with more false alarms. Precision mostly falls; it may also
# rise for a step, whenever the next image over the line is an 8.
#
# ## Who decides?
#
# Not the model, and not you alone: whoever bears the mistakes.
#
# | Precision matters: a false alarm is the costly mistake | Recall matters: a miss is the costly mistake |
# |---|---|
# | **spam folder**: a real letter disappears | **screening for a disease**: an ill person is sent home |
# | **phone unlock**: a stranger gets in | **safety check**: a cracked part is built in |
# | **security alarm at night**: after ten false ones nobody comes | **fraud**: the money is gone |
# | **quality control**: good parts are thrown away | **quality control**: bad parts reach the customer |
#
# The last row is there twice on purpose: whether precision or recall matters is not a property of the field. It
# depends on what the two mistakes cost.
#
# ### Precision 90 %, recall 40 %
#
# It sounds like a good model, "nine of ten alarms are right". Take 1,000 people of whom 100 are ill, and
# compare it with its mirror image.

# %%
ill = 100
for name, precision, recall in (("careful", 0.9, 0.4), ("eager", 0.4, 0.9)):
    found = recall * ill
    alarms = found / precision
    f1 = 2 * precision * recall / (precision + recall)
    print(f"{name:8} F1 {f1:.3f}   sent home ill {ill - found:3.0f}   false alarms {alarms - found:4.1f}")

# %% [markdown]
# Same F1, opposite mistakes. As a screening test the careful model is a bad balance: it sends most of the ill
# people home, and its good precision hides that. As a spam filter it could be the better one. F1 cannot choose
# between them, because it does not know your costs.

# %%
headstart.question("thresholds.which-mistake")

# %% [markdown] terms="precision-recall curve"
# ## All thresholds at once
#
# Sort the images by score, highest first, and let the line sink past one image after the other. After each
# step, count what lies above. The **precision-recall curve** shows precision against recall for every possible
# threshold.


# %%
def curve(part, scores=scores):
    order = np.argsort(-scores[part])
    truth = is_eight[part][order]
    tp, fp = np.cumsum(truth), np.cumsum(~truth)
    return scores[part][order], tp, fp, truth.sum()


# %% [markdown]
# Running counts are all it takes. Both shares follow from them.

# %%
_, tp, fp, positives = curve(val)
precision, recall = tp / (tp + fp), tp / positives
print(f"average precision {metrics.average_precision_score(is_eight[val], scores[val]):.3f}")

# %%
figure, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
ax.plot(recall, precision, label="this model, every threshold")
ax.axhline(is_eight[val].mean(), color="gray", linestyle=":", label="chance")
for threshold in (0.7, 0.5, 0.2, 0.05):
    point = at_threshold(val, threshold)
    ax.plot(point["recall"], point["precision"], "o", label=f"threshold {threshold}")
ax.set(xlabel="recall", ylabel="precision", xlim=(0, 1.02), ylim=(0, 1.05))
ax.legend(loc="lower left")
headstart.show(figure, alt="Precision falls as recall rises; thresholds 0.7 to 0.05 are points on one curve.")

# %% [markdown] terms="average precision"
# Moving the threshold moves you *along* this curve. Only a better model, or better images, gives another
# curve. **Average precision** is the area under the curve: one number for the model before anyone has drawn a
# line. Chance has the share of 8s as its precision, whatever the recall.
#
# ## A threshold for a required recall
#
# "We must find at least 90 % of the 8s." Then take the highest threshold that does it: a lower one keeps the
# promise too, but cannot have fewer false alarms.


# %%
def threshold_reaching(target, part, scores=scores):
    thresholds, tp, _, positives = curve(part, scores)
    return thresholds[np.argmax(tp / positives >= target)]  # argmax: the first place that is True


# %% [markdown]
# The line is chosen on the validation set, then used on both sets.

# %%
required = threshold_reaching(0.9, val)
for part, name in ((val, "validation"), (test, "test")):
    row = at_threshold(part, required)
    print(f"threshold {required:.3f} on {name:10} FP {row['FP']:3}  recall {row['recall']:.3f}")

# %% [markdown]
# On the validation set the promise is kept: it was made there. Will it be kept on images that had no say?
# Repeat all of it for 20 splits, each with its own training, validation and test set.

# %%
headstart.predict("thresholds.predict-kept")

# %%
runs = []
for seed in range(20):
    parts = {name: Digits(name, seed=seed).indices.numpy() for name in ("train", "val", "test")}
    runs.append((parts, scores_after_training(parts["train"])))


# %%
def test_recalls(chosen_on):
    lines = [threshold_reaching(0.9, parts[chosen_on], s) for parts, s in runs]
    return [at_threshold(p["test"], t, s)["recall"] for (p, s), t in zip(runs, lines, strict=True)]


recalls = {name: test_recalls(name) for name in ("train", "val", "test")}
kept = {name: sum(value >= 0.9 for value in values) for name, values in recalls.items()}
headstart.predict("thresholds.predict-kept", measured=kept["val"])

# %%
figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
ax.plot(np.array(list(recalls.values())), "o", color="tab:blue", alpha=0.3)
ax.plot([np.mean(values) for values in recalls.values()], "k_", markersize=40)
ax.axhline(0.9, color="gray", linestyle=":")
ax.set_xticks(range(3), [f"chosen on {name}\nkept {kept[name]} of 20" for name in kept])
ax.set(ylabel="recall on the test set", xlim=(-0.5, 2.5))
headstart.show(figure, alt=f"Test recall over 20 splits. Promise of 90 % kept, of 20: {kept}.")

# %% [markdown]
# Chosen on **validation** images the threshold gives a recall near 90 % on average, a little below, and the promise
# is broken in about half of the splits: the line lies as high as 50 8s allow, and other 8s fall a little
# differently. If 90 % is a duty, aim higher on the validation set. Lesson 4 shows how uncertain a share of so few
# cases is.
#
# ## Break it: choose on the training set
#
# The left column is the first mistake. The head has *learned* the training images, so their scores are too
# good, and the line that suits them is too high for all others. No error, a broken promise.
#
# The right column looks best. It is the second mistake, and the next sections take it apart.
#
# ## A threshold from costs
#
# A required recall is half of the story: it ignores what the false alarms cost. Say what both mistakes cost, in
# any unit. Here a miss costs as much as ten false alarms.


# %%
def cost_per_image(part, threshold, scores=scores, cost_fp=1, cost_fn=10):
    row = at_threshold(part, threshold, scores)
    return (cost_fp * row["FP"] + cost_fn * row["FN"]) / len(part)


def cheapest(part, scores=scores):
    costs = [cost_per_image(part, threshold, scores) for threshold in scores[part]]
    return scores[part][np.argmin(costs)]


# %% [markdown]
# Search all scores of the validation set for the cheapest line, and compare it with 0.5.

# %%
for threshold in (cheapest(val), 0.5):
    print(f"threshold {threshold:.3f} costs {cost_per_image(val, threshold):.3f} per image")

# %%
thresholds = np.linspace(0.005, 1, 200)
figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
for part, name in ((val, "validation"), (test, "test")):
    ax.plot(thresholds, [cost_per_image(part, t) for t in thresholds], label=name)
ax.axvline(0.5, color="black", linestyle="--", label="0.5")
ax.axvline(1 / 11, color="tab:green", linestyle=":", label="rule: 1 / 11")
ax.set(xlabel="threshold", ylabel="cost per image", ylim=(0, None))
ax.legend()
headstart.show(figure, alt="Cost is lowest at a threshold far below 0.5 and rises steadily above it.")

# %% [markdown] terms="break-even threshold"
# There is a rule for this line. Take an image whose probability to be an 8 is p. Calling it an 8 costs (1 -
# p) · 1 on average, not calling it p · 10. The first is smaller if p is above 1 / (1 + 10). The **break-even
# threshold**, at which both answers cost the same, is cost of a false positive / (cost of a false positive +
# cost of a false negative).
#
# The rule takes the score at its word, as a probability. Searching on validation data does not: it works for any
# score. And 0.5 is the rule for equal costs.

# %%
headstart.question("thresholds.break-even")

# %% [markdown]
# ## Break it: choose on the test set
#
# Why keep validation and test apart, when both are images that the head has not learned from? Choose the
# cheapest threshold on the test set and report its cost there. Then use the same threshold on images that it has
# not seen.

# %% tags=["broken"]
reported, fresh, honest = [], [], []
for parts, s in runs:
    on_test, on_val = cheapest(parts["test"], s), cheapest(parts["val"], s)
    reported.append(cost_per_image(parts["test"], on_test, s))
    fresh.append(cost_per_image(parts["val"], on_test, s))
    honest.append(cost_per_image(parts["test"], on_val, s))

# %% [markdown]
# Three means over the splits: the report, the truth about that threshold, and the honest way.

# %%
for name, values in {"reported": reported, "on fresh images": fresh, "chosen on val": honest}.items():
    print(f"{name:16} {np.mean(values):.3f} per image")
print("cost on the test set reported below the honest one in", end=" ")
print(sum(r < h for r, h in zip(reported, honest, strict=True)), "of 20 splits")

# %%
gap = 100 * (1 - np.array(reported) / np.array(honest))
figure, ax = plt.subplots(figsize=(7, 2.6), layout="constrained")
ax.bar(range(20), gap)
ax.axhline(gap.mean(), color="black", linestyle="--", label=f"mean {gap.mean():.0f} %")
ax.set(xlabel="split", ylabel="report below the honest one, %", xticks=range(0, 20, 2))
ax.legend()
headstart.show(
    figure, alt=f"The report is below the honest one in nearly every split, by {gap.mean():.0f} % on average."
)

# %% [markdown] terms="logit"
# On the test images no threshold beats this one: the search took the luckiest for these very images. So its report
# is too low on average; in a single split the fresh images may happen to be easier. The threshold itself is no
# better on fresh images than one chosen on validation data. So a test set chooses nothing. Choose on validation
# data, write the number down, and measure once on the test set.
#
# ## Break it: the wrong scale
#
# A **logit** is the output of a model before sigmoid or softmax turns it into a probability. PyTorch models return
# logits. Compare one with 0.5, and nothing complains.

# %% tags=["broken"]
logits = np.log(scores / (1 - scores))
for name, values in (("sigmoid(output) >= 0.5", scores), ("output >= 0.5", logits)):
    row = at_threshold(val, 0.5, values)
    print(f"{name:23} precision {row['precision']:.3f}  recall {row['recall']:.3f}")
print(f"logit 0.5 is the score {1 / (1 + np.exp(-0.5)):.3f}; score 0.5 is the logit 0")

# %% [markdown]
# Precision goes up and recall goes down, so a quick look even says "better". It is the bad balance from above,
# by accident. A threshold belongs to one scale of scores: write down which.
#
# ## Explore
#
# The fields set the threshold and the two costs, on the validation images.
#
# 1. Keep the costs. Which threshold is the cheapest that you can find?
# 2. Make a false alarm ten times as costly as a miss. Where is the cheapest threshold now?
# 3. Find a threshold with a precision of about 0.9. What is the recall there?


# %%
def draw_counts(ax, threshold):
    answers, names = scores[val] >= threshold, ["other", "8"]
    matrix = metrics.confusion_matrix(is_eight[val], answers)
    metrics.ConfusionMatrixDisplay(matrix, display_labels=names).plot(ax=ax, cmap="Blues", colorbar=False)
    row = at_threshold(val, threshold)
    ax.set_title(f"precision {row['precision']:.3f}, recall {row['recall']:.3f}")


# %%
def explore(threshold, cost_fp, cost_fn):
    costs = [cost_per_image(val, t, scores, cost_fp, cost_fn) for t in thresholds]
    here = cost_per_image(val, threshold, scores, cost_fp, cost_fn)
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
    draw_counts(left, threshold)
    right.plot(thresholds, costs)
    right.plot(threshold, here, "ko")
    right.set(xlabel="threshold", title=f"cost per image {here:.3f}", ylim=(0, None))
    row = at_threshold(val, threshold)
    text = f"Threshold {threshold}: {row['FP']} false alarms, {row['FN']} misses, cost {here:.3f} per image."
    headstart.show(figure, alt=text)


# %% [markdown]
# The counts on the left, the cost of every threshold on the right. First with the costs from above:

# %%
explore(threshold=0.2, cost_fp=1, cost_fn=10)

# %%
interactive(
    explore,
    threshold=BoundedFloatText(0.5, min=0, max=1, step=0.05, description="threshold"),
    cost_fp=BoundedFloatText(1, min=0, max=1000, description="cost of FP"),
    cost_fn=BoundedFloatText(10, min=0, max=1000, description="cost of FN"),
)

# %% [markdown]
# ## Check yourself

# %%
headstart.question("thresholds.what-moves")

# %%
headstart.question("thresholds.sort-by-cost")

# %% [markdown]
# ## Key result
#
# A model gives scores, and people draw the line. What the two mistakes cost decides where, or the recall that
# must be reached. The line is chosen on validation data, never on training data, whose scores are too good, and
# never on test data, which would then report its own luck.
#
# **Next:** the [graded exercises](../quizzes/03_thresholds/exercises.ipynb), the
# [graded quiz](../quizzes/03_thresholds/quiz.ipynb), and [lesson 4](04_honest_evaluation.ipynb): other ways in
# which a test set lies, and how wide the uncertainty of a score is.
