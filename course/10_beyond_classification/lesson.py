# %% [markdown]
# # Lesson 10 · Beyond classification
#
# **Which metric for regression, boxes and masks?**
#
# Not every model answers with a class. Some give a number, some draw a box around each object, some mark
# pixels. A pre-trained backbone serves them all, with another head. But "share of right answers" no longer
# makes sense: a box is never *exactly* right. You build all three on the digits, and measure what each metric
# sees and what it hides.
#
# *20 minutes. You need: precision and recall (lesson 1), frozen features (lesson 7).*

# %%
import matplotlib.pyplot as plt
import torch
from ipywidgets import BoundedIntText, interactive
from scipy import ndimage
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, interpolate, pad
from torchvision.models import get_model
from torchvision.ops import box_convert, box_iou, nms
from tqdm.auto import tqdm

import headstart
import headstart.models
from headstart.data import Digits
from headstart.scenes import draw_boxes, ink, scenes, slant
from headstart.training import extract_features, fit

# %% [markdown]
# ## A number: regression
#
# How far does a digit lean? The **slant** of a digit is the angle of its ink to the vertical, in degrees,
# positive to the right. A few sums over the pixels measure it, so we know the right answer for every image.

# %%
test = Digits("test")
test_slant = slant(test.data)
figure, axes = plt.subplots(1, 9, figsize=(9, 1.4))
for ax, i in zip(axes, test_slant.argsort()[::99], strict=True):
    ax.imshow(test.data[i].numpy(), cmap="gray_r")
    ax.set(title=f"{round(test_slant[i].item())}°", xticks=[], yticks=[])
headstart.show(figure, alt="Nine digits in order of slant, from left to right leaning.")

# %% [markdown] terms="regression head"
# Can the slant be read off the features of the frozen letter backbone? As in lesson 7, they are computed
# once. A **regression head** is a last layer with one output, trained on the squared error. The targets are
# scaled to mean 0 and spread 1 first, because the outputs of a new layer are near 0 too.

# %%
backbone = get_model("glyphnet", weights="DEFAULT").eval()
train = Digits("train", size=500)
train_features = extract_features(backbone, train.tensors()[0])
test_features = extract_features(backbone, test.tensors()[0])


# %%
def train_regression(features, target):
    torch.manual_seed(0)
    head = nn.Linear(128, 1)
    optimizer = torch.optim.AdamW(head.parameters(), lr=1e-2)
    scaled = (target - target.mean()) / target.std()
    for _ in range(300):
        optimizer.zero_grad()
        ((head(features).squeeze(1) - scaled) ** 2).mean().backward()
        optimizer.step()
    return lambda new: head(new).detach().squeeze(1) * target.std() + target.mean()


# %% [markdown]
# The loop is the one you know, with another loss. Train it, and compare angle by angle.

# %%
predicted = train_regression(train_features, slant(train.data))(test_features)
print("first five, measured: ", test_slant[:5].round().int().tolist())
print("first five, predicted:", predicted[:5].round().int().tolist())

# %% [markdown] terms="mean squared error, root mean squared error, mean absolute error, R²"
# Hardly one is exactly right, and still they look good. Four metrics say how good. The **mean squared error**
# (MSE) is the mean of the squared differences between predictions and targets. The **root mean squared
# error** (RMSE) is the square root of the MSE, in the target's own unit. The **mean absolute error** (MAE) is
# the mean distance of a prediction from its target. **R²** is the share of the target's variance that the
# predictions take away.


# %%
def report(name, y_true, y_pred):
    error = y_pred - y_true
    mse, mae = (error**2).mean(), error.abs().mean()
    r2 = 1 - mse / ((y_true - y_true.mean()) ** 2).mean()
    print(f"{name:23} MSE {mse:5.2f}   RMSE {mse.sqrt():4.2f}   MAE {mae:4.2f}   R² {r2:5.2f}")


report("regression head", test_slant, predicted)
report("always the mean", test_slant, slant(train.data).mean().expand(len(test)))

