"""Runs notebooks with nbclient, whose waiting for a cell with a widget is mended. Called by tests and benchmarks."""

from __future__ import annotations

from typing import Any

import zmq
from nbclient import NotebookClient as NbclientNotebookClient


class NotebookClient(NbclientNotebookClient):
    """nbclient's client, which never overlooks the reply to a cell that shows a widget.

    nbclient answers an `interact` with messages of its own on the socket on which it waits for the cell's reply.
    They are sent past asyncio, and such a send may swallow the signal that the reply has come: then nbclient waits
    until its timeout, with nothing wrong in the notebook (nbclient issue 312, jupyter_client pull request 1059).
    Asking an asyncio socket for its events makes it look again.
    """

    def create_kernel_manager(self) -> Any:
        """Make the kernel's manager; it encrypts, or each kernel would warn that others could listen."""
        manager = super().create_kernel_manager()
        manager.transport_encryption = "auto"
        return manager

    def process_message(self, *arguments: Any, **options: Any) -> Any:
        """Handle one message of the kernel, then look for a reply that came meanwhile."""
        try:
            return super().process_message(*arguments, **options)
        finally:
            self.kc.shell_channel.socket.get(zmq.EVENTS)
