# %% [markdown]
# # Lesson 2 · The accuracy paradox
#
# **How can 98 % accuracy be useless?**
#
# A bank buys a fraud detector. The brochure says: 98 % accuracy. In the first month the detector finds 12 % of
# the fraud; the other 88 % goes through. The brochure did not lie.
#
# You work out when this can happen, make it happen with a real model, and repair the model in three ways. Each
# repair has a price, and you measure it.
#
# - **Time:** 15 minutes.
# - **You need:** the four counts, precision, recall and F1 ([lesson 1](01_confusion_matrix.ipynb)).

# %%
import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn import metrics
from torch.nn.functional import binary_cross_entropy_with_logits
from torchvision.models import get_model

import headstart
import headstart.models  # makes glyphnet known to torchvision
from headstart.data import Digits

# %% [markdown]
# ## A rare class
#
# Fraud data are secret, so the digit 8 plays the fraud. Again `glyphnet`, which learned letters, turns each
# image into 128 features. You compute them once, for all 1,797 digits.

# %%
backbone = get_model("glyphnet", weights="DEFAULT").eval()
backbone.fc = torch.nn.Identity()

images, is_eight = torch.empty(1797, 3, 32, 32), torch.empty(1797)
for split in ("train", "val", "test"):
    digits = Digits(split)
    images[digits.indices], labels = digits.tensors()
    is_eight[digits.indices] = (labels == 8).float()

# %% [markdown]
# All images are in one tensor, each at its place in the file. One pass through the backbone is enough.

# %%
with torch.no_grad():
    features = backbone(images)

# %% [markdown] terms="prevalence"
# **Prevalence** is the share of positives in the data. One digit in ten is an 8. To make 8s rare, `rare` keeps
# all other digits of a split and so few 8s that their prevalence is 2.5 %.


# %%
def rare(split, seed, prevalence=0.025):
    places = Digits(split, seed=seed).indices
    eights, others = places[is_eight[places] == 1], places[is_eight[places] == 0]
    kept = round(len(others) * prevalence / (1 - prevalence))
    return torch.cat([others, eights[:kept]])


# %% [markdown]
# Few 8s are left in each split.

# %%
for split in ("train", "val", "test"):
    rows = rare(split, seed=0)
    print(f"{split:5} {len(rows)} images, {int(is_eight[rows].sum())} of them show an 8")

# %% [markdown]
# A new head with one output learns to say "8" or "not 8". A sigmoid turns the output into a score between 0
# and 1, and a score of at least 0.5 means "8".

