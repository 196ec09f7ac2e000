"""The one error that the build raises for what an author wrote: file, line, field or cell, and what to do."""

from __future__ import annotations

from pathlib import Path


class SourceError(ValueError):
    """Something wrong in a file of `course/`.

    Args:
        path: the file, relative to the course's root where possible.
        line: 1-based line in that file; None where the file as a whole is meant.
        field: the cell or field at fault, for example `exercise "freeze_all_but_fc", role "card"`.
        message: what was got, what was expected, what to do.
    """

    def __init__(self, path: Path | str, line: int | None, field: str, message: str) -> None:
        self.path, self.line, self.field, self.message = Path(path), line, field, message
        place = f"{self.path.as_posix()}:{line}" if line else self.path.as_posix()
        super().__init__(f"{place}: {field}: {message}" if field else f"{place}: {message}")
