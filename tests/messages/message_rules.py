"""What a message to a learner must be like. Used by the tests in this folder and by those that judge answer banks.

`problems(text)` returns what is wrong with a message, in words: a stack trace, a file of the package, the name of an
exception that is not explained, a word that is neither plain English nor in the glossary, and so on. What a message
quotes from Python or from the learner's own code is not read.
"""

from __future__ import annotations

import builtins
import json
import re
from functools import cache
from pathlib import Path

import torch
import torchvision

from headstart.exercises.banks import all_exercises

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LONGEST_SENTENCE = 45  # words
LONGEST_LINE = (
    700  # characters: title, message, error and the learner's own line, each of which is cut itself
)

# Exceptions that may be named, and why a learner knows them.
EXCEPTIONS = {
    "ValueError": "exercises ask for it, and lesson 1 raises one",
    "NotImplementedError": "it stands in the cell that the learner fills in",
    "SystemExit": "the message says what it means: the function called exit()",
    "KeyboardInterrupt": "the message says what it means: the function stopped the program",
    "TypeError": "Python puts it before the message, and names a wrong kind of argument so everywhere",
    "AttributeError": "Python puts it before the message where a name is misspelt after a dot",
    "FileNotFoundError": "Python puts it before the message; the words say the same",
    "RuntimeError": "Python puts it before the message; the message says what is the matter",
}
# Words of computing that the glossary does not define, and why they may be used.
TECHNICAL = {
    "you need these to open the course; README and lesson 1 name them": "python pytorch numpy torch torchvision "
    "matplotlib jupyterlab notebook widget colab vs",
    "words of PyTorch's first tutorial, on which the course builds": "tensor dtype shape gradient parameter module "
    "optimizer loss batch epoch layer loader seed softmax sigmoid logits cross-entropy entropy gpu cpu gib training "
    "weight architecture bias biases linear forward pooling eval sample normalised",
    "methods and arguments of PyTorch that exercises ask for": "clamp flatten lr std fc",
    "Python's own words for its parts": "function class argument attribute list tuple dict dictionary string str int "
    "float bool nan inf none true false lambda assert exit array generator integer nested",
    "JupyterLab's own words, in its menus": "kernel cell tab",
    "words of a terminal and of files": "pip cd ctrl status folder terminal json utf mb gb sha png markdown py ipynb "
    "arch id",
    "parts of the course": "headstart glyphnet imagenet offline autograder quiz pretrain",
    "words of school mathematics": "fraction ratio median diagonal denominator dimension coordinates correlation "
    "deviation variance logarithm harmonic geometric calendar",
    "the four counts of lesson 1, as its code names them": "tp fp fn tn",
    "lessons show them in code before they use the word": "mask mae mse rmse",
    "what torchvision's weights tell of their transforms": "bilinear interpolation resized transform",
}
PLAIN = HERE / "plain_words.txt"

_CODE = re.compile(r"`[^`]*`")
_QUOTED_ERROR = re.compile(
    r"(your code raised|Calling it gave|gave back:|cannot run here \(|cannot be read:) ?(\w+)(: .*?)?"
    r"(?= \(line \d|$| at `|\): )"
)
_PACKAGE = re.compile(r"site-packages|\bheadstart/\w+[\w/]*\.py|\bautograder/\w|File \"|\bin <module>")
_EXCEPTION = re.compile(r"\b[A-Z]\w*(?:Error|Exception|Warning|Exit|Interrupt)\b")
_FILLERS = re.compile(r"\b(just|simply|obviously|of course)\b", re.I)
_DANGLING = re.compile(r"(?:[,;(-]|\b(?:a|an|the|of|to|and|or|with|for|in|such as))$")
_SENTENCES = re.compile(r"(?<=[.?!:;])\s+|\n+")


def problems(text: str, *, jargon: bool = True, whole: bool = True) -> list[str]:
    """Return what is wrong with the message `text`; an empty list if it may be shown.

    Args:
        text: what a learner reads, one line or several.
        jargon: look at each word too.
        whole: it is a message from its first word to its last, not a part of one.
    """
    own = without_quotations(text)
    found = []
    if "Traceback" in text or re.search(r'^\s+File "', text, re.M):
        found.append("a stack trace")
    found += [f"a file of the package: {match[0]!r}" for match in _PACKAGE.finditer(own)]
    found += [
        f"{match[0]} is not explained" for match in _EXCEPTION.finditer(own) if match[0] not in EXCEPTIONS
    ]
    if re.search(r"!(?!=)", own):
        found.append("an exclamation mark")
    found += [f"the word {match[0]!r}" for match in _FILLERS.finditer(own)]
    for paragraph in filter(None, map(str.strip, text.split("\n\n"))):
        if whole and _DANGLING.search(paragraph):
            found.append(f"it ends with {paragraph[-10:]!r}")
    for line in text.splitlines():
        if len(line) > LONGEST_LINE:
            found.append(f"a line of {len(line)} characters")
    for sentence in _SENTENCES.split(own):
        if len(sentence.split()) > LONGEST_SENTENCE:
            found.append(f"a sentence of {len(sentence.split())} words: {sentence[:60]!r}…")
    if jargon:
        found += [f"neither plain nor in the glossary: {word!r}" for word in unknown_words(own)]
    return found


