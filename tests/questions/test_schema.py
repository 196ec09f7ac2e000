"""Quiz files: what each mistake's message says and where it points, and what of a question stays secret."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.build.bank import bank, bank_text
from autograder.build.quiz_file import Quiz, QuizFileError, load_quiz, main, problems
from headstart.questions.schema import Bank, Question, key_of

QUIZ_PATH = Path(__file__).parent / "quiz.yaml"
SOURCE = QUIZ_PATH.read_text(encoding="utf-8")


@pytest.fixture
def errors_of(tmp_path: Path) -> Callable[[str], list[str]]:
    """A function that loads a quiz from text and returns the error's lines, without the file's name."""

    def load(text: str) -> list[str]:
        path = tmp_path / "quiz.yaml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(QuizFileError) as caught:
            load_quiz(path)
        return [line.removeprefix(f"{path}:") for line in str(caught.value).splitlines()]

    return load


def line_of(text: str, part: str) -> int:
    """The number of the first line of `text` that contains `part`."""
    return next(number for number, line in enumerate(text.splitlines(), start=1) if part in line)


# What an author writes by mistake: (right text, wrong text, what is pointed at in the wrong text, message).
MISTAKES = {
    "missing why": (
        '{text: "`(3, 2)`", why: "Rows come first."}',
        '{text: "`(3, 2)`"}',
        '{text: "`(3, 2)`"}',
        "questions[0].options[1].why: field required",
    ),
    "unknown field": ("form: prints", "from: prints", "from: prints", "questions[0].from: unknown field"),
    "unknown kind": (
        "kind: multiple",
        "kind: many",
        "kind: many",
        "questions[1].kind: input should be 'single'",
    ),
    "number as text": (
        "{text: Linear, correct",
        "{text: 5, correct",
        "{text: 5, correct",
        "questions[1].options[0].text: expected text, got 5; put it in quotes",
    ),
    "two right in single": (
        '"`(3, 2)`", why',
        '"`(3, 2)`", correct: true, why',
        "options:",
        "questions[0].options: has 2 correct options; kind: single needs exactly one",
    ),
    "none right in several": (
        "correct: true, why: It",
        "why: It",
        "options:\n      - {text: Linear",
        "questions[1].options: has no correct option",
    ),
    "equal options": (
        "{text: Flatten",
        "{text: ReLU",
        "{text: ReLU, why: It only changes",
        "questions[1].options[3].text: is the same as options[2].text",
    ),
    "answer with an unknown name": (
        "answer: tp / total",
        "answer: tp / totl",
        "answer: tp / totl",
        "questions[2].answer: uses totl, but the names known here are fp, total, tp",
    ),
    "answer that is no expression": (
        "answer: tp / total",
        "answer: tp /",
        "answer: tp /",
        "questions[2].answer: cannot read the expression 'tp /'",
    ),
    "undrawn name in braces": (
        "has {tp} true",
        "has {true_pos} true",
        "{true_pos}",
        "questions[2].stem: has true_pos in braces, but the names known here are fp, total, tp; write",
    ),
    "answer in the stem": (
        "has {tp} true",
        "has {answer} true",
        "{answer} true",
        "questions[2].stem: has answer in braces",
    ),
    "lonely brace": ("has {tp} true", "has {tp true", "has {tp true", "questions[2].stem: "),
    "empty range": (
        "draw: {tp: [40, 90], fp",
        "draw: {tp: [90, 40], fp",
        "tp: [90, 40], fp",
        "questions[2].draw.tp: the range [90, 40] is empty",
    ),
    "half a range": (
        "draw: {tp: [40, 90], fp",
        "draw: {tp: [40], fp",
        "tp: [40], fp",
        "questions[2].draw.tp: expected [smallest, largest] or {choices: [...]}",
    ),
    "require that cannot be met": (
        'require: ["tp > 3 * fp"]',
        'require: ["tp < 0"]',
        "id: sample.share",
        "questions[2]: question 'sample.share': no numbers that meet `require` (tp < 0) in 1000 attempts",
    ),
    "trap that is the answer": (
        'value: "fp / (tp + fp)"',
        'value: "tp / (tp + fp)"',
        'value: "tp / (tp + fp)"',
        "questions[2].traps[0].value: is ",
    ),
    "tolerance below the shown digits": (
        "tolerance: 0.005\n    digits: 3",
        "tolerance: 0.00001\n    digits: 3",
        "tolerance: 0.00001",
        "questions[2].tolerance: is 1e-05; the answer",
    ),
    "answer made public": (
        'require: ["tp > 3 * fp"]\n    answer: tp / total',
        'require: ["tp > 3 * fp", "total > 1"]\n    answer: total',
        "let: {total",
        "questions[2].let.total: `total` is the answer, and the stem, the code or `require` makes it public",
    ),
    "options of a numeric": (
        "answer: tp / total",
        "answer: tp / total\n    options: [{text: a, why: b}]",
        "options: [{text: a",
        "questions[2].options: only for kind: single or multiple",
    ),
    "tolerance of a choice": (
        "topic: layers",
        "topic: layers\n    tolerance: 1",
        "    tolerance: 1",
        "questions[1].tolerance: only for kind: numeric",
    ),
    "id of another lesson": (
        "id: sample.several",
        "id: simple.several",
        "id: simple.several",
        "questions[1].id: is 'simple.several'; it must begin with 'sample.'",
    ),
    "id with capitals": (
        "id: sample.several",
        "id: sample.Several",
        "id: sample.Several",
        "questions[1].id: is 'sampl",
    ),
    "duplicate id": (
        "id: sample.try-one",
        "id: sample.one",
        "id: sample.one\n    kind: single\n    difficulty: easy\n    topic: eval",
        "practice[0].id: 'sample.one' is used already by questions[0]",
    ),
    "three hard ones": (
        "id: sample.eight\n    kind: single\n    difficulty: medium",
        "id: sample.eight\n    kind: single\n    difficulty: hard",
        "questions:",
        "questions: has 4 easy, 3 medium, 3 hard; expected 4 easy, 4 medium, 2 hard",
    ),
    "key given twice": (
        "topic: layers",
        "topic: layers\n    topic: more",
        "topic: more",
        "questions[1].topic: is given twice; the first is on line",
    ),
    "not YAML": ("stem: Which layers", "stem: [Which layers", "stem: [Which", "not YAML: "),
    "braces without quotes": (
        "stem: Which layers have weights?",
        "stem: {{tp}}",
        "stem: {{tp}}",
        "quote braces",
    ),
    "guess out of order": (
        "low: 0",
        "low: 200",
        "high: 100",
        "predictions[0].high: is 100, which is not above low",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_names_line_field_and_remedy(name: str, errors_of: Callable[[str], list[str]]) -> None:
    right, wrong, pointed_at, message = MISTAKES[name]
    assert right in SOURCE
    text = SOURCE.replace(right, wrong)
    lines = errors_of(text)
    found = [line for line in lines if message in line]
    assert found, lines
    at = text[: text.index(pointed_at)].count("\n") + 1
    got = int(found[0].split(":")[0])
    assert got == at, lines


def test_all_mistakes_are_named_at_once(errors_of: Callable[[str], list[str]]) -> None:
    text = SOURCE.replace("form: prints", "form: shows").replace("{text: Linear,", "{txt: Linear,")
    lines = errors_of(text)
    assert [line.split(":")[1].strip() for line in lines] == [
        "questions[0].form",
        "questions[1].options[0].text",
        "questions[1].options[0].txt",
    ]
    assert int(lines[0].split(":")[0]) == line_of(text, "form: shows")


def test_a_list_or_an_empty_file_or_none_is_no_quiz(
    errors_of: Callable[[str], list[str]], tmp_path: Path
) -> None:
    assert "expected the keys lesson" in errors_of("- 1\n")[0]
    assert "expected the keys lesson" in errors_of("")[0]
    with pytest.raises(QuizFileError, match=r"nowhere\.yaml:1: cannot be read"):
        load_quiz(tmp_path / "nowhere.yaml")


def test_nine_questions_or_two_practices_are_too_few(quiz: Quiz) -> None:
    short = quiz.model_copy(update={"questions": quiz.questions[:9], "practice": quiz.practice[:2]})
    texts = [text for _, text in problems(short)]
    assert "has 9 questions; a quiz has exactly ten" in texts
    assert "has 2 questions; write at least three" in texts


def test_the_checker_prints_and_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(QUIZ_PATH)]) == 0
    assert "ok (10 graded, 4 practice, 2 predictions)" in capsys.readouterr().out
    broken = tmp_path / "quiz.yaml"
    broken.write_text("lesson: sample\nquestions: []\n")
    assert main([str(broken)]) == 1
    assert f"{broken}:2: questions: has 0 questions" in capsys.readouterr().out
    assert main([]) == 2


def test_bank_has_practice_whole_and_graded_without_key(quiz: Quiz) -> None:
    built = bank(quiz, "00_sample")
    assert [question["id"] for question in built["graded"]] == [question.id for question in quiz.questions]
    allowed = {
        *("id", "kind", "form", "difficulty", "points", "topic", "stem", "code"),
        *("draw", "let", "require", "unit", "digits", "options", "items"),
    }
    graded = json.dumps(built["graded"])
    for question, public in zip(quiz.questions, built["graded"], strict=True):
        assert set(public) <= allowed
        for choice in (*public.get("options", ()), *public.get("items", ())):
            assert set(choice) == {"key", "text"}
        secrets = [
            question.hint,
            *question.steps,
            *(c.why for c in question.choices()),
            *(t.why for t in question.traps),
        ]
        assert not [secret for secret in secrets if json.dumps(secret)[1:-1] in graded]
    assert "total" not in graded
    assert built["practice"][0]["options"][0]["correct"] is True


def test_order_of_public_choices_says_nothing(questions: dict[str, Question]) -> None:
    public = questions["order"].public()
    keys = [item.key for item in public.items]
    assert keys == sorted(keys)
    assert set(keys) == {key_of("sample.order", item.text) for item in questions["order"].items}


def test_public_form_keeps_derived_values_that_it_needs(questions: dict[str, Question]) -> None:
    share = questions["share"]
    more = {"stem": "Of {half} …", "let": {"total": "tp + fp", "double": "2 * tp", "half": "double / 4"}}
    changed = Question.model_validate(share.model_dump(exclude_defaults=True) | more)
    assert list(changed.public().let) == ["double", "half"]


def test_bank_text_is_deterministic_and_readable(quiz: Quiz) -> None:
    text = bank_text(quiz, "00_sample")
    assert text == bank_text(load_quiz(QUIZ_PATH), "00_sample")
    read = Bank.model_validate_json(text)
    assert read.practice == quiz.practice
    assert read.graded == [question.public() for question in quiz.questions]
    assert read.predictions == quiz.predictions
    assert list(json.loads(text)) == ["lesson", "assignment", "practice", "predictions", "graded"]
