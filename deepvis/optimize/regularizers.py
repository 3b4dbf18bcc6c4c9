"""What keeps the picture a picture: applied to x after every step, in the order of this file.

To add one, write a function ``(x, grad, step) -> x`` with its settings in the decorator: recipes, command
lines, the random search and the json files know it from then on. All work on a batch; every image has its own
strengths, and an image whose strength is 0 comes back unchanged, bit by bit.

x: (N, C, H, W), mean-subtracted. grad: the gradient from before the step, alike.

A picture that is computed from parameters other than pixels (parameterization.py) has no use for those that change
pixels; total variation is then a part of what is climbed, its gradient so many times as long as the objective's.

Source: Yosinski, Clune, Nguyen, Fuchs & Lipson 2015, section 3.1; the order is the toolbox's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis.core.registry import Registry

if TYPE_CHECKING:  # the settings are options of the command line, whose help needs no torch
    from torch import Tensor


@dataclass(frozen=True)
class Setting:
    """A number that says how strong a regularizer is; 0 turns it off. low, high: the range allowed."""

    name: str
    high: float
    help: str
    low: float = 0.0
    whole: bool = False  # an integer
    of_pixels: bool = False  # it changes pixels directly, so a picture computed from other parameters has no use for it
    is_later: bool = False  # than 0.1.0: recipes written down leave it out at 0, so they are the same as then
    is_count: bool = False  # how many times: 0 stands for once where nothing is said, and nobody gives it

    def words(self) -> str:
        """The range in words, for errors."""
        kind = "a whole number" if self.whole else "a number"
        low = 1 if self.is_count else self.low
        return f"{kind} from {low:g} to {self.high:g}" if self.high < 1e9 else f"{kind} of {self.low:g} or more"


@dataclass(frozen=True, eq=False)
class Step:
    """Where each image of the batch stands: its iteration, its settings by name, its random seed."""

    iterations: Sequence[int]
    strengths: Sequence[Mapping[str, float]]
    seeds: Sequence[int] = ()

    def __getitem__(self, name: str) -> list[float]:
        """The setting ``name`` of every image."""
        return [strengths.get(name, 0.0) for strengths in self.strengths]

    def of(self, rows: Sequence[int]) -> Step:
        """The same of some of the images."""
        return Step(
            [self.iterations[n] for n in rows],
            [self.strengths[n] for n in rows],
            [self.seeds[n] for n in rows] if self.seeds else (),
        )


Regularizer = Callable[["Tensor", "Tensor", Step], "Tensor"]
REGULARIZERS: Registry[Regularizer] = Registry("regularizer")
SETTINGS: Registry[Setting] = Registry("regularizer setting")


def regularizer(name: str, *settings: Setting) -> Callable[[Regularizer], Regularizer]:
    """Enter a regularizer and the settings that steer it."""

    def enter(function: Regularizer) -> Regularizer:
        REGULARIZERS.put(name, function)
        for setting in settings:
            SETTINGS.put(setting.name, setting)
        return function

    return enter


def regularize(x: Tensor, grad: Tensor, step: Step) -> Tensor:
    """All regularizers, one after the other."""
    for name in REGULARIZERS:
        x = REGULARIZERS[name](x, grad, step)
    return x


@regularizer("decay", Setting("decay", 1, "L2 decay: the share taken off every value after each step", of_pixels=True))
def decay(x: Tensor, grad: Tensor, step: Step) -> Tensor:
    """x (1 - decay): no value grows for ever."""
    if not any(step["decay"]):
        return x
    return x * _column([1.0 - d for d in step["decay"]], x)


@regularizer(
    "blur",
    Setting("blur_radius", 1000, "sigma of a Gaussian blur, in pixels; 0.3 or more works well", of_pixels=True),
    Setting("blur_every", 1e9, "blur in every n-th step, the first one included", whole=True, of_pixels=True),
)
def blur(x: Tensor, grad: Tensor, step: Step) -> Tensor:
    """Gaussian blur, scipy's gaussian_filter, of the images whose iteration is a multiple of blur_every."""
    from deepvis.optimize.blur import gaussian_blur

    turns = zip(step["blur_radius"], step["blur_every"], step.iterations, strict=True)
    return gaussian_blur(x, [radius if every and i % int(every) == 0 else 0.0 for radius, every, i in turns])


