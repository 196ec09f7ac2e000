"""Times how fast a question on a page answers. Called by the benchmarks of the notebooks and of the site."""

from __future__ import annotations

from typing import Any

ANSWER = """async ([cards, place, clicks]) => {
    const card = document.querySelectorAll(cards)[place];
    const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
    const input = card.querySelector("input");
    if (input && input.type === "text") input.value = "1";
    else if (input) input.checked = true;
    const times = [];
    for (let click = 0; click < clicks; click += 1) {
        card.querySelector(".hs-status").replaceChildren();
        const start = performance.now();
        card.querySelector(".hs-check").click();
        do await frame(); while (!card.querySelector(".hs-status").childElementCount);
        times.push(performance.now() - start);
    }
    return times;
}"""


def milliseconds_to_answer(page: Any, cards: str, place: int, clicks: int) -> list[float]:
    """Answer a question again and again; return the times from the click to the frame after the reply, in ms.

    Args:
        page: A page that shows questions.
        cards: The CSS selector of its questions.
        place: Which of them, from 0.
        clicks: How many times it is answered.
    """
    return list(page.evaluate(ANSWER, [cards, place, clicks]))
