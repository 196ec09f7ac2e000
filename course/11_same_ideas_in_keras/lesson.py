# %% [markdown]
# # Lesson 11 · The same ideas in Keras
#
# **Does all this hold outside PyTorch?**
#
# Many tutorials use Keras. The ideas are those of lessons 5 to 8: load, replace the top,
# freeze, mind BatchNorm. The names differ, and so do a few defaults that bite in silence. In this lesson you
# put both side by side.
#
# *10 minutes. You need: loading (lesson 5) and freezing (lesson 7).*

# %%
import os

os.environ["KERAS_BACKEND"] = "torch"  # before the import: Keras 3 runs on PyTorch, TensorFlow or JAX
try:
    import keras
except ImportError:
    keras = None

# %%
import matplotlib.pyplot as plt
import torch
from ipywidgets import Dropdown, interact
from torch import nn
from torchvision.models import get_model

import headstart
import headstart.models
from headstart.data import Digits
from headstart.training import accuracy, extract_features, fit

# %%
missing = "Keras is not installed here, so its lines do nothing. The extra `keras` of the course brings it."
print(f"Keras {keras.__version__} on {keras.backend.backend()}" if keras else missing)

# %% [markdown]
# ## A first run
#
# `keras.applications` is what `torchvision.models` is in PyTorch. `weights=None` gives random weights without
# any download; `weights="imagenet"` would fetch trained ones. One image of random pixels, 224 by 224, goes in.

# %%
headstart.predict("same_ideas_in_keras.predict-shape")


# %%
def report(name, inputs, outputs):
    print(f"{name:8} {tuple(inputs.shape)} -> {tuple(outputs.shape)}", end=" ")
    print(f"lowest value {outputs.min():.1g}, sum of the row {outputs.sum():.1g}")


# %%
image = torch.rand(1, 224, 224, 3, generator=torch.Generator().manual_seed(0))

# %%
if keras:
    keras.utils.set_random_seed(0)
    keras_model = keras.applications.MobileNetV2(weights=None)
    report("Keras", image, keras_model(image, training=False).detach())
else:
    print(missing)

# %%
torch.manual_seed(0)
torch_model = get_model("mobilenet_v2", weights=None).eval()
report("PyTorch", image.permute(0, 3, 1, 2), torch_model(image.permute(0, 3, 1, 2)).detach())
# %%
headstart.predict("same_ideas_in_keras.predict-shape", measured="(1, 1000)")

# %% [markdown] terms="channels last, channels first"
# The same shape of output from two libraries: one image, a thousand categories. Two differences stand in the
# same lines. The image has another layout. And Keras returns probabilities, which are positive and sum to one,
# where torchvision returns logits.
#
# ## Two layouts
#
# **Channels last** is the layout (batch, height, width, channels), the default of Keras. **Channels first** is
# the layout (batch, channels, height, width), that of PyTorch. A wrong layout is a loud mistake where sizes are
# fixed:

# %% tags=["broken"]
if keras:
    try:
        keras_model(image.permute(0, 3, 1, 2))
    except ValueError as error:
        print("Keras: ValueError:", str(error).partition(": ")[2])
else:
    print(missing)

# %% tags=["broken"]
try:
    torch_model(image)
except RuntimeError as error:
    print("PyTorch: RuntimeError:", error)

# %% [markdown]
# The remedy is `permute(0, 3, 1, 2)`, which turns the axes, or `permute(0, 2, 3, 1)` on the way back. `reshape`
# makes the same shape, so the error goes away. What is left? You train a head for digits as in lesson 5 and
# give it images both ways.

# %%
model = get_model("glyphnet", weights="DEFAULT")
images, labels = Digits("test").tensors()
train_images, train_labels = Digits("train", size=200).tensors()
# %%
features = extract_features(model, train_images)
torch.manual_seed(0)
model.fc = nn.Linear(model.fc.in_features, 10)
fit(model.fc, features, train_labels, epochs=20, lr=1e-2)

# %% tags=["broken"]
last = images.permute(0, 2, 3, 1).contiguous()
for name, turned in {"permute": last.permute(0, 3, 1, 2), "reshape": last.reshape(-1, 3, 32, 32)}.items():
    print(f"{name}: {tuple(turned.shape)}, test accuracy {accuracy(model, turned, labels):.1%}")

# %% [markdown]
# The same shape, and a scrambled picture. `reshape` leaves the numbers where they are in memory and cuts them up
# differently. An error message that is gone is not yet a mistake that is gone.
#
# ## Are they the same network?
#
# MobileNetV2 is described in one paper. Then both libraries should have the same number of parameters.

