# %% [markdown]
# # Lesson 12 · Ship it
#
# **Is this model good enough to ship?**
#
# A model is finished when somebody can decide whether to use it, and can defend that decision a year later. In
# this last lesson you build a screening model from start to end: it looks at every scan first and says which few
# a person has to see. You write down the rules before you know the results, and then you keep to them.
#
# - **Time:** 30 minutes.
# - **You need:** the lessons before this one, above all thresholds (3), honest evaluation (4) and freezing (7).

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import Markdown
from ipywidgets import BoundedFloatText, interactive
from sklearn.svm import SVC
from torch.nn.functional import binary_cross_entropy_with_logits
from torchvision.models import get_model
from tqdm.auto import tqdm

import headstart
import headstart.models
from headstart.data import all_digits

# %% [markdown]
# ## Write the rules first
#
# The job: of all scanned digits, the 8s must be looked at by a person. They are rare. A missed 8 costs 20, a
# needless look costs 1. These are the rules, written before any model is trained:
#
# 1. **Go** only if the model is cheaper than the better of two machines that do not look: *call nobody* and *call
#    everybody*. Not on average: with the upper end of the interval of its cost.
# 2. **Go** only if the lower end of the interval of its recall is at least 75 %.
# 3. The test set is opened once.

# %%
COST_MISS, COST_LOOK = 20, 1
MIN_RECALL = 0.75


# %%
def cost_per_image(called, truth):
    misses, looks = (truth & ~called).sum(), (~truth & called).sum()
    return (COST_MISS * misses + COST_LOOK * looks) / len(truth)


# %% [markdown]
# ## The data, and the split
#
# Real digits, with some noise from the scanner. To make 8s rare, only some of them are kept. The split is
# *stratified*: each part gets its share of the 8s.

# %%
counts, digits = all_digits()
is_eight = (digits == 8).numpy()


def scanned(noise, seed=0):
    drawn = torch.randn(counts.shape, generator=torch.Generator().manual_seed(seed))
    return (counts + 16 * noise * drawn).clamp(0, 16)


# %%
def split(seed):
    random = np.random.default_rng(seed)
    eights, others = (random.permutation(np.flatnonzero(one)) for one in (is_eight, ~is_eight))
    sizes = {"train": (0, 30, 0, 470), "val": (30, 60, 470, 940), "test": (60, 104, 940, 1623)}
    return {name: np.concatenate([eights[a:b], others[c:d]]) for name, (a, b, c, d) in sizes.items()}


# %%
images, parts = scanned(0.1), split(0)
for name, part in parts.items():
    print(f"{name:6} {len(part)} images, {is_eight[part].sum()} of them 8s ({is_eight[part].mean():.1%})")

# %% [markdown]
# No image is in two parts. These are the two machines that do not look, on the validation images:

# %%
train, val, test = parts.values()
assert len(np.unique(np.concatenate([train, val, test]))) == len(train) + len(val) + len(test)
# %%
for name, called in {"call nobody": False, "call everybody": True}.items():
    print(f"{name:15} {cost_per_image(np.full(len(val), called), is_eight[val]):.3f} per image")

# %% [markdown]
# ## A baseline that looks
#
# As in lesson 6 the baseline is a support vector machine on the raw pixels, measured with the same care as your
# model. Its scores are no probabilities, so its threshold is searched on the validation images.


# %%
def cheapest(scores, truth):
    return min(scores, key=lambda threshold: cost_per_image(scores >= threshold, truth))


# %%
def baseline(parts):
    pixels = images.flatten(1).numpy() / 16
    machine = SVC(C=10, class_weight="balanced").fit(pixels[parts["train"]], is_eight[parts["train"]])
    scores = machine.decision_function(pixels)
    return scores >= cheapest(scores[parts["val"]], is_eight[parts["val"]])


# %%
by_baseline = baseline(parts)
print(f"pixels, support vectors: {cost_per_image(by_baseline[val], is_eight[val]):.3f} per validation image")

# %% [markdown]
# ## Backbone and head
#
# That looks almost too good. It is: the line was searched on the very images that it is measured on. Keep it in
# mind for later.
#
# The frozen `glyphnet` gives features, a linear head gives the score. You have built this before.

# %%
backbone = get_model("glyphnet", weights="DEFAULT").eval()
backbone.fc = torch.nn.Identity()
preset = headstart.models.GlyphNet_Weights.DEFAULT.transforms()


# %%
def features_of(images):
    with torch.no_grad():
        return torch.cat([backbone(preset(some.unsqueeze(1))) for some in images.split(256)])


