# %% [markdown]
# # Exercises 8 · Fine-tuning strategies
#
# Three functions, about 30 minutes. Each has a task card, a cell for your code and a few visible examples. The
# checks that give the points use other models and other numbers than the examples do.
#
# Run the set-up cell first. If you have not read the lesson yet, it is
# [here](../../lessons/08_fine_tuning_strategies.ipynb).

# %%
import torch
from torch import nn
from torchvision.models import get_model

import headstart
import headstart.models

# %% [markdown] exercise="unfreeze_from" role="card"
# ## 1 · `unfreeze_from`
#
# **Medium · 8 minutes · 6 points**
#
# **Why it matters.** Unfreezing goes from the top downwards. A function that says "from here on" does it in one
# line, for any network, and cannot forget a block in the middle.
#
# **Where it is used.** In every step from the base model to a fine-tuned one.
#
# **Write** `unfreeze_from(model, name)`. The **children** of a model are its outermost blocks, in the order of
# `model.named_children()`. After the call all parameters of the child `name` and of every later child require
# gradients, at any depth, and those of all earlier children do not. The model may arrive in any state. You may
# assume that every parameter belongs to exactly one child.
#
# If the model has no child of exactly that name, raise a `ValueError` that contains the name. A path to something
# deeper, such as `"layer4.0"`, is no child's name.
#
# Change the flags in place, nothing else, and return the same model.
#
# <details><summary>Hint 1: where to look</summary>
#
# `model.named_children()` gives pairs (name, block) from the input to the head, outermost blocks only.
#
# </details>
#
# <details><summary>Hint 2: what to use</summary>
#
# `block.requires_grad_(flag)`, with an underscore, sets the flag of all parameters in a block, however deep. A
# variable can remember whether the name has come yet.
#
# </details>
#
# <details><summary>Hint 3: almost the answer</summary>
#
# Check the name against `dict(model.named_children())` first. Then loop with `trains = False`: when the name is
# reached, set `trains = True`; in every round call `block.requires_grad_(trains)`.
#
# </details>


# %% exercise="unfreeze_from" role="solution"
def unfreeze_from(model: nn.Module, name: str) -> nn.Module:
    """Let the child `name` of `model` and all later children train, and freeze the earlier ones.

    Args:
        model: a network; its children stand in the order of `model.named_children()`.
        name: the first child that trains.

    Returns:
        The same model, its flags changed in place.

    Raises:
        ValueError: the model has no child of that name.
    """
    ### BEGIN SOLUTION
    children = dict(model.named_children())
    if name not in children:
        raise ValueError(f"the model has no child {name!r}; its children are {', '.join(children)}")
    trains = False
    for child_name, child in children.items():
        trains = trains or child_name == name
        child.requires_grad_(trains)
    return model
    ### END SOLUTION