_PERCENT = "percentile under which {} become 0 (the mean)"


@regularizer("small_val", Setting("small_val_percentile", 100, _PERCENT.format("small values"), of_pixels=True))
def small_val(x: Tensor, grad: Tensor, step: Step) -> Tensor:
    """Values with |x| under the percentile of |x| become 0."""
    return _clip_small(x, step["small_val_percentile"], lambda x, g: x.abs(), grad)


@regularizer(
    "small_norm", Setting("small_norm_percentile", 100, _PERCENT.format("pixels of small norm"), of_pixels=True)
)
def small_norm(x: Tensor, grad: Tensor, step: Step) -> Tensor:
    """Pixels whose norm over the channels is under the percentile become 0 (the paper's n_pct)."""
    return _clip_small(x, step["small_norm_percentile"], lambda x, g: x.square().sum(1, keepdim=True).sqrt(), grad)


@regularizer(
    "px_benefit",
    Setting("px_benefit_percentile", 100, _PERCENT.format("pixels of small contribution"), of_pixels=True),
)
def px_benefit(x: Tensor, grad: Tensor, step: Step) -> Tensor:
    """Pixels whose sum over the channels of grad (-x) is under the percentile become 0."""
    return _clip_small(x, step["px_benefit_percentile"], _benefit, grad)


@regularizer(
    "px_abs_benefit",
    Setting("px_abs_benefit_percentile", 100, _PERCENT.format("pixels of small absolute contribution"), of_pixels=True),
)
def px_abs_benefit(x: Tensor, grad: Tensor, step: Step) -> Tensor:
    """The same with the absolute contribution (the paper's c_pct)."""
    return _clip_small(x, step["px_abs_benefit_percentile"], lambda x, g: _benefit(x, g).abs(), grad)


@regularizer(
    "total_variation",
    Setting("total_variation", 1e9, "step against total variation, in pixel values; of computed pixels, a share"),
)
def total_variation(x: Tensor, grad: Tensor, step: Step) -> Tensor:
    """A step of the given size down the gradient of sum sqrt(dx^2 + dy^2 + 1): smooth areas, sharp edges.

    Not in the paper. Source: Mahendran & Vedaldi 2015, section 2, with beta 1.
    """
    if not any(step["total_variation"]):
        return x
    return x - _column(step["total_variation"], x) * roughness_slope(x)


def roughness_slope(x: Tensor) -> Tensor:
    """The gradient of sum sqrt(dx^2 + dy^2 + 1) by x: (..., H, W), alike."""
    import torch

    down = torch.zeros_like(x)
    across = torch.zeros_like(x)
    down[..., :-1, :] = x.diff(dim=-2)
    across[..., :-1] = x.diff(dim=-1)
    norm = (down.square() + across.square() + 1.0).sqrt()
    down, across = down / norm, across / norm
    slope = -down - across
    slope[..., 1:, :] += down[..., :-1, :]
    slope[..., 1:] += across[..., :-1]
    return slope


def _benefit(x: Tensor, grad: Tensor) -> Tensor:
    return (grad * -x).sum(1, keepdim=True)


def _clip_small(
    x: Tensor, percents: Sequence[float], size_of: Callable[[Tensor, Tensor], Tensor], grad: Tensor
) -> Tensor:
    """Set to 0 what is smaller than its image's percentile; images of percentile 0 stay."""
    from deepvis.optimize.percentile import row_percentiles

    rows = [n for n, percent in enumerate(percents) if percent > 0]
    if not rows:
        return x
    every = len(rows) == len(x)
    some, some_grad = (x, grad) if every else (x[rows], grad[rows])
    sizes = size_of(some, some_grad)
    limits = row_percentiles(sizes.flatten(1), [percents[n] for n in rows])
    clipped = some.masked_fill(sizes < limits[:, None, None, None], 0.0)
    if every:
        return clipped
    result = x.clone()
    result[rows] = clipped
    return result


def _column(values: Sequence[float], like: Tensor) -> Tensor:
    """One number per image, ready to multiply (N, C, H, W)."""
    import torch

    return torch.tensor(values, dtype=like.dtype).to(like.device)[:, None, None, None]