# %%
headstart.predict("same_ideas_in_keras.predict-parameters")

# %%
in_torch = sum(parameter.numel() for parameter in torch_model.parameters())
buffers = sum(b.numel() for name, b in torch_model.named_buffers() if "num_batches" not in name)
print(f"PyTorch: {in_torch:,} in parameters(), {buffers:,} running statistics in buffers()")

# %%
if keras:
    trainable = sum(weight.value.numel() for weight in keras_model.trainable_weights)
    print(f"Keras:   {keras_model.count_params():,} in count_params(), {trainable:,} of them trainable")
    more = f"{keras_model.count_params() / in_torch - 1:.1%} more"
    headstart.predict("same_ideas_in_keras.predict-parameters", measured=more)
else:
    print(missing)

# %% [markdown]
# The difference is the running statistics of BatchNorm, to the last one. Keras calls them *non-trainable weights*
# and counts them; PyTorch calls them buffers and does not. The networks are the same. A report that compares
# "parameters" across libraries compares two definitions.
#
# ## Cutting the top off
#
# In PyTorch you replace the head. In Keras you leave it out: `include_top=False` builds the network up to its last
# feature maps, and `pooling="avg"` reduces these to one vector for each image. Choose and watch output and size.


# %%
def top_map(choice):
    if not keras:
        return print(missing)
    options = {"include_top=True": {}, "include_top=False": {"include_top": False}}
    options["include_top=False, pooling='avg'"] = {"include_top": False, "pooling": "avg"}
    network = keras.applications.MobileNetV2(weights=None, input_shape=(224, 224, 3), **options[choice])
    head = sum(w.value.numel() for w in network.weights if w.path.startswith("predictions"))
    figure, axes = plt.subplots(figsize=(7, 1.8))
    axes.barh(["backbone", "top"], [network.count_params() / 1e6 - head / 1e6, head / 1e6])
    axes.set(title=f"output {network.output_shape}", xlabel="million weights", xlim=(0, 3))
    axes.invert_yaxis()
    headstart.show(figure, alt=f"{choice}: output {network.output_shape}, {head:,} weights in the top.")


# %%
choices = ["include_top=True", "include_top=False", "include_top=False, pooling='avg'"]
top_map(choices[2])
# %%
_ = interact(top_map, choice=Dropdown(options=choices, value=choices[0], description="build with"))

# %% [markdown] terms="trainable"
# `None` stands for the batch, of any size. With the top off, 1,280 features remain, as many as go into
# `classifier.1` of torchvision's MobileNetV2.
#
# ## One switch that works
#
# In PyTorch `model.requires_grad = False` only looks like a switch. Keras has a real one. The **trainable**
# attribute of a Keras layer decides whether training changes its weights. Setting it on a model sets it on every
# layer inside.

# %%
torch_model.requires_grad = False
trains = sum(parameter.requires_grad for parameter in torch_model.parameters())
print("PyTorch, model.requires_grad = False:", trains, "tensors train")

# %%
if keras:
    size = {"input_shape": (64, 64, 3), "include_top": False, "pooling": "avg"}
    base = keras.applications.MobileNetV2(weights=None, **size)
    for flag in (True, False):
        base.trainable = flag
        counts = len(base.trainable_weights), len(base.non_trainable_weights)
        print(f"Keras, base.trainable = {flag}: {counts[0]} tensors train, {counts[1]} do not")
else:
    print(missing)

# %% [markdown]
# Look at the first line of Keras: with everything trainable, some tensors do not train. Those are the running
# statistics again.
#
# ## BatchNorm of a frozen backbone
#
# In lesson 7 frozen BatchNorm layers kept moving in train mode. What does Keras do? `training=True` in a call is
# its train mode. You show both networks digits, batch by batch, and follow the running mean of the first
# BatchNorm layer.


# %%
def drift(forward, running_mean, batches):
    start, moved = running_mean.detach().clone(), [0.0]
    for batch in batches:
        with torch.no_grad():
            forward(batch)
        moved.append((running_mean.detach() - start).norm().item())
    return moved


# %%
batches = nn.functional.interpolate(train_images[:48], size=64, mode="bilinear").split(8)
frozen = get_model("mobilenet_v2", weights=None).requires_grad_(False).train()
curves = {"PyTorch, frozen, train()": drift(frozen, frozen.features[0][1].running_mean, batches)}

# %%
if keras:
    for flag in (True, False):
        base.trainable = flag
        mean = base.get_layer("bn_Conv1").moving_mean.value
        name = f"Keras, trainable={flag}, training=True"
        curves[name] = drift(lambda x: base(x.permute(0, 2, 3, 1), training=True), mean, batches)
