"""Runs students' code where it can harm nobody: kernels for notebooks, workers for single functions.

    from autograder.sandbox import Policy, Sandbox

    with Sandbox(Policy(call_seconds=10)) as sandbox, sandbox.worker() as worker:
        reply, body = worker.request({"op": "…"}, b"raw bytes", seconds=10)

Used by `autograder check`, by the grading pipeline, and, through `autograder.sandbox.provisioner`, by everything
that speaks jupyter_client. `autograder.sandbox.doctor` tries each protection on the machine at hand.

How it works, for the reader who has to sign it off
---------------------------------------------------
1. A *zygote* (`zygote`) imports PyTorch and the rest once, in a clean environment, as an unprivileged user. It
   never runs students' code.
2. For each kernel or worker, bubblewrap makes a *room* (`rooms`, `mounts`): new user, mount, process, network,
   IPC, host name and cgroup namespaces, an allow-list of read-only folders, one scratch space in memory, no
   `/proc`, no network, an empty environment.
3. The zygote forks; the child joins the room, gives up all capabilities, takes on its limits and an allow-list
   of system calls (`enter`, `seccomp`), and only then runs students' code. It starts within milliseconds
   because the imports are shared.
4. The zygote watches (`usage`): a room ends when its time, memory or output is used up, when it is told to, or
   when the grader is gone. Ending a room means to kill its pid 1, upon which the kernel kills all of it.
5. What comes out is data: Jupyter messages counted by a relay (`relay`), or frames of JSON and bytes with
   size limits (`frames`). Nothing is ever unpickled.

Where a protection cannot be had, `SandboxUnavailable` says which and what to do. There is no weaker mode.

What it does not protect against: holes in the Linux kernel behind the allowed system calls, measuring of shared
processor caches, and slowness of a machine on which `processes` of one room all compute.
"""

from autograder.sandbox.launch import SandboxUnavailable
from autograder.sandbox.policy import Policy, PolicyError
from autograder.sandbox.supervisor import Ending, RoomEnded, Sandbox, Tenancy, Worker

__all__ = [
    "Ending",
    "Policy",
    "PolicyError",
    "RoomEnded",
    "Sandbox",
    "SandboxUnavailable",
    "Tenancy",
    "Worker",
]
