"""Runs the visible examples of an exercise. Called by the exercises notebooks as `headstart.check(...)`.

An example is a function without arguments whose docstring says in one line what should hold:

    def the_head_stays_trainable():
        "fc.weight still requires gradients"
        model = freeze_all_but_fc(get_model("glyphnet"))
        assert model.fc.weight.requires_grad, "fc.weight is frozen too"

    headstart.check("freeze_all_but_fc", the_head_stays_trainable)

The examples of the course's exercises are also in the package: `headstart.check(freeze_all_but_fc)` runs them
anywhere, and `headstart check FILE` in a terminal.
"""

from __future__ import annotations

import linecache
import os
import sys
import traceback
import types
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from headstart.exercises.banks import Exercise, all_exercises
from headstart.exercises.ladder import IN_NOTEBOOK, Calls, offers
from headstart.exercises.records import Records
from headstart.exercises.versions import version
from headstart.names import nearest, unknown_name

_LONGEST = 300
# Outcomes after which no other example runs, and which are no attempt.
_ENDS = ("not attempted", "stopped")


@dataclass(frozen=True)
class Result:
    """What came of one example: `label` is ok, wrong, error, not attempted or stopped."""

    label: str
    text: str

    @property
    def line(self) -> str:
        """The result as the learner reads it."""
        return f"{self.label:<5} {self.text}" if self.label not in _ENDS else f"{self.label}: {self.text}"


def check(exercise: str | Callable[..., Any], *examples: Callable[[], Any]) -> None:
    """Run the visible examples of an exercise and print one line for each: ok, wrong, or error.

    A missing or unwritten function gives one line in all. There is never a traceback; the line of your own
    code is named instead. Where an example does not hold, the next hint is offered. Attempts are kept in
    exercises.json in the learner's folder; a function that has not changed counts once.

    Under `nbgrader validate` lines that are not ok go to stderr, which is how a cell is reported; under
    `nbgrader autograde` nothing runs, since the hidden checks follow.

    Args:
        exercise: the function that you wrote, or its name, which is then looked up in the notebook.
        examples: functions without arguments that call it and assert what should come out. Without any, those
            of the course's exercise of that name run.
    """
    execution = os.environ.get("NBGRADER_EXECUTION")
    if execution == "autograde":
        return
    namespace = sys._getframe(1).f_globals
    name, function, problem = _looked_up(exercise, namespace)
    known = all_exercises().get(name)
    if problem is None and not examples and known is None:
        problem = str(unknown_name("exercise", name, all_exercises()))
    if problem is not None:
        results = [Result("error", problem)]
    elif examples:
        results = run(name, examples, [namespace, _globals(function)])
    else:
        results = run_bank(known, function)
    for result in results:
        stream = sys.stderr if execution == "validate" and result.label != "ok" else sys.stdout
        print(result.line, file=stream)
    if problem is None and known is not None and not execution:
        for line in offered(known, function, results):
            print(line)


def run_bank(exercise: Exercise, function: Any) -> list[Result]:
    """Run the built examples of `exercise` on `function`."""
    try:
        namespace = _load(exercise, exercise.examples)
    except Exception as error:
        said = f"{type(error).__name__}: {_text(error)}"
        advice = "run `headstart doctor` in a terminal, which looks for the cause"
        return [Result("error", f"the examples of `{exercise.name}` cannot run here ({said}): {advice}")]
    namespace[exercise.name] = function
    examples = [namespace[example] for example in exercise.example_names]
    return run(exercise.name, examples, [_globals(function)])


def _load(exercise: Exercise, source: str) -> dict[str, Any]:
    """Run `source` beside the imports of the exercise's notebook; return the names that it gives."""
    namespace: dict[str, Any] = {"__name__": "headstart_exercise"}
    execute(exercise.setup, f"<set-up of {exercise.name}>", namespace)
    execute(source, f"<examples of {exercise.name}>", namespace)
    return namespace


def run(name: str, examples: Collection[Callable[[], Any]], own: Collection[Mapping]) -> list[Result]:
    """Run `examples` for the function `name`; code whose globals are one of `own` is the learner's."""
    results: list[Result] = []
    for example in examples:
        results.append(_run(name, example, own))
        if results[-1].label in _ENDS:
            break
    return results[-1:] if results and results[-1].label == "not attempted" else results


