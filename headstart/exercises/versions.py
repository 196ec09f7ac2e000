"""Tells whether a function was changed between two checks. Called by `headstart.check`.

A version is a digest of what Python made of the code: of the function and of the learner's own functions that it
uses. Comments, docstrings and blank lines change nothing.
"""

from __future__ import annotations

import hashlib
import types
from collections.abc import Iterator
from typing import Any

_PLAIN = (bool, int, float, complex, str, bytes, type(None))


def version(thing: Any) -> str:
    """Return a short digest of the function or class `thing`."""
    parts = "\n".join(_parts(thing, set()))
    return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _parts(thing: Any, seen: set[int]) -> Iterator[str]:
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, (staticmethod, classmethod)):
        thing = thing.__func__
    if isinstance(thing, property):
        for method in (thing.fget, thing.fset):
            yield from _parts(method, seen)
    elif isinstance(thing, types.FunctionType):
        yield repr((_value(thing.__defaults__), _value(thing.__kwdefaults__)))
        yield from _code(thing.__code__, thing.__doc__)
        for name in sorted(_names(thing.__code__)):
            used = thing.__globals__.get(name)
            own = isinstance(used, type) and used.__module__ == thing.__module__
            own = own or getattr(used, "__globals__", None) is thing.__globals__
            if own:
                yield from _parts(used, seen)
            elif isinstance(used, (*_PLAIN, tuple, list, dict)):
                yield f"{name}={_value(used)}"
    elif isinstance(thing, type):
        for name, value in sorted(vars(thing).items()):
            if not name.startswith("__") or isinstance(value, types.FunctionType):
                yield name
                yield from _parts(value, seen)
    else:
        yield _value(thing)


def _code(code: types.CodeType, doc: str | None) -> Iterator[str]:
    yield code.co_code.hex()
    yield repr((code.co_names, code.co_varnames, code.co_freevars, code.co_argcount))
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _code(constant, None)
        elif constant is not doc:
            yield _value(constant)


def _names(code: types.CodeType) -> set[str]:
    inner = (constant for constant in code.co_consts if isinstance(constant, types.CodeType))
    return set(code.co_names).union(*map(_names, inner))


def _value(value: Any) -> str:
    """Return a text for plain values and collections of them that is the same in every run of Python."""
    if isinstance(value, _PLAIN):
        return repr(value)
    if isinstance(value, (set, frozenset)):
        return f"set {sorted(map(_value, value))}"
    if isinstance(value, (tuple, list)):
        return f"{type(value).__name__} {[_value(item) for item in value]}"
    if isinstance(value, dict):
        return f"dict {[(_value(key), _value(item)) for key, item in value.items()]}"
    return type(value).__name__
