# %% [markdown]
# # Lesson 5 · Loading pre-trained models
#
# **What exactly do you get when you load weights?**
#
# One line loads a network that others have trained for days. It comes with conditions: how images must look,
# which mode it must be in, what its outputs mean. Most of them are broken without any error message. In this
# lesson you load, predict, and then break each condition on purpose, to see what it costs.
#
# *20 minutes. You need: tensors and modules in PyTorch.*

# %%
import io
import time
import warnings

import matplotlib.pyplot as plt
import torch
from ipywidgets import Dropdown, interact
from torch import nn
from torch.nn.functional import interpolate
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import ResNet18_Weights, ResNet50_Weights, get_model, get_model_weights, resnet50

import headstart
import headstart.models
from headstart.training import accuracy, extract_features, fit

task = headstart.task()
device = task.device
print(task)

# %% [markdown] terms="weights enum"
# ## A first run
#
# `get_model` builds a network by name and, if you ask for them, loads weights. A **weights enum** is the list of
# the trained weights that a model offers, each with all that belongs to it. `DEFAULT` is the best of the list. The
# images below have gone through the preprocessing that belongs to these weights. (What `eval()` and
# `inference_mode()` are for, you will measure.)

# %%
weights = get_model_weights(task.backbone).DEFAULT
model = get_model(task.backbone, weights=weights).to(device).eval()
print(weights, "in a", type(model).__name__)
images, labels = (tensor.to(device) for tensor in task.data("test").tensors())
with torch.inference_mode():
    scores = model(images[:8])
print("in:", tuple(images[:8].shape), "out:", tuple(scores.shape))

# %% [markdown]
# Each image gives one row, each category one column. The numbers are logits (lesson 3), so softmax turns a
# row into probabilities. `meta["categories"]` has the name of each column, and `topk` picks the largest.

# %%
names = weights.meta["categories"]
probabilities, indices = scores.softmax(dim=1).topk(3)
for label, row, places in zip(labels[:8], probabilities, indices, strict=True):
    guesses = [f"{names[place]} {value:.0%}" for value, place in zip(row, places, strict=True)]
    print(f"{task.classes[label]:>4} looks like", ", ".join(guesses))

# %% [markdown]
# Look at the left column and at the answers. The network knows its own categories and nothing else. It has no
# word for your class, so it takes the nearest that it has, and often it is very sure. Loading weights gives
# you *their* task. How to put your own classes in its place comes below.
#
# ## What a weights enum tells
#
# A model of torchvision has at least one member in its enum. Reading one downloads nothing; only building a
# model with it does.

# %%
for member in ResNet50_Weights:
    print(member, member.meta["_metrics"]["ImageNet-1K"], f"{member.meta['num_params']:,} parameters")
for enum in (ResNet50_Weights, ResNet18_Weights):
    print(f"{enum.__name__}.DEFAULT is {enum.DEFAULT.name}")

# %% [markdown]
# A member also knows the names of its categories, here five of a thousand, and its preprocessing.

# %%
print(ResNet18_Weights.IMAGENET1K_V1.meta["categories"][281:286])
print(ResNet18_Weights.IMAGENET1K_V1.transforms())

# %% [markdown] terms="top-1 accuracy, transforms, meta device"
# `acc@1` is the top-1 accuracy. **Top-1 accuracy** is the share of images whose true class has the highest score.
# `acc@5` counts an image as right if its class is among the five highest. The same network with two recipes
# differs by several points. `DEFAULT` may name other weights in a later version, so a report names the member.
#
# The **transforms** of weights are the preprocessing that these weights expect: size, crop, range of the values,
# mean and standard deviation. They belong to the weights, not to the network: other weights of the same network may
# need another size.
#
# What does such a network return for one image? The **meta device** of PyTorch holds tensors that have a shape and
# no values. It answers without any memory or computing.


# %%
def outline(name):
    with torch.device("meta"):
        return get_model(name, weights=None)


print(outline("resnet18")(torch.empty(1, 3, 224, 224, device="meta")).shape)
print(outline("mobilenet_v2")(torch.empty(16, 3, 224, 224, device="meta")).shape)

# %% [markdown]
# Always `(batch, 1000)` for ImageNet's thousand categories. One image is a batch of one, and the first
# dimension stays.
#
# ## No weights, no warning
#
# `weights=None` is the default of `get_model`. It gives the same network with random values.