# %%
train, test = rare("train", seed=0), rare("test", seed=0)
torch.manual_seed(0)
head = torch.nn.Linear(128, 1)
optimizer = torch.optim.AdamW(head.parameters(), lr=3e-3)
for _ in range(150):
    batch = train[torch.randint(len(train), (64,))]
    loss = binary_cross_entropy_with_logits(head(features[batch]).squeeze(1), is_eight[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

# %% [markdown]
# The head is trained. Its answers on the test images:

# %%
y_true = is_eight[test] == 1
y_pred = head(features[test]).squeeze(1).sigmoid() >= 0.5
print(f"accuracy: {(y_pred == y_true).float().mean():.1%}")

# %% [markdown]
# A second of training, and a number to be proud of. Before you look further:

# %%
headstart.predict("accuracy_paradox.predict-recall")

# %%
recall = y_pred[y_true].float().mean().item()
print(f"of {int(y_true.sum())} real 8s it found {int(y_pred[y_true].sum())}")
print(f"always saying 'not 8' has an accuracy of {(~y_true).float().mean():.1%}")
headstart.predict("accuracy_paradox.predict-recall", measured=round(100 * recall, 1))

# %% [markdown] terms="accuracy paradox"
# The **accuracy paradox** is that a model can have a high accuracy, even the higher one of two, and be useless
# for what it was made to find. The accuracy is that of the many; the purpose is in the few.
#
# ## Always predict "dog"
#
# The smallest example needs no model. Of 100 pictures, 90 show dogs and 10 show cats. Answer "dog" every time.

# %%
pets = np.array(["dog"] * 90 + ["cat"] * 10)
answers = np.full(100, "dog")
print("accuracy          ", metrics.accuracy_score(pets, answers))
print("recall for cats   ", metrics.recall_score(pets, answers, pos_label="cat"))
print("balanced accuracy ", metrics.balanced_accuracy_score(pets, answers))
print("F1 for cats       ", metrics.f1_score(pets, answers, pos_label="cat"))

# %% [markdown] terms="balanced accuracy"
# **Balanced accuracy** is the mean of the recalls of all classes. A model that never looks gets 0.5 with two
# classes, however rare one of them is. F1 of the rare class is 0 for a model that never names it. Both see at
# once what accuracy hides.

# %%
headstart.question("accuracy_paradox.balanced")

# %% [markdown]
# ## When is 98 % with 12 % possible?
#
# Back to the bank. You know two numbers, accuracy 98 % and recall 12 %. How common can fraud be?

# %%
headstart.predict("accuracy_paradox.predict-prevalence")

# %% [markdown]
# Call the prevalence π. The detector makes two kinds of mistakes, and together they are 2 % of all payments:
#
# - missed fraud: 88 % of the fraud, that is 0.88 π;
# - false alarms: what is left, 0.02 minus 0.88 π.
#
# False alarms cannot be fewer than none, so 0.88 π ≤ 0.02. The largest possible prevalence is
# `(1 - accuracy) / (1 - recall)`.

# %%
accuracy, recall = 0.98, 0.12
largest = (1 - accuracy) / (1 - recall)
headstart.predict("accuracy_paradox.predict-prevalence", measured=round(100 * largest, 2))

# %% [markdown]
# Below the largest prevalence every one is possible. What would the bank see in 10,000 payments?

# %%
print("prevalence   caught   missed   false alarms   precision   accuracy of 'never fraud'")
for prevalence in (0.002, 0.005, 0.01, 0.02, largest):
    TP, FN = 10_000 * prevalence * recall, 10_000 * prevalence * (1 - recall)
    FP = 10_000 * (1 - accuracy) - FN
    numbers = f"{TP:6.0f}   {FN:6.0f}   {FP:12.0f}   {TP / (TP + FP):9.2f}"
    print(f"{prevalence:10.2%}   {numbers}   {1 - prevalence:24.2%}")

# %% [markdown]
# Each row describes 10,000 payments with the same accuracy and the same recall. Read it from the bottom. At the
# largest prevalence there is no false alarm at all. The rarer fraud is, the more of the mistakes are false
# alarms, and the fewer alarms are right.
#
# Now compare the last column with 98 %. Where fraud is rarer than 2 %, *the detector is less accurate than
# doing nothing*. Where it is more common, it is ahead by less than half a point. In every row 88 % of the fraud
# goes through. Such a detector is not fit for production, and its accuracy is no argument that it is.
#
# ## Explore: prevalence and the paradox
#
# The curve shows how many alarms are right for every possible prevalence; the line is the accuracy of "never".
# Set accuracy, recall and prevalence in per cent.
#
# 1. With 98 and 12: at which prevalence is every second alarm right?
# 2. Raise the recall to 60. Which prevalences become possible that were not?
# 3. Find a detector that beats "never" by more than 5 points. How common is fraud there?


# %%
def alarms_that_are_right(accuracy, recall):
    largest = min(10, 100 * (100 - accuracy) / (100 - recall))
    share = np.linspace(largest / 1000, largest, 1000)  # of fraud, per cent of all payments
    false_alarms = 100 - accuracy - share * (100 - recall) / 100
    return share, 100 * share * recall / (share * recall + 100 * false_alarms)


# %%
def in_words(accuracy, recall, prevalence):
    caught, missed = prevalence * recall, prevalence * (100 - recall)  # in 10,000 payments
    mistakes = 10_000 - 100 * accuracy
    if mistakes < missed:
        return f"impossible: {missed:.0f} of 10,000 missed, but only {mistakes:.0f} mistakes"
    return f"of 10,000: {caught:.0f} caught, {missed:.0f} missed, {mistakes - missed:.0f} false alarms"


# %% [markdown]
# The first function is the curve: the precision at each possible prevalence. The second says one point of it in
# whole payments. Both go into the picture.


# %%
def explore(accuracy, recall, prevalence):
    share, precision = alarms_that_are_right(accuracy, recall)
    text = in_words(accuracy, recall, prevalence)
    figure, ax = plt.subplots(figsize=(8, 3), layout="constrained")
    ax.plot(share, precision, label="alarms that are right (precision)")
    ax.plot([0, 10], [100, 90], "--", label="accuracy of 'never fraud'")
    ax.axhline(accuracy, color="gray", linewidth=1, label="accuracy of the detector")
    ax.axvline(prevalence, color="tab:red", linewidth=1)
    ax.set(xlabel="prevalence, %", ylabel="%", ylim=(0, 105), title=text)
    ax.legend(loc="center right")
    headstart.show(figure, alt=f"Accuracy {accuracy}, recall {recall}, prevalence {prevalence}: {text}.")


explore(accuracy=98, recall=12, prevalence=2)

# %%
fields = {}
for name, value in {"accuracy": 98.0, "recall": 12.0, "prevalence": 1.0}.items():
    fields[name] = widgets.BoundedFloatText(value, min=0.1, max=99.9, step=0.1, description=name)
fields["accuracy"].min, fields["prevalence"].max = 80, 10
widgets.interactive(explore, **fields)

# %% [markdown]
# ## Twenty splits, not one
#
# Was the poor recall of your head bad luck? With so few 8s a single split says little. So train twenty heads on
# twenty splits. The heads are small, so one tensor holds them all: `weight[k]` is the head of split *k*.


# %%
def all_splits(split):
    return torch.stack([rare(split, seed) for seed in range(20)])


# %% [markdown]
# Each is now a table: a row for each split, an entry for each image.

# %%
train, val, test = all_splits("train"), all_splits("val"), all_splits("test")
y_val, y_test = is_eight[val].numpy() == 1, is_eight[test].numpy() == 1
equal = torch.ones_like(train, dtype=torch.float32)


# %%
def train_heads(features, loss_weight=equal, draw_weight=equal, steps=150):
    torch.manual_seed(0)
    weight, bias = 0.05 * torch.randn(20, 128, 1), torch.zeros(20, 1, 1)
    optimizer = torch.optim.AdamW([weight.requires_grad_(), bias.requires_grad_()], lr=3e-3)
    for _ in range(steps):
        drawn = torch.multinomial(draw_weight, 64, replacement=True)
        batch = train.gather(1, drawn)
        scores = (features[batch] @ weight + bias).squeeze(2)
        factor = loss_weight.gather(1, drawn)
        loss = binary_cross_entropy_with_logits(scores, is_eight[batch], weight=factor)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return lambda rows: (features[rows] @ weight + bias).squeeze(2).sigmoid().detach().numpy()


# %% [markdown]
# This is the loop from above with two additions, used later: `loss_weight` multiplies the loss of an image, and
# `draw_weight` says how often it is drawn into a batch. For now all are equal.

# %%
naive = train_heads(features)
says_eight = naive(test) >= 0.5
accuracies = (says_eight == y_test).mean(axis=1)
recalls = (says_eight & y_test).sum(axis=1) / y_test.sum(axis=1)
for name, values in (("accuracy", accuracies), ("recall", recalls)):
    print(f"{name:8}  mean {values.mean():.1%}   lowest {values.min():.1%}   highest {values.max():.1%}")

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(8, 2.8), layout="constrained")
left.plot(100 * accuracies, 100 * recalls, "o", alpha=0.6)
left.set(xlabel="accuracy, %", ylabel="recall, %", title="each split a point", xlim=(95, 100), ylim=(-5, 105))
bins = np.linspace(0, 1, 41)
right.hist(naive(test)[~y_test], bins, density=True, alpha=0.6, label="other digits")
right.hist(naive(test)[y_test], bins, density=True, alpha=0.6, label="8s")
right.axvline(0.5, color="black", linewidth=1)
right.set(xlabel="score", yticks=[], title="scores of all splits")
right.legend()
headstart.show(figure, alt="Accuracies lie close together, recalls far apart; most 8s score below 0.5.")

# %% [markdown] terms="ROC-AUC, PR-AUC"
# The accuracies differ by little, the recalls by a lot: report the spread, or you report luck.
#
# The histogram shows *why* recall is low. The 8s do get higher scores than the other digits. The scores stay
# below 0.5, because the head has been trained for a short time and almost every image told it "no". So two
# causes come together, too little training and a threshold that does not fit. Both can be mended.
#
# ## Metrics that notice
#
# Two metrics look at the scores and need no threshold.
#
# - **ROC-AUC** is the probability that a random positive gets a higher score than a random negative: 0.5 for
#   guessing, 1 for a perfect order.
# - **PR-AUC** is the area under the curve of precision against recall, over all thresholds. Guessing gets the
#   prevalence. scikit-learn's `average_precision_score` computes it as a sum of steps.


# %%
def mean_scores(scores):
    pairs = list(zip(y_test, scores, strict=True))
    return {
        "accuracy": np.mean([metrics.accuracy_score(y, s >= 0.5) for y, s in pairs]),
        "balanced accuracy": np.mean([metrics.balanced_accuracy_score(y, s >= 0.5) for y, s in pairs]),
        "F1": np.mean([metrics.f1_score(y, s >= 0.5, zero_division=0) for y, s in pairs]),
        "ROC-AUC": np.mean([metrics.roc_auc_score(y, s) for y, s in pairs]),
        "PR-AUC": np.mean([metrics.average_precision_score(y, s) for y, s in pairs]),
    }


# %% [markdown]
# Each score is the mean over the twenty splits. Put the naive heads beside a model that never looks:

# %%
lazy = mean_scores(np.zeros(y_test.shape))
for name, value in mean_scores(naive(test)).items():
    print(f"{name:18} lazy {lazy[name]:.3f}   naive head {value:.3f}")

# %% [markdown]
# "Lazy" gives every image the score 0. By accuracy it is hardly worse than the head. Balanced accuracy and F1
# put both where they belong at this threshold. The two areas say that the order of the scores is good.
#
# ## ROC-AUC flatters
#
# Now make the task harder. Put noise on every image, as a bad scanner would, and train again, a little longer.

# %%
torch.manual_seed(0)
with torch.no_grad():
    noisy = backbone(images + 0.7 * torch.randn_like(images[:, :1]))
noisy_naive = train_heads(noisy, steps=400)
headstart.predict("accuracy_paradox.predict-pr-auc")

# %% [markdown]
# The test sets get a prevalence of your choice. The heads stay as they are.


# %%
def areas(prevalence):
    rows = torch.stack([rare("test", seed, prevalence) for seed in range(20)])
    pairs = list(zip(is_eight[rows].numpy(), noisy_naive(rows), strict=True))
    roc = np.mean([metrics.roc_auc_score(y, s) for y, s in pairs])
    return roc, np.mean([metrics.average_precision_score(y, s) for y, s in pairs])


# %%
print("share of 8s   ROC-AUC   PR-AUC   PR-AUC of guessing")
for prevalence in (0.09, 0.05, 0.025, 0.01):
    roc, pr = areas(prevalence)
    print(f"{prevalence:11.1%}   {roc:7.2f}   {pr:6.2f}   {prevalence:18.3f}")
    if prevalence == 0.025:
        measured = f"{pr:.2f}, with a ROC-AUC of {roc:.2f}"

headstart.predict("accuracy_paradox.predict-pr-auc", measured=measured)

# %% [markdown]
# The same heads, the same images of other digits, fewer and fewer 8s. ROC-AUC stays: it asks for rates
# *within* each class. PR-AUC falls: precision asks how many alarms are right, and the false ones stay as many
# while the right ones become fewer. With a rare class, a ROC-AUC above 0.9 may still mean that most alarms
# are false.

# %%
headstart.question("accuracy_paradox.which-metric")

# %% [markdown] terms="class weights, weighted sampling"
# ## Three repairs
#
# - **Moving the threshold** means to say "yes" from another score on than 0.5. It is chosen on validation data;
#   lesson 3 is about how.
# - **Class weights** multiply the loss of each class by a factor, large for the rare class.
# - **Weighted sampling** draws images of the rare class more often into the batches. In a `DataLoader` it is
#   `WeightedRandomSampler`.
#
# The usual factor is the *inverse frequency* N / (classes · count). For both of the last two repairs the same
# numbers serve.

# %%
count = len(train[0])
positives = int(is_eight[train[0]].sum())
class_weight = torch.tensor([count / (2 * (count - positives)), count / (2 * positives)])
balance = class_weight[is_eight[train].long()]
print("weight of other digits and of 8s:", [round(weight, 2) for weight in class_weight.tolist()])


# %% [markdown]
# For the threshold: of all scores on the validation images, take the one with the best F1.


# %%
def best_threshold(y, scores):
    precision, recall, thresholds = metrics.precision_recall_curve(y, scores)
    f1 = 2 * precision * recall / (precision + recall + 1e-9)
    return thresholds[f1[:-1].argmax()]


# %% [markdown]
# Now all heads: the naive ones, one set for each repair, and one that is trained for longer.


# %%
def repairs(features, steps):
    naive = train_heads(features, steps=steps)
    weighted = train_heads(features, loss_weight=balance, steps=steps)
    sampled = train_heads(features, draw_weight=balance, steps=steps)
    longer = train_heads(features, steps=5 * steps)
    chosen = [[best_threshold(y, s)] for y, s in zip(y_val, naive(val), strict=True)]
    return {
        "naive": (naive(test), 0.5),
        "threshold moved": (naive(test), np.array(chosen)),
        "class weights": (weighted(test), 0.5),
        "weighted sampling": (sampled(test), 0.5),
        "trained longer": (longer(test), 0.5),
    }


# %%
def table(runs):
    print("                    accuracy   found   missed   false alarms   precision   PR-AUC   mean score")
    for name, (scores, threshold) in runs.items():
        yes = scores >= threshold
        TP, FP, FN = (yes & y_test).sum(), (yes & ~y_test).sum(), (~yes & y_test).sum()
        pr = np.mean([metrics.average_precision_score(y, s) for y, s in zip(y_test, scores, strict=True)])
        counts = f"{(yes == y_test).mean():8.1%}   {TP:5}   {FN:6}   {FP:12}   {TP / max(TP + FP, 1):9.2f}"
        print(f"{name:18}  {counts}   {pr:6.2f}   {scores.mean():10.3f}")


# %% [markdown]
# One row for each repair, on clean digits:

# %%
table(repairs(features, steps=150))

# %% [markdown]
# The counts add up all twenty splits. Every repair finds several times as many 8s as the naive head, and none
# costs accuracy. The last row does nothing about the imbalance and trains five times as long. Here that is a
# repair as well, with next to no false alarms. *Before you balance anything, check
# that the model has finished learning.*
#
# ## The price
#
# On clean digits 8s are easy, so the repairs look cheap. Now with noise:

# %%
table(repairs(noisy, steps=400))

# %% [markdown]
# Now every 8 more costs false alarms. Weights and sampling find the most and pay with a precision far below
# the naive one, and with accuracy. Moving the threshold and training longer lie between in 8s found and in
# false alarms, and cost no accuracy. PR-AUC is about the same in all rows: the repairs choose another point on
# nearly the same curve. *A repair trades one mistake for the other; it does not create information.* For that
# you need better features or more positives.
#
# The last column is a hidden price. The naive scores have a mean near the true share, 0.025. After weights or
# sampling the mean is several times as high. So is a single score: of the images with a score near 0.5 about
# every second is an 8 in the row "trained longer", and about one in ten after weights or sampling. A moved
# threshold leaves the scores as they are.

# %%
headstart.question("accuracy_paradox.cost-of-repairs")

# %% [markdown]
# ## Break it: two repairs at once
#
# Weights help, sampling helps. Then both must help twice?

# %% tags=["broken"]
both = train_heads(noisy, loss_weight=balance, draw_weight=balance, steps=400)
table({"naive": (noisy_naive(test), 0.5), "both": (both(test), 0.5)})

# %% [markdown]
# Each of the two makes the classes count the same. Together they make the 8s the overwhelming majority, and the
# paradox stands on its head: nearly everything is found, and nearly every alarm is false. No message warns you.
#
# ## Break it: balance the test set
#
# The same weighted heads on a test set with one 8 for each other digit.

# %% tags=["broken"]
weighted = train_heads(noisy, loss_weight=balance, steps=400)
yes = weighted(test) >= 0.5

# %% [markdown]
# The answers are fixed. Only the images that are counted change.

# %% tags=["broken"]
for name, others in (("rare, as in life", 723), ("balanced", 19)):
    kept = np.r_[:others, 723:742]  # the 8s of each split are its last 19 images
    y, answers = y_test[:, kept].ravel(), yes[:, kept].ravel()
    precision, recall = metrics.precision_score(y, answers), metrics.recall_score(y, answers)
    print(f"{name:17} precision {precision:.2f}   recall {recall:.2f}")

# %% [markdown]
# Recall is the same, precision is from another world: nearly all false alarms went out with the digits that you
# threw away. Balance the training data if you must, the test set never. It must look like the world in
# which the model will work.
#
# ## Break it: a class that is not there
#
# A batch of labels happens to hold no class 2. Weights by inverse frequency, scaled to sum 1:

# %% tags=["broken"]
labels = torch.tensor([0, 0, 0, 1])
weight = 1 / torch.bincount(labels, minlength=3)
weight = weight / weight.sum()
loss = torch.nn.functional.cross_entropy(torch.zeros(4, 3), labels, weight=weight)
print("weights", weight.tolist(), "  loss", loss.item())

# %% [markdown]
# One class without images turns the loss into not-a-number, and the next step does the same to every parameter.
# There is no error. An absent class needs a rule: in the exercises its weight is 0.
#
# ## Check yourself

# %%
headstart.question("accuracy_paradox.which-repairs-train")

# %%
headstart.question("accuracy_paradox.order-of-five-numbers")

# %% [markdown]
# ## Key result
#
# With a rare class, accuracy measures how rare the class is. Accuracy 98 % with recall 12 % is possible up to a
# prevalence of `(1 - accuracy) / (1 - recall)`, and there "never" is about as accurate. Judge by precision and
# recall of the rare class, by PR-AUC, or by balanced accuracy, over several splits. Train to the end, then choose
# the repair whose price you can pay.
#
# **Next:** the [graded exercises](../quizzes/02_accuracy_paradox/exercises.ipynb), the [ten graded
# questions](../quizzes/02_accuracy_paradox/quiz.ipynb), and [lesson 3](03_thresholds.ipynb): who decides between
# precision and recall.
