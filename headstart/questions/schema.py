"""What a question is: the models behind a lesson's quiz.yaml and behind the built question banks.

`Question` holds everything and belongs to the instructor, or to practice. `PublicQuestion` is the same
question without key and feedback: the only form in which a graded question reaches a learner. The build reads
YAML into `Question`; the learner's side only ever reads a `Bank`.
"""

from __future__ import annotations

import hashlib
import keyword
import re
from string import Formatter
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from headstart.questions.expressions import FUNCTIONS, names_in

Kind = Literal["single", "multiple", "numeric", "ordering"]
Difficulty = Literal["easy", "medium", "hard"]

ID_PATTERN = re.compile(r"[a-z][a-z0-9_]*\.[a-z0-9]+(-[a-z0-9]+)*")


def _number_as_text(value: Any) -> Any:
    # YAML reads `answer: 3` as a number; an expression is text.
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Code = Annotated[str, StringConstraints(min_length=1), AfterValidator(str.rstrip)]
Expression = Annotated[Text, BeforeValidator(_number_as_text)]
Place = tuple[str | int, ...]
Problem = tuple[Place, str]


def key_of(question_id: str, text: str) -> str:
    """Return the key under which an option or item is stored: it does not depend on its place."""
    return "o" + hashlib.sha256(f"{question_id}\n{text}".encode()).hexdigest()[:6]


def format_names(text: str) -> set[str]:
    """Return the names that `text` has in braces, such as `{"tp"}` for `"{tp:.2f} of {{all}}"`.

    Raises:
        ValueError: the braces do not pair up, or a pair of braces holds no name.
    """
    names = set()
    for _, field, spec, _ in Formatter().parse(text):
        if field is None:
            continue
        name = re.split(r"[.\[]", field)[0]
        if not name.isidentifier():
            raise ValueError(f"{{{field}}} is no drawn name; write {{{{ and }}}} for braces that are meant")
        names |= {name} | (format_names(spec) if spec else set())
    return names


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Choices(_Strict):
    """A drawn value that is one of a few: `{choices: [5, 10, 15]}`."""

    choices: Annotated[list[int | float | str], Field(min_length=1)]


IntRange = Annotated[list[int], Field(min_length=2, max_length=2)]


class Option(_Strict):
    """One option of a `single` or `multiple` question, and why someone picks it."""

    text: Text
    correct: bool = False
    why: Text


class Item(_Strict):
    """One step of an `ordering` question, and why it stands where it stands."""

    text: Text
    why: Text


class Trap(_Strict):
    """A likely wrong number and the mistake that leads to it."""

    value: Expression
    why: Text


class PublicChoice(_Strict):
    """An option or item as the learner's side knows it."""

    key: str
    text: Text


class _Common(_Strict):
    """What a question has with and without its key."""

    id: Text
    kind: Kind
    form: Literal["prints", "bug"] | None = None
    difficulty: Difficulty
    points: Annotated[int, Field(ge=1)] = 1
    topic: Text
    stem: Text
    code: Code | None = None
    draw: dict[str, IntRange | Choices] = {}
    let: dict[str, Expression] = {}
    require: list[Expression] = []
    unit: Text | None = None
    digits: Annotated[int, Field(ge=0, le=10)] | None = None

    @property
    def lesson(self) -> str:
        """The lesson's name, which is the first part of the id."""
        return self.id.split(".")[0]


class PublicQuestion(_Common):
    """A question without key, feedback, hint and steps. Options and items are sorted by their keys."""

    options: list[PublicChoice] = []
    items: list[PublicChoice] = []