# %% exercise="unfreeze_from" role="examples"
def the_last_block_and_the_head_train() -> None:
    """in glyphnet, from layer4 on: layer4 and fc train, layer3 does not"""
    model = unfreeze_from(get_model("glyphnet", weights=None), "layer4")
    assert model is not None, "the function returned None: did you forget `return model`?"
    on = {name.split(".")[0] for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert on == {"layer4", "fc"}, f"these children have parameters that require gradients: {sorted(on)}"


def an_unknown_name_is_an_error() -> None:
    """a name that is no child's raises a ValueError"""
    try:
        unfreeze_from(get_model("glyphnet", weights=None), "layer9")
    except ValueError as error:
        assert "layer9" in str(error), f"the message does not contain the name: {error}"
    else:
        raise AssertionError("no error for 'layer9', which glyphnet does not have")


headstart.check("unfreeze_from", the_last_block_and_the_head_train, an_unknown_name_is_an_error)

# %% [markdown] exercise="unfreeze_from" role="explanation"
# **Worked explanation.** The order of `named_children()` is the order in which the blocks were defined, which in
# torchvision's models is the order from input to head. So one pass is enough: a variable is `False` until the name
# comes and `True` from then on. Every child gets a flag in this pass, so the state in which the model arrived does
# not matter.
#
# The name is checked before anything is changed. Without that check a mistyped name would freeze the whole model,
# and you would learn it from `backward()`.
#
# Comparing *parameter* names with `startswith` is the trap: `fc` is also the beginning of `fc_norm`.

# %% [markdown] exercise="discriminative_groups" role="card"
# ## 2 · `discriminative_groups`
#
# **Hard · 15 minutes · 6 points**
#
# **Why it matters.** Small rates below and larger ones above adapt a network without destroying what it knows. The
# bookkeeping goes wrong in silence: a block that is in no group never trains.
#
# **Where it is used.** In the gentle runs of this lesson, and in your own fine-tuning.
#
# **Write** `discriminative_groups(model, base_lr, decay)`. It returns a list of dictionaries, which an optimizer of
# `torch.optim` takes as its parameter groups:
#
# - There is one dictionary for each child of the model (`model.named_children()`) that has something to train. Its
#   entry `"params"` is the list of the child's trainable parameters, at any depth, its entry `"lr"` their rate.
#   Further entries, such as a name, are free. So is the order of the list.
# - The **head**, the last child that has parameters, gets `base_lr`. Each child before it gets `decay` times the rate
#   of the child after it. Children *without any parameter*, such as pooling, do not count.
# - A child whose parameters are all frozen gives no dictionary, but it counts: the child before it still gets one
#   factor `decay` more.
# - Every trainable parameter is in exactly one dictionary, frozen ones are in none. If two children share a
#   parameter, it belongs to one of them; which one is free.
#
# You may assume that every parameter belongs to a child. The model stays as it was.
#
# <details><summary>Hint 1: where to look</summary>
#
# Go through the children from the head downwards, and count only those with parameters. Between `layer4` and `fc` of
# a ResNet stands `avgpool`, which has none.
#
# </details>
#
# <details><summary>Hint 2: what to use</summary>
#
# `reversed(list(model.children()))` goes from the head downwards. Keep the current rate in a variable and multiply it
# by `decay` after each child with parameters. A set of `id(parameter)` remembers what has been given out.
#
# </details>
#
# <details><summary>Hint 3: almost the answer</summary>
#
# For each child: `parameters = list(child.parameters())`; if it is empty, `continue`. Select those that require
# gradients and are not in the set; if some are left, append `{"params": …, "lr": rate}`. Then `rate = rate * decay`.
#
# </details>


# %% exercise="discriminative_groups" role="solution"
def discriminative_groups(model: nn.Module, base_lr: float, decay: float) -> list[dict]:
    """Return parameter groups with a smaller learning rate for each earlier child of `model`.

    Args:
        model: a network; its last child with parameters is the head.
        base_lr: the rate of the head.
        decay: what each earlier child's rate is multiplied by.

    Returns:
        One {"params": [...], "lr": float} for each child that has trainable parameters.
    """
    ### BEGIN SOLUTION
    groups, seen, rate = [], set(), base_lr
    for child in reversed(list(model.children())):
        parameters = list(child.parameters())
        if not parameters:
            continue
        chosen = [p for p in parameters if p.requires_grad and id(p) not in seen]
        seen.update(id(p) for p in chosen)
        if chosen:
            groups.append({"params": chosen, "lr": rate})
        rate = rate * decay
    return groups
    ### END SOLUTION


# %% exercise="discriminative_groups" role="examples"
def three_layers_three_rates() -> None:
    """three linear layers with a ReLU between them: 0.1 for the last, then 0.05, then 0.025"""
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 5))
    groups = discriminative_groups(model, base_lr=0.1, decay=0.5)
    assert groups is not None, "the function returned None: did you forget `return`?"
    rates = {tuple(group["params"][0].shape): group["lr"] for group in groups}
    want = {(5, 4): 0.1, (4, 3): 0.05, (3, 2): 0.025}
    assert rates.keys() == want.keys(), f"there are groups for weights of the shapes {sorted(rates)}"
    for shape, rate in want.items():
        assert abs(rates[shape] - rate) < 1e-9, (
            f"the layer {shape} has the rate {rates[shape]}, expected {rate}"
        )


def an_optimizer_takes_the_groups() -> None:
    """torch.optim.AdamW accepts the groups of a partly frozen glyphnet, and they hold its own parameters"""
    model = get_model("glyphnet", weights=None)
    model.conv1.requires_grad_(False)
    optimizer = torch.optim.AdamW(discriminative_groups(model, base_lr=1e-3, decay=0.5))
    held = sum(len(group["params"]) for group in optimizer.param_groups)
    want = sum(parameter.requires_grad for parameter in model.parameters())
    assert held == want, f"the optimizer holds {held} tensors; {want} are to train"
    own = {id(parameter) for parameter in model.parameters()}
    copies = sum(id(tensor) not in own for group in optimizer.param_groups for tensor in group["params"])
    assert copies == 0, f"{copies} tensors are copies; training them leaves the model as it is"