# %%
def trained_head(features, train):
    torch.manual_seed(0)
    head = torch.nn.Linear(128, 1)
    optimizer = torch.optim.AdamW(head.parameters(), lr=0.01)
    targets = torch.tensor(is_eight[train], dtype=torch.float32)
    for _ in range(300):
        loss = binary_cross_entropy_with_logits(head(features[train]).squeeze(1), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return lambda features: torch.sigmoid(head(features)).squeeze(1).detach().numpy()


# %%
features = features_of(images)
model = trained_head(features, train)
scores = model(features)

# %% [markdown]
# ## The threshold
#
# Lesson 3 knew two ways: the rule 1 / (1 + 20) for scores that are probabilities, and the search on validation
# data. There are only 30 8s to search with.

# %%
rule = COST_LOOK / (COST_LOOK + COST_MISS)
lines = {"usual": 0.5, "rule": rule, "search": cheapest(scores[val], is_eight[val])}
# %% [markdown]
# All three lines, on the validation images:

# %%
for name, line in lines.items():
    called = scores[val] >= line
    recall = called[is_eight[val]].mean()
    cost = cost_per_image(called, is_eight[val])
    print(f"{name:7} {line:.3f}   recall {recall:.3f}   cost {cost:.3f} per validation image")

# %% [markdown]
# The search looks cheapest, as it must: of all lines it took the luckiest for these images, and with only 30 8s luck is
# large. The rule has picked nothing here: its number may be off too, but as often up as down. It needs scores that are
# probabilities, and a head trained with cross-entropy aims at that. So you take the rule, and freeze everything:
# weights, preset, threshold.
#
# ## Open the test set
#
# Once.

# %%
called, truth = scores[test] >= rule, is_eight[test]
tp, fp = int((called & truth).sum()), int((called & ~truth).sum())
fn, tn = int((~called & truth).sum()), int((~called & ~truth).sum())
recall, precision, cost = tp / (tp + fn), tp / (tp + fp), cost_per_image(called, truth)
# %%
print(f"TP {tp}  FP {fp}  FN {fn}  TN {tn}")
print(f"recall {recall:.3f}   precision {precision:.3f}   cost {cost:.3f} per image")

# %% [markdown]
# ## How sure is that?
#
# Recall is counted on few 8s. The **Wilson interval** for k successes of n says which true rates are compatible with
# what was counted.

# %%
headstart.predict("ship_it.predict-width")


# %%
def wilson(k, n, z=1.96):
    centre = (k + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * (k * (n - k) / n + z**2 / 4) ** 0.5
    return centre - half, centre + half


# %%
recall_low, recall_high = wilson(tp, tp + fn)
print(f"recall {recall:.3f}, 95 % interval {recall_low:.3f} to {recall_high:.3f}")
# %%
width = round(100 * (recall_high - recall_low), 1)
headstart.predict("ship_it.predict-width", measured=width)

# %% [markdown]
# A cost is no rate, so Wilson does not fit. The **bootstrap** draws the test images again, with replacement, many
# times, and looks at how much the result varies.

# %%
random = np.random.default_rng(0)
drawn = random.integers(0, len(test), size=(2000, len(test)))
costs = np.array([cost_per_image(called[again], truth[again]) for again in drawn])
# %%
cost_low, cost_high = np.quantile(costs, [0.025, 0.975])
print(f"cost {cost:.3f}, 95 % interval {cost_low:.3f} to {cost_high:.3f}")

# %% [markdown]
# Mind its weakness (lesson 4): where few misses carry the cost, its upper end is rather too low than too high, and
# from a test set without a miss it draws none. The second rule, with Wilson, guards against that.

# %%
headstart.question("ship_it.which-interval")

# %% [markdown]
# ## Break it: the interval of the naive formula
#
# Many reports use the short textbook rule of lesson 4: the rate ± 1.96 times its spread. What does that give for a
# model that found all 20 of 20?

# %% tags=["broken"]
for k, n in ((20, 20), (19, 20), (tp, tp + fn)):
    rate, error = k / n, 1.96 * (k / n * (1 - k / n) / n) ** 0.5
    low, high = wilson(k, n)
    print(f"{k} of {n}: naive {rate - error:.3f} to {rate + error:.3f}   Wilson {low:.3f} to {high:.3f}")

# %% [markdown] terms="failure gallery"
# "100 % ± 0" from twenty images is nonsense, and rates above 1 do not exist. No error was raised: the formula holds
# for large counts only. Recall of a rare class has small ones.
#
# ## Look at the failures
#
# A **failure gallery** shows the cases that the model gets wrong, the worst first. It tells things that no metric
# does.


# %%
def gallery(places, title):
    figure, axes = plt.subplots(1, 8, figsize=(8, 1.9), layout="constrained")
    figure.suptitle(title)
    for ax, place in zip(axes, places[:8], strict=False):
        ax.imshow(images[place].numpy(), cmap="gray_r")
        ax.set_title(f"{digits[place]}: {scores[place]:.2f}", fontsize=9)
    for ax in axes:
        ax.axis("off")
    listed = [f"{digits[place]} with score {scores[place]:.2f}" for place in places[:8]]
    headstart.show(figure, alt=f"{title}: {', '.join(listed) or 'none'}.")


# %%
missed, needless = test[truth & ~called], test[~truth & called]
gallery(missed[np.argsort(scores[missed])], "Misses")
gallery(needless[np.argsort(-scores[needless])], "False alarms")

# %% [markdown]
# Above the misses, below the false alarms with the highest scores. Would you have read them?
#
# ## Break it: another scanner
#
# After some months the scanner is replaced. The new one is noisier. Nobody tells the model. The same test images are
# scanned again, and nothing is chosen from them. (At noise 0.1 that is the old scanner with fresh noise, so its
# numbers differ a little from those above.)

# %% tags=["broken"]
print("noise    recall   calls       cost")
noisier = {}
for noise in (0.1, 0.2, 0.3):
    again = model(features_of(scanned(noise, seed=1)[test])) >= rule
    noisier[noise] = cost_per_image(again, truth)
    print(f"{noise}      {again[truth].mean():.3f}    {again.mean():5.1%}    {noisier[noise]:7.3f} per image")

# %% [markdown]
# No error, no warning, a bill that multiplies. The share of images that are *called* climbs too, and that can be
# watched every day without a single label. Everything that you measured holds for data like those you measured on:
# the model card must say which these were.
#
# ## Decide
#
# Now the rules from the beginning, in code. A decision that a program can make from the numbers is one that you can
# defend.


# %%
def decide(cost_high, recall_low, prevalence):
    without_looking = min(COST_MISS * prevalence, COST_LOOK * (1 - prevalence))
    reasons = []
    if cost_high >= without_looking:
        reasons.append(f"cost may be {cost_high:.3f}, and {without_looking:.3f} needs no model")
    if recall_low < MIN_RECALL:
        reasons.append(f"recall may be {recall_low:.3f}, below {MIN_RECALL}")
    return ("NO GO: " + "; ".join(reasons)) if reasons else "GO"


# %%
decision = decide(cost_high, recall_low, truth.mean())
print(decision)

# %%
headstart.question("ship_it.same-numbers")

# %% [markdown] terms="model card"
# ## The model card
#
# A **model card** is one page that travels with the model: what it is for, what it was measured on, how sure that
# is, and where it must not be used. The idea is from [Mitchell and others, 2019](https://arxiv.org/abs/1810.03993).
# Numbers go in by program, so that none of them is out of date.

# %%
low, high = wilson(tp, tp + fp)
card = f"""
### Model card: 8s for a second look

| About | What is known |
|---|---|
| **Purpose** | marks scans of digits that a person should look at; decides nothing alone |
| **Model** | `glyphnet` LETTERS_V1, frozen; linear head on 128 features; threshold {rule:.4f} on the sigmoid |
| **Trained on** | {len(train)} scans, {is_eight[train].sum()} of them 8s, noise 0.1; threshold from the costs |
| **Measured on** | {len(test)} other scans, {truth.sum()} of them 8s, opened once |
| **Costs** | {COST_MISS} for a miss, {COST_LOOK} for a needless look |
| **Recall** | {recall:.3f} (95 %: {recall_low:.3f} to {recall_high:.3f}, Wilson) |
| **Precision** | {precision:.3f} (95 %: {low:.3f} to {high:.3f}, Wilson) at {truth.mean():.1%} 8s and no other share |
| **Cost per scan** | {cost:.3f} (95 %: {cost_low:.3f} to {cost_high:.3f}, bootstrap) |
| **Not measured** | new writers: the same people wrote training and test digits |
| **Do not use** | on noisier scans: at noise 0.3 the cost is {noisier[0.3]:.3f} per scan |
| **Watch** | the share of scans that are called, {called.mean():.1%} here; stop and measure again if it moves |
| **Decision** | {decision} |
"""
# %%
Markdown(card)

# %% [markdown]
# ## What were the choices worth?
#
# The decision stands, so looking can do no more harm. The baseline gets its one look at the test set too, with the line
# that it chose on validation images.

# %%
contest = {"call nobody": np.zeros_like(truth), "call everybody": np.ones_like(truth)}
# %%
contest |= {"pixels, support vectors": by_baseline[test], "backbone and rule": called}
for name, answers in contest.items():
    print(f"{name:24} cost {cost_per_image(answers, truth):.3f}   recall {answers[truth].mean():.3f}")

# %% [markdown]
# Compare the baseline with what it promised on the validation images. But this is one split, and one split is one draw.
# Twelve others show how much each choice is worth.

# %%
headstart.predict("ship_it.predict-line")


# %%
def costs_on_test(seed):
    other = split(seed)
    scores = trained_head(features, other["train"])(features)
    truth, on_test = is_eight[other["test"]], scores[other["test"]]
    search = cheapest(scores[other["val"]], is_eight[other["val"]])
    promised = cost_per_image(scores[other["val"]] >= search, is_eight[other["val"]])
    rival = cost_per_image(baseline(other)[other["test"]], truth)
    return [cost_per_image(on_test >= line, truth) for line in (0.5, rule, search)] + [promised, rival]


# %%
several = np.array([costs_on_test(seed) for seed in tqdm(range(1, 13))])
# %%
choices = ["0.5, as usual", "the rule 1 / 21", "the search on 30 validation 8s"]
headstart.predict("ship_it.predict-line", measured=choices[several[:, :3].mean(axis=0).argmin()])

# %%
figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
names = ["0.5", "rule 1 / 21", "search", "what the search\npromised", "baseline\non pixels"]
ax.plot(several.T, "o", color="tab:blue", alpha=0.4)
ax.plot(several.mean(axis=0), "k_", markersize=40)
for place, mean in enumerate(several.mean(axis=0)):
    ax.text(place + 0.25, mean, f"{mean:.3f}", va="center")
ax.set_xticks(range(5), names)
ax.set(ylabel="cost per image", xlim=(-0.5, 4.5), ylim=(0, None))
headstart.show(
    figure, alt="Cost over 12 splits: 0.5 costs most; rule, search and baseline are near each other."
)

# %% [markdown]
# The usual line costs far more than the others. Rule and search are close, with the rule a little ahead in the mean.
# What the
# search *promised* on its validation images is too good on average, because it chose there. And the baseline on raw
# pixels is a serious rival: with this much training data the head start is small. A report that leaves it out claims
# more than it knows.
#
# ## Explore: does the decision travel?
#
# Another office has another share of 8s, and other costs. Recall and the share of false alarms stay, if the scans are
# alike. The cost does not.
#
# 1. How rare must 8s become before the model is not worth having? (The title compares the two.)
# 2. Back at 6 %: how cheap must a miss become before the model is not worth having?
# 3. Which of the two lazy machines does the model compete with at 1 %, and at 50 %?
#
# The model keeps its threshold here. For other costs you would choose another.


# %%
def explore(percent, cost_miss):
    share = np.linspace(0.001, 0.6, 200)
    alarms = fp / (fp + tn)
    figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
    ax.plot(100 * share, share * (1 - recall) * cost_miss + (1 - share) * alarms, label="model")
    ax.plot(100 * share, share * cost_miss, "--", label="call nobody")
    ax.plot(100 * share, 1 - share, ":", label="call everybody")
    here = percent / 100
    expected = here * (1 - recall) * cost_miss + (1 - here) * alarms
    lazy = min(here * cost_miss, 1 - here)
    ax.plot(percent, expected, "ko")
    title = f"model {expected:.3f}, the cheaper lazy machine {lazy:.3f}"
    ax.set(xlabel="8s, %", ylabel="cost per image", ylim=(0, 1.2), title=title)
    ax.legend()
    alt = f"At {percent} % 8s and {cost_miss} for a miss: model {expected:.3f}, cheaper lazy machine {lazy:.3f}."
    headstart.show(figure, alt=alt)


# %%
explore(percent=6, cost_miss=20)

# %%
interactive(
    explore,
    percent=BoundedFloatText(1, min=0.1, max=60, description="8s, %"),
    cost_miss=BoundedFloatText(20, min=0, max=1000, description="cost of miss"),
)

# %% [markdown]
# ## Check yourself

# %%
headstart.question("ship_it.order-of-work")

# %% [markdown]
# ## Key result
#
# The rules come first, the test set last and once. Baselines are measured with the same care as the model, the
# threshold comes from the costs, and the numbers that decide carry their intervals. Then go or no go follows from the
# rules, and the model card says for which data it holds.
#
# **Next:** the [graded exercise](../quizzes/12_ship_it/exercises.ipynb), your own screening model on scans that you
# have not seen, and the [graded quiz](../quizzes/12_ship_it/quiz.ipynb). That completes the course.
