"""Migrated databases with a key and a PIN in them, copied for each run: to make one takes far longer than a copy."""

import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from alertnet.core.directory.contact_tree import Network
from alertnet.flows.credentials.pins import set_pins
from alertnet.messages.templates.load import Templates, read_templates
from alertnet.runtime.settings.settings import read_settings
from alertnet.runtime.wiring import wire
from alertnet.store.records.credentials import api_keys
from alertnet.trees.load import read_network
from tests.database import migrate
from tests.postgres import fresh_database
from tests.support.program import QUICK, SECRET

PIN, DURESS = "47110", "47990"
DEVICE = "bracelet-1"
ROOT = Path(__file__).parents[2]
TREE = """
tree: valley
title: Valley network
scope: international
serves: {countries: [CO]}
timezone: America/Bogota
language: en
sender: VALLEY
callback: "+573005550101"
unknown_perpetrator: proceed
last_resort: [desk]
contacts:
  coordinator:
    role: coordinator
    organisation: Valley
    methods: [{sms: "+573005550101"}, {call: "+573005550101", after: 20m}]
  friend: {role: ngo, organisation: Friends, methods: [{call: "+573005550120"}]}
  office: {role: ngo, organisation: Head office, methods: [{email: office@valley.example}]}
  embassy: {role: embassy, organisation: Embassy, methods: [{sms: "+34600550140"}]}
  desk: {role: ngo, organisation: Desk, methods: [{sms: "+32470550101"}]}
levels:
  - {name: Coordination, notify: [coordinator, friend, office], wait: 30m}
  - {name: Embassies, needs_go: {proceed_after: 2h, unless_severity: [critical]}, notify: [embassy], wait: 2h}
"""
EDITED = TREE.replace("friend", "lawyer").replace("+573005550120", "+573005550121")
"""The friend has left, and a lawyer came."""
HIGHLAND = """
tree: highland
title: Highland network
scope: national
serves: {countries: [GT]}
timezone: America/Guatemala
language: en
sender: HIGHLAND
callback: "+573005550161"
unknown_perpetrator: proceed
last_resort: [board]
contacts:
  guide: {role: coordinator, organisation: Highland, methods: [{sms: "+573005550161"}]}
  police: {role: authority, organisation: Police, methods: [{task: "Call the officer on duty: we are watching"}]}
  ombuds: {role: ombuds, organisation: Ombuds office, methods: [{sms: "+573005550163"}]}
  board: {role: ngo, organisation: Board, methods: [{sms: "+573005550164"}]}
levels:
  - {name: Coordination, notify: [guide], wait: 10m}
  - {name: Authorities, notify: [police], wait: 30m}
  - {name: Ombuds, notify: [ombuds], wait: 30m}
"""
TEAMS = """
teams:
  north:
    country: CO
    language: en
    consent: international
    members: {ana: {name: Ana Example, phone: "+573005550001", language: en}}
"""
ACCOUNT, TOKEN = "AC" + "0" * 32, "a-token"


@dataclass(frozen=True)
class Original:
    """A database that is never used itself, with the API key that is known in it, and the trees and templates.

    Those are read once for all processes, whose start would take twice as long.
    """

    url: str
    key: str
    folder: Path
    network: Network
    edited: Network
    """The trees as somebody edits them."""
    templates: Templates
    office_key: str
    """Of no team."""
    device_key: str
    _server: str | None = None

    def copy(self, url: str | None = None) -> str:
        """The URL of a database like it, or like the one there, to which nobody is connected."""
        like = url or self.url
        if self._server is not None:
            return fresh_database(self._server, like)
        file = Path(tempfile.mkdtemp(dir=self.folder)) / "alertnet.db"
        with closing(sqlite3.connect(like.removeprefix("sqlite:///"))) as there, closing(sqlite3.connect(file)) as here:
            there.backup(here)
        return f"sqlite:///{file}"


def sqlite(folder: Path) -> Original:
    """One in a file of that folder."""
    return _prepared(folder, f"sqlite:///{folder / 'original.db'}")


def postgresql(folder: Path, server: str) -> Original:
    """One on that server."""
    return _prepared(folder, fresh_database(server), server)


def settings(folder: Path, database_url: str) -> dict[str, str]:
    """What every process is told, but for where it and its provider are."""
    return {
        "ALERTNET_DATABASE_URL": database_url,
        "ALERTNET_SECRET_KEY": SECRET,
        "ALERTNET_CONTACT_TREES": str(folder / "trees"),
        "ALERTNET_MESSAGE_TEMPLATES": str(ROOT / "message_templates"),
        "ALERTNET_PIN_COST": QUICK,
        "ALERTNET_RATES": "sms=0,calls=0",
        "ALERTNET_RECORD_CALLS": "members",
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
    }


def _prepared(folder: Path, url: str, server: str | None = None) -> Original:
    network, edited = _written(folder / "trees", TREE), _written(folder / "edited", EDITED)
    templates = read_templates(ROOT / "message_templates")
    with closing(wire(read_settings(settings(folder, url)), network, templates)) as runtime:
        migrate(runtime.engine)
        _, key = runtime.transact(api_keys.create, "north", ("administer",))
        _, office_key = runtime.transact(api_keys.create, None, ("coordinate",))
        _, device_key = runtime.transact(api_keys.create, "north", (f"{api_keys.DEVICE}{DEVICE}",))
        runtime.transact(set_pins, "north/ana", PIN, DURESS)
        for contact in ("valley/office", "valley/coordinator"):
            runtime.transact(set_pins, contact, PIN)
        # The first look keeps the trees and templates; no story is about that.
        runtime.edition  # noqa: B018
    return Original(url, key, folder, network, edited, templates, office_key, device_key, server)


def _written(folder: Path, valley: str) -> Network:
    folder.mkdir(exist_ok=True)
    for name, text in {"valley": valley, "highland": HIGHLAND, "teams": TEAMS}.items():
        (folder / f"{name}.yaml").write_text(text)
    return read_network(folder)