# %% [markdown]
# The second row is the baseline of regression: one constant for every image, the mean of the training data.
# Its R² is 0, as far as training and test mean agree. So R² reads like this: 1 is perfect, 0 is no better
# than a constant.
#
# ## Another quantity, fewer images
#
# Another quantity now: the **ink** of a digit, as the number of pixels that it would fill. And fewer images:
# 50.

# %%
headstart.predict("beyond_classification.predict-r2")

# %%
few, few_features = train.data[:50], train_features[:50]
read_slant = train_regression(few_features, slant(few))
report("slant, 50 images", test_slant, read_slant(test_features))

# %% [markdown]
# That is the head for the slant. Now the ink, on new images and on its own 50.

# %%
read_ink = train_regression(few_features, ink(few))
report("ink, 50 images", ink(test.data), read_ink(test_features))
report("ink, the 50 themselves", ink(few), read_ink(few_features))
read_ink = train_regression(train_features, ink(train.data))
report("ink, 500 images", ink(test.data), read_ink(test_features))
headstart.predict("beyond_classification.predict-r2", measured="below 0")

# %% [markdown]
# R² is not the square of anything: where a model is worse than the mean, it is negative. On its own 50 images
# the head looks perfect, on new ones it loses to a constant. An RMSE of a few pixels gave no hint of that.
# With 128 weights and 50 images, the head has learned its images by heart. Ten times as many images help, and
# still the ink stays far behind the slant: a linear head finds less about it in these features.

# %%
headstart.question("beyond_classification.r2-by-hand")

# %% [markdown]
# ## Break it: one wrong number
#
# Someone types the slant of one test digit, the one that leans most, without its decimal point. So it becomes
# ten times too large. All others are right.

# %% tags=["broken"]
mistyped = test_slant.clone()
mistyped[mistyped.abs().argmax()] *= 10
report("clean", test_slant, predicted)
report("one value mistyped", mistyped, predicted)

# %% [markdown]
# Squares give a single large error great weight. MAE hardly moves. Neither is wrong: choose RMSE when a large
# miss costs more than many small ones, MAE when you do not trust every value of your data.
#
# The next mistake is in the code: `squeeze(1)` is missing.

# %% tags=["broken"]
torch.manual_seed(0)
head, target = nn.Linear(128, 1), slant(train.data) / 10
optimizer = torch.optim.AdamW(head.parameters(), lr=1e-2)
for _ in range(300):
    optimizer.zero_grad()
    ((head(train_features) - target) ** 2).mean().backward()
    optimizer.step()

# %% [markdown]
# It ran through, all 300 steps. What has it learned?

# %%
print("shape of the difference:", tuple((head(train_features) - target).shape))
report("without squeeze(1)", target * 10, 10 * head(train_features).detach().squeeze(1))

# %% [markdown] terms="broadcasting, box, intersection over union"
# **Broadcasting** repeats the entries of two tensors whose shapes differ until the shapes agree. A column minus a
# row becomes a square: every prediction answers for every target. The best that the head can do is the mean of all
# targets, and it gets there without any error message. An R² near 0 on the *training* data is the sign to look for.
#
# ## Boxes: how much do they overlap?
#
# A detector says where things are. A **box** is four numbers for a rectangle around an object, here
# `x1, y1, x2, y2`, with y pointing down.
# **Intersection over union** (IoU) is the area that two regions share, divided by the area that they cover
# together. It is 1 for equal regions and 0 for separate ones.

# %%
headstart.predict("beyond_classification.predict-shift")


# %%
def fill(x1, y1, x2, y2):
    region = torch.zeros(20, 20, dtype=torch.bool)
    region[y1:y2, x1:x2] = True
    return region


def iou(a, b):
    return ((a & b).sum() / (a | b).sum()).item()


# %% [markdown]
# Two equal squares, one shifted by two pixels in both directions.