class Question(_Common):
    """A whole question. Braces in its texts are filled with drawn values where `draw` is present.

    `section` is the heading in the lesson to go back to: practice names it after a wrong answer.
    """

    section: Text | None = None
    answer: Expression | None = None
    tolerance: Annotated[float, Field(ge=0)] = 0.0
    traps: list[Trap] = []
    options: list[Option] = []
    items: list[Item] = []
    hint: Text
    steps: Annotated[list[Text], Field(min_length=1)]

    @model_validator(mode="after")
    def _consistent(self) -> Question:
        problems = [*_id_problems(self.id), *_kind_problems(self), *_name_problems(self)]
        _raise(problems, "Question")
        return self

    def choices(self) -> list[Option] | list[Item]:
        """Return options or items, whichever this kind of question has, in the file's order."""
        return self.items if self.kind == "ordering" else self.options

    def texts(self) -> list[tuple[Place, str]]:
        """Return every text that drawn values go into, with its place: `(("options", 0, "why"), "…")`."""
        found: list[tuple[Place, str]] = [(("stem",), self.stem), (("hint",), self.hint)]
        if self.code is not None:
            found.append((("code",), self.code))
        found += [(("steps", i), step) for i, step in enumerate(self.steps)]
        for field in ("options", "items"):
            for i, choice in enumerate(getattr(self, field)):
                found += [((field, i, "text"), choice.text), ((field, i, "why"), choice.why)]
        found += [(("traps", i, "why"), trap.why) for i, trap in enumerate(self.traps)]
        return found

    def public(self) -> PublicQuestion:
        """Return this question without its key and feedback.

        Of the derived values only those stay that the visible texts and `require` need: a derived value is
        often the answer itself.
        """
        shown = [self.stem, self.code or "", *(choice.text for choice in self.choices())]
        needed = set().union(*(format_names(text) for text in shown)) if self.draw else set()
        needed |= set().union(*(names_in(rule) for rule in self.require))
        for name in reversed(self.let):
            if name in needed:
                needed |= names_in(self.let[name])
        common = {name: getattr(self, name) for name in _Common.model_fields}
        common["let"] = {name: value for name, value in self.let.items() if name in needed}
        choices = sorted(
            (PublicChoice(key=key_of(self.id, choice.text), text=choice.text) for choice in self.choices()),
            key=lambda choice: choice.key,
        )
        return PublicQuestion(**common, **{"items" if self.kind == "ordering" else "options": choices})


class PredictionOption(_Strict):
    """One possible guess."""

    text: Text


class Prediction(_Strict):
    """A guess that the learner commits to before an experiment. It has no key."""

    id: Text
    kind: Literal["numeric", "single"]
    stem: Text
    unit: Text | None = None
    low: float | None = None
    high: float | None = None
    options: list[PredictionOption] = []
    aside: Text | None = None

    @property
    def lesson(self) -> str:
        """The lesson's name, which is the first part of the id."""
        return self.id.split(".")[0]

    @model_validator(mode="after")
    def _consistent(self) -> Prediction:
        problems = _id_problems(self.id)
        if self.kind == "single":
            if len(self.options) < 2:
                problems.append((("options",), f"has {len(self.options)}; a choice needs at least two"))
            problems += _repeated("options", [option.text for option in self.options])
            superfluous = {"low", "high", "unit"} & self.model_fields_set
            problems += [((field,), "only for kind: numeric") for field in sorted(superfluous)]
        elif self.options:
            problems.append((("options",), "only for kind: single"))
        if self.low is not None and self.high is not None and self.low >= self.high:
            problems.append((("high",), f"is {self.high:g}, which is not above low ({self.low:g})"))
        _raise(problems, "Prediction")
        return self


class ExerciseFacts(_Strict):
    """What the learner's side says of a code exercise before it is opened."""

    name: Text
    difficulty: Difficulty | None = None
    minutes: int | None = None


class About(_Strict):
    """What the learner's side knows of a lesson without its source. Sections are the texts of headings, in order.

    `explorers` are the sections with something to move, `broken` those that break something on purpose. `cells` are
    the ids of the cells in which sections begin, which links need: JupyterLab finds a cell in a notebook that it
    has yet to open, and a heading only in an open one.
    """

    title: str = ""
    minutes: int | None = None
    sections: list[Text] = []
    explorers: list[Text] = []
    broken: list[Text] = []
    cells: dict[Text, Text] = {}
    exercises: list[ExerciseFacts] = []


class Bank(_Strict):
    """What the learner's side knows of one lesson and its questions; built from course/, read from JSON."""

    lesson: Text
    assignment: Text
    about: About = About()
    practice: list[Question]
    predictions: list[Prediction]
    graded: list[PublicQuestion]

    @property
    def number(self) -> int:
        """The lesson's number, with which the assignment's name begins."""
        return int(self.assignment.split("_")[0])

    @property
    def title(self) -> str:
        """The lesson's title, or its name in words where no title is known."""
        return self.about.title or self.lesson.replace("_", " ").capitalize()


def _raise(problems: list[Problem], title: str) -> None:
    """Raise `problems` as one pydantic error in which each has its own field."""
    if problems:
        details = [
            InitErrorDetails(type=PydanticCustomError("quiz", "{text}", {"text": text}), loc=loc, input=None)
            for loc, text in problems
        ]
        raise ValidationError.from_exception_data(title, details)


def _id_problems(question_id: str) -> list[Problem]:
    if ID_PATTERN.fullmatch(question_id):
        return []
    return [
        (("id",), f"is {question_id!r}; write <lesson>.<name> like 'freezing.flag-sum', in small letters")
    ]


def _repeated(field: str, texts: list[str]) -> list[Problem]:
    return [
        ((field, i, "text"), f"is the same as {field}[{texts.index(text)}].text")
        for i, text in enumerate(texts)
        if texts.index(text) < i
    ]


