"""The preprocessing that the offline weights expect: `weights.transforms()`. `headstart.data` uses it too."""

from __future__ import annotations

from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import interpolate
from torchvision.transforms.functional import normalize, pil_to_tensor

from headstart.names import Refusal, WrongType

COUNTS_SIZE = 8
MAX_COUNT = 16
IMAGE_SIZE = 32
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class CountsPreset(nn.Module):
    """Turns 8x8 pixel counts into the 3x32x32 images that the offline backbones were trained on.

    A count says how many pixels of a 4x4 block are ink: 0 for none, 16 for all. The steps are: divide by 16,
    enlarge to 32x32 with bilinear interpolation, repeat over three channels, subtract the ImageNet mean and
    divide by the ImageNet standard deviation.
    """

    def __init__(
        self,
        *,
        image_size: int = IMAGE_SIZE,
        mean: tuple[float, ...] = IMAGENET_MEAN,
        std: tuple[float, ...] = IMAGENET_STD,
    ) -> None:
        super().__init__()
        self.image_size = image_size
        self.mean = list(mean)
        self.std = list(std)

    def forward(self, image: Tensor | Image.Image) -> Tensor:
        """Return `image` as normalised float32 of shape (…, 3, 32, 32).

        Args:
            image: counts from 0 to 16 of shape (…, 1, 8, 8) or (…, 8, 8), of any number type; or a PIL image
                of bright ink on a dark ground, which is first reduced to 8x8. A shape (1, 8, 8) is one image,
                as everywhere in torchvision, so pass a batch of one as (1, 1, 8, 8). Float counts may leave
                the range, so that you can add noise to them.

        Raises:
            TypeError: `image` is neither a tensor nor a PIL image.
            ValueError: the last two sizes are not 8x8, or integer counts lie outside 0 to 16.
        """
        counts = self._counts(image)
        leading = counts.shape[:-3]
        flat = counts.reshape(-1, 1, COUNTS_SIZE, COUNTS_SIZE).float() / MAX_COUNT
        large = interpolate(
            flat, size=(self.image_size, self.image_size), mode="bilinear", align_corners=False
        )
        images = normalize(large.repeat(1, 3, 1, 1), self.mean, self.std)
        return images.reshape(*leading, 3, self.image_size, self.image_size)

    def _counts(self, image: Tensor | Image.Image) -> Tensor:
        """Return the counts with a channel dimension: (…, 1, 8, 8)."""
        if isinstance(image, Image.Image):
            small = image.convert("L").resize((COUNTS_SIZE, COUNTS_SIZE), Image.Resampling.BOX)
            return pil_to_tensor(small).float() * MAX_COUNT / 255
        if not isinstance(image, Tensor):
            raise WrongType(
                f"got {type(image).__name__}; pass a tensor of counts or a PIL image "
                "(torch.as_tensor turns an array into a tensor)"
            )
        if image.ndim < 2 or image.shape[-2:] != (COUNTS_SIZE, COUNTS_SIZE):
            raise Refusal(
                f"got shape {tuple(image.shape)}; pass counts of shape (…, 1, 8, 8) or (…, 8, 8), "
                "before any other transform"
            )
        if not image.is_floating_point() and image.numel() and (image.min() < 0 or image.max() > MAX_COUNT):
            raise Refusal(
                f"got counts from {image.min()} to {image.max()}; expected 0 to {MAX_COUNT}. "
                "Multiply grey values of 0 to 255 by 16 / 255 first"
            )
        has_channel = image.ndim >= 3 and image.shape[-3] == 1
        return image if has_channel else image.unsqueeze(-3)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(image_size={self.image_size}, mean={self.mean}, std={self.std})"

    def describe(self) -> str:
        """Say in a sentence what the preset does, as torchvision's presets do."""
        return (
            "Accepts 8x8 counts from 0 to 16 as tensors of shape (…, 1, 8, 8) or (…, 8, 8), or PIL images. "
            f"They are divided by 16, resized to {self.image_size}x{self.image_size} with bilinear "
            "interpolation, repeated over three channels and normalised with "
            f"mean={self.mean} and std={self.std}."
        )
