# %% [markdown]
# # Lesson 1 · The confusion matrix
#
# **What do the four counts tell that accuracy hides?**
#
# Two tests look for the same disease. Each gives the right answer for 175 of 200 people. One of them sends 15
# ill people home, the other 10. Their accuracy is the same, so accuracy cannot tell them apart. Four counts
# can.
#
# You train a real classifier, look at its mistakes, and learn to take any score apart into these four counts.
#
# - **Time:** 15 minutes.
# - **You need:** Python, and the idea of a classifier: a program that puts each input into one of several
#   classes.
# - **How to work:** run each cell with Shift + Enter. Where the lesson asks for a guess, guess first.
#   When you come back another day, choose *Run → Run All Cells*: your answers come back too.

# %%
import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn import metrics
from torchvision.models import get_model

import headstart
import headstart.models  # makes glyphnet known to torchvision
from headstart.data import Digits

# %% [markdown] terms="features, backbone"
# ## A model that reads digits
#
# `glyphnet` is a small network that learned to tell *letters* apart. It has never seen a digit. What it knows
# about strokes and loops is useful for digits too, so we keep it, and take only its last layer off. The
# **backbone** is the network without its last layer. The **features** of an image are the numbers that the
# backbone turns it into, here 128.

# %%
train, test = Digits("train", size=50, seed=0), Digits("test", seed=0)
train_images, train_labels = train.tensors()
test_images, test_labels = test.tensors()

# %% [markdown]
# The images are ready. The network loses its letter layer, and every image passes through it once.

# %%
backbone = get_model("glyphnet", weights="DEFAULT").eval()
backbone.fc = torch.nn.Identity()  # the letter layer goes, the features come out
with torch.no_grad():
    train_features, test_features = backbone(train_images), backbone(test_images)
print("to learn from:", tuple(train_features.shape), "  to test on:", tuple(test_features.shape))

# %% [markdown] terms="head"
# The **head** is the last layer of a network, which turns features into one score for each class. The new one has
# ten outputs and learns from a handful of examples of each digit. This loop is the whole training; lesson 6
# measures how far so few examples carry.