def offered(
    exercise: Exercise, function: Any, results: list[Result], calls: Calls = IN_NOTEBOOK
) -> list[str]:
    """Keep the attempt, and return the lines that say how to go on: next hint, worked solution.

    Where nothing was attempted there are none.
    """
    if not results or results[-1].label in _ENDS:
        return []
    passed = all(result.label == "ok" for result in results)
    records, this = Records(), version(function)
    # Code to repair can be checked as it was handed out; that is no attempt yet.
    handed_out = exercise.stub is not None and this == version(_load(exercise, exercise.stub)[exercise.name])
    record = records.of(exercise.name) if handed_out else records.keep_attempt(exercise.name, this, passed)
    return offers(exercise, record, not passed, calls)


def execute(source: str, filename: str, namespace: dict[str, Any]) -> None:
    """Run `source` in `namespace`, such that its lines can be shown under the name `filename`."""
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec", dont_inherit=True), namespace)


def _looked_up(exercise: Any, namespace: Mapping[str, Any]) -> tuple[str, Any, str | None]:
    """Return the name and the function, and what is wrong with them or None."""
    if isinstance(exercise, str):
        return exercise, namespace.get(exercise), _missing(exercise, namespace)
    name = getattr(exercise, "__name__", None)
    if callable(exercise) and isinstance(name, str):
        return name, exercise, None
    kind = type(exercise).__name__
    return (
        "",
        None,
        (
            "pass the function itself, without calling it, such as headstart.check(freeze_all_but_fc); "
            f"got a value of type {kind}"
        ),
    )


def _globals(function: Any) -> Mapping[str, Any]:
    """Return the namespace in which a function or class was written."""
    module = sys.modules.get(getattr(function, "__module__", None) or "")
    for thing in (function, *(vars(function).values() if isinstance(function, type) else ())):
        if isinstance(thing, types.FunctionType):
            return thing.__globals__
    return vars(module) if module else {}


def _missing(name: str, namespace: Mapping[str, Any]) -> str | None:
    """Say what is wrong with the name itself, or return None."""
    if name in namespace:
        if callable(namespace[name]):
            return None
        kind = type(namespace[name]).__name__
        return f"`{name}` is of type {kind}, not a function: run the cell that defines it again"
    own = [
        key
        for key, value in namespace.items()
        if isinstance(value, (types.FunctionType, type)) and not key.startswith("_")
    ]
    close = nearest(name, own, count=1)
    similar = f" (there is `{close[0]}`)" if close else ""
    return f"there is no function `{name}`{similar}: run the cell that defines it, and look for errors there"


def _run(name: str, example: Callable[[], Any], own: Collection[Mapping]) -> Result:
    title = _title(example)
    try:
        example()
    except KeyboardInterrupt:
        return Result("stopped", f"{title}: interrupted")
    except BaseException as error:
        return Result(*_explain(name, title, example, error, own))
    return Result("ok", title)


def _title(example: Callable[[], Any]) -> str:
    lines = (example.__doc__ or "").strip().splitlines()
    return lines[0] if lines else getattr(example, "__name__", "example").replace("_", " ")


def _explain(
    name: str, title: str, example: Callable[[], Any], error: BaseException, namespaces: Collection[Mapping]
) -> tuple[str, str]:
    frames = list(traceback.walk_tb(error.__traceback__))
    code = getattr(example, "__code__", None)
    in_example = [place for place in frames if place[0].f_code is code]
    after = frames[frames.index(in_example[-1]) + 1 :] if in_example else frames
    own = [place for place in after if any(place[0].f_globals is names for names in namespaces)]
    text = _text(error)
    if isinstance(error, AssertionError) and in_example and not after:
        return "wrong", f"{title}: {text or '`' + _line(in_example[-1]) + '` does not hold'}"
    if isinstance(error, NotImplementedError) and own and after[-1] == own[-1]:
        return "not attempted", f"`{name}` is not written yet: replace its line `raise NotImplementedError`"
    kind = type(error).__name__
    said = f"{kind}: {text}" if text else kind
    if isinstance(error, SystemExit):
        said = "SystemExit: a function returns its result and does not call exit()"
    if own:
        return "error", f"{title}: your code raised {said} (line {own[-1][1]}: `{_line(own[-1])}`)"
    if "NoneType" in text:
        return "error", f"{title}: `{name}` gave back None where a value is needed: did you forget `return`?"
    where = f" at `{_line(in_example[-1])}`" if in_example else ""
    return "error", f"{title}: the example cannot use what `{name}` gave back: {said}{where}"


def _line(place: tuple[types.FrameType, int]) -> str:
    frame, number = place
    return linecache.getline(frame.f_code.co_filename, number, frame.f_globals).strip()


def _text(error: BaseException) -> str:
    """Return the message of an exception in one line of limited length."""
    try:
        text = " ".join(str(error).split())
    except Exception:
        return ""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