headstart.check("discriminative_groups", three_layers_three_rates, an_optimizer_takes_the_groups)

# %% [markdown] exercise="discriminative_groups" role="explanation"
# **Worked explanation.** The loop goes from the head downwards, so the rate needs one multiplication a child and no
# exponent. `continue` comes before the multiplication: a pooling layer must not cost `layer4` a factor. For a frozen
# child the multiplication happens and the dictionary does not.
#
# The set of `id`s keeps a shared tensor out of a second group. Tensors cannot be compared with `in`, because `==`
# between them works element by element.
#
# An optimizer that gets a tensor twice raises a `ValueError`. One that never gets it says nothing. That is why the
# checks count what is covered.

# %% [markdown] exercise="choose_strategy" role="card"
# ## 3 · `choose_strategy`
#
# **Easy · 5 minutes · 5 points**
#
# **Why it matters.** A rule that is written down can be discussed, tested and changed. "I always fine-tune
# everything" cannot.
#
# **Where it is used.** As the first line of a plan for a new task.
#
# **Write** `choose_strategy(n_images, similarity)`, the decision table as code. `similarity` is one of the texts
# `"high"`, `"medium"`, `"low"`. The function returns one of the texts `"head"`, `"last_block"`, `"all"`, `"scratch"`:
#
# | `n_images` | `"high"` | `"medium"` | `"low"` |
# |---|---|---|---|
# | 1 to 999 | `"head"` | `"last_block"` | `"all"` |
# | 1,000 to 9,999 | `"last_block"` | `"all"` | `"all"` |
# | 10,000 or more | `"all"` | `"all"` | `"scratch"` |
#
# Raise a `ValueError` if `n_images` is below 1, and if `similarity` is any other text, `"High"` included.
#
# <details><summary>Hint 1: where to look</summary>
#
# Each row begins at a border: 1, 1,000, 10,000. The border itself belongs to the row that it begins.
#
# </details>
#
# <details><summary>Hint 2: what to use</summary>
#
# A dictionary from similarity to a row of three names replaces many `if`s. Check the input first.
#
# </details>
#
# <details><summary>Hint 3: almost the answer</summary>
#
# `table = {"high": ("head", "last_block", "all"), …}`; the place in the row is
# `(n_images >= 1000) + (n_images >= 10_000)`.
#
# </details>


# %% exercise="choose_strategy" role="solution"
def choose_strategy(n_images: int, similarity: str) -> str:
    """Return the strategy that the decision table proposes.

    Args:
        n_images: how many training images there are, at least 1.
        similarity: "high", "medium" or "low": how much they are like those of pre-training.

    Returns:
        "head", "last_block", "all" or "scratch".

    Raises:
        ValueError: `n_images` is below 1, or `similarity` is another text.
    """
    ### BEGIN SOLUTION
    table = {
        "high": ("head", "last_block", "all"),
        "medium": ("last_block", "all", "all"),
        "low": ("all", "all", "scratch"),
    }
    if n_images < 1:
        raise ValueError(f"n_images is {n_images}; there must be at least 1 image")
    if similarity not in table:
        raise ValueError(f"similarity is {similarity!r}; pass one of {', '.join(table)}")
    return table[similarity][(n_images >= 1_000) + (n_images >= 10_000)]
    ### END SOLUTION


# %% exercise="choose_strategy" role="examples"
def few_similar_images_train_the_head() -> None:
    """500 images of high similarity: "head"; of low similarity: "all" """
    got = choose_strategy(500, "high")
    assert got == "head", f"500 images of high similarity gave {got!r}, expected 'head'"
    got = choose_strategy(500, "low")
    assert got == "all", f"500 images of low similarity gave {got!r}, expected 'all'"


def no_images_are_an_error() -> None:
    """0 images raise a ValueError"""
    try:
        got = choose_strategy(0, "high")
    except ValueError:
        return
    raise AssertionError(f"0 images gave {got!r}, expected a ValueError")


headstart.check("choose_strategy", few_similar_images_train_the_head, no_images_are_an_error)

# %% [markdown] exercise="choose_strategy" role="explanation"
# **Worked explanation.** A table in the text becomes a table in the code: one look, and you see whether they agree.
# With nested `if`s the nine cells are spread over twenty lines, and a border such as `> 1000` in place of `>= 1000`
# hides easily.
#
# The input is checked first. A lookup alone would raise a `KeyError` for `"High"`, and 0 images would get an answer.
