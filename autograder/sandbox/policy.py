"""What a confined process may use: one frozen dataclass that the grader, the provisioner and the CLI share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from headstart.names import unknown_name

MIB = 1024 * 1024


class PolicyError(ValueError):
    """A policy asks for something that cannot be; the message names the field."""


@dataclass(frozen=True)
class Policy:
    """Limits of one room (one kernel, or one worker).

    Attributes:
        call_seconds: wall-clock seconds for one request to a worker, or one cell.
        notebook_seconds: wall-clock seconds from the opening of a room to its end, whatever it does.
        memory_mb: MiB for all processes of the room together, shared pages counted once (PSS), on top of
            what the zygote shares with every room. One process cannot even reserve more address space.
        processes: processes and threads in the room at any moment. An idle kernel needs about ten.
        open_files: file descriptors of one process.
        file_mb: MiB that one file may grow to.
        scratch_mb: MiB for all files together; they live in memory and vanish with the room.
        scratch_files: files and folders in the scratch space.
        output_mb: MiB that the room may send to the grader in its whole life: results, plots, prints.
        message_mb: MiB of one message between grader and worker, in either direction.
        seed: where random, numpy and torch start in every room; the same answer gets the same grade.
        files: name patterns of the files of a submission that a kernel gets a copy of. Notebooks are
            never copied: the grader's own copy holds the hidden checks.
    """

    call_seconds: float = 20.0
    notebook_seconds: float = 300.0
    memory_mb: int = 1024
    processes: int = 64
    open_files: int = 256
    file_mb: int = 64
    scratch_mb: int = 128
    scratch_files: int = 10_000
    output_mb: int = 16
    message_mb: int = 64
    seed: int = 0
    files: tuple[str, ...] = ("answers.json", "*.csv", "*.txt", "*.npy", "*.png", "*.jpg", "*.jpeg")

    def __post_init__(self) -> None:
        for name, (low, high, unit) in _RANGES.items():
            value = getattr(self, name)
            kinds = (int, float) if name.endswith("_seconds") else (int,)
            if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
                kind = "number" if float in kinds else "whole number"
                raise PolicyError(
                    f"policy: {name} is {value!r}; give a {kind} between {low} and {high}{unit and f' ({unit})'}."
                )
        if self.call_seconds > self.notebook_seconds:
            raise PolicyError(
                f"policy: call_seconds is {self.call_seconds:g}, more than notebook_seconds, "
                f"{self.notebook_seconds:g}; one call cannot last longer than the whole notebook."
            )
        if self.file_mb > self.scratch_mb:
            raise PolicyError(
                f"policy: file_mb is {self.file_mb}, more than scratch_mb, {self.scratch_mb}; "
                "one file cannot be larger than all files together."
            )
        for pattern in self.files:
            if not isinstance(pattern, str) or not pattern or "/" in pattern or pattern.endswith(".ipynb"):
                raise PolicyError(
                    f"policy: files has {pattern!r}; give name patterns such as '*.csv', without folders, "
                    "and no notebooks."
                )

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Policy:
        """Build a policy from settings, for instance from a configuration file.

        A notebook's time limit below the default of a call's is one for the calls too.

        Raises:
            PolicyError: a name is unknown or a value is out of range.
        """
        known = [field.name for field in fields(cls)]
        for name in values:
            if name not in known:
                raise PolicyError(f"policy: {unknown_name('setting', name, known)}")
        values = dict(values)
        if "files" in values:
            values["files"] = tuple(values["files"])
        whole = values.get("notebook_seconds")
        if isinstance(whole, int | float) and whole < cls.call_seconds:
            values.setdefault("call_seconds", whole)
        return cls(**values)

    def with_settings(self, **changes: Any) -> Policy:
        """Return a copy with some settings changed; the copy is validated too."""
        return replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain data (JSON)."""
        return {**asdict(self), "files": list(self.files)}


def parse_settings(entries: Iterable[str]) -> dict[str, Any]:
    """Read settings as a command line gives them: `processes=32`, or `files=*.csv,*.txt`.

    Raises:
        PolicyError: an entry has another form, or a value is no number where one belongs.
    """
    values: dict[str, Any] = {}
    for entry in entries:
        name, separator, text = entry.partition("=")
        if not separator:
            raise PolicyError(f"policy: {entry!r} is no setting; write NAME=VALUE, such as processes=32.")
        if name == "files":
            values[name] = tuple(text.split(","))
            continue
        try:
            values[name] = float(text) if name.endswith("_seconds") else int(text)
        except ValueError:
            raise PolicyError(f"policy: {name}={text} is no number; write {name}=32, for example.") from None
    return values


# Smallest and largest sensible values. A kernel does not start with less than these.
_RANGES: dict[str, tuple[float, float, str]] = {
    "call_seconds": (0.05, 86_400, "seconds"),
    "notebook_seconds": (0.1, 86_400, "seconds"),
    "memory_mb": (64, 1_048_576, "MiB"),
    "processes": (16, 4096, ""),
    "open_files": (64, 65_536, ""),
    "file_mb": (1, 65_536, "MiB"),
    "scratch_mb": (1, 65_536, "MiB"),
    "scratch_files": (100, 1_000_000, ""),
    "output_mb": (1, 4096, "MiB"),
    "message_mb": (1, 4096, "MiB"),
    "seed": (0, 2**32 - 1, ""),
}
