"""What a check says about an answer: each helper raises `Wrong` with a message that the student reads.

Called by the checks of the course (`from autograder.checks import expect, …`). Messages name the object at
fault, say what came out, and what was expected; code in them stands in backticks.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from autograder.wire import Loader, ModelState, Opaque

if TYPE_CHECKING:
    from autograder.student import Student

#: For `expect_type`: what may stand for a whole number, and for any real number.
INTEGER = (int, np.integer)
NUMBER = (int, float, np.integer, np.floating)

_ALIASES: dict[type, type] = {nn.Module: ModelState, torch.utils.data.DataLoader: Loader}
_WORDS = {
    "NoneType": "None",
    "ModelState": "a model",
    "Module": "a model",
    "Loader": "a DataLoader",
    "Tensor": "a tensor",
    "ndarray": "a NumPy array",
    "int": "an int",
    "integer": "a NumPy int",
    "floating": "a NumPy float",
    "Opaque": "an object",
}


class Wrong(Exception):
    """An answer fails a check. The text is shown to the student."""


def expect(condition: Any, message: str) -> None:
    """Raise `Wrong(message)` unless `condition` holds."""
    if not condition:
        raise Wrong(message)


def show(value: Any, limit: int = 80) -> str:
    """Return `value` as short text for a message: small things as they are, large ones by kind and shape."""
    if isinstance(value, Tensor):
        if value.numel() <= 8:
            return f"tensor({value.tolist()})"
        return f"a tensor of shape {tuple(value.shape)}"
    if isinstance(value, np.ndarray) and value.size > 8:
        return f"an array of shape {value.shape}"
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return f"{value:.6g}"
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def more(names: list[str]) -> str:
    """Return how many names there are beside the first, for a message: `" (and 17 more)"`, or nothing."""
    return f" (and {len(names) - 1} more)" if len(names) > 1 else ""


def type_name(value: Any) -> str:
    """Return the kind of `value` in words, with its article: "a list", "an int", "None"."""
    name = value.type_name if isinstance(value, Opaque) else type(value).__name__
    return _with_article(name)


def _with_article(name: str) -> str:
    if name in _WORDS:
        return _WORDS[name]
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _is_a(value: Any, types: tuple[type, ...]) -> bool:
    if isinstance(value, (bool, np.bool_)):
        return bool in types or np.bool_ in types
    return isinstance(value, types)


def expect_type(value: Any, types: type | tuple[type, ...], what: str | None = None) -> None:
    """Raise `Wrong` unless `value` is of one of `types`; True and False do not pass as int.

    Leave out `what` for the value that the function returned; else name the part, as in "the first number".
    `nn.Module` stands for `ModelState`, since a model arrives as one.
    """
    wanted = types if isinstance(types, tuple) else (types,)
    wanted = tuple(_ALIASES.get(kind, kind) for kind in wanted)
    if _is_a(value, wanted):
        return
    names = [_with_article(kind.__name__) for kind in wanted if not issubclass(kind, np.generic)]
    expected = " or ".join(dict.fromkeys(names))
    if value is None:
        if what is None:
            raise Wrong(f"your function returned None: did you forget `return`? Expected {expected}.")
        raise Wrong(f"{what} is None; expected {expected}.")
    shown = "" if isinstance(value, (ModelState, Loader)) else f" (`{show(value, 60)}`)"
    verb = "your function returned" if what is None else f"{what} is"
    advice = ""
    if isinstance(value, Tensor) and value.ndim == 0 and not issubclass(Tensor, wanted):
        advice = " `.item()` gives the number inside."
    elif isinstance(value, Opaque) and list in wanted:
        advice = " `list(...)` around it gives a list."
    raise Wrong(f"{verb} {type_name(value)}{shown}; expected {expected}.{advice}")


def single_number(value: Any) -> int | float | None:
    """Return the plain number in a number, tensor or array that holds exactly one; None for anything else."""
    if isinstance(value, Tensor | np.ndarray):
        size = value.numel() if isinstance(value, Tensor) else value.size
        if size != 1 or (isinstance(value, np.ndarray) and value.dtype.kind not in "biuf"):
            return None
        value = value.item()
    if not _is_a(value, NUMBER):
        return None
    return value.item() if isinstance(value, np.generic) else value


def model_after(student: Student, value: Any) -> ModelState:
    """Return the model as the call left it: what was returned, or the argument where nothing was returned."""
    if isinstance(value, ModelState):
        return value
    if value is None and isinstance(student.last.args[0], ModelState):
        return student.last.args[0]
    expect_type(value, nn.Module)
    raise AssertionError("expect_type lets no other value pass")


def expect_close(got: Any, want: Any, tol: float = 1e-6, what: str = "the result") -> None:
    """Raise `Wrong` unless `got` is within `tol` of `want`, element by element for tensors and sequences.

    Two NaN count as equal. `got` may be a number, tensor, array, or a list or tuple of such.
    """
    if isinstance(want, (Tensor, np.ndarray)):
        _expect_close_tensor(got, torch.as_tensor(want), tol, what)
        return
    if isinstance(want, (list, tuple)):
        expect_type(got, (list, tuple), what)
        expect(len(got) == len(want), f"{what} has {len(got)} entries; expected {len(want)}.")
        for position, (one, other) in enumerate(zip(got, want, strict=True)):
            expect_close(one, other, tol, f"entry {position} of {what}")
        return
    if isinstance(got, Tensor) and got.numel() == 1:
        got = got.item()
    expect_type(got, NUMBER, what)
    if not _near(float(got), float(want), tol):
        raise Wrong(
            f"{what} is {_digits(float(got), float(want))}; expected {_digits(float(want), float(got))}."
        )


def _near(got: float, want: float, tol: float) -> bool:
    if math.isnan(got) or math.isnan(want):
        return math.isnan(got) and math.isnan(want)
    return got == want or abs(got - want) <= tol


def _digits(value: float, other: float) -> str:
    """Write `value` with four significant digits, or with as many as it takes to differ from `other`."""
    for digits in range(4, 17):
        if f"{value:.{digits}g}" != f"{other:.{digits}g}":
            return f"{value:.{digits}g}"
    return repr(value)


def _expect_close_tensor(got: Any, want: Tensor, tol: float, what: str) -> None:
    if isinstance(got, (np.ndarray, list, tuple)):
        try:
            got = torch.as_tensor(np.asarray(got))
        except (TypeError, ValueError):
            raise Wrong(f"{what} is {show(got)}; expected numbers of shape {tuple(want.shape)}.") from None
    expect_tensor(got, shape=tuple(want.shape), what=what)
    difference = (got.detach().to(torch.float64) - want.detach().to(torch.float64)).abs()
    equal = (got == want) | (difference <= tol) | (torch.isnan(got) & torch.isnan(want))
    if bool(equal.all()):
        return
    place = tuple(int(i) for i in (~equal).nonzero()[0])
    where = f"{what}[{', '.join(map(str, place))}]" if place else what
    mine, theirs = float(got[place]), float(want[place])
    more = int((~equal).sum()) - 1
    others = f" (and {more} more {'entry differs' if more == 1 else 'entries differ'})" if more else ""
    raise Wrong(f"{where} is {_digits(mine, theirs)}; expected {_digits(theirs, mine)}{others}.")


def expect_tensor(
    value: Any,
    shape: Sequence[int | None] | None = None,
    dtype: torch.dtype | Iterable[torch.dtype] | None = None,
    what: str | None = None,
) -> None:
    """Raise `Wrong` unless `value` is a tensor of `shape` (None: any length) and `dtype` (or one of them)."""
    expect_type(value, Tensor, what)
    name = what or "the returned tensor"
    if shape is not None:
        got = tuple(value.shape)
        fits = len(got) == len(shape) and all(w is None or g == w for g, w in zip(got, shape, strict=True))
        wanted = (
            "(" + ", ".join("any" if w is None else str(w) for w in shape) + ("," * (len(shape) == 1)) + ")"
        )
        expect(fits, f"{name} has shape {got}; expected {wanted}.")
    if dtype is not None:
        dtypes = (dtype,) if isinstance(dtype, torch.dtype) else tuple(dtype)
        expect(
            value.dtype in dtypes,
            f"{name} has dtype {value.dtype}; expected {' or '.join(map(str, dtypes))}.",
        )


def expect_unchanged(student: Student, hint: str = "") -> None:
    """Raise `Wrong` if the last call changed the content of any of its arguments; `hint` says what to do."""
    last = student.last
    if last is None or not last.changed:
        return
    names = " and ".join(f"`{name}`" for name in last.changed)
    raise Wrong(f"your function changed its input {names}.{' ' + hint if hint else ''}")


def expect_raises(
    student: Student,
    name: str,
    args: Sequence[Any],
    kind: str = "ValueError",
    mention: str | None = None,
    why: str = "",
) -> None:
    """Raise `Wrong` unless calling function `name` with `args` raises `kind` (or a subclass of it).

    `why` says what is impossible about the input ("y_true has 3 labels and y_pred 2"). `mention` is a text
    that the exception's message must contain (case does not matter).
    """
    from autograder.student import StudentError

    reason = f" ({why})" if why else ""
    try:
        value = student.call(name, *args)
    except StudentError as error:
        if kind not in error.kinds:
            raise Wrong(f"impossible input{reason} should raise {kind}; {error.message}") from None
        if mention is not None and mention.lower() not in error.text.lower():
            said = f"says `{error.text}`" if error.text else "is empty"
            raise Wrong(
                f"the message of your {kind}{reason} {said}; it should mention `{mention}`."
            ) from None
        return
    raise Wrong(f"impossible input{reason} should raise {kind}; your function returned {show(value)}.")
