"""What a person finds who does not know the commands yet."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from typer.core import TyperCommand, TyperGroup, TyperOption

from alertnet.cli import commands
from alertnet.runtime.wiring import Runtime
from tests.cli.conftest import REPOSITORY, Office, Said
from tests.cli.odd_streams import on_a_full_disk, without_input

NEVER_SERVED = {
    "alembic",
    "alertnet.flows.desk.board",
    "alertnet.messages.drawings.report",
    "alertnet.web.console.incidents.board",
    "charset_normalizer",
    "fido2.server",
    "greenlet",
    "holidays",
    "mako",
    "opening_hours",
    "psycopg",
    "pydantic.v1",
    "pygments",
    "rich",
    "segno",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.orm",
    "typst",
    "watchfiles",
}
"""What takes megabytes or time, and is loaded by who looks, upgrades, prints, has PostgreSQL, hours or passkeys."""

HEAVY = {"alembic", "apscheduler", "fastapi", "jinja2", "psycopg", "pydantic", "sqlalchemy", "twilio", "uvicorn"}


def every_command() -> Iterator[tuple[str, TyperCommand | TyperGroup]]:
    yield from walk(commands(), "alertnet")


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


@pytest.mark.parametrize(
    "group", [path.split()[1:] for path, command in every_command() if isinstance(command, TyperGroup)]
)
def test_a_list_of_commands_says_of_each_what_it_does_and_cuts_no_sentence_off(
    office: Office, group: list[str]
) -> None:
    said = office.types(*group, "--help")

    listed = said.out.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    assert [line for line in listed if line.endswith("...")] == []
    assert all(line.endswith(".") for line in listed)
    assert listed


@pytest.mark.parametrize(("path", "command"), list(every_command()))
def test_every_option_that_takes_a_value_says_which(path: str, command: TyperCommand | TyperGroup) -> None:
    """`--country CC`, not `--country <str>`: a choice lists what may be chosen."""
    takers = [
        each for each in command.params if isinstance(each, TyperOption) and not each.is_flag and each.name != "help"
    ]

    unnamed = [each.opts[0] for each in takers if not each.metavar and not each.type_descriptor.is_choice]

    assert unnamed == []
    assert all(each.help for each in takers)


def test_help_shows_the_example(office: Office) -> None:
    said = office.types("keys", "create", "--help")

    assert said.code == 0
    assert "alertnet keys create --team north --scope raise,read" in said.out


@pytest.mark.parametrize("words", [["duty", "swap"], ["nurse"], ["trees", "plant"], ["keys", "rotate"], ["rm"]])
def test_a_command_that_is_not_there_is_refused_by_name(office: Office, words: list[str]) -> None:
    err = office.refused(*words)

    assert words[-1] in err or words[0] in err


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (["serve", "--port", "99999"], "--port: '99999' is not allowed (allowed: at most 65535)"),
        (["incidents", "list", "--limit", "0"], "--limit: '0' is not allowed (allowed: at least 1)"),
        (["incidents", "list", "--limit", "all"], "--limit: 'all' is not allowed (allowed: a whole number)"),
        (["trees", "simulate", "--hours", "x"], "--hours: 'x' is not allowed (allowed: a number)"),
        (["trees", "check", "--format", "x"], "--format: 'x' is not allowed (allowed: text, json, github)"),
        (["db", "restored", "--taken-at", "March"], "--taken-at: 'March' is not allowed (allowed: a day such as "),
    ],
)
def test_what_is_typed_wrong_is_refused_by_option_value_and_what_is_allowed(
    office: Office, runtime: Runtime, words: list[str], refusal: str
) -> None:
    err = office.refused(*words)

    assert err.startswith(refusal)


def said_by(code: str) -> list[list[str]]:
    """The words of each line that a fresh interpreter prints."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return [line.split() for line in done.stdout.splitlines()]


LOADED = "print(*(name for name, each in sys.modules.items() if each))"


@pytest.fixture(scope="module")
def helped() -> list[set[str]]:
    """What is loaded before the command is known, and by the help for `keys` and for `demo`."""
    before, *said = said_by(
        f"import contextlib, os, sys; import alertnet.cli; {LOADED}; sys.stdout.flush()\n"
        "sys.argv[1:] = ['keys' if not os.fork() else 'demo', '--help']\n"
        "if 'demo' in sys.argv: os.wait()\n"
        "with contextlib.suppress(SystemExit): alertnet.cli.main()\n"
        f"import alertnet.runtime.logging\n{LOADED}"
    )
    return [set(before), *(set(line) for line in said if "structlog" in line)]


def test_asking_for_help_loads_nothing_heavy(helped: list[set[str]]) -> None:
    """A terminal answers at once: what a command needs is loaded by it alone."""
    loaded, *_ = helped

    assert "typer" in loaded
    assert not HEAVY & loaded


@dataclass(frozen=True)
class Served:
    """What is loaded by what serves, which plugins it asks for, and whether it collects garbage meanwhile and after.

    `described`: whether the description of the interface is built by then, whether our own models are; what it gives.
    """

    collects: list[str]
    loaded: set[str]
    asked: list[str]
    described: list[str]


