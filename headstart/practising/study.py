"""Ways to study a lesson, chosen by the learner: `headstart.study("07")`. Called by learners.

Each way leads to what the course already has: the lesson's sections, its exercises, its explorers, practice,
find-the-bug questions, flashcards.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import headstart
from headstart.lessons import file_link
from headstart.names import Refusal, unknown_name
from headstart.practising.places import find_lessons, heading, lesson_link, markdown_link, section_link
from headstart.questions import widgets_work
from headstart.questions.markup import to_plain
from headstart.questions.schema import Bank

if TYPE_CHECKING:
    from ipywidgets import VBox

# The name in code, the name on the list, and what it is.
MODES = {
    "read": ("Read", "The lesson's sections, one after another."),
    "code": ("Live code", "Cells to change and run again, and exercises that check what you write."),
    "visual": ("Visual", "Explorers: move one quantity and watch the picture."),
    "practice": ("Practice test", "Ten questions, and more of what you miss."),
    "debug": ("Debug", "Code with a bug to find."),
    "recall": ("Recall", "Flashcards that come back before you forget them."),
}


def study(lesson: Any = None, *, mode: str | None = None) -> Any:
    """Study a lesson in the way that you choose.

    Args:
        lesson: `"07"`, `"07_freezing"` or `"freezing"`; None lets you choose from a list.
        mode: `"read"`, `"code"`, `"visual"`, `"practice"`, `"debug"` or `"recall"`; None lets you choose.

    Returns:
        What a notebook shows under the cell: the lists to choose from, or the widget of practice or review. None
        where text was shown.

    Raises:
        UnknownName: there is no such lesson or mode; the message names the nearest ones.
        ValueError: two lessons are named, or the lesson has nothing for this mode.
    """
    chosen = None if mode is None else _mode(mode)
    lessons = find_lessons(lesson)
    if lesson is not None and len(lessons) != 1:
        raise Refusal(f"study one lesson at a time; got {', '.join(bank.assignment for bank in lessons)}")
    if chosen is not None and lesson is not None:
        return _open(lessons[0], chosen)
    if widgets_work():
        return _chooser(lessons, chosen)
    print(_choices(lessons, chosen))
    return None


def _mode(name: str) -> str:
    """Return the mode that `name` stands for, in code or as it stands on the list."""
    wanted = str(name).strip().lower()
    for mode, (title, _) in MODES.items():
        if wanted in (mode, title.lower()):
            return mode
    raise unknown_name("mode", str(name), MODES)


def _open(lesson: Bank, mode: str) -> Any:
    if mode == "practice":
        return headstart.practice(lesson.assignment)
    if mode == "recall":
        return headstart.review(lesson.assignment)
    _show(PAGES[mode](lesson))
    if mode == "debug" and _has_bugs(lesson):
        return headstart.practice(lesson.assignment, form="bug")
    return None


def read_page(lesson: Bank) -> str:
    """Return the sections of the lesson, as links, in Markdown."""
    minutes = f", about {lesson.about.minutes} minutes" if lesson.about.minutes else ""
    intro = f"**{heading(lesson)}**{minutes}. On the web site: the page `lessons/{lesson.assignment}.html`."
    return f"{intro}\n\n{_sections(lesson, lesson.about.sections)}"


def code_page(lesson: Bank) -> str:
    """Return where to write code: the lesson's own cells, and its exercises with their minutes, in Markdown."""
    opened = markdown_link(heading(lesson), lesson_link(lesson))
    parts = [
        f"**Change and run.** Open {opened}, run it, change one number in a cell and run that cell again."
    ]
    exercises = lesson.about.exercises
    if exercises:
        link = file_link(Path("quizzes") / lesson.assignment / "exercises.ipynb")
        parts.append(f"**Write.** In the {markdown_link('exercises', link)}:")
        parts.append("\n".join(f"- {_exercise_words(exercise)}" for exercise in exercises))
    return "\n\n".join(parts)


def visual_page(lesson: Bank) -> str:
    """Return the explorers of the lesson, as links, in Markdown."""
    if not lesson.about.explorers:
        return f"{heading(lesson)} has no explorer. Its figures are in {_whole(lesson)}."
    return (
        f"**{heading(lesson)}.** An explorer needs the cells above it: choose *Run*, then *Run All Cells*.\n\n"
        + _sections(lesson, lesson.about.explorers)
    )