def unfinished(text: str) -> bool:
    """Return whether a message that begins as a sentence does not end as one."""
    text = text.strip()
    last = text.splitlines()[-1] if text else ""
    is_sentence = re.match(r"[A-Z][a-z]* [a-z]", text) and len(text.split()) >= 5
    is_name = text and is_api_name(text.split()[0])
    return bool(is_sentence) and not is_name and not re.search(r"[.?:)`\"”…]$", last)


def without_quotations(text: str) -> str:
    """Return `text` without what it quotes from Python's own messages and from code."""
    text = re.sub(r"```.*?```", " ", text, flags=re.S)
    text = re.sub(r"^ {4}.*$", " ", text, flags=re.M)  # code of a question
    text = _CODE.sub(" ", text)
    return _QUOTED_ERROR.sub(r"\1 ", text)


def unknown_words(text: str) -> list[str]:
    """Return the words of `text` that are neither plain English, nor in the glossary, nor allowed."""
    # Names in code, files, options, addresses, and what a learner typed, are no words.
    text = text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    text = re.sub(r"https?://\S+|\b\w+=\S*|-th\b|\bre-", " ", text)
    text = re.sub(r"'[^'\n]*'(?!\w)|\"[^\"\n]*\"|“[^”]*”", " ", text)
    text = re.sub(r"[\w./]*[\w]+[._/\\]+[\w./()\[\]{}=]*\w[()\[\]]*", " ", text)
    text = re.sub(r"\b\w+\([^)]*\)|--\w[\w-]*|\b\w*\d\w*\b|\[[^\]]*\]|\{[^}]*\}", " ", text)
    found = []
    for token in re.findall(r"[A-Za-z][A-Za-z']*", text):
        token = re.sub(r"'s?$", "", token)
        if (token.isupper() and len(token) > 1) or len(token) < 2:
            continue
        if re.search(r"[a-z][A-Z]|^[A-Z]{2}", token):
            known = is_api_name(token.removesuffix("s")) or token.lower() in known_words()
        else:
            known = bool(stems(token.lower()) & known_words()) or f"{token.lower()}s" in known_words()
        # A class of one word, such as Sequential.
        known = known or hasattr(torch.nn, token)
        if not known and token not in found:
            found.append(token)
    return found


def is_api_name(name: str) -> bool:
    """Return whether PyTorch, torchvision or Python has something that begins with `name`, such as BatchNorm."""
    places = (torch.nn, torch.optim, torch, torchvision.models, builtins)
    return any(attribute.startswith(name) for place in places for attribute in dir(place)) or name in (
        "PyTorch",
        "JupyterLab",
        "NumPy",
        "GiB",
    )


@cache
def known_words() -> frozenset[str]:
    """Return plain words, the words of the glossary's terms, and the technical ones that are allowed."""
    words = set(PLAIN.read_text(encoding="utf-8").split())
    for term in glossary_terms():
        words.update(re.findall(r"[a-z]+", term.lower()))
    for listed in TECHNICAL.values():
        words.update(listed.split())
    words.update(name.lower() for name in all_exercises())
    return frozenset(words)


@cache
def glossary_terms() -> tuple[str, ...]:
    """Return the terms that the course's glossary defines, with the short forms that it gives in brackets."""
    cells = json.loads((ROOT / "lessons" / "glossary.ipynb").read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells)
    return (
        *re.findall(r"^- \*\*(.+?)\*\*:", text, re.M),
        *re.findall(r"\(([A-Za-z]*[A-Z]+[A-Za-z]*)\)", text),
    )


@cache
def stems(word: str) -> frozenset[str]:
    """Return `word` and what it may be a form of: plural, past, -ing, -ly, comparative."""
    found = {word}
    for ending, replacements in {
        "s": ("",),
        "es": ("", "e"),
        "ies": ("y",),
        "d": ("",),
        "ed": ("", "e"),
        "ied": ("y",),
        "ing": ("", "e"),
        "ly": ("", "le"),
        "er": ("", "e"),
        "est": ("", "e"),
        "able": ("", "e"),
        "ment": ("",),
        "ness": ("",),
    }.items():
        if word.endswith(ending) and len(word) - len(ending) >= 2:
            base = word[: -len(ending)]
            found.update(base + replacement for replacement in replacements)
            if len(base) > 3 and base[-1] == base[-2]:
                found.add(base[:-1])
    if word.startswith("un") and len(word) > 4:
        found.add(word[2:])
    return frozenset(found)