# %% tags=["broken"]
def loaded_twice(weights):
    return [get_model(task.backbone, weights=weights).conv1.weight for _ in range(2)]


for choice in ("DEFAULT", None):
    first, second = loaded_twice(choice)
    print(f"weights={choice}: the same values twice: {torch.equal(first, second)}")

# %% [markdown]
# Forget the argument and you get an untrained network, and nobody tells you. It has the right shape and the
# right speed. Only its answers are noise. So pass `weights=` every time, also when you mean `None`.
#
# Old tutorials write `pretrained=True`. Here is what the installed version makes of it. The cell turns its
# second warning into an error, so that nothing is downloaded.

# %% tags=["broken"]
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    warnings.filterwarnings("error", message="Arguments other than a weight enum")
    try:
        resnet50(pretrained=True)
    except UserWarning as second:
        print("1.", caught[0].message)
        print("2.", second)

# %% [markdown]
# And the network of this course?

# %% tags=["broken"]
try:
    get_model("glyphnet", pretrained=True)
except TypeError as error:
    print("Ours: TypeError:", error)

# %% [markdown]
# The old argument still works, with two warnings, and loads the *old* weights: `IMAGENET1K_V1`. The list
# above shows how many points ResNet-50 loses by that. A model from elsewhere, such as ours, need not know it
# at all.

# %%
headstart.question("loading_pretrained.right-call")

# %% [markdown]
# ## Where is the head?
#
# The head of a classifier is its last layer, which turns features into one score for each class. To put in
# your own classes you replace it. In a ResNet it is `model.fc`. That is a name, not a rule.

# %% tags=["broken"]
families = ["resnet18", "vgg11", "mobilenet_v2", "efficientnet_b0", "densenet121", "vit_b_16"]
for name in families:
    try:
        print(f"{name:16}", outline(name).fc)
    except AttributeError as error:
        print(f"{name:16} AttributeError:", error)


# %% [markdown]
# One family of six has an `fc`. Looking up six names is one way. The other works for all of them: `named_modules`
# walks through all layers at every depth, and the last `nn.Linear` among them is the head.


# %%
def last_linear(model):
    return [name for name, module in model.named_modules() if isinstance(module, nn.Linear)][-1]


# %% [markdown]
# The list of linear layers is in order, so the last entry is the one. Ask all six families again.

# %%
for name in families:
    skeleton = outline(name)
    place = last_linear(skeleton)
    print(f"{name:16} model.{place:13} {skeleton.get_submodule(place)}")

# %% [markdown]
# This finds the layer that was *registered* last, which in torchvision's classifiers is also the one that runs
# last. It is no law: a network without a linear layer exists too. SqueezeNet ends in a convolution, and the
# list is empty. So look at what you found before you replace it.
#
# ### Explore: where a family keeps its parameters
#
# The head is the orange piece. Choose a family and watch its share. Where a small network has many classes, the
# head weighs more than you may think. That share goes when you put in your own few classes.


# %%
def size(module):
    return sum(parameter.numel() for parameter in module.parameters())


# %%
def parts(name):
    skeleton = outline(name)
    place = last_linear(skeleton)
    blocks = {block: size(module) for block, module in skeleton.named_children() if size(module)}
    return blocks, place, size(skeleton.get_submodule(place)), size(skeleton)


# %%
def head_map(name):
    blocks, place, head, total = parts(name)
    figure, axes = plt.subplots(figsize=(7, 2.8))
    axes.barh(list(blocks), [value / 1e6 for value in blocks.values()], color="lightsteelblue")
    axes.barh([place.split(".")[0]], [head / 1e6], color="tab:orange", label=f"head: {place}")
    axes.set(xlabel="million parameters", title=f"{name}: head {head:,} of {total:,} ({head / total:.1%})")
    axes.invert_yaxis()
    axes.legend()
    headstart.show(figure, alt=f"{name}: the head {place} has {head:,} of {total:,} parameters.")


# %% [markdown]
# First a network with a large head, then your choice.

# %%
head_map("mobilenet_v2")
_ = interact(head_map, name=Dropdown(options=families, value="vgg11", description="model"))

# %% [markdown]
# ## Your own classes
#
# Our network has its head at `fc`, as every ResNet. A new head is random, so it must be trained. The backbone
# stays as it was loaded: 200 images pass through it once, and the head learns from what comes out. (Lesson 7
# takes this apart.)