else:
    print(missing)

# %%
figure, axes = plt.subplots(figsize=(7, 3))
for (name, curve), style in zip(curves.items(), ("o-", "s--", "^:"), strict=False):
    axes.plot(curve, style, label=f"{name}: {curve[-1]:.3f} at the end")
axes.set(xlabel="batches seen", ylabel="distance moved")
axes.set_yscale("symlog", linthresh=1e-3)
axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1))
distances = "; ".join(f"{name}: {curve[-1]:.3f}" for name, curve in curves.items())
headstart.show(figure, alt=f"How far the running mean of the first BatchNorm layer has moved. {distances}.")

# %% [markdown]
# Here too Keras is kinder. A BatchNorm layer with `trainable = False` runs in inference mode and keeps its
# statistics, even with `training=True`; its [guide](https://keras.io/guides/transfer_learning/) says so. In
# PyTorch you do it yourself, after every `model.train()`.
#
# The two moving curves differ too, and not because of the data. PyTorch's `momentum=0.1` is the weight of the
# *new* batch. Keras' `momentum` is the weight of the *old* value, 0.999 in this network. Numbers do not travel
# between libraries; meanings do.
#
# ## Break it: a loss that expects probabilities
#
# MobileNetV2 of Keras ends in a softmax, and Keras' losses expect that. Your own head, `Dense(10)`, returns
# logits. Then the loss must be told. The same head on the same cached features, once with `from_logits=True`
# and once without:


# %% tags=["broken"]
def keras_head(from_logits, seed=0):
    keras.utils.set_random_seed(seed)
    head = keras.Sequential([keras.Input((128,)), keras.layers.Dense(10)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=from_logits)
    head.compile(optimizer=keras.optimizers.Adam(1e-2), loss=loss)
    head.fit(features.numpy(), train_labels.numpy(), epochs=20, batch_size=16, verbose=0)
    return (head(test_features).argmax(1) == labels).float().mean().item()


# %%
test_features = extract_features(model, images)
print(f"PyTorch, cross_entropy:  {accuracy(model, images, labels):.1%}")

# %% tags=["broken"]
if keras:
    print(f"Keras, from_logits=True: {keras_head(True):.1%}")
    print(f"Keras, the default:      {keras_head(False):.1%}")
else:
    print(missing)

# %% [markdown]
# Told the truth about its input, Keras reaches what PyTorch reaches. Not told, it reads logits as probabilities,
# rescales them, cuts off what is below zero, and learns little, without a word. In PyTorch the mistake is the
# mirror image: `cross_entropy` expects logits, and a softmax before it comes twice.
#
# ## The same operation in both
#
# | | PyTorch | Keras |
# |---|---|---|
# | load | `get_model("mobilenet_v2", weights="DEFAULT")` | `keras.applications.MobileNetV2(weights="imagenet")` |
# | random weights | `weights=None` (the default) | `weights=None` (the default is `"imagenet"`) |
# | image layout | channels first: (N, 3, H, W) | channels last: (N, H, W, 3) |
# | preprocessing | `weights.transforms()` | `mobilenet_v2.preprocess_input` (rescales only; resize yourself) |
# | output | logits, (N, 1000) | probabilities, (N, 1000) |
# | without the head | `model.classifier = nn.Identity()` | `include_top=False, pooling="avg"` |
# | new head | `model.classifier[1] = nn.Linear(1280, 10)` | `keras.layers.Dense(10)(base.output)` |
# | freeze | `model.requires_grad_(False)` | `base.trainable = False` |
# | frozen BatchNorm | `eval()` after every `train()` | follows `trainable = False` |
# | prediction | `model.eval()`, `inference_mode()` | `model(x, training=False)` or `predict` |
# | loss on logits | `cross_entropy` (always logits) | `from_logits=True` |
# | what trains | `requires_grad` flags of tensors | `model.trainable_weights` |
#
# Look at the second row. A forgotten `weights` gives random weights in PyTorch and a download in Keras.
#
# ## Check yourself

# %%
headstart.question("same_ideas_in_keras.freeze-line")

# %%
headstart.question("same_ideas_in_keras.momentum-meaning")

# %% [markdown]
# ## Key result
#
# The ideas carry over: weights with their preprocessing, a new head, a frozen backbone, BatchNorm watched. What
# changes is layout, names, and three defaults: logits or probabilities, weights or none, and who looks after
# frozen BatchNorm.
#
# **Next:** the [graded quiz](../quizzes/11_same_ideas_in_keras/quiz.ipynb), and
# [lesson 12](12_ship_it.ipynb): is this model good enough to ship?
