# %% [markdown]
# # Lesson 4 · Honest evaluation
#
# **How does a test set lie?**
#
# A test set answers one question: how well will this model do on images that it has never seen? It answers
# wrongly as soon as it shares something with the training, and no error message tells you. Here you cheat on
# purpose, in several ways, and measure how much each of them flatters the score.
#
# *15 minutes. You need: accuracy and a linear head on the features of a network (lesson 1).*

# %%
from functools import cache

import matplotlib.pyplot as plt
import numpy as np
import torch
from ipywidgets import BoundedIntText, Dropdown, interact
from sklearn.model_selection import train_test_split
from torch import nn
from torch.nn.functional import cross_entropy
from torchvision.models import get_model
from torchvision.transforms import v2
from tqdm.auto import tqdm

import headstart
import headstart.models
from headstart.data import all_digits

# %% [markdown] terms="training set, validation set, test set"
# ## A score, and the truth
#
# Three sets of images have three jobs. The **training set** is what the model learns from. The **validation
# set** is what you make your choices on: the threshold, how long to train, the better of two models. The
# **test set** is used once, at the end, for the score that you report.
#
# You have 1,797 handwritten digits, and turn each into 128 features with a network that stays as it is, as in lesson 1.
# Only heads are trained, so hundreds of trainings fit into this lesson.

# %%
counts, labels = all_digits()
images = headstart.models.GlyphNet_Weights.DEFAULT.transforms()(counts.unsqueeze(1))

# %% [markdown]
# The images are prepared as the network expects them. Now the features, once for all.

# %%
backbone = get_model("glyphnet", weights="DEFAULT").eval()
backbone.fc = nn.Identity()
with torch.no_grad():
    features = backbone(images)
print(tuple(features.shape))


# %%
def train_head(x, y):
    torch.manual_seed(0)
    head = nn.Linear(x.shape[1], int(y.max()) + 1)
    optimizer = torch.optim.AdamW(head.parameters(), lr=0.01)
    for _ in range(100):
        optimizer.zero_grad()
        cross_entropy(head(x), y).backward()
        optimizer.step()
    return head


def score(head, x, y):
    return 100 * (head(x).argmax(1) == y).double().mean().item()


# %% [markdown] terms="inflation"
# Train on 50 digits and test on 50 others. That leaves 1,697 **fresh** digits. In real life you have no such
# reserve. Here it plays the part of the future, and tells how good the model really is. **Inflation** is the
# reported score minus the score on fresh images, in percentage points.


# %%
def shuffled(seed):
    return torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))


train, test, fresh = shuffled(0).split([50, 50, 1697])
head = train_head(features[train], labels[train])
print(f"reported: {score(head, features[test], labels[test]):.1f} %")
print(f"fresh:    {score(head, features[fresh], labels[fresh]):.1f} %")


# %% [markdown]
# ## An honest score has a width
#
# Nobody cheated, and still the two numbers differ. 50 images are a small sample. What would the same model
# have scored on other 50, or on other 400? Draw 2,000 test sets of each size and look.

# %%
right = (head(features[fresh]).argmax(1) == labels[fresh]).double()
drawn = {size: 100 * right[torch.randint(len(right), (2000, size))].mean(1) for size in (50, 400)}

# %%
figure, axes = plt.subplots(figsize=(7, 2.6))
for (size, scores), color in zip(drawn.items(), ("tab:orange", "tab:blue"), strict=True):
    axes.hist(scores, bins=np.arange(79, 101.1, 2), alpha=0.6, color=color, label=f"{size} images")
axes.axvline(100 * right.mean(), color="black", label="all fresh images")
axes.set(xlabel="score of one and the same model, %", ylabel="test sets")
axes.legend()
headstart.show(figure, alt="Scores on test sets of 50 spread far more widely than scores on 400 images.")

# %% [markdown] terms="confidence interval, bootstrap"
# So report a range. A 95 % **confidence interval** is a range made by a rule that catches the true value in 95 of
# 100 repetitions. For a share, such as accuracy or recall, take Wilson's rule
# ([why](https://doi.org/10.1214/ss/1009213286)). There is a rule for every other metric too, such as F1. The
# **bootstrap** draws many test sets from your own one, with replacement, and reports how the metric spreads.


# %%
def wilson(right, n, z=1.96):
    share, extra = right / n, z**2 / n
    middle = share + extra / 2
    half = z * (share * (1 - share) / n + extra / (4 * n)) ** 0.5
    return (middle - half) / (1 + extra), (middle + half) / (1 + extra)