def _kind_problems(question: Question) -> list[Problem]:
    """What does not fit the kind of question: fields missing or superfluous, the count of right options."""
    problems: list[Problem] = []
    kind, right = question.kind, sum(option.correct for option in question.options)
    if kind in ("single", "multiple"):
        count = len(question.options)
        if not 3 <= count <= 6:
            problems.append((("options",), f"has {count} options; write three to six"))
        if kind == "single" and right != 1:
            problems.append((("options",), f"has {right} correct options; kind: single needs exactly one"))
        if kind == "multiple" and right == 0:
            problems.append((("options",), "has no correct option; mark at least one with `correct: true`"))
        if kind == "multiple" and right == count:
            problems.append((("options",), "all are correct; at least one must be wrong"))
    elif question.options:
        problems.append((("options",), "only for kind: single or multiple"))
    if kind == "ordering":
        if not 3 <= len(question.items) <= 8:
            text = f"has {len(question.items)} items; write three to eight, in the right order"
            problems.append((("items",), text))
    elif question.items:
        problems.append((("items",), "only for kind: ordering"))
    if kind == "numeric":
        if question.answer is None:
            problems.append((("answer",), "field required for kind: numeric"))
        if not question.traps:
            text = "field required for kind: numeric; give at least one likely wrong number"
            problems.append((("traps",), text))
    else:
        for field in ("answer", "tolerance", "traps", "unit", "digits"):
            if field in question.model_fields_set:
                problems.append(((field,), "only for kind: numeric"))
    for field in ("options", "items"):
        texts = [choice.text for choice in getattr(question, field)]
        problems += _repeated(field, texts)
        keys = [key_of(question.id, text) for text in dict.fromkeys(texts)]
        if len(set(keys)) < len(keys):
            problems.append(((field,), "two texts have the same key by chance; change the wording of one"))
    return problems


def _name_problems(question: Question) -> list[Problem]:
    """Names that are not drawn, in expressions and in braces; names that cannot be used."""
    problems: list[Problem] = []
    known: set[str] = set()
    for name, source in question.draw.items():
        if not name.isidentifier() or keyword.iskeyword(name) or name in FUNCTIONS or name == "answer":
            problems.append((("draw", name), f"{name!r} cannot be used as a name"))
        if isinstance(source, list) and source[0] > source[1]:
            problems.append((("draw", name), f"the range {source} is empty; write [smallest, largest]"))
        known.add(name)

    def check(loc: Place, expression: str) -> None:
        try:
            unknown = names_in(expression) - known
        except ValueError as error:
            problems.append((loc, str(error)))
            return
        if unknown:
            problems.append((loc, f"uses {_listed(unknown)}, but the names known here are {_listed(known)}"))

    for name, expression in question.let.items():
        if not name.isidentifier() or keyword.iskeyword(name) or name in FUNCTIONS or name == "answer":
            problems.append((("let", name), f"{name!r} cannot be used as a name"))
        if name in known:
            problems.append((("let", name), f"{name!r} is drawn already"))
        check(("let", name), expression)
        known.add(name)
    for i, expression in enumerate(question.require):
        check(("require", i), expression)
    if question.answer is not None:
        check(("answer",), question.answer)
    for i, trap in enumerate(question.traps):
        check(("traps", i, "value"), trap.value)
    if (question.let or question.require) and not question.draw:
        problems.append((("draw",), "field required where `let` or `require` is used"))
    if question.draw:
        problems += _brace_problems(question, known)
    return problems or _leaks(question)


def _brace_problems(question: Question, known: set[str]) -> list[Problem]:
    problems: list[Problem] = []
    for loc, text in question.texts():
        # The answer may be named only where a learner has already answered.
        after = loc[0] in ("steps", "traps") or loc[-1] == "why"
        allowed = known | {"answer"} if question.kind == "numeric" and after else known
        try:
            unknown = format_names(text) - allowed
        except ValueError as error:
            problems.append((loc, str(error)))
            continue
        if unknown:
            text = f"has {_listed(unknown)} in braces, but the names known here are {_listed(allowed)}"
            problems.append((loc, text + "; write {{ and }} for braces that are meant"))
    return problems


def _leaks(question: Question) -> list[Problem]:
    """A derived value that is the answer must not be needed by what the learner's side gets to see."""
    if question.kind != "numeric" or question.answer is None or not question.draw:
        return []
    for name, expression in question.public().let.items():
        if question.answer in (name, expression):
            text = f"`{name}` is the answer, and the stem, the code or `require` makes it public; "
            return [(("let", name), text + "use the drawn names there instead")]
    return []


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"
