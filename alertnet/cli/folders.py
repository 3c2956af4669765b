"""The folders that a command reads where none is typed: those of the working folder, else those that were installed."""

from pathlib import Path

import typer

from alertnet import shipped

TREES, TEMPLATES = Path(shipped.TREES), Path(shipped.TEMPLATES)


def or_shipped(ctx: typer.Context, param: typer.CallbackParam, value: Path) -> Path:
    """The folder as it was typed or set; one that nobody named may be the one that came with the program."""
    source = ctx.get_parameter_source(param.name or "")
    return shipped.default_folder(str(value)) if source is not None and source.name == "DEFAULT" else value