# %%
by_hand = iou(fill(4, 4, 14, 14), fill(6, 6, 16, 16))
by_torchvision = box_iou(torch.tensor([[4, 4, 14, 14]]), torch.tensor([[6, 6, 16, 16]]))
print(f"pixels counted {by_hand:.4f}   torchvision {by_torchvision.item():.4f}")
headstart.predict("beyond_classification.predict-shift", measured=round(by_hand, 2))

# %% [markdown]
# Two small steps, and more than half of the IoU is gone. What leaves the intersection enters the union, so it
# counts twice. That is one reason why an IoU of 0.5 is the usual bar for "found".
#
# ### Explore
#
# The green box is true. Set the orange one: can you reach 0.9? What does a box get that is twice as wide and
# twice as high, around the same middle?


# %%
def explore(x1, y1, x2, y2):
    figure, ax = plt.subplots(figsize=(3.2, 3.2))
    ax.imshow(pad(test.data[3], (6, 6, 6, 6)).numpy(), cmap="gray_r", extent=(0, 20, 20, 0))
    draw_boxes(ax, [(7, 6, 13, 14)], "tab:green")
    draw_boxes(ax, [(x1, y1, x2, y2)], "tab:orange")
    overlap = iou(fill(7, 6, 13, 14), fill(x1, y1, x2, y2))
    ax.set_title(f"IoU {overlap:.3f}")
    headstart.show(figure, alt=f"Your box {x1}, {y1}, {x2}, {y2} has IoU {overlap:.3f}.")


# %% [markdown]
# A first try, the same for every reader. Then the fields are yours.

# %%
corners = {"x1": 8, "y1": 5, "x2": 15, "y2": 13}
explore(**corners)
fields = {name: BoundedIntText(value, min=0, max=20) for name, value in corners.items()}
interactive(explore, **fields)

# %% [markdown]
# ### Break it: the other format
#
# Half of the world writes a box as corner, width and height: `x, y, w, h`. Four numbers are four numbers, so
# nothing stops you.

# %% tags=["broken"]
box = torch.tensor([[4.0, 4, 14, 14]])
same_box = box_convert(box, in_fmt="xyxy", out_fmt="xywh")
print(f"read as corners   {box_iou(box, same_box).item():.2f}")
print(f"converted before  {box_iou(box, box_convert(same_box, 'xywh', 'xyxy')).item():.2f}")

# %% [markdown]
# The same box, written twice, should have an IoU of 1. Convert once, when the data are loaded, and test it
# with a box that you know.
#
# ## A detector
#
# Now real detections. Each canvas has five test digits in random places, and noise. The detector is as simple
# as can be. Connected pixels with ink above a level make a box, the pixels around its middle go to the
# classifier, and the classifier's probability is the score, which says how sure the detector is.

# %%
drawn = scenes(test, 60, count=5, size=40, noise=2.0)
n_truth = sum(len(boxes) for boxes in drawn.boxes)
torch.manual_seed(0)
classifier = nn.Linear(128, 10)
fit(classifier, train_features, train.targets, epochs=20, lr=1e-2)
print(n_truth, "digits on", len(drawn.pixels), "canvases")

# %%
preset = headstart.models.GlyphNet_Weights.DEFAULT.transforms()


def detect(pixels, level):
    areas, _ = ndimage.label((pixels > level).numpy(), structure=[[1, 1, 1]] * 3)
    found = ndimage.find_objects(areas)
    boxes = torch.tensor([[x.start, y.start, x.stop, y.stop] for y, x in found])
    boxes = boxes[(boxes[:, 2:] - boxes[:, :2]).prod(1) >= 9].float()  # smaller ones are noise
    around = pad(pixels, (4, 4, 4, 4))
    middles = ((boxes[:, :2] + boxes[:, 2:]) / 2).int()
    crops = torch.stack([around[y : y + 8, x : x + 8] for x, y in middles])
    features = extract_features(backbone, preset(crops[:, None]))
    return boxes, *classifier(features).detach().softmax(1).max(1)


# %% [markdown]
# Boxes first, then a crop around each middle, then one batch through the network. On all canvases:

# %%
detections = [detect(pixels, level=6) for pixels in tqdm(drawn.pixels)]

# %%
figure, axes = plt.subplots(1, 3, figsize=(9, 3.2), layout="constrained")
for ax, pixels, truth, found in zip(axes, drawn.pixels, drawn.boxes, detections, strict=False):
    ax.imshow(pixels.numpy(), cmap="gray_r", extent=(0, 40, 40, 0))
    draw_boxes(ax, truth, "tab:green")
    draw_boxes(ax, found[0], "tab:orange")
    for (x, y, *_), score, label in zip(*found, strict=True):
        ax.text(x, y - 0.5, f"{label} {score:.2f}", color="tab:red", fontsize=8)
    ax.set(xticks=[], yticks=[])
headstart.show(figure, alt="Three canvases with true and detected boxes, labels and scores.")

# %% [markdown]
# Green is the truth, orange the detector with its label and score. Some boxes are a pixel off, one label is
# wrong, and on other canvases a box holds two digits that touch. When is a detection right? The usual rule:
# the label is right, the IoU reaches a bar, and each true object can be found **once**, by the surest
# detection.


# %%
def match(found, true_boxes, true_labels, bar, once=True):
    boxes, scores, labels = found
    overlap = box_iou(boxes, true_boxes) * (labels[:, None] == true_labels)
    right = torch.zeros(len(boxes), dtype=torch.bool)
    for row in scores.argsort(descending=True):
        best, column = overlap[row].max(dim=0)
        if best >= bar:
            right[row] = True
            if once:
                overlap[:, column] = 0
    return right


# %%
def collect(detections, bar, once=True):
    truth = zip(detections, drawn.boxes, drawn.labels, strict=True)
    right = torch.cat([match(*entry, bar, once) for entry in truth])
    return torch.cat([scores for _, scores, _ in detections]), right


# %% [markdown]
# Now count as in lesson 1: right detections are true positives, the others false alarms, digits that nobody
# found are misses. Go through all detections from the surest on, and note precision and recall after each.
# True negatives do not exist: who could count the places where rightly no box is?
#
# The average precision (AP) of a detector is the area under this precision-recall curve, after each dent is filled
# up with the best precision to its right. The dents are filled because nobody would choose a threshold where a lower
# one finds more *and* is more precise.


# %%
def precision_recall(scores, right, n_truth):
    hits = right[scores.argsort(descending=True)].double().cumsum(0)
    precision = hits / torch.arange(1, len(hits) + 1)
    return hits / n_truth, precision, precision.flip(0).cummax(0).values.flip(0)


# %%
def average_precision(scores, right, n_truth):
    recall, _, filled = precision_recall(scores, right, n_truth)
    return (recall.diff(prepend=torch.zeros(1)) * filled).sum().item()


# %%
found = collect(detections, bar=0.5)
print(f"AP at IoU 0.5, all digits together: {average_precision(*found, n_truth):.3f}")

# %% [markdown]
# This number is an area. The picture shows which one.

# %%
recall, precision, filled = (values.numpy() for values in precision_recall(*found, n_truth))
figure, ax = plt.subplots(figsize=(6, 3))
ax.plot(recall, precision, label="precision")
ax.fill_between(recall, filled, alpha=0.3, step="pre", label="average precision")
ax.set(xlabel="recall", ylabel="precision", xlim=(0, 1.02), ylim=(0, 1.05))
ax.legend(loc="lower left")
headstart.show(figure, alt="Precision falls as recall rises; the area has no dents.")

# %% [markdown] terms="mean average precision"
# Published numbers average twice more. AP is computed for each class, and the mean over the classes is
# reported. **Mean average precision** (mAP) over 0.50:0.95, as the [COCO
# benchmark](https://cocodataset.org/#detection-eval) defines it, is the mean of AP over all classes and over
# the ten IoU bars from 0.50 to 0.95 in steps of 0.05. (COCO reads each curve at 101 points, which changes the
# third digit.)
#
# Compare two detectors: one cuts the ink at level 4, the other at level 8, which also cuts off the faint rim
# of each digit.


