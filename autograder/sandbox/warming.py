"""Does once, in the zygote, what libraries put off until their first use; every room then finds it done.

Called by the zygote before its first fork. Nothing here may start a thread (the zygote checks), and there is no
`backward`: PyTorch refuses it in forks of a process that has done one.
"""

from __future__ import annotations

import io
import warnings


def warm_up() -> None:
    """Use the slow parts of PyTorch, scikit-learn and matplotlib a first time."""
    import torch

    layers = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3, padding=1),
        torch.nn.BatchNorm2d(4),
        torch.nn.Flatten(),
        torch.nn.Linear(256, 2),
    )
    with torch.no_grad():
        layers(torch.zeros(2, 3, 8, 8))
    # The first step of an optimiser imports PyTorch's compiler, which takes longer than all the rest.
    for kind in (torch.optim.SGD, torch.optim.AdamW):
        for weight in layers.parameters():
            weight.grad = torch.zeros_like(weight)
        optimiser = kind(layers.parameters(), lr=0.0)
        optimiser.step()
        optimiser.zero_grad()

    import numpy as np
    from sklearn.metrics import confusion_matrix

    confusion_matrix(np.array([0, 1]), np.array([0, 1]))

    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure()
    axes = figure.subplots()
    axes.plot([0, 1], label="line")
    axes.set_title("text")
    axes.legend()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        FigureCanvasAgg(figure).print_png(io.BytesIO())
