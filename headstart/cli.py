"""The `headstart` command: answer a question in a terminal, or make the offline weights again."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated

import typer

import headstart

app = typer.Typer(
    help="Headstart, the learner's side.", no_args_is_help=True, add_completion=False, rich_markup_mode=None
)


def print_version(wanted: bool) -> None:
    """Print the version and stop, when asked to."""
    if wanted:
        typer.echo(headstart.__version__)
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Headstart, the learner's side."""


@app.command()
def question(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="For example freezing.flag-sum.")],
    answer: Annotated[
        str | None, typer.Option(help='Your answer: a letter, "a, c", an order, a number.')
    ] = None,
) -> None:
    """Show a question as text, or answer it with --answer."""
    from headstart.names import UnknownName

    try:
        if answer is None:
            headstart.question(identifier)
        else:
            headstart.question(identifier, answer=answer)
    except UnknownName as error:
        fail(error)


@app.command()
def pretrain(
    arch: Annotated[str, typer.Option(help="glyphnet or glyphnet_vgg.")] = "glyphnet",
    out: Annotated[Path | None, typer.Option(help="File to write; ARCH.safetensors by default.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Decides letters, first weights and order.")] = 0,
    letters: Annotated[int, typer.Option(min=1, help="How many letters to draw.")] = 20_000,
    epochs: Annotated[int, typer.Option(min=1, help="How often to go through them.")] = 5,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if there is one.")] = False,
) -> None:
    """Train a backbone on letters and write its weights. Takes about a minute on two cores."""
    from headstart import pretraining

    target = out or Path(f"{arch}.safetensors")
    try:
        pretraining.check_target(target, force=force)
        model = pretraining.pretrain(arch, seed=seed, count=letters, epochs=epochs, report=typer.echo)
        pretraining.write_weights(model, target, force=force)
    except (OSError, ValueError) as error:
        fail(error)
    typer.echo(
        f"accuracy on {pretraining.HELD_OUT} held-out letters: {pretraining.letter_accuracy(model):.4f}"
    )
    typer.echo(f"wrote {target}, SHA-256 {hashlib.sha256(target.read_bytes()).hexdigest()}")


def fail(error: Exception) -> None:
    """Print the error as one line and stop with exit status 2."""
    typer.echo(f"error: {error}", err=True)
    raise typer.Exit(2) from error
