"""Build the web site: run what has not run, write the pages, call Sphinx. `make site` calls this.

    python website/build.py [--out FOLDER] [--work FOLDER]        the default is site/, which git ignores

The lessons run once; see executed.py. A link that leads nowhere and any warning of Sphinx stop the build.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE), str(ROOT)]

from cards import NotForPages  # noqa: E402
from executed import CACHE, execute_all  # noqa: E402
from pages import PageError, write_source  # noqa: E402

WORK = CACHE.parent
# What Sphinx and the theme leave for other programs.
NOT_FOR_READERS = (".buildinfo", "_sources", "objects.inv", "webpack-macros.html", "*.map")


def build(lessons: Mapping[str, Path], out: Path, work: Path = WORK) -> int:
    """Build the site from these notebooks; return Sphinx's exit status.

    Args:
        lessons: the notebook of each lesson, by name, with its outputs.
        out: the folder of the site; replaced when all has gone well.
        work: a folder for what lies between, which Sphinx uses again when little has changed.

    Raises:
        PageError, NotForPages: something of the course cannot be shown.
    """
    from sphinx.cmd.build import build_main

    write_source(ROOT, lessons, work / "source")
    made = work / "html"
    shutil.rmtree(made, ignore_errors=True)
    arguments = ["-q", "-W", "--keep-going", "-j", "2", "-c", str(HERE), "-d", str(work / "doctrees")]
    status = build_main([*arguments, "-b", "html", str(work / "source"), str(made)])
    if status == 0:
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(made, out, ignore=shutil.ignore_patterns(*NOT_FOR_READERS))
    return status


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0 when the site is built."""
    parser = argparse.ArgumentParser(prog="python website/build.py", description=__doc__)
    parser.add_argument(
        "--out", type=Path, default=ROOT / "site", help="the folder of the site (default: site/)"
    )
    parser.add_argument("--work", type=Path, default=WORK, help="a folder for what lies between")
    options = parser.parse_args(arguments)
    out = options.out.resolve()
    lessons = execute_all(sorted((ROOT / "lessons").glob("[0-9]*.ipynb")))
    started = time.perf_counter()
    try:
        status = build(lessons, out, options.work.resolve())
    except (PageError, NotForPages) as error:
        print(error, file=sys.stderr)
        return 1
    if status == 0:
        print(f"the site is in {out} ({time.perf_counter() - started:.0f} s); open {out / 'index.html'}")
    return status


if __name__ == "__main__":
    sys.exit(main())
