"""Make .venv with everything the course needs. Called by the Makefile; needs only the standard library.

uv does the installing because it is several times faster than pip. It is itself installed into a private
environment under .cache/ where it is not on the PATH. A second run finds the stamp of the first and does
nothing.

This file is read by whatever `python3` there is, so it must parse under versions down to 3.6 too.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
STAMP = os.path.join(VENV, "headstart-set-up.json")
UV_HOME = os.path.join(ROOT, ".cache", "uv")
UV_VERSION = "0.13.9"
MINIMUM = (3, 11)
GIGABYTES = {"default": 6.5, "cpu": 2.5}
EXTRAS = "lab,instructor,cluster,postgresql,keras,site,test"


def stop(problem, remedy):
    """Print what is missing and what to do about it, then leave with status 1."""
    sys.stderr.write(f"\nset-up stopped: {problem}\n  what to do: {remedy}\n")
    sys.exit(1)


def check_python():
    if sys.version_info < MINIMUM:
        found = ".".join(str(part) for part in sys.version_info[:3])
        stop(
            f"Python 3.11 or newer is needed, and {sys.executable} is Python {found}.",
            "install a newer Python and name it, for example `make lab PYTHON=python3.12`.",
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        stop(
            "this Python cannot make virtual environments (the modules venv and ensurepip are missing).",
            "on Debian and Ubuntu: `apt install python3-venv`; then run the same command again.",
        )


def check_disk(torch):
    needed = GIGABYTES[torch]
    free = shutil.disk_usage(ROOT).free / 1e9
    if free < needed:
        smaller = "" if torch == "cpu" else ", or add TORCH=cpu for the small build of PyTorch (about 2 GB)"
        stop(
            f"about {needed} GB of disk are needed under {ROOT}, and {free:.1f} GB are free.",
            f"free some space, or move the course to a larger disk{smaller}.",
        )


def fingerprint(torch):
    """Return a digest of all that decides what is in the environment."""
    digest = hashlib.sha256()
    for name in ("pyproject.toml", "constraints.txt", os.path.join("tools", "set_up.py")):
        with open(os.path.join(ROOT, name), "rb") as file:
            digest.update(file.read())
    digest.update(json.dumps([sys.version, torch, ROOT, EXTRAS]).encode())
    return digest.hexdigest()


def is_set_up(wanted):
    try:
        with open(STAMP) as file:
            return json.load(file).get("fingerprint") == wanted
    except (OSError, ValueError):
        return False


def run(command, doing):
    """Run `command`; on failure show the end of what it said and the likely remedy."""
    print(f"set-up: {doing}", flush=True)
    environment = dict(os.environ, UV_NO_PROGRESS="1")
    environment.pop("VIRTUAL_ENV", None)
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode == 0:
        return
    said = done.stdout[-3000:]
    sys.stderr.write(said + "\n")
    lower = said.lower()
    if "no space left" in lower:
        stop("the disk is full.", "free some space (about 6 GB are needed), then run the same command again.")
    if any(
        sign in lower
        for sign in (
            "dns",
            "failed to fetch",
            "connect",
            "network",
            "timed out",
            "name resolution",
            "no matching distribution",
        )
    ):
        stop(
            "the Python packages could not be fetched.",
            "check the network connection, or the proxy settings HTTPS_PROXY and SSL_CERT_FILE, "
            "then run the same command again; what has been fetched is kept.",
        )
    stop(f"{doing} failed; its own words are above.", "mend that, then run the same command again.")


def find_uv():
    """Return the path of uv, installing it into a private environment where it is not to be found."""
    found = shutil.which("uv")
    if found:
        return found
    private = os.path.join(UV_HOME, "bin", "uv")
    if not os.path.exists(private):
        # An environment without pip is what an interrupted run leaves behind.
        shutil.rmtree(UV_HOME, ignore_errors=True)
        run([sys.executable, "-m", "venv", UV_HOME], "making a private environment for the installer")
        python = os.path.join(UV_HOME, "bin", "python")
        run([python, "-m", "pip", "install", "--quiet", "uv==" + UV_VERSION], "fetching the installer (uv)")
    return private


def install(torch):
    uv = find_uv()
    run([uv, "venv", "--clear", "--python", sys.executable, VENV], "making the environment .venv")
    command = [uv, "pip", "install", "--python", os.path.join(VENV, "bin", "python"), "--compile-bytecode"]
    command += ["--constraint", "constraints.txt", "--editable", f".[{EXTRAS}]"]
    if torch == "cpu":
        command += ["--torch-backend", "cpu"]
    run(command, "installing the packages (a few minutes the first time)")


def settle_lab():
    """Give JupyterLab the course's settings, which an editable install leaves out."""
    folder = os.path.join(VENV, "share", "jupyter", "lab", "settings", "overrides.d")
    os.makedirs(folder, exist_ok=True)
    shutil.copy(os.path.join(ROOT, "headstart", "jupyterlab", "headstart.json"), folder)


def main():
    parser = argparse.ArgumentParser(description="Set up the course in .venv.")
    parser.add_argument(
        "--torch", default="default", choices=sorted(GIGABYTES), help="which build of PyTorch"
    )
    torch = parser.parse_args().torch
    check_python()
    wanted = fingerprint(torch)
    if is_set_up(wanted):
        return
    check_disk(torch)
    install(torch)
    settle_lab()
    if shutil.which("bwrap"):
        print("set-up: bubblewrap is here, so submissions can be graded in a sandbox.")
    else:
        print(
            "set-up: bubblewrap is not here. Lessons, quizzes and nbgrader work without it;\n"
            "        sandboxed grading needs it (on Debian and Ubuntu: `apt install bubblewrap`)."
        )
    with open(STAMP, "w") as file:
        json.dump({"fingerprint": wanted, "torch": torch}, file)
    print("set-up: done.")


if __name__ == "__main__":
    main()
