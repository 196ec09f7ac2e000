"""Ordinary notebooks run unchanged in a room, through nbclient; hostile ones are ended."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from autograder.sandbox import Policy, provisioner
from autograder.sandbox.provisioner import SandboxKernelManager

pytestmark = [pytest.mark.xdist_group("sandbox-full"), pytest.mark.usefixtures("full_sandbox")]


def notebook_of(*cells: str, kernel: str = "python3"):
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": kernel, "display_name": kernel}})
    notebook.cells = [nbformat.v4.new_code_cell(textwrap.dedent(cell).strip()) for cell in cells]
    return notebook


def client_for(notebook, folder, **settings) -> NotebookClient:
    settings = {"timeout": 60, **settings}
    return NotebookClient(
        notebook,
        kernel_manager_class=SandboxKernelManager,
        resources={"metadata": {"path": str(folder)}},
        **settings,
    )


def run(*cells: str, folder, **settings):
    notebook = notebook_of(*cells)
    client_for(notebook, folder, **settings).execute()
    return notebook


@pytest.fixture
def policy():
    """Set the policy of kernels for one test."""
    before = provisioner._policy
    yield provisioner.configure
    provisioner.configure(before)


def text_of(cell) -> str:
    return "".join(
        output.get("text", "") or output.get("data", {}).get("text/plain", "") for output in cell.outputs
    )


def test_an_ordinary_notebook_runs_unchanged(tmp_path):
    notebook = run(
        """
        import torch, torchvision
        from torch import nn
        from torch.utils.data import DataLoader, TensorDataset
        import headstart.models
        from torchvision.models import get_model

        model = get_model("glyphnet", weights="DEFAULT")
        data = TensorDataset(torch.randn(32, 3, 32, 32), torch.randint(0, 43, (32,)))
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
        losses = []
        for epoch in range(2):
            for images, labels in DataLoader(data, batch_size=8, shuffle=True, num_workers=2):
                loss = nn.functional.cross_entropy(model(images), labels)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
        len(losses)
        """,
        """
        import matplotlib.pyplot as plt
        plt.plot(losses)
        plt.show()
        """,
        """
        %%time
        import numpy as np
        from sklearn.metrics import confusion_matrix
        print(confusion_matrix([0, 1, 1], [0, 1, 0]))
        """,
        "!echo from the shell",
        "import argparse\nargparse.ArgumentParser().parse_args()",
        "import tempfile, pathlib\npathlib.Path('notes.txt').write_text('kept')\nopen('notes.txt').read()",
        "input_is_off = 1\n{'a': input_is_off}",
        folder=tmp_path,
    )
    assert text_of(notebook.cells[0]) == "8"
    assert [output.output_type for output in notebook.cells[1].outputs] == ["display_data"]
    assert "image/png" in notebook.cells[1].outputs[0].data
    assert "from the shell" in text_of(notebook.cells[3])
    for cell in notebook.cells:  # one line on stderr costs a cell its points
        assert not [output for output in cell.outputs if output.get("name") == "stderr"], cell.outputs


def test_training_gives_the_same_numbers_in_every_room(tmp_path):
    cell = """
    import random, numpy as np, torch
    layer = torch.nn.Linear(3, 1)
    print(layer.weight.tolist(), np.random.rand(), random.random(), hash("text"))
    """
    first, second = (text_of(run(cell, folder=tmp_path).cells[0]) for _ in range(2))
    assert first == second and len(first) > 40


def test_errors_of_cells_arrive_as_with_any_kernel(tmp_path):
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        run("1 / 0", folder=tmp_path)


def test_the_notebook_cannot_choose_another_kernel(tmp_path):
    notebook = notebook_of("import os\nos.getcwd()", kernel="a-kernel-without-walls")
    client_for(notebook, tmp_path).execute()
    assert text_of(notebook.cells[0]) == "'/scratch/work'"


def test_jupyter_finds_the_kernel_by_its_name(tmp_path):
    # As any Jupyter program does: kernelspec from a folder, provisioner from the package's entry points.
    script = f"""
