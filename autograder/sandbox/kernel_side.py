"""A kernel's life in its room: an ordinary ipykernel whose sockets were made outside. Called by the zygote."""

from __future__ import annotations

import base64
import os
from typing import Any

import zmq
from ipykernel.kernelapp import IPKernelApp
from IPython.core.interactiveshell import InteractiveShell

from autograder.sandbox.mounts import HOME
from autograder.sandbox.policy import Policy
from autograder.sandbox.settling import seed_random_numbers, settle

_PORTS = {"shell": 1, "iopub": 2, "stdin": 3, "hb": 4, "control": 5}
ADDRESS = "kernel"


def main(files: dict[str, int], arguments: dict[str, Any], policy: Policy) -> None:
    """Serve notebooks until the end; `files` are listening sockets, `arguments` the session's key and files."""
    settle(policy)
    for name, content in arguments["files"].items():
        with open(name, "xb") as file:
            file.write(base64.b64decode(content))
    os.environ.update(arguments["environment"])
    _use_given_sockets(files)
    # `start_kernel` of the app without its command line: no file of connection data, no history on disk.
    app = IPKernelApp.instance(
        transport="ipc",
        ip=ADDRESS,
        connection_file=f"{HOME}/kernel.json",
        matplotlib="inline",
        **{f"{channel}_port": port for channel, port in _PORTS.items()},
    )
    app.config.HistoryManager.enabled = False
    app.config.Session.key = arguments["key"].encode()
    app.config.Session.signature_scheme = arguments["signature_scheme"]
    app.initialize([])
    _seed_before_the_first_cell(app.shell, policy.seed)
    app.shell.system = app.shell.system_raw  # `!command` without a terminal, of which a room has none
    app.start()
    os._exit(0)


def _seed_before_the_first_cell(shell: InteractiveShell, seed: int) -> None:
    """Start the random numbers anew when the first cell comes: a kernel that waits for it may have used some."""

    def start(*_: Any) -> None:
        shell.events.unregister("pre_run_cell", start)
        seed_random_numbers(seed)

    shell.events.register("pre_run_cell", start)


def _use_given_sockets(files: dict[str, int]) -> None:
    """Let `bind` of a kernel's address take over the listening socket that was made for it outside.

    A process in a room cannot make sockets (the filter refuses), and needs none.
    """
    by_address = {f"ipc://{ADDRESS}-{port}": files[channel] for channel, port in _PORTS.items()}
    bind = zmq.Socket.bind

    def bind_given(self: zmq.Socket, address: str) -> Any:
        if address in by_address:
            self.setsockopt(zmq.USE_FD, by_address.pop(address))
        return bind(self, address)

    zmq.Socket.bind = bind_given
