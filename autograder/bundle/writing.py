"""Writes a release to disk: a folder and a zip of it, as a whole or not at all. Called by `command.py`.

Everything is written into a hidden folder beside, and then moved to its place. So there is never half a release, also
when the disk is full or the command is interrupted.
"""

from __future__ import annotations

import io
import re
import shutil
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

_STAGE = ".release-"
# What a release leaves in its folder; a hidden folder too, if the machine went down.
_RELEASED = re.compile(r"headstart-[0-9][^/]*|\.release-[^/]*")


class CannotWrite(OSError):
    """The release cannot be written there; the message says why and what to do."""


def zipped(files: Mapping[str, bytes], top: str) -> bytes:
    """Return a zip of `files` below the folder `top`; the same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in sorted(files.items()):
            member = zipfile.ZipInfo(f"{top}/{name}")  # without a date: that of the file system would differ
            member.create_system = 3  # Unix, whichever system writes it
            member.external_attr = 0o100644 << 16
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, content)
    return buffer.getvalue()


def check_place(out: Path, force: bool) -> None:
    """Raise CannotWrite if `out` is no place for a release.

    Args:
        out: the wanted folder. It may be missing or empty.
        force: it may also hold an earlier release, which is then replaced. It may never hold anything else.
    """
    if not out.exists() and not out.is_symlink():
        return
    if not out.is_dir() or out.is_symlink():
        raise CannotWrite(f"{out} is no folder; name another place with --out.")
    there = sorted(path.name for path in out.iterdir())
    if not there:
        return
    other = [name for name in there if not _RELEASED.fullmatch(name)]
    if other:
        advice = "name a new or empty folder with --out"
        raise CannotWrite(f"{out} holds files that are no release, such as {other[0]!r}; {advice}.")
    if not force:
        raise CannotWrite(f"{out} holds a release already; name another folder, or replace it with --force.")


def write(files: Mapping[str, bytes], out: Path, top: str, force: bool = False) -> tuple[Path, Path]:
    """Write `files` as the folder `out/top` and as the zip `out/top.zip`; return both paths.

    Raises:
        CannotWrite: `out` is no place for a release, or the operating system refuses; all is as it was then.
    """
    check_place(out, force)
    is_new = not out.exists()
    stage: Path | None = None
    done = False
    try:
        if is_new:
            out.mkdir()
        stage = Path(tempfile.mkdtemp(dir=out, prefix=_STAGE))
        for name, content in files.items():
            path = stage / top / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        (stage / f"{top}.zip").write_bytes(zipped(files, top))
        _move_in(stage, out, (top, f"{top}.zip"))
        done = True
    except OSError as error:
        reason = error.strerror or str(error)
        raise CannotWrite(
            f"{error.filename or out} cannot be written ({reason}); nothing has changed."
        ) from error
    finally:
        if stage is not None:
            shutil.rmtree(stage, ignore_errors=True)
        if is_new and not done and out.is_dir():
            out.rmdir()
    return out / top, out / f"{top}.zip"


def _move_in(stage: Path, out: Path, names: Sequence[str]) -> None:
    """Move what an earlier release left in `out` away, and `names` from `stage` in; on failure move all back."""
    (stage / "old").mkdir()
    moves = [(path, stage / "old" / path.name) for path in sorted(out.iterdir()) if path != stage]
    moves += [(stage / name, out / name) for name in names]
    moved: list[tuple[Path, Path]] = []
    try:
        for source, target in moves:
            source.rename(target)
            moved.append((source, target))
    except BaseException:
        for source, target in reversed(moved):
            target.rename(source)
        raise
