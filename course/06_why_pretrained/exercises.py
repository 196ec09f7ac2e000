# %% [markdown]
# # Exercises 6 · Why pre-trained?
#
# Two functions, about 15 minutes. Each has a task card, a cell for your code and a few visible examples. The
# checks that give the points use other histories than the examples do.
#
# Run the set-up cell first. If you have not read the lesson yet, it is
# [here](../../lessons/06_why_pretrained.ipynb).

# %%
import math

import headstart

# %% [markdown] exercise="steps_to_reach" role="card"
# ## 1 · `steps_to_reach`
#
# **Easy · 5 minutes · 6 points**
#
# **Why it matters.** "Faster" means nothing without a target. This function turns a training run into the one
# number that two runs can be compared by, and says honestly when there is no such number.
#
# **Where it is used.** Wherever you log training runs and compare them.
#
# **Write** `steps_to_reach(history, target)`. A history is a list of records in the order in which they were
# written down, such as
#
# ```
# {"step": 20, "seconds": 1.4, "val_accuracy": 0.86}
# ```
#
# Return the `step` of the **first** record whose `val_accuracy` is at or above `target`, and `None` if there
# is none. Records may be any number of steps apart, the first one may have been written before the training
# began (step 0), accuracy may fall again later, and the list may be empty. It stays as it was.
#
# <details><summary>Hint 1: where to look</summary>
#
# The records are in order, so the first one that fits is the answer. What should happen after you have seen
# it, and what after you have seen them all?
#
# </details>
#
# <details><summary>Hint 2: what to use</summary>
#
# A `for` loop over `history`, `record["val_accuracy"] >= target`, and `record["step"]`. The place of a record
# in the list is not its step.
#
# </details>
#
# <details><summary>Hint 3: almost the answer</summary>
#
# Inside the loop: if the record fits, `return record["step"]` at once. After the loop: `return None`.
#
# </details>


# %% exercise="steps_to_reach" role="solution"
def steps_to_reach(history: list[dict], target: float) -> int | None:
    """Return the first step at which a run was at or above a validation accuracy.

    Args:
        history: records {"step": int, "seconds": float, "val_accuracy": float}, in order.
        target: the accuracy to reach, 0 to 1.

    Returns:
        The step of the first record at or above `target`; None if no record is.
    """
    ### BEGIN SOLUTION
    for record in history:
        if record["val_accuracy"] >= target:
            return record["step"]
    return None
    ### END SOLUTION


# %% exercise="steps_to_reach" role="examples"
def a_short_run() -> list[dict]:
    """Return three records, ten steps apart."""
    return [
        {"step": 10, "seconds": 0.5, "val_accuracy": 0.60},
        {"step": 20, "seconds": 1.0, "val_accuracy": 0.85},
        {"step": 30, "seconds": 1.5, "val_accuracy": 0.90},
    ]


def the_first_record_above_the_target() -> None:
    """0.80 is reached at step 20"""
    got = steps_to_reach(a_short_run(), 0.80)
    assert got == 20, f"got {got}, expected 20"


def never_is_none() -> None:
    """0.95 is never reached: None"""
    got = steps_to_reach(a_short_run(), 0.95)
    assert got is None, f"got {got}, expected None"


headstart.check("steps_to_reach", the_first_record_above_the_target, never_is_none)

# %% [markdown] exercise="steps_to_reach" role="explanation"
# **Worked explanation.** The records are in order, so the loop may stop at the first one that fits. `return`
# inside a loop does that. What comes after the loop is reached only if no record fitted.
#
# "At or above" is `>=`. A run that reaches its target at step 0 gives the number 0, which counts as false in
# Python: a test such as `if step:` would take it for "never". Compare with `is None`.
#
# `next((r["step"] for r in history if r["val_accuracy"] >= target), None)` says the same in one line.

