"""Headstart, the learner's library: what the lessons import.

Everything is loaded at first use, so that `import headstart` costs next to nothing beside torch.
`import headstart.models` registers the offline backbones with torchvision.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_EXPORTS = {
    "answered": "headstart.questions",
    "check": "headstart.examples",
    "delete_data": "headstart.records",
    "export_data": "headstart.records",
    "hint": "headstart.exercises",
    "learner": "headstart.questions",
    "practice": "headstart.practising",
    "predict": "headstart.questions",
    "profile": "headstart.profiles",
    "progress": "headstart.overview",
    "question": "headstart.questions",
    "review": "headstart.flashcards",
    "show": "headstart.plots",
    "solution": "headstart.exercises",
    "study": "headstart.practising.study",
    "task": "headstart.tasks",
}

__all__ = ["__version__", *sorted(_EXPORTS)]


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        from headstart.names import NoSuchAttribute

        raise NoSuchAttribute(f"module 'headstart' has no attribute {name!r}; it offers {', '.join(__all__)}")
    return getattr(import_module(_EXPORTS[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_EXPORTS})
