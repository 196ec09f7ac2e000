"""Numbers, texts and order of options: the same for one learner everywhere, different between learners."""

from __future__ import annotations

import subprocess
import sys

import pytest

from headstart.questions.draw import DrawError, drawn_number, instance, number_text
from headstart.questions.expressions import evaluate, names_in
from headstart.questions.schema import Question

# Written down once. If these change, every class's numbers change in the middle of the term.
ADA_NUMBER = 889
ADA_VALUES = {"tp": 42, "fp": 10, "total": 52}
ADA_ORDER = ["aFlatten", "bLinear", "cReLU", "dConv2d"]


def changed(question: Question, **fields: object) -> Question:
    """A copy of `question` with other fields, validated."""
    return Question.model_validate(question.model_dump(exclude_defaults=True) | fields)


def test_values_do_not_change_between_versions(questions: dict[str, Question]) -> None:
    assert drawn_number("ada", "sample.share", "tp", 0) % 1000 == ADA_NUMBER
    assert instance(questions["share"], "ada").values == ADA_VALUES
    assert [
        choice.letter + choice.text for choice in instance(questions["several"], "ada").choices
    ] == ADA_ORDER


def test_same_for_graded_and_public_form(questions: dict[str, Question]) -> None:
    for question in questions.values():
        for learner in ("ada", "grace", "ελένη", ""):
            whole, public = instance(question, learner), instance(question.public(), learner)
            assert public.stem == whole.stem
            assert public.code == whole.code
            assert [(c.key, c.letter, c.text) for c in public.choices] == [
                (c.key, c.letter, c.text) for c in whole.choices
            ]
            assert (public.answer, public.traps, public.steps, public.right_order) == (None, (), (), ())
            assert not any(c.why or c.correct for c in public.choices)


def test_learners_differ_and_ranges_are_used_up(questions: dict[str, Question]) -> None:
    seen = [instance(questions["share"], f"learner-{i}").values for i in range(600)]
    assert {values["tp"] for values in seen} == set(range(40, 91))
    assert {values["fp"] for values in seen} == {5, 10, 15}
    assert all(
        values["tp"] > 3 * values["fp"] and values["total"] == values["tp"] + values["fp"] for values in seen
    )
    orders = {tuple(c.key for c in instance(questions["order"], f"learner-{i}").choices) for i in range(600)}
    assert len(orders) == 24


def test_letters_follow_the_shown_order(questions: dict[str, Question]) -> None:
    for learner in ("ada", "grace"):
        assert [c.letter for c in instance(questions["several"], learner).choices] == ["a", "b", "c", "d"]


def test_texts_are_filled(questions: dict[str, Question]) -> None:
    seen = instance(questions["share"], "ada")
    tp, fp = seen.values["tp"], seen.values["fp"]
    assert seen.stem == f"A model has {tp} true positives and {fp} false positives. What is its precision?"
    assert seen.steps[1] == f"{tp} / {tp + fp} = {tp / (tp + fp):.3f}"
    assert seen.traps[0][1] == f"That is the share of wrong ones: {fp} of them."
    assert float(seen.answer) == pytest.approx(tp / (tp + fp))


def test_braces_are_literal_without_a_draw(questions: dict[str, Question]) -> None:
    assert instance(questions["one"], "ada").code == 'x = torch.zeros(2, 3)\nprint({"x": x.shape})'


def test_answer_is_filled_in_steps_without_a_draw(questions: dict[str, Question]) -> None:
    fixed = {
        "draw": {},
        "let": {},
        "require": [],
        "stem": "{2 / 3}?",
        "hint": "h",
        "steps": ["It is {answer}, {x}."],
    }
    traps = [{"value": "1 / 3", "why": "no, {answer}"}]
    seen = instance(changed(questions["share"], answer="2 / 3", traps=traps, **fixed), "ada")
    assert seen.stem == "{2 / 3}?"
    assert seen.steps == ("It is 0.667, {x}.",)
    assert seen.traps == ((pytest.approx(1 / 3), "no, 0.667"),)


def test_doubled_braces_and_formats_with_a_draw(questions: dict[str, Question]) -> None:
    seen = instance(
        changed(questions["share"], code='d = {{"tp": {tp}}}\nf"{{x}}"', steps=["{answer:.1f}"]), "ada"
    )
    assert seen.code == f'd = {{"tp": {seen.values["tp"]}}}\nf"{{x}}"'
    assert seen.steps == (f"{float(seen.answer):.1f}",)


def test_impossible_require_stops_and_names_the_question(questions: dict[str, Question]) -> None:
    with pytest.raises(
        DrawError, match=r"'sample\.share': no numbers that meet `require` \(tp > 1000\) in 1000 att"
    ):
        instance(changed(questions["share"], require=["tp > 1000"]), "ada")


def test_what_cannot_be_computed_or_filled_names_the_question(questions: dict[str, Question]) -> None:
    with pytest.raises(
        DrawError, match=r"'sample\.share': cannot compute 'tp / \(fp - fp\)' with tp = .*division"
    ):
        instance(changed(questions["share"], answer="tp / (fp - fp)"), "ada")
    with pytest.raises(DrawError, match=r"'sample\.share': cannot fill the text '\{tp:z\}'"):
        instance(changed(questions["share"], hint="{tp:z}"), "ada")
    with pytest.raises(DrawError, match="is no number"):
        instance(changed(questions["share"], answer="'a' + 'b'"), "ada")


def test_expressions_compute_and_nothing_else() -> None:
    assert evaluate("round(sqrt(a) * max(1, b), 2)", {"a": 2, "b": 3}) == 4.24
    assert names_in("a + round(b) if c else abs(a)") == {"a", "b", "c"}
    for attack in ("__import__('os')", "open('x')", "().__class__", "9 ** 9 ** 9", "'a' * 10 ** 9"):
        with pytest.raises(ValueError, match="cannot compute"):
            evaluate(attack, {})


def test_numbers_are_short() -> None:
    assert [number_text(0.1 + 0.2), number_text(12.0), number_text(2 / 3, 2)] == ["0.3", "12", "0.67"]


def test_questions_do_not_import_torch() -> None:
    code = "import sys, headstart.questions; print('torch' in sys.modules, 'anywidget' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["False", "False"]