@pytest.fixture(scope="module")
def served() -> Served:
    meanwhile, after, loaded, asked, described = said_by(
        "import gc, sys, importlib.metadata as installed; ask, asked = installed.entry_points, []"
        "; installed.entry_points = lambda **of: asked.append(of['group']) or ask(**of)"
        "; from alertnet.cli.server.serve import load_fastapi, load_lightly, load_scheduler"
        "; load_lightly(); print(gc.isenabled()); load_scheduler(); load_fastapi()"
        "; import alertnet.cli.server.web_server, alertnet.cli.server.working, alertnet.store.upgrade"
        "; from alertnet.worker.platform import THIS_PLATFORM; clock = THIS_PLATFORM.scheduler()"
        "; clock.add_job(print, 'interval', seconds=9); clock.add_job(print, 'date')"
        "; installed.entry_points(group='later')"
        "; from alertnet.cli.server.system import keep_what_is_loaded; keep_what_is_loaded(); print(gc.isenabled())"
        f"; {LOADED}; print(*asked)"
        "; from fastapi.openapi.models import OpenAPI; from alertnet.web.api.incidents import Report"
        "; built = [each.__pydantic_complete__ for each in (OpenAPI, Report)]"
        "; from fastapi import FastAPI; print(*built, next(iter(FastAPI(docs_url=None).openapi())))"
    )
    return Served([*meanwhile, *after], set(loaded), asked, described)


@dataclass(frozen=True)
class Parted:
    """What is loaded by a process that only sends, and by one that only answers."""

    sends: set[str]
    answers: set[str]


@pytest.fixture(scope="module")
def parted() -> Parted:
    """What both begin with is loaded once."""
    sends, answers = said_by(
        "import os, sys; import alertnet.cli.startup; sends = not os.fork()\n"
        "if sends: import alertnet.cli.server.working\n"
        "else: os.wait(); import alertnet.cli.server.web_server\n"
        f"{LOADED}"
    )
    return Parted(set(sends), set(answers))


def test_only_the_demo_has_colours_loaded(helped: list[set[str]]) -> None:
    """They were a tenth of what each command took before it said anything."""
    _, keys, demo = helped

    assert ("rich" in keys, "rich" in demo) == (False, True)


def test_what_serves_day_and_night_holds_nothing_that_it_may_never_need(served: Served) -> None:
    """Each megabyte that is held for nothing is held by every process of every installation."""
    loaded = served.loaded

    assert {"alertnet.web.app", "alertnet.worker.service", "sqlalchemy"} <= loaded
    assert not NEVER_SERVED & loaded


BESIDE_THE_ALARM = {
    "alertnet.web.api.actions",
    "alertnet.web.api.models",
    "alertnet.web.monitoring.metrics",
    "prometheus_client",
}
"""What neither raises an alarm nor answers one."""


@pytest.mark.long
def test_what_no_alarm_needs_is_loaded_after_the_start(parted: Parted) -> None:
    """Each alarm that comes meanwhile waits for the whole start."""
    loaded = parted.answers

    assert {"alertnet.web.api.incidents", "alertnet.web.pages", "alertnet.web.twilio.webhooks"} <= loaded
    assert not BESIDE_THE_ALARM & loaded


@pytest.mark.long
def test_what_only_sends_holds_nothing_of_the_web_and_the_other_way_round(parted: Parted) -> None:
    """On PostgreSQL they are processes of their own."""
    assert "alertnet.worker.service" in parted.sends - parted.answers
    assert {"alertnet.web.app", "fastapi", "uvicorn"} <= parted.answers - parted.sends


def test_the_description_of_the_interface_is_built_once_it_is_asked_for(served: Served) -> None:
    """Its models took a thirtieth of a start; our own are still built at once, so that no request waits for them."""
    assert served.described == ["False", "True", "openapi"]


def test_no_package_is_asked_whether_it_is_a_plugin(served: Served) -> None:
    """A9: pydantic shows each value that it checks to whatever package says so, and looking at all takes time."""
    assert served.asked == ["later"]


def test_the_garbage_collector_rests_only_while_the_program_is_loaded(served: Served) -> None:
    """It would take a sixth of the start for nothing; without it afterwards the process would grow for ever."""
    assert served.collects == ["False", "True"]


@pytest.mark.long
def test_a_start_parses_each_template_once() -> None:
    """Parsing them is most of their check, and that is a third of a start."""
    [[parses, files]] = said_by(
        "from pathlib import Path; from jinja2.parser import Parser; parse, parsed = Parser.parse, []"
        "; Parser.parse = lambda self: parsed.append(1) or parse(self)"
        "; from alertnet.messages.checks.fitting import read_fitted; folder = Path('message_templates')"
        "; fitted = read_fitted(folder, folder); assert not fitted.find_faults('https://alert.example.org')"
        "; print(len(parsed), sum(path.endswith('.j2') for path in fitted.templates.files))"
    )

    assert int(parses) <= int(files)


def test_a_command_that_can_not_say_what_it_did_says_so_in_a_line(office: Office, runtime: Runtime) -> None:
    """B7: an output on a full disk is no fault of ours; the key is made, and can be revoked by its id."""
    said = office.types("keys", "create", "--scope", "read", program=on_a_full_disk)

    assert said.code == 1
    assert said.err == (
        "standard output: No space left on device. What the command did is done, but not said in full\n"
    )
    assert len(office.types("keys", "list").out.splitlines()) == 1


def test_a_standard_input_that_is_closed_is_empty(office: Office, runtime: Runtime) -> None:
    """B7: some schedulers start commands without one."""
    said = office.types("pins", "set", "north/ana", "--pin", "-", program=without_input)

    assert said == Said(2, "", "standard input: '' is not allowed (allowed: one PIN on a line)\n")