for n in (50, 200, 800):
    print("Wilson,    96 % of {}: {:.1%} to {:.1%}".format(n, *wilson(0.96 * n, n)))

# %% [markdown]
# Both rules on your own test set. The bootstrap draws it anew 2,000 times.

# %%
mine = (head(features[test]).argmax(1) == labels[test]).double()
again = mine[torch.randint(50, (2000, 50))].mean(1)
print("Wilson,    my test set: {:.1%} to {:.1%}".format(*wilson(mine.sum().item(), 50)))
print("bootstrap, my test set: {:.1%} to {:.1%}".format(*np.percentile(again, [2.5, 97.5])))

# %% [markdown]
# ### Break it: 50 of 50
#
# Four times the images halve the width. Older textbooks have the shorter rule `share ± 1.96 * spread`, where
# `spread` is the root of `share * (1 - share) / n`. What does that say of a model which gets all of 50 images
# right?


# %% tags=["broken"]
def textbook(right, n):
    half = 1.96 * (right / n * (1 - right / n) / n) ** 0.5
    return right / n - half, right / n + half


# %% [markdown]
# Ask both rules. Then draw many test sets, and count how often each catches the truth.

# %% tags=["broken"]
for name, rule in (("textbook", textbook), ("Wilson", wilson)):
    print(f"{name:8} says of 50 in 50: {rule(50, 50)[0]:.3f} to {rule(50, 50)[1]:.3f}. Catches the truth:")
    for n in (20, 50, 400):
        low, high = rule(right[torch.randint(len(right), (10_000, n))].sum(1), n)
        caught = (low <= right.mean()) & (right.mean() <= high)
        print(f"    on {n:3} images: {caught.double().mean():.1%}")


# %% [markdown] terms="leak"
# The textbook's rule claims certainty after 50 images, and the bootstrap would too. On small test sets with high
# scores its "95 %" is a wish. Wilson's rule keeps its promise.
#
# ## Leak 1: test images in the training set
#
# Chance moves a score up as often as down. A leak moves it up. A **leak** is any way in which the test data
# influence the training or the choice of a model. The plainest one puts test images into the training set, for
# instance when two downloads are merged. Here the training set keeps its size; some of it is replaced by test
# images.


# %%
@cache
def leak(share, size=50, kind="features"):
    x = {"features": features, "pixels": counts.flatten(1) / 16}[kind]
    scores = []
    for seed in range(10):
        order = shuffled(seed)
        test, train, fresh = order[:size], order[size : 2 * size], order[2 * size :]
        leaked = round(share * size)
        train = torch.cat([test[:leaked], train[leaked:]])
        head = train_head(x[train], labels[train])
        scores.append([score(head, x[part], labels[part]) for part in (test, fresh)])
    return np.mean(scores, axis=0)


# %% [markdown]
# The function reports both scores, averaged over ten seeds. A leak of nothing, of a fifth, of everything:

# %% tags=["broken"]
for share in (0, 0.2, 1):
    print("{:4.0%} leaked: reported {:.1f} %, fresh {:.1f} %".format(share, *leak(share)))

# %% [markdown]
# The model has become no better: its score on fresh images does not rise. The report climbs all the same, because
# a head with 1,290 parameters can learn 50 images by heart.
#
# ### Explore: the size of a leak
#
# Choose what the head sees and how large the sets are. Where does the lie grow: for the better features or for
# the worse, for small sets or for large ones?


# %%
def leak_size(sees, size):
    shares = (0, 0.2, 0.4, 0.6, 0.8, 1)
    reported, fresh = np.transpose([leak(share, size, sees) for share in shares])
    figure, axes = plt.subplots(figsize=(7, 2.8))
    axes.plot(shares, reported, "o-", color="tab:orange", label="reported")
    axes.plot(shares, fresh, "s-", color="tab:blue", label="fresh")
    axes.fill_between(shares, fresh, reported, color="tab:orange", alpha=0.2)
    axes.set(xlabel="share of the test set that leaked", ylabel="score, %", ylim=(60, 101))
    axes.set_title(f"{sees}, {size} images: inflation {reported[-1] - fresh[-1]:.1f} points at full leak")
    axes.legend(loc="lower left")
    headstart.show(figure, alt="With the leak the reported score rises to 100 %, the fresh one stays.")