import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import start_new_kernel, KernelManager
manager = KernelManager(kernel_name="headstart-sandbox")
manager.kernel_spec_manager = KernelSpecManager(kernel_dirs=[{str(provisioner.KERNELSPEC_FOLDER)!r}])
assert type(manager.kernel_spec).__name__ == "KernelSpec"
from jupyter_client.provisioning import KernelProvisionerFactory
assert KernelProvisionerFactory.instance().is_provisioner_available(manager.kernel_spec)
"""
    subprocess.run([sys.executable, "-c", script], check=True, cwd=tmp_path)


def test_files_of_a_submission_are_copied_from_a_list_of_names(tmp_path):
    (tmp_path / "answers.json").write_text("{}")
    (tmp_path / "numbers.csv").write_text("1,2")
    (tmp_path / "quiz.ipynb").write_text("hidden checks")
    (tmp_path / "helper.py").write_text("x = 1")
    (tmp_path / "stolen.csv").symlink_to("/etc/hostname")
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    notebook = run("import os\nsorted(os.listdir())", "open('new.csv', 'w').close()", folder=tmp_path)
    assert text_of(notebook.cells[0]) == "['answers.json', 'numbers.csv']"
    assert not (tmp_path / "new.csv").exists()


def test_a_cell_that_never_ends_is_interrupted_or_ended(tmp_path):
    stubborn = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
    client = client_for(notebook_of("x = 1", stubborn), tmp_path, timeout=1)
    with pytest.raises((CellTimeoutError, DeadKernelError)):
        client.execute()
    notebook = notebook_of("while True: pass", "'went on'")
    client_for(notebook, tmp_path, timeout=1, interrupt_on_timeout=True, allow_errors=True).execute()
    assert "KeyboardInterrupt" in str(notebook.cells[0].outputs)
    assert text_of(notebook.cells[1]) == "'went on'"


def test_a_notebook_ends_at_its_limit_even_if_nbclient_waits(tmp_path, policy, caplog):
    policy(Policy(call_seconds=1.0, notebook_seconds=2.0))
    with pytest.raises(DeadKernelError):
        run(
            "while True:\n    try:\n        while True: pass\n    except BaseException: pass", folder=tmp_path
        )


@pytest.mark.parametrize(
    "flood",
    [
        "while True: print('x' * 100_000)",
        "from IPython.display import display\nfor _ in range(10**6): display({'text/plain': 'x' * 10**6}, raw=True)",
        "'x' * (64 * 2**20)",
    ],
)
def test_a_flood_of_output_ends_the_kernel_and_not_the_grader(tmp_path, policy, flood):
    policy(Policy(output_mb=4))
    notebook = notebook_of(flood)
    # Where the kernel's own memory limit comes first, the cell fails with a MemoryError instead.
    with pytest.raises((DeadKernelError, CellExecutionError)):
        client_for(notebook, tmp_path).execute()
    assert len(nbformat.writes(notebook)) < 3 * 4 * 2**20


def test_a_kernel_that_leaves_is_noticed(tmp_path):
    with pytest.raises(DeadKernelError):
        run("import os\nos._exit(3)", folder=tmp_path)


def test_nothing_is_left_of_a_kernel(full_sandbox, tmp_path):
    run(
        "import subprocess\nsubprocess.Popen(['sleep', '555'], start_new_session=True).pid > 0",
        folder=tmp_path,
    )
    assert full_sandbox._tenancies == {}
    sockets = os.listdir(full_sandbox._folder)
    assert [name for name in sockets if name != "zygote"] == []


def test_private_memory_of_a_kernel_stays_small(full_sandbox, tmp_path):
    notebook = notebook_of("import torch\ntorch.nn.Linear(3, 1)(torch.ones(1, 3)).backward()")
    client = client_for(notebook, tmp_path)
    with client.setup_kernel():
        client.execute_cell(notebook.cells[0], 0)
        usage = client.km.provisioner._tenancy.usage()
    assert 0 < usage["private_mb"] < 80
