"""Weights that travel inside the package: read from a file beside this module, checked, never downloaded.

The weights enums of `glyphnet` and `glyphnet_vgg` derive from `PackagedWeights`.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from safetensors.torch import load
from torch import Tensor
from torchvision.models import WeightsEnum

from headstart.names import Damaged, Missing, Refusal, unknown_name

RECIPE = (
    "Trained from random weights on 20,000 letters in 22 fonts, distorted at random (headstart.letters): "
    "43 classes, 5 epochs, batches of 128, AdamW with weight decay 0.02, one-cycle learning rate up to 4e-3. "
    "No digit was seen."
)
WEIGHTS_FOLDER = Path(__file__).parent / "weights"


class PackagedWeights(WeightsEnum):
    """A torchvision weights enum whose `url` is the name of a file in `headstart/models/weights`."""

    @classmethod
    def verify(cls, obj: Any) -> Any:
        """Return the member that `obj` names or is, or None for None.

        Raises:
            UnknownName: (a ValueError) there are no weights of that name.
            TypeError: `obj` is something else, such as another model's weights.
        """
        if isinstance(obj, str) and obj.removeprefix(f"{cls.__name__}.") not in cls.__members__:
            raise unknown_name("weights", obj, cls.__members__)
        return super().verify(obj)

    @property
    def path(self) -> Path:
        """The file that holds these weights."""
        return WEIGHTS_FOLDER / self.url

    def get_state_dict(self, *args: Any, **kwargs: Any) -> dict[str, Tensor]:
        """Return the weights as float32 tensors by name.

        torchvision's arguments `progress` and `check_hash` are accepted and have no effect: nothing is
        downloaded, and the SHA-256 is always checked.

        Raises:
            FileNotFoundError: the file is missing from the package.
            RuntimeError: the file's SHA-256 is not the expected one.
        """
        return load_checked(self.path, self.meta["sha256"])


def load_checked(path: Path, sha256: str) -> dict[str, Tensor]:
    """Read the safetensors file at `path` after checking its digest. Half precision becomes float32."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise Missing(
            f"the weights file {path} is missing; install headstart again, or re-create the file with "
            "`headstart pretrain` and load that with safetensors.torch.load_file"
        ) from None
    digest = hashlib.sha256(content).hexdigest()
    if digest != sha256:
        raise Damaged(
            f"the weights file {path} has SHA-256 {digest[:16]}…, expected {sha256[:16]}…: "
            "it was changed or damaged; install headstart again"
        )
    return {
        name: value.float() if value.is_floating_point() else value for name, value in load(content).items()
    }


def check_num_classes(weights: WeightsEnum | None, kwargs: dict[str, Any]) -> None:
    """Set `kwargs["num_classes"]` to what `weights` were trained for, as torchvision's own builders do.

    Raises:
        ValueError: another number of classes was asked for.
    """
    if weights is None:
        return
    expected = len(weights.meta["categories"])
    got = kwargs.setdefault("num_classes", expected)
    if got != expected:
        raise Refusal(
            f"num_classes is {got}, but {weights} has {expected} classes; load it without num_classes and "
            "replace the last linear layer, or pass weights=None"
        )