def debug_page(lesson: Bank) -> str:
    """Return the sections that break something on purpose, as links, in Markdown."""
    parts = []
    if lesson.about.broken:
        parts.append(f"**{heading(lesson)}.** Here things break on purpose:")
        parts.append(_sections(lesson, lesson.about.broken))
    if _has_bugs(lesson):
        parts.append("And code with a bug, for you to find:")
    if not parts:
        parts.append(f"{heading(lesson)} has no code with a bug. Read {_whole(lesson)}.")
    return "\n\n".join(parts)


PAGES: dict[str, Callable[[Bank], str]] = {
    "read": read_page,
    "code": code_page,
    "visual": visual_page,
    "debug": debug_page,
}


def _has_bugs(lesson: Bank) -> bool:
    return any(question.form == "bug" for question in lesson.practice)


def _sections(lesson: Bank, sections: list[str]) -> str:
    link = lesson_link(lesson)
    return "\n".join(
        f"- {markdown_link(section, section_link(lesson, link, section))}" for section in sections
    )


def _whole(lesson: Bank) -> str:
    return markdown_link("the lesson", lesson_link(lesson))


def _exercise_words(exercise: Any) -> str:
    facts = [exercise.difficulty, f"about {exercise.minutes} minutes" if exercise.minutes else None]
    known = ", ".join(fact for fact in facts if fact)
    return f"`{exercise.name}`" + (f" ({known})" if known else "")


def _show(markdown: str) -> None:
    """Show Markdown in a notebook, its words elsewhere."""
    plain = _plain(markdown)
    if not widgets_work():
        print(plain)
        return
    from IPython.display import display

    display({"text/markdown": markdown, "text/plain": plain}, raw=True)


def _plain(markdown: str) -> str:
    """Return the words of Markdown that this module made; a link to a whole notebook names its file."""

    def words(link: re.Match[str]) -> str:
        return link[1] if "#" in link[2] else f"{link[1]} ({link[2]})"

    text = re.sub(r"\[((?:\\.|[^\]\\])*)\]\(<([^>]*)>\)", words, markdown)
    return to_plain(text.replace("\\[", "[").replace("\\]", "]")).replace("*", "")


def _choices(lessons: list[Bank], mode: str | None) -> str:
    """Return what can be chosen, as text."""
    lines = []
    if len(lessons) > 1:
        lines += ["Lessons:", *(f"  {lesson.assignment}: {lesson.title}" for lesson in lessons)]
    if mode is None:
        lines += ["Ways to study:", *(f"  {name}: {title}. {what}" for name, (title, what) in MODES.items())]
    lesson = lessons[0].assignment
    lines.append(f'Choose with, for example: headstart.study("{lesson}", mode="{mode or "debug"}")')
    return "\n".join(lines)


def _chooser(lessons: list[Bank], mode: str | None) -> VBox:
    """Return lists to choose from, and what was chosen below them."""
    from IPython.display import display
    from ipywidgets import HTML, Dropdown, Output, VBox

    wide = {"style": {"description_width": "6rem"}, "layout": {"width": "28rem", "max_width": "100%"}}
    lesson_list = Dropdown(
        options=[(heading(lesson), lesson) for lesson in lessons], description="Lesson", **wide
    )
    mode_list = Dropdown(
        options=[("choose", ""), *((title, name) for name, (title, _) in MODES.items())],
        value=mode or "",
        description="Study by",
        **wide,
    )
    said, shown = HTML(), Output()

    def choose(change: Any = None) -> None:
        chosen = mode_list.value
        # Read aloud when it changes: what was chosen appears further down.
        text = "Choose how to study." if not chosen else f"{MODES[chosen][1]} It stands below."
        said.value = f'<div role="status">{text}</div>'
        shown.clear_output()
        if not chosen:
            return
        with shown:
            result = _open(lesson_list.value, chosen)
            if result is not None:
                display(result)

    for control in (lesson_list, mode_list):
        control.observe(choose, names="value")
    choose()
    return VBox([*([lesson_list] if len(lessons) > 1 else []), mode_list, said, shown])