# %% [markdown]
# First the features and 50 images, as above. Then choose yourself.

# %%
leak_size("features", 50)
_ = interact(
    leak_size,
    sees=Dropdown(options=["pixels", "features"], description="sees"),
    size=BoundedIntText(50, min=20, max=200, step=10, description="images"),
)

# %% [markdown] terms="exact duplicates"
# The less a model has really learned, the more a leak flatters it. **Exact duplicates** are images with equal
# values in every pixel. They are found in one pass: the bytes of an image serve as its fingerprint, and a set
# remembers the fingerprints.

# %%
known = {counts[i].numpy().tobytes() for i in train}
print("test images that are in the training set:", sum(counts[i].numpy().tobytes() in known for i in test))
print("different images in the whole data:", len({image.numpy().tobytes() for image in counts}))

# %% [markdown] terms="near duplicates"
# All 1,797 digits differ. Run this check on every data set that you did not make yourself. But fingerprints miss
# every copy that differs in a single pixel.
#
# ## Leak 2: copies made before the split
#
# **Near duplicates** are images that show the same thing with small changes: another crop, another compression,
# the next frame of a video. [3.3 % of the test images of CIFAR-10](https://arxiv.org/abs/1902.00423) have one in the
# training set. You can also make them yourself: 50 digits are few, so you turn, shift and scale each a little, eight
# times (you *augment* them), and then split.

# %%
slight = {"degrees": 5, "translate": (0.06, 0.06), "scale": (0.95, 1.05), "fill": images.min().item()}
augment = v2.RandomAffine(**slight, interpolation=v2.InterpolationMode.BILINEAR)


# %%
def copies(source, seed):
    torch.manual_seed(seed)
    pictures = torch.stack([augment(images[i]) for i in source])
    with torch.no_grad():
        return pictures, backbone(pictures)


# %% [markdown]
# One copy of every digit plays the future. Eight of each original make the data set. Now guess.

# %%
once = copies(torch.arange(len(labels)), seed=0)[1]  # one copy of every digit, to play the future
headstart.predict("honest_evaluation.predict-copies")


# %%
def split_copies(seed, split):
    originals, fresh = shuffled(seed).split([50, 1747])
    source = originals.repeat(8)
    x = copies(source, seed)[1]
    train = split(source, originals)
    head = train_head(x[train], labels[source[train]])
    reported = score(head, x[~train], labels[source[~train]])
    return reported, score(head, once[fresh], labels[fresh])


# %% [markdown]
# `split` decides which copies are trained on. One way tosses a coin for each copy, the other keeps all copies of an
# original together.


# %%
def by_copy(source, originals):
    return torch.rand(len(source)) < 0.7


def by_original(source, originals):
    return torch.isin(source, originals[:35])


# %% tags=["broken"]
for split in (by_copy, by_original):
    runs = np.array([split_copies(seed, split) for seed in tqdm(range(6))])
    (reported, future), inflation = runs.mean(0), runs[:, 0] - runs[:, 1]
    print(f"{split.__name__:11} reported {reported:.1f} %, fresh {future:.1f} %", end=", ")
    print(f"inflation {inflation.mean():.1f} ± {inflation.std():.1f}")
    if split is by_copy:
        headstart.predict("honest_evaluation.predict-copies", measured=round(inflation.mean(), 1))

# %% [markdown] terms="grouped split"
# The first report praises a memory for originals. The second is near the truth in the mean of six runs. A single one
# may be far off: copies of 15 originals tell as much as 15 images. (That head is a little worse: it learned from 35
# originals, the other from all 50.) A **grouped split** keeps all images that belong together,
# here the copies of one original, on the same side. The rule: *split first, augment afterwards*.
#
# Fingerprints do not find these copies. Distances between features do.

# %%
source = shuffled(0)[:50].repeat(8)
pictures, x = copies(source, seed=0)
train = by_copy(source, None)
known = {picture.numpy().tobytes() for picture in pictures[train]}
print("exact duplicates:", sum(picture.numpy().tobytes() in known for picture in pictures[~train]))

# %% [markdown]
# Compare every test image with every training image by their features.

# %%
closest = torch.cdist(x[~train], x[train]).flatten().argsort()[:50]
above, below = closest // train.sum(), closest % train.sum()
same = source[~train][above] == source[train][below]
print(f"of the 50 closest pairs, {same.sum()} are copies of one original")