# %%
def mean_over_classes(detections, bar):
    scores, right = collect(detections, bar)
    labels, truth = torch.cat([found[2] for found in detections]), torch.cat(drawn.labels)
    areas = []
    for k in range(10):
        of_class = labels == k
        areas.append(average_precision(scores[of_class], right[of_class], (truth == k).sum()))
    return sum(areas) / 10


# %%
bars = [0.5 + 0.05 * step for step in range(10)]
curves = {}
for level in (4, 8):
    found = [detect(pixels, level) for pixels in tqdm(drawn.pixels)]
    curve = curves[level] = [mean_over_classes(found, bar) for bar in bars]
    print(f"level {level}: AP at 0.5 {curve[0]:.3f}   mAP over 0.50:0.95 {sum(curve) / 10:.3f}")

# %% [markdown]
# The same in full: AP at each of the ten bars.

# %%
figure, ax = plt.subplots(figsize=(6, 3))
for (level, curve), style in zip(curves.items(), ("o-", "s--"), strict=True):
    ax.plot(bars, curve, style, label=f"ink above {level}")
ax.set(xlabel="IoU that counts as found", ylabel="AP, mean over classes", ylim=(0, 1))
ax.legend()
headstart.show(figure, alt="Both are alike at 0.5; then level 8 falls much earlier.")

# %% [markdown]
# AP at 0.5 hardly tells the two apart: both find about as many digits, though not always the same. The higher
# bars see that one of them draws boxes that are too small. Which number you want depends on the use: to *count*
# objects, 0.5 is enough; to *measure* or grasp them, it is not.
#
# ## Break it: everything is found twice
#
# Why not run both levels and keep all boxes? Whatever one misses, the other may find.

# %% tags=["broken"]
pairs = [zip(detect(pixels, 4), detect(pixels, 8), strict=True) for pixels in drawn.pixels]
both = [[torch.cat(pair) for pair in pairs_of_canvas] for pairs_of_canvas in pairs]
one_each = [[part[nms(found[0], found[1], 0.3)] for part in found] for found in both]

# %% [markdown]
# Three ways to count them: all boxes; one box for each place; all boxes, and each may find an object again.

# %% tags=["broken"]
rules = {"both": (both, True), "NMS": (one_each, True), "wrong rule": (both, False)}
for name, (found, once) in rules.items():
    scores, right = collect(found, 0.5, once)
    most, area = right.sum() / n_truth, average_precision(scores, right, n_truth)
    print(f"{name:11} boxes {len(scores)}   highest recall {most:.2f}   AP {area:.3f}")

# %% [markdown] terms="non-maximum suppression, segmentation"
# Nearly every digit has two boxes now, and each second one is a false alarm. **Non-maximum suppression**
# (NMS) keeps only the surest of several boxes that overlap. The last row is the mistake in home-made metrics:
# without "once", both boxes count as finds. Here a recall above 1 gives it away; with fewer doubles it would
# only look splendid.
#
# ## Masks: pixels
#
# **Segmentation** means to give every pixel a class. Here: ink of a digit, or background? The canvases are
# larger and noisier, with three digits each. How good is a mask that marks nothing at all?

# %%
headstart.predict("beyond_classification.predict-blank")

# %%
learn = scenes(train, 20, count=3, size=64, noise=3.0, seed=1)
check = scenes(test, 20, count=3, size=64, noise=3.0, seed=2)


# %%
def score_mask(name, mask):
    right = (mask == check.masks).float().mean().item()
    dice = 2 * (mask & check.masks).sum() / (mask.sum() + check.masks.sum())
    overlap = iou(mask, check.masks)
    print(f"{name:12} pixel accuracy {right:.3f}   IoU {overlap:.3f}   Dice {dice:.3f}")
    return right


# %% [markdown]
# Three metrics of a mask. First nothing at all. Then every pixel above a low level of ink, and above a higher
# one:

# %%
blank = score_mask("blank mask", torch.zeros_like(check.masks))
score_mask("ink above 4", check.pixels > 4)
score_mask("ink above 8", check.pixels > 8)
headstart.predict("beyond_classification.predict-blank", measured=round(100 * blank, 1))

# %% [markdown] terms="Dice"
# The paradox of lesson 2, at its purest: nearly all pixels are background, so marking nothing beats the low
# level, which really finds ink. IoU looks only at what either mask marks. So does Dice. **Dice** is twice the
# number of shared pixels, divided by the number of pixels of both masks together. It is F1, counted over pixels.
#
# The higher level gets about as far as a single level can. It cuts off most of the noise, and the faint rims of
# the digits with it. A level looks at each pixel alone. The pre-trained backbone sees what is around it too, and
# can do better. Its first blocks keep a map of features, one vector for each place. A convolution of size 1 is a
# linear head for every pixel.


# %%
def pixel_features(pixels):
    images = (interpolate(pixels[:, None] / 16, scale_factor=4, mode="bilinear") - 0.45) / 0.225
    with torch.no_grad():
        stem = backbone.relu(backbone.bn1(backbone.conv1(images.repeat(1, 3, 1, 1))))
        first = backbone.layer1(stem)
        maps = first, backbone.layer2(first)
    size = pixels.shape[1:]
    return torch.cat([interpolate(m, size=size, mode="bilinear") for m in maps], dim=1)


# %%
torch.manual_seed(0)
pixel_head = nn.Conv2d(48, 1, kernel_size=1)
optimizer = torch.optim.AdamW(pixel_head.parameters(), lr=3e-2)
features = pixel_features(learn.pixels)

# %% [markdown]
# The features stay the same, so they are computed once. Only the convolution learns.

# %%
for _ in tqdm(range(60)):
    optimizer.zero_grad()
    binary_cross_entropy_with_logits(pixel_head(features)[:, 0], learn.masks.float()).backward()
    optimizer.step()
segmented = pixel_head(pixel_features(check.pixels))[:, 0] > 0

# %%
score_mask("blank mask", torch.zeros_like(check.masks))
score_mask("ink above 8", check.pixels > 8)
_ = score_mask("pixel head", segmented)

# %% [markdown]
# And one canvas, to see what the numbers mean.

# %%
figure, axes = plt.subplots(1, 4, figsize=(10, 2.8), layout="constrained")
pictures = {"input": check.pixels, "ink above 8": check.pixels > 8}
pictures |= {"pixel head": segmented, "truth": check.masks}
for ax, (name, picture) in zip(axes, pictures.items(), strict=True):
    ax.imshow(picture[0].numpy(), cmap="gray_r")
    ax.set(title=name, xticks=[], yticks=[])
headstart.show(figure, alt="Level 8 marks the digits, with specks around; the pixel head, hardly a speck.")

# %% [markdown]
# In pixel accuracy the head is a point or two above the blank mask, and a perfect mask would gain little more.
# IoU shows the difference in full, and the lead over the best single level too. Dice is above IoU, because
# Dice = 2 · IoU / (1 + IoU): never compare one report's Dice with another's IoU.
#
# ## Check yourself

# %%
headstart.question("beyond_classification.box-in-box")

# %%
headstart.question("beyond_classification.which-metric")

# %% [markdown]
# ## Key result
#
# Each task has its own baseline, and a metric is only read against it: the mean for a number (R² is 0), the
# blank mask for pixels (IoU is 0, pixel accuracy nearly 1). The next rival to beat is a simple rule, such as one
# level of ink. IoU turns "how well placed" into a number, a bar on it turns boxes into right and wrong, and from
# there on it is precision and recall again.
#
# **Next:** write these metrics yourself in the [graded
# exercises](../quizzes/10_beyond_classification/exercises.ipynb), and answer the [ten graded
# questions](../quizzes/10_beyond_classification/quiz.ipynb). Then [lesson 11](11_same_ideas_in_keras.ipynb):
# do these ideas hold outside PyTorch?