# %%
train_images, train_labels = (tensor.to(device) for tensor in task.data("train", size=200).tensors())
features = extract_features(model, train_images)
torch.manual_seed(0)
head = nn.Linear(model.fc.in_features, len(task.classes)).to(device)
fit(head, features, train_labels, epochs=20, lr=1e-2)


# %%
def loaded():
    model = get_model(task.backbone, weights="DEFAULT").to(device)
    model.fc = head
    return model


# %% [markdown]
# `loaded()` gives a fresh copy each time: the weights from the file, and your trained head. How good is it?

# %%
as_it_should_be = accuracy(loaded(), images, labels)
print(f"test accuracy with everything right: {as_it_should_be:.1%}")

# %% [markdown] terms="BatchNorm, running statistics"
# This number is the measure for all that follows. The network and its weights stay the same from here on. Only
# the way it is *used* changes.
#
# ## Break it 1: no `eval()`
#
# A **BatchNorm** layer rescales each feature by a mean and a variance. Its **running statistics** are averages of
# the two that it has collected in training, and eval mode uses them. A model from the constructor is in train
# mode: there each image is normalised by the statistics of the *batch* it happens to be in.

# %%
headstart.predict("loading_pretrained.predict-no-eval")


# %% tags=["broken"]
def without_eval(order, batch_size):
    model, right = loaded().train(), 0
    with torch.no_grad():
        for batch in order.split(batch_size):
            right += (model(images[batch]).argmax(1) == labels[batch]).sum().item()
    return right / len(order), accuracy(model, images, labels)


# %% [markdown]
# It returns two accuracies: during the mistake, and afterwards with `eval()`. Try batches of several sizes.

# %% tags=["broken"]
order = torch.arange(min(320, len(images)), device=device)
runs = {f"batches of {n}": without_eval(order, n) for n in (1, 4, 16, 64)}
runs["64, sorted by class"] = without_eval(labels.argsort(), 64)
headstart.predict("loading_pretrained.predict-no-eval", measured=round(100 * runs["batches of 1"][0], 1))

# %%
figure, axes = plt.subplots(figsize=(7, 3))
for shift, name in ((-0.2, "in train mode"), (0.2, "afterwards, back in eval mode")):
    values = [100 * run[int(shift > 0)] for run in runs.values()]
    bars = axes.bar([i + shift for i in range(len(runs))], values, width=0.4, label=name)
    axes.bar_label(bars, fmt="%.0f", label_type="center")
axes.axhline(100 * as_it_should_be, color="black", linestyle="--", label="eval mode from the start")
axes.set_xticks(range(len(runs)), [name.replace(", ", ",\n") for name in runs])
axes.set(ylabel="test accuracy, %", ylim=(0, 150))
axes.legend(loc="upper left", ncols=2)
headstart.show(figure, alt="Without eval, accuracy is at chance for batches of 1 and low for sorted batches.")


# %% [markdown]
# Same weights, same images. In train mode the answer depends on the neighbours: alone in its batch, an image
# is recognised no better than by guessing. Batches sorted by class, as folders give them, are little better,
# although they are large. Large mixed batches hide the mistake, and that is how it survives.
#
# The second bar is worse news. Train mode also *changes* the running statistics. So the model stays damaged
# after `eval()`, most of all where the batches were small, and only loading it again helps.
#
# ## Break it 2: no `inference_mode()`
#
# `eval()` does not switch gradients off. Without `torch.inference_mode()` PyTorch keeps what a backward pass
# would need. How much is that?


# %% tags=["broken"]
def kept_for_backward(model, images):
    kept = {}

    def note(tensor):
        kept[tensor.data_ptr()] = tensor.numel() * tensor.element_size()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        scores = model(images)
    return scores, sum(kept.values()) / 2**20


# %% [markdown]
# The hook sees each tensor that is kept. First without `inference_mode()`:

# %% tags=["broken"]
model = loaded().eval()
scores, megabytes = kept_for_backward(model, images[:64])
print(f"plain:            {megabytes:6.1f} MiB kept, grad_fn: {scores.grad_fn is not None}")

# %% [markdown]
# Then with it, on the same images:

# %%
with torch.inference_mode():
    same, megabytes = kept_for_backward(model, images[:64])
print(f"inference_mode(): {megabytes:6.1f} MiB kept, grad_fn: {same.grad_fn is not None}")
print("equal scores:", torch.equal(scores.detach(), same))