# %%
rows = [pictures[~train][above[:8], 0], pictures[train][below[:8], 0]]
figure, axes = plt.subplots(figsize=(8, 2.2))
axes.imshow(torch.cat([torch.cat(tuple(row), dim=1) for row in rows]).numpy(), cmap="gray_r")
axes.set_title("test images (above) and their closest training images (below)")
axes.axis("off")
headstart.show(figure, alt="Eight test images and below each its closest training image: nearly the same.")

# %% [markdown]
# Sort by distance, look at the closest pairs, and decide with your eyes where they stop being copies. No
# threshold fits all data.
#
# ## Leak 3: groups split apart
#
# Copies can be of the same person rather than of the same image. scikit-learn's file holds the digits writer by
# writer, and [its authors' course](https://inria.github.io/scikit-learn-mooc/python_scripts/cross_validation_grouping.html)
# read off where a new block begins. Each of the 14 blocks becomes the test set once. (The file's description counts
# 13 people in it, so one of them may have two blocks.) Then the same with 14 random groups of the same sizes.

# %%
starts = torch.tensor([130, 256, 386, 516, 646, 776, 915, 1029, 1157, 1287, 1415, 1545, 1667])
writer = torch.bucketize(torch.arange(len(labels)), starts, right=True)


# %%
def each_group_tested_once(groups, x):
    scores = []
    for group in range(14):
        test, pool = groups == group, shuffled(group)
        train = pool[~test[pool]][:300]
        scores.append(score(train_head(x[train], labels[train]), x[test], labels[test]))
    return scores


# %%
columns = {}
for name, x in {"pixels": counts.flatten(1) / 16, "features": features}.items():
    for kind, groups in {"random groups": writer[shuffled(0)], "writers": writer}.items():
        columns[f"{name},\n{kind}"] = each_group_tested_once(groups, x)

# %% [markdown]
# Two kinds of input, two kinds of groups. Each point is one group, each line a mean.

# %%
figure, axes = plt.subplots(figsize=(7, 3))
for place, scores in enumerate(columns.values()):
    axes.plot([place] * 14, scores, "o", color="tab:blue", alpha=0.4)
    axes.plot(place, np.mean(scores), "k_", markersize=28)
    axes.text(place + 0.2, np.mean(scores), f"{np.mean(scores):.1f}", va="center")
axes.set_xticks(range(4), columns)
axes.set(ylabel="score of each group, %", xlim=(-0.4, 3.6))
headstart.show(figure, alt="Scores of writers spread further than those of random groups, and lie lower.")

# %% [markdown]
# A random split asks: how well does the model read *more digits of these people*? The grouped split asks about *new
# people*. With pixels the mean falls clearly, with features by less; but both meet writers whom they read far worse.
# If your users are not in your data, the grouped score is the one to report. (All other lessons split at random.
# Read their scores with this in mind.)
#
# ## Leak 4: statistics over all data
#
# Take 80 cases with 1,000 random numbers each, and labels from tossing a coin. Nothing can be learned: the truth
# is 50 %. Keep the 20 columns that differ most between the classes, train on half of the cases and test on the
# other half.

# %%
headstart.predict("honest_evaluation.predict-selection")


# %%
def score_on_noise(seed, select_on):
    random = torch.Generator().manual_seed(seed)
    x, y = torch.randn(80, 1000, generator=random), torch.randint(2, (80,), generator=random)
    a, b = x[:select_on], y[:select_on]
    difference = (a[b == 1].mean(0) - a[b == 0].mean(0)).abs()
    x = x[:, difference.topk(20).indices]
    return score(train_head(x[:40], y[:40]), x[40:], y[40:])


# %% [markdown]
# Select on all cases, and on the training cases alone:

# %% tags=["broken"]
for select_on, name in ((80, "all cases"), (40, "training cases")):
    scores = [score_on_noise(seed, select_on) for seed in range(20)]
    print(f"columns selected on {name:14}: {np.mean(scores):.1f} ± {np.std(scores):.1f} %")
    if select_on == 80:
        headstart.predict("honest_evaluation.predict-selection", measured=round(np.mean(scores), 1))


# %% [markdown]
# The head never saw a test case, but the *selection* did, labels included. So everything that is fitted belongs
# after the split: selection, scaling, filling of gaps. Does every such slip cost as much? Fit the scaling of the
# features on all images, and on the 100 training images.


