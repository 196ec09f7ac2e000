"""A reply that nbclient overlooks is found: the fault that `tools/notebook_client.py` mends, caused on purpose."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import nbclient
import nbformat
import pytest
from nbclient.exceptions import DeadKernelError
from notebook_runs import NotebookClient

SECONDS = 20  # much more than three cells take


@pytest.fixture
def sends_while_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nbclient send a message when a cell's reply has come unseen, as by chance happens with `interact`."""
    original = nbclient.NotebookClient.process_message

    def process(client: Any, message: dict[str, Any], *rest: Any) -> Any:
        try:
            return original(client, message, *rest)
        finally:
            if message["msg_type"] == "execute_input":
                time.sleep(0.5)  # the reply arrives
                # To a comm that does not exist: the kernel answers nothing that would wake the client.
                client.kc.shell_channel.send(client.kc.session.msg("comm_close", {"comm_id": "none"}))

    monkeypatch.setattr(nbclient.NotebookClient, "process_message", process)


def execute(kind: type[nbclient.NotebookClient]) -> None:
    """Run three cells; raise DeadKernelError, nbclient's answer to being stopped, if a reply does not come."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1") for _ in range(3)])
    client = kind(notebook, timeout=None, kernel_name="python3")
    asyncio.run(asyncio.wait_for(client.async_execute(), SECONDS))


def test_no_reply_is_overlooked(sends_while_waiting: None) -> None:
    execute(NotebookClient)


def test_nbclient_overlooks_one(sends_while_waiting: None) -> None:
    # When this fails, nbclient has been mended, and `tools/notebook_client.py` can go.
    with pytest.raises(DeadKernelError):
        execute(nbclient.NotebookClient)
