"""Turns deprecated calls into errors: run by the kernel before a lesson's first cell.

A warning belongs to the module that made the call. So it counts whether one of the four libraries makes a
deprecated call itself, our own package does, or a cell does (`__main__`). A cell that shows a warning on purpose
catches it with `warnings.catch_warnings()`, which puts other filters in front of these.
"""

import warnings

for _category in (DeprecationWarning, PendingDeprecationWarning, FutureWarning):
    warnings.filterwarnings(
        "error", category=_category, module=r"(torch|torchvision|numpy|matplotlib|headstart|__main__)(\.|$)"
    )
del _category