# %% tags=["broken"]
def score_scaled(seed, fit_on):
    order = shuffled(seed)
    seen = features[order[:fit_on]]
    x = (features - seen.mean(0)) / (seen.std(0) + 0.01)
    return score(train_head(x[order[:100]], labels[order[:100]]), x[order[100:]], labels[order[100:]])


inflations = [score_scaled(seed, 1797) - score_scaled(seed, 100) for seed in range(10)]
print(f"scaling fitted on all images: {np.mean(inflations):+.2f} ± {np.std(inflations):.2f} points")

# %% [markdown] terms="epoch"
# No inflation to speak of: means and spreads use no labels, and 100 images give them well enough. It remains a
# leak, and you cannot know beforehand whether it is a harmless one. Keep the order, and you need not ask.
#
# ## Leak 5: choosing on the test set
#
# An **epoch** is one pass through all training images. Many tutorials print the test accuracy after each epoch and
# report the best. Do that here: one training of 50 epochs, and a note of which fresh digits the head gets right
# after each.

# %%
train, fresh = shuffled(1).split([50, 1747])
head, right = nn.Linear(128, 10), []
optimizer = torch.optim.AdamW(head.parameters(), lr=0.01)

# %% [markdown]
# Ordinary training. After each epoch, one row of right and wrong answers is kept.

# %%
for _ in range(50):
    for batch in train[torch.randperm(50)].split(10):
        optimizer.zero_grad()
        cross_entropy(head(features[batch]), labels[batch]).backward()
        optimizer.step()
    right.append((head(features[fresh]).argmax(1) == labels[fresh]).double())
right = torch.stack(right)  # (epochs, images)

# %% [markdown]
# Now 1,000 people have 50 test images each. Those who are honest choose the epoch on 50 *other* images, their
# validation set, and look at the test set once.

# %%
drawn = torch.stack([torch.randperm(len(fresh))[:100] for _ in range(1000)])
on_test = 100 * right[:, drawn[:, :50]].mean(2)  # (epochs, people)
on_validation = 100 * right[:, drawn[:, 50:]].mean(2)

# %% [markdown]
# Everybody has seen 50 epochs. Which one do they pick, and how much too good is their report?

# %% tags=["broken"]
everyone = torch.arange(1000)
for name, looked_at in (("test", on_test), ("validation", on_validation)):
    epoch = looked_at.argmax(0)
    inflation = on_test[epoch, everyone] - 100 * right.mean(1)[epoch]
    print(f"epoch chosen on the {name:10} set: inflation {inflation.mean():+.2f} points")

# %% [markdown] terms="stratified split"
# The best of many noisy scores is noisy upwards. The test set has become a validation set, and nobody has tested
# anything. Each further look, each "one more run", makes it worse.
#
# ## Stratified splits
#
# One last choice when splitting, which is no leak. A **stratified split** gives every part the same share of each
# class. Say 10 of 200 cases are positive, and 40 become the test set. Without a positive there, recall has no
# value. A class with a single case cannot be on both sides.

# %%
y = np.array([1] * 10 + [0] * 190)
for name, classes in (("random", None), ("stratified", y)):
    splits = [train_test_split(y, test_size=40, stratify=classes, random_state=i)[1] for i in range(1000)]
    positives = np.array([part.sum() for part in splits])
    print(f"{name:10} {positives.min()} to {positives.max()} positives in the test set,", end=" ")
    print(f"none in {np.mean(positives == 0):.0%} of the splits")

# %% [markdown]
# Chance gives some test sets no positive at all; stratifying never does. And the class with a single case?

# %% tags=["broken"]
try:
    train_test_split(y, stratify=[1] + [0] * 199)
except ValueError as error:
    print("ValueError:", error)

# %% [markdown]
# ## Check yourself

# %%
headstart.question("honest_evaluation.which-leak")

# %%
headstart.question("honest_evaluation.four-times")

# %%
headstart.question("honest_evaluation.video")

# %% [markdown]
# ## Key result
#
# Split first, by groups where there are any; fit everything on the training part; choose on validation; look at
# the test set once, and report an interval. The leaks gave no error, and the worst were the ones that look like
# ordinary preparation of data.
#
# **Next:** the [graded exercises](../quizzes/04_honest_evaluation/exercises.ipynb), the
# [graded quiz](../quizzes/04_honest_evaluation/quiz.ipynb), and [lesson 5](05_loading_pretrained.ipynb): what
# you get when you load weights.
