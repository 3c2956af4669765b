"""What a person finds who does not know the commands yet."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
import typer
from typer.core import TyperCommand, TyperGroup

from alertnet.cli import app
from tests.cli.conftest import REPOSITORY, Office

NEVER_SERVED = {
    "PIL",
    "alembic",
    "fido2.server",
    "holidays",
    "mako",
    "psycopg",
    "pygments",
    "reportlab",
    "rich",
    "typst",
}
"""What takes megabytes, and is loaded by who upgrades, prints, has PostgreSQL, holidays or passkeys."""

HEAVY = {"alembic", "apscheduler", "fastapi", "jinja2", "psycopg", "pydantic", "sqlalchemy", "twilio", "uvicorn"}


def every_command() -> Iterator[tuple[str, TyperCommand | TyperGroup]]:
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    yield from walk(root, "alertnet")


def walk(group: TyperGroup, path: str) -> Iterator[tuple[str, TyperCommand | TyperGroup]]:
    yield path, group
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from walk(command, f"{path} {name}")
        else:
            assert isinstance(command, TyperCommand)
            yield f"{path} {name}", command


@pytest.mark.parametrize(("path", "command"), list(every_command()))
def test_every_command_is_explained_with_an_example_of_itself(path: str, command: TyperCommand | TyperGroup) -> None:
    """B7: every command has `--help` with an example."""
    assert command.help
    assert command.epilog
    assert command.epilog.startswith(f"Example: {path}")


def test_help_shows_the_example(office: Office) -> None:
    said = office.types("keys", "create", "--help")

    assert said.code == 0
    assert "alertnet keys create --team north --scope raise,read" in said.out


@pytest.mark.parametrize("words", [["duty", "swap"], ["nurse"], ["trees", "plant"], ["keys", "rotate-data"], ["rm"]])
def test_a_command_that_is_not_there_is_refused_by_name(office: Office, words: list[str]) -> None:
    said = office.types(*words)

    assert (said.code, said.out) == (2, "")
    assert words[-1] in said.err or words[0] in said.err


def loaded_by(code: str) -> set[str]:
    """The modules that a fresh interpreter holds after that."""
    ran = subprocess.run(
        [sys.executable, "-c", f"import sys; {code}; print(*(name for name, each in sys.modules.items() if each))"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(ran.stdout.split())


def test_asking_for_help_loads_nothing_heavy() -> None:
    """A terminal answers at once: what a command needs is loaded by it alone."""
    loaded = loaded_by("import alertnet.cli")

    assert "typer" in loaded
    assert not HEAVY & loaded


def test_what_serves_day_and_night_holds_nothing_that_it_may_never_need() -> None:
    """Each megabyte that is held for nothing is held by every process of every installation."""
    loaded = loaded_by(
        "from alertnet.cli.server.serve import do_without_colours; do_without_colours()"
        "; import alertnet.cli.server.processes, alertnet.cli.startup, alertnet.store.upgrade"
    )

    assert {"alertnet.web.app", "alertnet.worker.service", "sqlalchemy"} <= loaded
    assert not NEVER_SERVED & loaded