# %% [markdown] exercise="speedup" role="card"
# ## 2 · `speedup`
#
# **Medium · 10 minutes · 6 points**
#
# **Why it matters.** Reports say "twice as fast" and leave out the runs that never arrived. This function
# keeps them visible.
#
# **Where it is used.** For every comparison of training times.
#
# **Write** `speedup(scratch, pretrained, target)`. Both are histories as in exercise 1; `seconds` is the
# training time at the record, always above 0. Return the seconds that scratch needs to reach the target
# (first record at or above it) divided by the seconds that the pre-trained run needs. Where somebody never
# reaches the target:
#
# | never reaches it | return | read it as |
# |---|---|---|
# | only scratch | `inf` | no time would have been enough |
# | only pre-trained | `0.0` | the head start is worthless here |
# | neither | `nan` | there is nothing to compare |
#
# The two runs may be recorded at different steps. The histories stay as they were.
#
# <details><summary>Hint 1: where to look</summary>
#
# Do the same thing twice first: the seconds of one history, or `None`. Then look at the four cases.
#
# </details>
#
# <details><summary>Hint 2: what to use</summary>
#
# What you wrote in exercise 1, with `record["seconds"]` in place of the step. `math.inf` and `math.nan` are the
# two special numbers. Ask with `is None`; nothing is ever equal to `nan`, not even `nan`.
#
# </details>
#
# <details><summary>Hint 3: almost the answer</summary>
#
# Ask for the case *neither* first, because the two others would catch it: `if slow is None and fast is None`,
# then `elif slow is None`, then `elif fast is None`, and at the end `slow / fast`.
#
# </details>


# %% exercise="speedup" role="solution"
def speedup(scratch: list[dict], pretrained: list[dict], target: float) -> float:
    """Return how many times sooner the pre-trained run reaches `target`, in seconds of training.

    Args:
        scratch: records {"step": int, "seconds": float, "val_accuracy": float}, in order.
        pretrained: the same of the other run.
        target: the accuracy to reach, 0 to 1.

    Returns:
        Seconds of scratch divided by seconds of pre-trained. If only scratch never reaches the target `inf`,
        if only pre-trained never does `0.0`, if neither does `nan`.
    """
    ### BEGIN SOLUTION
    slow, fast = (
        next((record["seconds"] for record in history if record["val_accuracy"] >= target), None)
        for history in (scratch, pretrained)
    )
    if slow is None and fast is None:
        ratio = math.nan
    elif slow is None:
        ratio = math.inf
    elif fast is None:
        ratio = 0.0
    else:
        ratio = slow / fast
    return ratio
    ### END SOLUTION


# %% exercise="speedup" role="examples"
def records(*pairs: tuple[float, float]) -> list[dict]:
    """Return a history from pairs (seconds, accuracy), ten steps apart."""
    return [
        {"step": 10 * place, "seconds": seconds, "val_accuracy": reached}
        for place, (seconds, reached) in enumerate(pairs, start=1)
    ]


def three_times_as_fast() -> None:
    """6 seconds against 2 are a speed-up of 3"""
    got = speedup(records((3.0, 0.7), (6.0, 0.9)), records((2.0, 0.92), (4.0, 0.95)), 0.9)
    assert got == 3.0, f"got {got}, expected 3.0"


def nobody_gets_there() -> None:
    """if neither run reaches the target, the result is nan"""
    got = speedup(records((3.0, 0.7)), records((2.0, 0.8)), 0.99)
    assert got is not None, "the function returned None: did you forget `return`?"
    assert math.isnan(got), f"got {got}, expected nan"


headstart.check("speedup", three_times_as_fast, nobody_gets_there)

# %% [markdown] exercise="speedup" role="explanation"
# **Worked explanation.** Two runs, one question each: after how many seconds? `next(…, None)` takes the first
# record that fits, and gives `None` where none does. Then there are four cases, and the order matters:
# *neither* must come before the two cases that each look at one run only.
#
# `inf` and `0.0` are the limits of the ratio when one of the two times grows without end. `nan` says that
# there is no ratio. An average over several runs that contains an `inf` or a `nan` shows it; that is on
# purpose. Use the median, or say how many runs arrived.