# %%
torch.manual_seed(0)
head = torch.nn.Linear(128, 10)
optimizer = torch.optim.AdamW(head.parameters(), lr=0.01)
for _ in range(100):
    loss = torch.nn.functional.cross_entropy(head(train_features), train_labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

# %% [markdown] terms="metric, accuracy"
# How good is it on digits that it has never seen? A **metric** says in one number how good a model's answers
# are. **Accuracy** is the share of right answers.

# %%
predicted = head(test_features).argmax(dim=1)
right = predicted == test_labels
print(f"accuracy {right.float().mean():.1%}: {(~right).sum()} of {len(test)} answers are wrong")

# %% [markdown] terms="positive class, confusion matrix, false positive, false negative"
# ## Four counts
#
# Accuracy says how often the model is wrong. It does not say how. So we ask a yes-or-no question: *is this an
# 8?* The **positive class** is the one that a yes-or-no question asks for, here "8". Every answer then falls
# into one of four boxes.
#
# | | model says "8" | model says "not 8" |
# |---|---|---|
# | **it is an 8** | true positive, **TP** | false negative, **FN**: a miss |
# | **it is not** | false positive, **FP**: a false alarm | true negative, **TN** |
#
# The **confusion matrix** is the table that counts the cases by their true class and by their predicted class.
#
# Read a name from its end: the second word is what the model *said*, the first is whether that was *right*. A
# **false positive** is a wrong "yes", a false alarm. A **false negative** is a wrong "no", a miss.

# %%
y_true = (test_labels == 8).numpy()
y_pred = (predicted == 8).numpy()
TP, FP = int((y_pred & y_true).sum()), int((y_pred & ~y_true).sum())
FN, TN = int((~y_pred & y_true).sum()), int((~y_pred & ~y_true).sum())
print(f"TP {TP}   FP {FP}   FN {FN}   TN {TN}   together {TP + FP + FN + TN}")

# %% [markdown]
# Counts stand for images. Here are up to six of each box, in the places of the table above. Look at the
# misses and the false alarms: would you have read them correctly?

# %%
boxes = [y_pred & y_true, ~y_pred & y_true, y_pred & ~y_true, ~y_pred & ~y_true]
figure, axes = plt.subplots(2, 2, figsize=(8, 3.2), layout="constrained")
for ax, name, members in zip(axes.flat, ("TP", "FN", "FP", "TN"), boxes, strict=True):
    ax.imshow(np.hstack(test.data[members][:6].numpy()), cmap="gray_r")
    ax.set_title(f"{name}: {members.sum()}")
    ax.axis("off")
headstart.show(figure, alt="Up to six images of each box, in the places of the table above.")

# %% [markdown] terms="precision, recall, F1"
# ## Three questions, three numbers
#
# - **Precision** is the share of the *predicted* positives that are right, TP / (TP + FP). It asks the predictions:
#   of all answers "8", how many are right?
# - **Recall** is the share of the *real* positives that were found, TP / (TP + FN). It asks the truth: of all real
#   8s, how many were found?
# - **F1** is the harmonic mean of precision and recall, which stays near the smaller one. It is high only when both
#   are.


# %%
def four_scores(TP, FP, FN, TN):
    precision = TP / (TP + FP)
    recall = TP / (TP + FN)
    f1 = 2 * precision * recall / (precision + recall)
    accuracy = (TP + TN) / (TP + FP + FN + TN)
    return {"accuracy": accuracy, "precision": precision, "recall": recall, "F1": f1}


# %% [markdown]
# The function turns the four counts into four scores. For our model:

# %%
for name, value in four_scores(TP, FP, FN, TN).items():
    print(f"{name:10} {value:.3f}")

# %% [markdown]
# The accuracy went up, and the model is the same. The question became easier: a 3 read as a 5 no longer
# counts as a mistake, and most images are not 8s anyway.
#
# How easy is it? Here is a model that looks at nothing and always answers "not an 8".

# %%
lazy = np.zeros_like(y_true)
print(f"accuracy of the lazy model  {(lazy == y_true).mean():.3f}")
print(f"recall of the lazy model    {lazy[y_true].mean():.3f}")

# %% [markdown] terms="majority baseline"
# The **majority baseline** is the accuracy of always naming the most frequent class. Here you see it; read every
# accuracy against it. Recall shows at once that the lazy model is useless.
#
# Your turn, with other numbers:

# %%
headstart.question("confusion_matrix.cat-recall")

# %% [markdown]
# ## The twins
#
# Back to the two tests from the beginning, 200 people each. They make the same number of mistakes, but B has
# the false positives and false negatives of A exchanged.

# %%
headstart.predict("confusion_matrix.predict-twins")

# %%
twins = {"A": (85, 10, 15, 90), "B": (85, 15, 10, 90)}  # TP, FP, FN, TN
for twin, counts in twins.items():
    scores = four_scores(*counts)
    print(twin, "  ".join(f"{name} {value:.4f}" for name, value in scores.items()))

headstart.predict("confusion_matrix.predict-twins", measured="F1")

# %% [markdown]
# Exchange FP and FN, and precision and recall change places. F1 does not notice: it treats a miss and a false
# alarm alike. Which twin is better depends on what the two mistakes cost. For a disease it is B, which misses
# fewer ill people.
#
# ## Which axis is which?
#
# scikit-learn puts the truth in the rows, and so does TensorFlow. R's `caret` puts the predictions there. The
# picture shows the same answers of our model in both layouts.

# %%
matrix, names = metrics.confusion_matrix(y_true, y_pred), np.array([["TN", "FP"], ["FN", "TP"]])
figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained")
for ax, layout, cells in ((left, matrix, names), (right, matrix.T, names.T)):
    drawn = metrics.ConfusionMatrixDisplay(layout, display_labels=["not 8", "8"])
    drawn.plot(ax=ax, cmap="Blues", colorbar=False)
    for text, cell in zip(drawn.text_.flat, cells.flat, strict=True):
        text.set_text(f"{cell} {text.get_text()}")
left.set(title="rows are the truth", xlabel="predicted", ylabel="true")
right.set(title="rows are the predictions", xlabel="true", ylabel="predicted")
headstart.show(figure, alt=f"Rows true {matrix.tolist()}, rows predicted {matrix.T.tolist()}")

# %% [markdown]
# FP and FN have changed places. If a matrix has no axis labels, add up its rows and its columns: the sums
# that match the number of real 8s belong to the truth. The order of the classes differs too. Textbooks often
# put the positive class first; scikit-learn sorts the labels, so TN is top left.
#
# ## Break it: swap the arguments
#
# `precision_score` wants the truth first. What if you forget that?

# %% tags=["broken"]
scorers = (metrics.precision_score, metrics.recall_score, metrics.f1_score)
for score in scorers:
    right, swapped = score(y_true, y_pred), score(y_pred, y_true)
    print(f"{score.__name__:15} right {right:.3f}   swapped {swapped:.3f}")

# %% [markdown]
# No error, no warning, two wrong numbers. It happens to experts: one of [scikit-learn's own
# examples](https://github.com/scikit-learn/scikit-learn/pull/15279) had it until 2019. Write
# `precision_score(y_true=…, y_pred=…)`, and it cannot happen to you.
#
# ## More than two classes
#
# Each class takes a turn as the positive one. Row *k* holds everything that *is* class k, column *k*
# everything that *was called* class k, and the diagonal what is right.

# %%
headstart.question("confusion_matrix.order-by-precision")

# %%
three = np.array([[50, 5, 0], [3, 45, 2], [1, 4, 40]])  # rows: true A, B, C
precision = three.diagonal() / three.sum(axis=0)
recall = three.diagonal() / three.sum(axis=1)
f1 = 2 * precision * recall / (precision + recall)
support = three.sum(axis=1)  # how many cases each class really has

# %% [markdown]
# The whole matrix is worked out at once. One line for each class:

# %%
for row in zip("ABC", precision, recall, f1, support, strict=True):
    print("class {}   precision {:.3f}   recall {:.3f}   F1 {:.3f}   support {}".format(*row))

# %% [markdown] terms="support, macro average, weighted average"
# The **support** of a class is the number of its cases. Three classes give three values of each metric. To report
# one, average them. In a **macro average** every *class* counts the same, whatever its size. In a **weighted
# average** every *case* counts the same, so a class counts by its support.

# %%
for name, values in {"precision": precision, "recall": recall, "F1": f1}.items():
    macro, weighted = values.mean(), np.average(values, weights=support)
    print(f"{name:10} macro {macro:.4f}   weighted {weighted:.4f}")
print(f"accuracy   {three.trace() / three.sum():.4f}")

# %% [markdown]
# And what do the two averages say of the lazy model, the one that never answers "8"?

# %%
for average in ("macro", "weighted"):
    lazy_recall = metrics.recall_score(y_true, lazy, average=average)
    print(f"lazy model {average} recall {lazy_recall:.4f}")

# %% [markdown]
# The weighted recall *is* the accuracy, always. So for the lazy model it looks good. The macro average shows
# that one of the two classes is never found.
#
# Now all ten digits. Each answer adds one: in the row of the truth, in the column of the prediction.

# %%
ten = np.zeros((10, 10), dtype=int)
for truth, answer in zip(test_labels, predicted, strict=True):
    ten[truth, answer] += 1

# %% [markdown]
# As a picture, with the zeros left out, and below it the darkest square beside the diagonal:

# %%
figure, ax = plt.subplots(figsize=(5, 5), layout="constrained")
drawn = metrics.ConfusionMatrixDisplay(ten, display_labels=test.classes)
drawn.plot(ax=ax, cmap="Blues", colorbar=False)
for text in drawn.text_.flat:
    text.set_visible(text.get_text() != "0")
headstart.show(figure, alt="Ten by ten matrix: a dark diagonal and a few mistakes beside it.")
truth, answer = np.unravel_index((ten - np.diag(ten.diagonal())).argmax(), ten.shape)
print(f"most frequent mistake: a {truth} read as {answer}, {ten[truth, answer]} times")

# %% [markdown] terms="micro average"
# Off the diagonal you see *which* digits are confused, and in which direction. That tells you which images to
# look at, and of which digits to collect more.
#
# ## Break it: the average that averages nothing
#
# scikit-learn offers a third one. A **micro average** adds up the counts of all classes first and then divides.

# %% tags=["broken"]
for average in ("macro", "weighted", "micro"):
    scores = [score(test_labels, predicted, average=average) for score in scorers]
    print("{:9} precision {:.4f}   recall {:.4f}   F1 {:.4f}".format(average, *scores))
print(f"accuracy  {ten.trace() / ten.sum():.4f}")

# %% [markdown]
# Micro precision, micro recall, micro F1 and accuracy are one number under four names: every mistake is a
# false positive for one class and a false negative for another. A report of "precision and recall,
# micro-averaged" tells you the accuracy twice.
#
# ## Break it: nothing is predicted positive
#
# What is the precision of the lazy model, which never says "8"? Ask three times.

# %% tags=["broken"]
try:
    four_scores(TP=0, FP=0, FN=int(y_true.sum()), TN=int((~y_true).sum()))
except ZeroDivisionError as error:
    print("Python       ZeroDivisionError:", error)
print(f"PyTorch      {torch.tensor(0) / 0}\nscikit-learn {metrics.precision_score(y_true, lazy)}")

# %% [markdown]
# An error, not-a-number, and a zero with a warning: 0 / 0 has no value, so everyone makes a rule. The usual
# rule is 0.0, as in scikit-learn and in this course. Read the warning as "the model never said yes".
#
# ## Good, compared with what?
#
# Is a precision of 0.8 good? Let the same model read another pile of digits, in which 8s are ten times rarer.

# %%
headstart.predict("confusion_matrix.predict-rare")

# %%
rng = np.random.default_rng(0)
eights, others = np.flatnonzero(y_true), int((~y_true).sum())
print("share of 8s   precision   recall   baseline")
for kept in (len(eights), len(eights) // 3, len(eights) // 10):
    piles = [rng.choice(eights, kept, replace=False) for _ in range(200)]  # 200 random choices
    found = np.array([y_pred[pile].sum() for pile in piles])
    precision, recall = (found / (found + FP)).mean(), (found / kept).mean()
    share = kept / (kept + others)
    print(f"{share:11.1%}   {precision:9.3f}   {recall:6.3f}   {1 - share:8.3f}")

headstart.predict("confusion_matrix.predict-rare", measured=round(100 * precision, 1))

# %% [markdown]
# The other digits are as many as before, and so are the false alarms. The 8s to be found are fewer. So
# precision falls although nobody touched the model, and recall stays. No fixed bar, such as "above 85 % is
# good", can hold everywhere: the same model may pass it on one pile and fail it on the next.
#
# ## Explore
#
# The bars show the four metrics of a cat detector. In the fields below you set the counts yourself: type a
# number, or press the arrow keys.
#
# 1. Change TN alone. Which bars move?
# 2. Make twin B out of twin A. Which bars change places?
# 3. Find an accuracy above 0.9 with a recall below 0.2.


# %%
def explore(TP, FP, FN, TN):
    scores = four_scores(TP, FP, FN, TN)
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 2.8), layout="constrained")
    matrix = np.array([[TN, FP], [FN, TP]])
    drawn = metrics.ConfusionMatrixDisplay(matrix, display_labels=["other", "cat"])
    drawn.plot(ax=left, cmap="Blues", colorbar=False)
    right.bar_label(right.barh(list(scores), scores.values()), fmt="%.3f", padding=4)
    right.set(xlim=(0, 1.2), xticks=(0, 0.5, 1))
    right.invert_yaxis()
    text = ", ".join(f"{name} {value:.3f}" for name, value in scores.items())
    headstart.show(figure, alt=text)


# %% [markdown]
# A first detector, the same picture for every reader:

# %%
explore(TP=40, FP=10, FN=5, TN=45)

# %%
fields = {}
for name, count in zip(("TP", "FP", "FN", "TN"), twins["A"], strict=True):
    fields[name] = widgets.BoundedIntText(count, min=0, max=9999, description=name)
fields["TP"].min = 1  # without true positives, precision and recall can be 0 / 0
widgets.interactive(explore, **fields)

# %% [markdown]
# ## Check yourself

# %%
headstart.question("confusion_matrix.more-negatives")

# %% [markdown]
# ## Key result
#
# Accuracy adds up two kinds of right answers and hides two kinds of mistakes. The four counts bring them
# back: precision says how far you can trust a "yes", recall how much of what you look for is found. Before
# you call a value good, ask what the majority baseline gets, how rare the positives are, and what each
# mistake costs.
#
# **Next:** write these metrics yourself in the [graded
# exercises](../quizzes/01_confusion_matrix/exercises.ipynb), and answer the [ten graded
# questions](../quizzes/01_confusion_matrix/quiz.ipynb). Then [lesson
# 2](02_accuracy_paradox.ipynb): how 98 % accuracy can be useless.
