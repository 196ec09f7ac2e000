"""Settings are validated, with messages that name the field."""

from __future__ import annotations

import pytest

from autograder.sandbox import Policy, PolicyError
from autograder.sandbox.policy import parse_settings


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("call_seconds", 0, "call_seconds is 0; give a number between 0.05 and 86400 (seconds)"),
        ("call_seconds", float("nan"), "call_seconds is nan"),
        ("memory_mb", 1.5, "memory_mb is 1.5; give a whole number"),
        ("memory_mb", True, "memory_mb is True"),
        ("processes", 2, "processes is 2"),
        ("output_mb", "8", "output_mb is '8'"),
        ("call_seconds", 500.0, "more than notebook_seconds"),
        ("file_mb", 500, "more than scratch_mb"),
        ("files", ("*.ipynb",), "no notebooks"),
        ("files", ("../*.csv",), "without folders"),
    ],
)
def test_a_wrong_value_is_one_clear_line(setting, value, said):
    with pytest.raises(PolicyError) as raised:
        Policy().with_settings(**{setting: value})
    assert said in str(raised.value) and "\n" not in str(raised.value)


def test_an_unknown_setting_names_the_nearest():
    with pytest.raises(PolicyError, match="'memory_mb'"):
        Policy.from_dict({"memory": 10})


def test_settings_survive_a_round_trip():
    policy = Policy(memory_mb=300, files=("*.csv",))
    assert Policy.from_dict(policy.to_dict()) == policy


def test_settings_of_a_command_line():
    values = parse_settings(["processes=32", "call_seconds=2.5", "files=*.csv,notes.txt"])
    policy = Policy.from_dict(values)
    assert (policy.processes, policy.call_seconds, policy.files) == (32, 2.5, ("*.csv", "notes.txt"))
    for entry in ("processes", "processes=", "processes=2.5", "seed=many"):
        with pytest.raises(PolicyError, match="write"):
            parse_settings([entry])


def test_a_short_notebook_has_short_calls():
    assert Policy.from_dict({"notebook_seconds": 5}).call_seconds == 5
    assert Policy.from_dict({"notebook_seconds": 50}).call_seconds == Policy().call_seconds
