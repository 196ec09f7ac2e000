"""Answers as a learner writes them, and what the record says of them. Used by the tests in this folder."""

from __future__ import annotations

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

WRONG = """
    def freeze_all_but_fc(model):
        for parameter in model.parameters():
            parameter.requires_grad = False
        return model
"""
RIGHT = """
    def freeze_all_but_fc(model):
        model.requires_grad_(False)
        model.fc.requires_grad_(True)
        return model
"""


def record(home: Path, name: str = "freeze_all_but_fc") -> dict:
    """Return what exercises.json holds about an exercise."""
    return json.loads((home / "exercises.json").read_text(encoding="utf-8"))["exercises"][name]