# %% [markdown]
# The scores are equal to the last bit: this mistake costs memory, never accuracy. The two calls have
# nothing to do with each other. `eval()` decides *what is computed*, `inference_mode()` *what is remembered*.
# For predictions you want both.
#
# ## Break it 3: wrong preprocessing
#
# The network takes any image of three channels. It cannot know that yours are too bright, too small or
# negative. First undo the normalisation, to have plain pixels from 0 to 1.

# %% tags=["broken"]
preset = weights.transforms()
mean, std = (torch.tensor(values, device=device).view(3, 1, 1) for values in (preset.mean, preset.std))
some, their_labels = images[:320], labels[:320]
pixels = some * std + mean
for what, values in {"normalised": some, "pixels": pixels}.items():
    print(f"{what}: {values.min():.1f} to {values.max():.1f}")
headstart.predict("loading_pretrained.predict-not-normalised")

# %% tags=["broken"]
side = images.shape[-1]
changes = {
    "right": lambda: some,
    "not normalised": lambda: pixels,
    "normalised twice": lambda: (some - mean) / std,
    "0 to 255, normalised": lambda: (255 * pixels - mean) / std,
    "half the size": lambda: interpolate(some, size=side // 2, mode="bilinear", antialias=True),
    "twice the size": lambda: interpolate(some, size=2 * side, mode="bilinear"),
    "negative": lambda: (1 - pixels - mean) / std,
    "channels reversed": lambda: (pixels.flip(1) - mean) / std,
}

# %% [markdown]
# Eight inputs from the same images, one of them right. Each is made when its turn comes, because all eight together
# would take gigabytes where the images are photographs. The network takes every one.

# %%
reached = {}
for name, make in changes.items():
    reached[name] = 100 * accuracy(loaded(), make(), their_labels, batch_size=64)
measured = round(reached["not normalised"], 1)
headstart.predict("loading_pretrained.predict-not-normalised", measured=measured)

# %%
figure, axes = plt.subplots(figsize=(7, 3))
bars = axes.barh(list(reached), list(reached.values()), color=["tab:green"] + 7 * ["tab:red"])
axes.bar_label(bars, fmt=" %.0f")
axes.axvline(100 / len(task.classes), color="black", linestyle=":", label="guessing")
axes.set(xlabel="test accuracy, %", xlim=(0, 110))
axes.invert_yaxis()
axes.legend(loc="center right")
headstart.show(figure, alt="Every wrong preprocessing costs most of the accuracy, except reversed channels.")

# %% [markdown] terms="channels, profile"
# No error, no warning, and nearly nothing left. Wrong size hurts too: the layers run at any size, but the shapes
# they have learned are now larger or smaller.
#
# One bar is as long as the right one. The **channels** of an image are its colour planes, and libraries disagree on
# their order: red first in PIL and torchvision, blue first in OpenCV. A **profile** is the choice of
# network and data that a lesson runs with: `offline`, small ones that come with the course, or `imagenet`,
# ResNet-18 and photographs. In the offline profile the three channels are equal, so turning them round changes
# nothing. Your colour photographs have no such luck. Never conclude
# from one harmless data set that a step is harmless.
#
# The remedy for size, range and normalisation is one line: `weights.transforms()`, on images as they come from the
# file. The order of the channels, and whether black is black, you check yourself.
#
# ## Break it 4: wrong shape
#
# These mistakes are loud, and their messages are worth knowing.

# %% tags=["broken"]
for what, shape in {"channels last": (1, side, side, 3), "no batch dimension": (3, side, side)}.items():
    try:
        model(torch.zeros(shape, device=device))
    except (RuntimeError, ValueError) as error:
        print(f"{what}: {type(error).__name__}: {error}")

# %% [markdown]
# Last, your own number of classes, asked for in the same call as the weights:

# %% tags=["broken"]
try:
    get_model(task.backbone, weights="DEFAULT", num_classes=len(task.classes))
except ValueError as error:
    print("other classes:", error)

# %% [markdown] terms="pickle"
# Images are `(batch, channels, height, width)` in PyTorch. `images.permute(0, 3, 1, 2)` repairs the first,
# `image.unsqueeze(0)` the second. The third says that trained weights come with their own head. Load first,
# then replace it.
#
# ## Break it 5: a file you do not trust
#
# Weights are often passed around as files. **Pickle** is Python's format for storing objects, and a pickle file may
# call any function while it is read. This one, made here, calls `print`. It might call anything.


# %% tags=["broken"]
class Surprise:
    def __reduce__(self):
        return print, ("This line was printed by the file, while it was being loaded.",)


# %% [markdown]
# It goes into a file, beside an honest tensor. Then somebody loads the file.

# %% tags=["broken"]
file = io.BytesIO()
torch.save({"fc.weight": torch.zeros(10, 128), "extra": Surprise()}, file)
file.seek(0)
try:
    torch.load(file)
except Exception as error:
    reason = str(error).partition("WeightsUnpickler error: ")[2]
    print(type(error).__name__, "·", reason.partition(". ")[0])

# %% [markdown]
# `torch.load` refuses. Since PyTorch 2.6 its default is
# [`weights_only=True`](https://docs.pytorch.org/docs/stable/generated/torch.load.html): tensors and plain
# containers are read, calls are not. Much advice on the web says to switch that off. Then this happens:

# %% tags=["broken"]
file.seek(0)
content = torch.load(file, weights_only=False)
print("what you see of it:", list(content))

# %% [markdown] terms="multiply-add"
# The file ran its code, and the result looks ordinary. Keep `weights_only=True`, or use the
# [safetensors](https://github.com/huggingface/safetensors) format, which holds tensors and nothing else. The
# weights of this course come that way.
#
# ## Three families side by side
#
# Which model should you load? Compare what they cost and what they reach. A **multiply-add** is one
# multiplication and one addition; their number measures the work for one image.


# %%
def multiply_adds(name):
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        outline(name).eval()(torch.empty(1, 3, 224, 224, device="meta"))
    return counter.get_total_flops() / 2


# %%
def seconds(name):
    model, image = outline(name).to_empty(device="cpu").eval(), torch.zeros(1, 3, 224, 224)
    for tensor in model.state_dict().values():
        tensor.zero_()
    with torch.inference_mode():
        return min(elapsed(model, image) for _ in range(3))


def elapsed(model, image):
    start = time.perf_counter()
    model(image)
    return time.perf_counter() - start


# %%
rows = {}
for name in ("vgg11", "resnet18", "mobilenet_v2"):
    entry = get_model_weights(name).IMAGENET1K_V1
    published = entry.meta["_metrics"]["ImageNet-1K"]["acc@1"]
    rows[name] = [size(outline(name)), multiply_adds(name), published]

# %%
print("                parameters   multiply-adds   top-1 as published")
for name, (parameters, work, published) in rows.items():
    print(f"{name:13} {parameters / 1e6:8.1f} M {work / 1e9:11.2f} G {published:16.1f} %")

# %% [markdown]
# Top-1 is that of the `IMAGENET1K_V1` weights on ImageNet's validation images, as
# [torchvision publishes it](https://docs.pytorch.org/vision/stable/models.html); the other columns were
# counted here. The three reach about the same. VGG, the oldest, pays for it with many times the parameters,
# most of them in the linear layers at its end. And the time for one image, on this machine?

# %% tags=["timing"]
durations = {name: seconds(name) for name in rows}
for name, duration in durations.items():
    work, time_taken = rows[name][1] / rows["mobilenet_v2"][1], duration / durations["mobilenet_v2"]
    print(f"{name:13} {work:5.1f} times the work of mobilenet_v2, {time_taken:5.1f} times as long")

# %% [markdown]
# Compare the two columns: time need not follow the multiply-adds. A MobileNet splits its work into many small
# layers, which often use a processor badly. When speed matters, measure it where the model will run.
#
# ## Check yourself

# %%
headstart.question("loading_pretrained.vgg-head")

# %%
headstart.question("loading_pretrained.predict-order")

# %% [markdown]
# ## Key result
#
# A pre-trained model is four things: a network, its weights, their preprocessing and their list of categories.
# Take all four from one weights enum. Call `eval()` and `inference_mode()` before you predict, find the head
# by looking and not by guessing, and never unpickle a file that you do not trust.
#
# **Next:** the [graded exercises](../quizzes/05_loading_pretrained/exercises.ipynb), the
# [graded quiz](../quizzes/05_loading_pretrained/quiz.ipynb), and
# [lesson 6](06_why_pretrained.ipynb): whether all this really saves time and data.
