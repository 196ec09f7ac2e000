"""The project's own files agree with one another: packages, constraints, environment, Makefile, README."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import environment_yml
import pytest
import set_up

ROOT = Path(__file__).resolve().parents[2]


def tracked_files() -> list[Path]:
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listing.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / line for line in listing.stdout.splitlines() if (ROOT / line).is_file()]


def test_environment_yml_is_in_step_with_pyproject_and_constraints():
    assert (ROOT / "environment.yml").read_text() == environment_yml.render(), (
        "environment.yml is out of date: run `python tools/environment_yml.py`"
    )


def test_environment_yml_names_a_missing_pin(tmp_path):
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    (tmp_path / "constraints.txt").write_text("torch==2.15.0\n")
    with pytest.raises(KeyError, match="anywidget"):
        environment_yml.render(tmp_path)


def test_every_direct_dependency_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pins = environment_yml.pinned_versions((ROOT / "constraints.txt").read_text())
    wanted = list(project["dependencies"])
    for extra in project["optional-dependencies"].values():
        wanted += extra
    missing = [name for name in map(environment_yml.requirement_name, wanted) if name not in pins]
    assert not missing


def test_what_learners_import_is_a_direct_dependency():
    """Packages that come along with others go when the others no longer need them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {
        *map(environment_yml.requirement_name, project["dependencies"]),
        "keras",
    }  # lesson 11 does without
    names = packages_distributions()
    files = [*ROOT.glob("headstart/**/*.py"), *ROOT.glob("course/*/lesson.py")]
    files += [*ROOT.glob("course/*/exercises.py"), ROOT / "course" / "cheat_sheet.py"]
    missing = {
        f"{path.relative_to(ROOT)} imports {module}"
        for path in files
        for module in imported_by(path)
        if not wanted & {environment_yml.requirement_name(name) for name in names.get(module, [module])}
    }
    assert not missing


def imported_by(path: Path) -> set[str]:
    """Return the top-level names of the packages of others that a file imports anywhere."""
    modules: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules.add(node.module)
    own = {"headstart", "pydantic_core"}  # pydantic's second half comes with it
    return {module.partition(".")[0] for module in modules} - own - sys.stdlib_module_names


def test_no_file_records_a_download_address():
    """Versions are pinned; where they come from is the installer's business."""
    pattern = re.compile(r"https?://[^\s'\"]*(?:pypi|pythonhosted|npmjs|debian)\.", re.I)
    found = []
    for path in tracked_files():
        if path.suffix in {".safetensors", ".png"}:
            continue
        found += [path.name for line in path.read_text(errors="replace").splitlines() if pattern.search(line)]
    assert not found


def test_readme_names_the_two_commands_and_ci_runs_the_second():
    readme = (ROOT / "README.md").read_text()
    assert "make lab" in readme and "make test" in readme
    assert "make test" in (ROOT / ".ci" / "run").read_text()


def test_set_up_says_what_an_old_python_needs(monkeypatch, capsys):
    monkeypatch.setattr(set_up.sys, "version_info", (3, 9, 2))
    with pytest.raises(SystemExit) as left:
        set_up.check_python()
    said = capsys.readouterr().err
    assert left.value.code == 1
    assert "Python 3.11 or newer" in said and "3.9.2" in said and "PYTHON=python3.12" in said


def test_set_up_says_how_much_disk_is_missing(monkeypatch, capsys):
    usage = type("Usage", (), {"free": 1.5e9})
    monkeypatch.setattr(set_up.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(SystemExit):
        set_up.check_disk("default")
    said = capsys.readouterr().err
    assert "6.5 GB" in said and "1.5 GB are free" in said and "TORCH=cpu" in said


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("error: Failed to fetch: dns error: failed to lookup address", "check the network connection"),
        ("OSError: [Errno 28] No space left on device", "free some space"),
        ("error: the package does not build", "mend that"),
    ],
)
def test_set_up_names_the_remedy_when_a_step_fails(output, expected, capsys):
    program = f"import sys; print({output!r}); sys.exit(2)"
    with pytest.raises(SystemExit):
        set_up.run([sys.executable, "-c", program], "a step of the test")
    said = capsys.readouterr().err
    assert output in said and expected in said


def test_set_up_knows_when_there_is_nothing_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(set_up, "STAMP", str(tmp_path / "stamp.json"))
    assert not set_up.is_set_up("abc")
    (tmp_path / "stamp.json").write_text('{"fingerprint": "abc"}')
    assert set_up.is_set_up("abc")
    assert not set_up.is_set_up("another fingerprint")
    (tmp_path / "stamp.json").write_text("half writ")
    assert not set_up.is_set_up("abc")


def test_package_holds_no_course_content():
    """A student's installation must hold neither graded answers nor hidden checks."""
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]["find"]
    assert packages["include"] == ["headstart*", "autograder*"]
    assert not list((ROOT / "headstart").rglob("checks.py"))


def test_make_lab_opens_the_first_lesson_with_all_folders_in_sight():
    """Given a notebook's path, JupyterLab would show that notebook's folder alone, without the quizzes."""
    plan = subprocess.run(
        ["make", "--dry-run", "lab"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert f"--ServerApp.root_dir={ROOT} " in plan
    lesson = re.search(r"default_url=/lab/tree/(\S+)", plan)
    assert lesson and (ROOT / lesson[1]).is_file()
