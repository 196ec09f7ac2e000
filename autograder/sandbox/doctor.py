"""Tries every protection of the sandbox on this machine, and prints a table. Serves `autograder doctor`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from autograder.sandbox import launch, probes
from autograder.sandbox.launch import SandboxUnavailable
from autograder.sandbox.policy import MIB, Policy
from autograder.sandbox.supervisor import RoomEnded, Sandbox

PRELOADED = ("autograder.sandbox.worker_side", "autograder.sandbox.probes")
_ENTRY = "autograder.sandbox.probes:serve"
_BROKEN = "Do not grade on this machine until this is repaired; run `autograder doctor` again afterwards."


@dataclass(frozen=True)
class Finding:
    """What was found about one protection.

    Attributes:
        protection: what it is to keep from happening.
        ok: whether it held.
        detail: what was tried, or what went wrong.
        remedy: what to do, where it did not hold.
    """

    protection: str
    ok: bool
    detail: str
    remedy: str = ""


def diagnose(policy: Policy | None = None) -> list[Finding]:
    """Try each protection for real; takes a few seconds. Stops early where rooms cannot be made at all."""
    policy = (policy or Policy()).with_settings(call_seconds=10.0, notebook_seconds=30.0)
    findings = []
    for name, check in _NEEDED.items():
        try:
            findings.append(Finding(name, True, check()))
        except SandboxUnavailable as problem:
            findings.append(Finding(name, False, problem.reason, problem.remedy))
            return findings
    try:
        with Sandbox(policy, preload=PRELOADED) as sandbox:
            findings.append(Finding("rooms can be made", True, "namespaces by bubblewrap"))
            findings += _refusals(sandbox)
            findings += [check(sandbox, policy) for check in _ENDINGS]
    except SandboxUnavailable as problem:
        findings.append(Finding("rooms can be made", False, problem.reason, problem.remedy))
    except RoomEnded as problem:
        detail = problem.ending.detail or str(problem)
        findings.append(Finding("rooms can be made", False, detail, launch.remedy_for(detail)))
    return findings


def table_of(findings: list[Finding]) -> Table:
    """Return the findings as a table for the terminal."""
    table = Table(title="The sandbox on this machine")
    for column in ("", "protection", "what was tried, or what is wrong"):
        table.add_column(column, overflow="fold")
    for finding in findings:
        text = finding.detail if finding.ok else f"{finding.detail}\n{finding.remedy}".strip()
        table.add_row("ok" if finding.ok else "FAILS", finding.protection, text)
    return table


def main() -> int:
    """Print the table; return 0 if everything holds, else 1."""
    findings = diagnose()
    Console(width=120).print(table_of(findings))
    return 0 if all(finding.ok for finding in findings) else 1


def _platform() -> str:
    launch.check_platform()
    return f"Linux {'.'.join(map(str, launch.OLDEST_KERNEL))} or newer"


def _filter() -> str:
    return f"{len(launch.filter_program()) // 8} instructions"


_NEEDED: dict[str, Callable[[], str]] = {
    "operating system": _platform,
    "bubblewrap": launch.find_bubblewrap,
    "filter for system calls": _filter,
}


def _refusals(sandbox: Sandbox) -> Iterator[Finding]:
    """Run all quick probes in one room; group what they protect."""
    tried: dict[str, list[str]] = {}
    broken: dict[str, list[str]] = {}
    with sandbox.worker(_ENTRY) as worker:
        for probe in [*probes.QUICK, *probes.forbidden_calls()]:
            answer, _ = worker.request({"source": probe.source})
            tried.setdefault(probe.protects, []).append(probe.name)
            if answer["succeeded"]:
                broken.setdefault(probe.protects, []).append(f"{probe.name}: {answer['said']}")
    for protection, names in tried.items():
        wrong = broken.get(protection, [])
        shown = ", ".join(names) if len(names) <= 12 else f"{len(names)} attempts"
        yield Finding(protection, not wrong, "; ".join(wrong) or shown, _BROKEN if wrong else "")


def _ending(
    sandbox: Sandbox, protection: str, source: str, expected: str, policy: Policy, seconds: float = 10.0
) -> Finding:
    """Run `source` in a room; it must end for the reason `expected`, and leave no process."""
    began = time.monotonic()
    try:
        with sandbox.worker(_ENTRY, policy) as worker:
            answer, _ = worker.request({"source": source}, seconds=seconds)
            return Finding(protection, False, f"it went on and said {answer.get('said')!r}", _BROKEN)
    except RoomEnded as ended:
        took = time.monotonic() - began
        reason = ended.ending.reason
        if reason != expected:
            detail = f"ended for {reason!r}, not {expected!r}: {ended.ending.detail[-300:]}"
            return Finding(protection, False, detail, _BROKEN)
        return Finding(protection, True, f"ended after {took:.1f} s")


def _endless_loop(sandbox: Sandbox, policy: Policy) -> Finding:
    source = """
import os, signal
def attack():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            while True: pass
    while True: pass
"""
    limited = policy.with_settings(call_seconds=1.0, notebook_seconds=1.0)
    return _ending(sandbox, "time runs out, whatever is ignored or hidden", source, "time", limited)


def _memory_hog(sandbox: Sandbox, policy: Policy) -> Finding:
    source = """
import os, time
def attack():
    for _ in range(8):
        if os.fork() == 0:
            block = bytearray(os.urandom(4096)) * 15_000
            time.sleep(60)
    time.sleep(60)
"""
    limited = policy.with_settings(memory_mb=200)
    return _ending(sandbox, "memory of all processes together is limited", source, "memory", limited)


def _memory_of_one(sandbox: Sandbox, policy: Policy) -> Finding:
    megabytes = policy.memory_mb + 64
    source = f"def attack():\n    return len(bytearray({megabytes * MIB}))\n"
    return _refused(sandbox, "memory of one process is limited", source, policy)


def _disk_fill(sandbox: Sandbox, policy: Policy) -> Finding:
    source = f"""
def attack():
    for number in range({policy.scratch_mb // policy.file_mb + 2}):
        with open(f"part{{number}}", "wb") as file:
            for _ in range({policy.file_mb}):
                file.write(bytes(2**20))
    return number
"""
    return _refused(sandbox, "disk is not filled", source, policy)


def _fork_bomb(sandbox: Sandbox, policy: Policy) -> Finding:
    source = f"""
import os, time
def attack():
    for number in range({policy.processes + 1}):
        if os.fork() == 0:
            time.sleep(60)
    return number
"""
    return _refused(sandbox, "processes are limited", source, policy)


def _output_flood(sandbox: Sandbox, policy: Policy) -> Finding:
    source = 'import os\ndef attack():\n    while True:\n        os.write(2, b"x" * 65536)\n'
    limited = policy.with_settings(output_mb=2)
    return _ending(sandbox, "output is limited", source, "output", limited)


def _refused(sandbox: Sandbox, protection: str, source: str, policy: Policy) -> Finding:
    with sandbox.worker(_ENTRY, policy) as worker:
        answer, _ = worker.request({"source": source})
    if answer["succeeded"]:
        return Finding(protection, False, f"it succeeded: {answer['said']}", _BROKEN)
    return Finding(protection, True, answer["said"])


_ENDINGS = (
    _endless_loop,
    _memory_of_one,
    _memory_hog,
    _fork_bomb,
    _disk_fill,
    _output_flood,
)


if __name__ == "__main__":
    raise SystemExit(main())
