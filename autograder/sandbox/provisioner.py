"""Lets everything that speaks jupyter_client (nbclient, nbgrader, papermill) start kernels in rooms.

jupyter_client finds it by the name `headstart-sandbox` in the kernelspec of the same name. Every kernel of one
Python process comes from one zygote, which starts with the first kernel and ends with the process. Settings:
`configure(policy)` before the first kernel, for instance in `nbgrader_config.py`.

    {"metadata": {"kernel_provisioner": {"provisioner_name": "headstart-sandbox"}}}
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import shutil
import signal
import socket
import threading
import time
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import KernelProvisionerBase
from traitlets import Type

from autograder.sandbox.policy import Policy
from autograder.sandbox.supervisor import Ending, Sandbox, Tenancy, staged_files

KERNEL_NAME = "headstart-sandbox"
KERNELSPEC_FOLDER = Path(__file__).with_name("kernelspec")
CHANNELS = ("shell", "iopub", "stdin", "hb", "control")
# Of the grader's environment a kernel gets these and nothing else.
_PASSED_ON = ("HEADSTART_LEARNER", "NBGRADER_EXECUTION")
_POLL_SECONDS = 0.02

_lock = threading.Lock()
_shared: Sandbox | None = None
_policy = Policy()
_address: str | None = None


def configure(policy: Policy | None = None, address: str | None = None) -> None:
    """Set the limits of kernels started from now on, and the running zygote to use instead of an own one."""
    global _policy, _address
    _policy, _address = policy or _policy, address or _address


def shared_sandbox() -> Sandbox:
    """Return the sandbox of this process; start it if need be.

    Raises:
        SandboxUnavailable: this machine cannot confine students' code.
    """
    global _shared
    with _lock:
        if _shared is None or not _shared.alive:
            _shared = Sandbox(_policy, address=_address)
            atexit.register(_shared.close)
        return _shared


class SandboxKernelClient(AsyncKernelClient):
    """A client that starts to work as soon as its kernel is ready.

    The stock one then waits another 0.2 s to see that nothing more comes; a confined kernel starts in that time.
    """

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel has answered and its output channel is connected and empty.

        Raises:
            RuntimeError: the kernel died, or `timeout` seconds have passed.
        """
        end = time.monotonic() + (float("inf") if timeout is None else timeout)
        while True:
            self.kernel_info()
            with contextlib.suppress(Empty):
                reply = await self.shell_channel.get_msg(timeout=1)
                if reply["msg_type"] == "kernel_info_reply":
                    await self._until_idle(reply["parent_header"].get("msg_id"))
                    self._handle_kernel_info_reply(reply)
                    return
            if not await self.is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if time.monotonic() > end:
                raise RuntimeError(f"Kernel didn't respond in {timeout:g} seconds")

    async def _until_idle(self, request: str | None) -> None:
        """Read the output channel up to the message that ends `request`; Empty if it is not connected yet."""
        while True:
            message = await self.iopub_channel.get_msg(timeout=0.2)
            ends = message["msg_type"] == "status" and message["content"].get("execution_state") == "idle"
            if ends and message["parent_header"].get("msg_id") == request:
                return


class SandboxKernelManager(AsyncKernelManager):
    """A kernel manager whose kernels all live in rooms, whatever kernel a notebook asks for.

    A student may write any kernel's name into the notebook. Give this class to nbclient or nbgrader
    (`c.Execute.kernel_manager_class`) and the name has no effect.
    """

    client_factory = Type(SandboxKernelClient, klass=AsyncKernelClient)

    @property
    def kernel_spec(self) -> KernelSpec:
        """The sandbox's kernelspec."""
        return KernelSpec.from_resource_dir(str(KERNELSPEC_FOLDER / KERNEL_NAME))


class SandboxProvisioner(KernelProvisionerBase):
    """One kernel in one room."""

    _tenancy: Tenancy | None = None
    _ending: Ending | None = None
    _folder: str | None = None

    @property
    def has_process(self) -> bool:
        """Tell whether there is a kernel that has not been waited for."""
        return self._tenancy is not None

    @property
    def ending(self) -> Ending | None:
        """How the kernel's room ended, or None while it lives."""
        return self._tenancy.ending if self._tenancy else self._ending

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Choose the addresses of the kernel's sockets: files in a folder that only this user can enter."""
        sandbox = await asyncio.to_thread(shared_sandbox)
        self._folder = sandbox.new_folder()
        manager = self.parent
        manager.transport, manager.ip = "ipc", os.path.join(self._folder, "k")
        for number, channel in enumerate(CHANNELS, start=1):
            setattr(manager, f"{channel}_port", number)
        kwargs.pop("extra_arguments", None)
        return await super().pre_launch(cmd=[], **kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Open a room with a kernel that serves the addresses chosen before.

        Raises:
            RoomEnded: no room could be made.
        """
        manager = self.parent
        arguments = {
            "key": manager.session.key.decode(),
            "signature_scheme": manager.session.signature_scheme,
            "files": staged_files(kwargs.get("cwd") or os.getcwd(), _policy),
            "environment": {name: kwargs["env"][name] for name in _PASSED_ON if name in kwargs["env"]},
        }
        with contextlib.ExitStack() as stack:
            descriptors = {}
            for number, channel in enumerate(CHANNELS, start=1):
                listener = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
                listener.bind(f"{manager.ip}-{number}")
                listener.listen(16)
                descriptors[channel] = listener.fileno()
            self._ending = None
            self._tenancy = await asyncio.to_thread(
                shared_sandbox().open, "kernel", arguments, descriptors, _policy
            )
        self.connection_info = manager.get_connection_info()
        return self.connection_info

    async def poll(self) -> int | None:
        """Return None while the kernel lives, else its exit status."""
        if self._tenancy is None:
            return 0
        ending = self._tenancy.ending
        if ending is None:
            return None
        return ending.status if ending.status is not None else 1

    async def wait(self) -> int | None:
        """Wait until the room is empty; return the exit status."""
        while (status := await self.poll()) is None:
            await asyncio.sleep(_POLL_SECONDS)
        if self._tenancy is not None:
            self._ending, self._tenancy = self._tenancy.ending, None
            if self._ending is not None and self._ending.reason != "asked":
                self.log.warning(
                    "a kernel's room was ended (%s) %s", self._ending.reason, self._ending.detail
                )
        return status

    async def send_signal(self, signum: int) -> None:
        """Pass a signal on to the kernel. SIGKILL ends the whole room."""
        if self._tenancy is None:
            return
        if signum == signal.SIGKILL:
            self._tenancy.kill()
        elif signum:
            self._tenancy.signal(signum)

    async def kill(self, restart: bool = False) -> None:
        """End the room and everything in it."""
        if self._tenancy is not None:
            self._tenancy.kill()

    async def terminate(self, restart: bool = False) -> None:
        """End the room: a kernel here has nothing to save."""
        await self.kill(restart)

    async def cleanup(self, restart: bool = False) -> None:
        """Remove the sockets' files."""
        if self._folder is not None:
            await asyncio.to_thread(shutil.rmtree, self._folder, True)
            self._folder = None

    def get_shutdown_wait_time(self, recommended: float = 5.0) -> float:
        """Return the seconds to wait for a polite end; see `terminate`."""
        return 0.1
