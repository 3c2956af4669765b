"""What every stage makes a program of: its secret and settings, the trees of the examples, the templates that ship."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Dialect, event

from alertnet.core.directory.contact_tree import Network
from alertnet.messages.renderer import Renderer
from alertnet.messages.templates.load import Templates, read_templates
from alertnet.runtime.database.transactions import Transactions
from alertnet.runtime.settings.settings import Settings, read_settings
from alertnet.runtime.wiring import Clock, Runtime, wire
from alertnet.store.db.tx import Entropy
from alertnet.trees.folder_files import pack
from alertnet.trees.load import read_network
from tests.support.entropy import of_this_test

ROOT = Path(__file__).parents[2]
SECRET = "a secret for the tests alone of no use elsewhere"
QUICK = "m=8,t=1"
"""What it costs to try a PIN here."""
NO_LAST_CHECKPOINT = getattr(sqlite3, "SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE", None)
"""Python 3.11 can't ask SQLite for it."""


def settings_on(url: str, **more: str) -> Settings:
    """The settings of a program on that database, which can't send anything unless it is told more."""
    told = {"ALERTNET_SECRET_KEY": SECRET, "ALERTNET_DATABASE_URL": url, "ALERTNET_PIN_COST": QUICK}
    return read_settings(told | more)


def environment_on(url: str) -> dict[str, str]:
    """The environment of a command on that database and the example trees, which could send, and reaches nobody."""
    return {
        "ALERTNET_SECRET_KEY": SECRET,
        "ALERTNET_PIN_COST": QUICK,
        "ALERTNET_DATABASE_URL": url,
        "ALERTNET_CONTACT_TREES": str(ROOT / "contact_trees"),
        "ALERTNET_MESSAGE_TEMPLATES": str(ROOT / "message_templates"),
        "ALERTNET_PUBLIC_URL": "https://alarm.example.org",
        "ALERTNET_SMTP_URL": "smtp://127.0.0.1:2525?from=alert@example.org",
        "ALERTNET_TWILIO_FROM": "+15005550006",
        "TWILIO_ACCOUNT_SID": f"AC{'0' * 32}",
        "TWILIO_AUTH_TOKEN": "a-token",
        # Nothing listens there, and nothing is sent in these tests.
        "ALERTNET_TWILIO_API_URL": "http://127.0.0.1:9",
    }


@cache
def example_trees() -> Network:
    """The example trees, read once."""
    return read_network(ROOT / "contact_trees")


@cache
def shipped_templates() -> Templates:
    """The templates that ship, read once."""
    return _templates(ROOT / "message_templates")


def made_program(
    settings: Settings, clock: Clock | None = None, transactions_on: Callable[..., Transactions] | None = None
) -> Runtime:
    """What `make_runtime` makes of these settings; what was read of the same files before is not read again.

    `transactions_on`: `OwnCommit` for a stage where one thing happens after the other: each caller commits, as on
    PostgreSQL. To hand every flow to the one thread that writes, and wait for it, took a sixth of a screenplay.
    """
    files, templates = pack(settings.contact_trees), _templates(settings.message_templates)
    if files not in _networks:
        _networks[files] = read_network(settings.contact_trees)
    runtime = wired(settings, _networks[files], templates, clock, transactions_on=transactions_on)
    return replace(runtime, start=replace(runtime.start, files=files))


def wired(
    settings: Settings,
    network: Network,
    templates: Templates,
    clock: Clock | None = None,
    entropy: Entropy | None = None,
    transactions_on: Callable[..., Transactions] | None = None,
) -> Runtime:
    """What `wire` makes of them, by foreseen chance; templates and statements are compiled once, no disk waited for."""
    entropy = entropy or of_this_test()
    runtime = wire(settings, network, templates, clock=clock, entropy=entropy, transactions_on=transactions_on)
    if runtime.engine.dialect.name == "sqlite":
        event.listen(runtime.engine, "connect", _spare_the_disk)
        _speak_as_before(runtime)
    return replace(runtime, make_renderer=renderer_of)


def _spare_the_disk(connection: Any, _record: object) -> None:
    """No test of one process cuts the power, nor needs the log in the file once the last connection has gone."""
    connection.execute("PRAGMA synchronous = OFF")
    if NO_LAST_CHECKPOINT is not None:
        connection.setconfig(NO_LAST_CHECKPOINT)


def _speak_as_before(runtime: Runtime) -> None:
    """Let it use what was compiled for another database that seals by the same secrets: a fifth of most tests."""
    settings = runtime.settings
    dialect = _dialects.setdefault((*settings.secret_keys, settings.pin_cost), runtime.engine.dialect)
    for engine in (runtime.engine, runtime._reading):
        engine.dialect = dialect
        engine.update_execution_options(compiled_cache=_compiled)


_dialects: dict[tuple[object, ...], Dialect] = {}
_compiled: dict[Any, Any] = {}
_templates = cache(read_templates)
_networks: dict[str, Network] = {}
_renderers: dict[str, Renderer] = {}


def renderer_of(templates: Templates) -> Renderer:
    """The renderer of those templates, compiled once for all worlds that have them."""
    text = templates.to_text()
    if text not in _renderers:
        _renderers[text] = Renderer(templates)
    return _renderers[text]
