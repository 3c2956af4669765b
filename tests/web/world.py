"""A small network behind the edges that face the provider and the contacts, and hands to play both with.

Alice coordinates; she and Bob may have a PIN, and read everything with it; Carol speaks French. All are told at once.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Row, Table, select
from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator

from alertnet.channels.base import Accepted, CannotTell, Leave, Lookup, Outgoing, Result, at_once
from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.directory.contact import MethodKind
from alertnet.core.incident import Affected, CloseReason, Facts, Scope, Severity
from alertnet.flows.credentials.pins import set_pins
from alertnet.flows.incidents.close_incident import close_incident, reopen_incident
from alertnet.flows.incidents.open_incident import open_incident
from alertnet.flows.incidents.update import update_incident
from alertnet.flows.unit.locked_incident import take_up
from alertnet.runtime.database.transactions import OwnCommit
from alertnet.runtime.outlets import Outlet
from alertnet.runtime.wiring import Runtime
from alertnet.sandbox.telephony.twiml import Gather, Say, Verb, read_voice
from alertnet.sandbox.telephony.voice import GATHERED
from alertnet.store.tables import attempts, codes, incidents, links, notifications
from alertnet.web.app import make_app
from tests.database import migrate
from tests.support.client import Client
from tests.support.clock import Clock
from tests.support.program import made_program, settings_on

ROOT = Path(__file__).parents[2]
PUBLIC_URL = "https://alert.example.org"
ACCOUNT = "AC" + "0" * 31 + "1"
OLD_TOKEN, TOKEN = "the-token-that-goes", "the-token-that-comes"
OURS = "+15005550006"
ALICE, BOB, CAROL, CALLBACK = "+573005550011", "+573005550012", "+573005550013", "+573005550101"
ANA, STRANGER = "+573005550001", "+441632960961"
PIN = "47110"
NOW = datetime(2026, 11, 24, 7, 14, tzinfo=UTC)
SECRETS = {"place": "Vereda La Esperanza", "summary": "Two were taken", "details": "By men in a white car"}

TREE = f"""
tree: valley
title: Valley network
scope: international
serves: {{countries: [CO]}}
timezone: America/Bogota
language: en
sender: PBI
callback: "{CALLBACK}"
unknown_perpetrator: proceed
last_resort: [desk]
contacts:
  alice:
    role: coordinator
    organisation: Valley
    disclosure: full
    pin: true
    methods: [{{sms: "{ALICE}"}}, {{call: "{ALICE}"}}]
  bob:
    role: ngo
    organisation: Friends
    disclosure: full
    pin: true
    methods: [{{sms: "{BOB}"}}, {{call: "{BOB}"}}, {{email: bob@friends.example}}]
  carol: {{role: ngo, organisation: Amis, language: fr, methods: [{{sms: "{CAROL}"}}, {{call: "{CAROL}"}}]}}
  dave: {{role: ngo, organisation: Mountain post, methods: [{{call: "+573005550014"}}]}}
  desk: {{role: ngo, organisation: Desk, methods: [{{email: desk@valley.example}}]}}
levels:
  - {{name: Friends, notify: [alice, bob, carol, dave], wait: 30m, action_due: {{after: 60m}}}}
  - {{name: Coordination, notify: [alice], wait: 10m}}
"""
TEAMS = f"""
teams:
  north:
    country: CO
    language: en
    consent: international
    members: {{ana: {{name: Ana Example, phone: "{ANA}", language: es}}}}
"""


Headers = dict[str, str] | None
PATIENCE = 20.0  # seconds until a test gives up waiting


@dataclass
class Line:
    """A channel for calls that takes all of them, and remembers which were hung up, once it may hang up."""

    hung_up: list[str] = field(default_factory=list)
    may_hang_up: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.may_hang_up.set()

    def send(self, outgoing: Outgoing, leave: Leave = at_once) -> Result | None:
        return Accepted(outgoing.attempt) if leave(lambda: None) else None

    def lookup(self, outgoing: Outgoing, since: datetime, provider_id: str | None = None) -> Lookup:
        return CannotTell()

    def trouble(self) -> None:
        """It answers."""

    def hang_up(self, provider_id: str) -> None:
        self.may_hang_up.wait(PATIENCE)
        self.hung_up.append(provider_id)


@dataclass
class World:
    """One runtime behind its edges."""

    runtime: Runtime
    client: TestClient
    line: Line
    incident: str = ""

    def hung_up(self) -> list[str]:
        """Which calls were hung up, now that all are that were to be."""
        self.runtime.hang_ups.finish(PATIENCE)
        return self.line.hung_up

    def raises(self, **facts: Any) -> str:
        """An incident is reported; the id of it."""
        known = {"type": "arrest", "severity": Severity.CRITICAL, "country": "CO", "consent": Scope.INTERNATIONAL}
        people = (Affected("P7", consent=Scope.INTERNATIONAL, name="Maria Example"),)
        reported = Facts(**{**known, "ask": "call_authority", "people": people, **SECRETS, **facts})
        opened = self.runtime.transact(open_incident, self.runtime.edition, reported, by="test")
        self.incident = opened.incident.id
        return self.incident

    def updates(self, *texts: str) -> None:
        """News come in, one after another."""

        def update(tx: Any, text: str) -> None:
            locked = take_up(tx, self.incident)
            update_incident(locked, text, locked.facts, by="test")
            locked.finish()

        for text in texts:
            self.runtime.transact(update, text)

    def closes(self) -> None:
        """The incident is closed."""

        def close(tx: Any) -> None:
            locked = take_up(tx, self.incident)
            close_incident(locked, CloseReason.RESOLVED, by="test")
            locked.finish()

        self.runtime.transact(close)

    def reopens(self) -> None:
        """The closed incident is open again."""

        def reopen(tx: Any) -> None:
            locked = take_up(tx, self.incident)
            reopen_incident(locked, by="test")
            locked.finish()

        self.runtime.transact(reopen)

    def gives_pin(self, owner: str = "valley/bob", duress: str | None = None) -> None:
        """The contact or member is given its PIN, and the one that looks true."""
        self.runtime.transact(set_pins, owner, PIN, duress)

    def attempt(self, contact: str, method: str = "call", kind: str = "alert") -> str:
        """The id of the latest attempt to reach that contact so."""
        rows = [
            row for row in self.rows(notifications) if (row.contact, row.method, row.kind) == (contact, method, kind)
        ]
        return str(next(row.id for row in self.rows(attempts) if row.notification_id == rows[-1].id))

    def row(self, attempt: str) -> Row[Any]:
        """That attempt as it stands."""
        return next(row for row in self.rows(attempts) if row.id == attempt)

    def rows(self, table: Table) -> list[Row[Any]]:
        """Everything in a table."""
        return self.runtime.read(lambda tx: list(tx.session.execute(select(table))))

    def ref(self) -> str:
        """The reference of the incident."""
        return str(next(row.ref for row in self.rows(incidents) if row.id == self.incident))

    def link(self, contact: str, method: str = "sms", *, page: str = "a") -> str:
        """The path of the latest link that travelled so: to the contact's page, or (`c`) to the coordinator's."""
        rows = [row for row in self.rows(links) if (row.contact, row.method) == (contact, method)]
        return f"/{page}/{[row for row in rows if (row.escalation_id is None) == (page == 'c')][-1].token}"

    def post(self, url: str, token: str = TOKEN, headers: Headers = None, **params: Any) -> Response:
        """The provider brings something, signed over the public URL and every field."""
        fields = {"AccountSid": ACCOUNT, "CallerCity": "", **params}
        url = url.removeprefix(PUBLIC_URL)
        signature = RequestValidator(token).compute_signature(PUBLIC_URL + url, ImmutableMultiDict(fields.items()))
        signed = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
        return self.client.post(url, content=urlencode(fields), headers={**signed, **(headers or {})})

    def hears(self, url: str, **params: Any) -> "Heard":
        """What a call says to that."""
        answer = self.post(url, **{"CallSid": "CA1", **params})
        assert answer.status_code == 200, answer.text
        return Heard(self, read_voice(answer.text))

    def answers(self, attempt: str) -> "Heard":
        """The call of that attempt is picked up."""
        return self.hears(f"/twilio/voice/{attempt}", CallStatus="in-progress")

    def code(self, attempt: str) -> str:
        """The three digits that are spoken in that call."""
        return str(self.row(attempt).spoken_code)

    def written_code(self, contact: str) -> str:
        """The four digits that this contact has been sent."""
        return str(next(row.code for row in self.rows(codes) if row.contact == contact))

    def texts(self, sender: str, body: str, sid: str = "SM1") -> Response:
        """An SMS comes in."""
        return self.post("/twilio/sms", MessageSid=sid, From=sender, To=OURS, Body=body)


@dataclass(frozen=True)
class Heard:
    """What a call said, and keys for its question."""

    world: World
    verbs: tuple[Verb, ...]

    @property
    def text(self) -> str:
        """Every sentence, those of the question too."""
        return " ".join(
            say.text
            for verb in self.verbs
            for say in (verb.says if isinstance(verb, Gather) else (verb,))
            if isinstance(say, Say)
        )

    @property
    def question(self) -> Gather | None:
        """What it asks for."""
        return next((verb for verb in self.verbs if isinstance(verb, Gather)), None)

    def keys(self, digits: str, finished_on: str = "", **params: str) -> "Heard":
        """Somebody keys these."""
        assert self.question is not None, self.text
        keyed = {**GATHERED, "Digits": digits, "FinishedOnKey": finished_on}
        return self.world.hears(self.question.action, **keyed, **params)

    def silence(self) -> "Heard":
        """Nobody keys anything."""
        return self.keys("")


@contextmanager
def world_in(folder: Path, *, tree: str = TREE, teams: str = TEAMS, **settings: str) -> Iterator[World]:
    """The network on a migrated SQLite file in that folder."""
    trees = folder / "trees"
    trees.mkdir()
    (trees / "valley.yaml").write_text(tree)
    (trees / "teams.yaml").write_text(teams)
    usual = {
        "ALERTNET_CONTACT_TREES": str(trees),
        "ALERTNET_MESSAGE_TEMPLATES": str(ROOT / "message_templates"),
        "ALERTNET_PUBLIC_URL": PUBLIC_URL,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": f"{TOKEN},{OLD_TOKEN}",
        "ALERTNET_TWILIO_FROM": OURS,
    }
    told = settings_on(f"sqlite:///{folder / 'test.db'}", **{**usual, **settings})
    runtime = made_program(told, Clock(NOW), OwnCommit)
    migrate(runtime.engine)
    line = Line()
    vars(runtime)["outlets"] = {(MethodKind.CALL, FIRST): Outlet(line, (OURS,), 0)}
    yield World(runtime, Client(make_app(runtime), base_url=PUBLIC_URL, raise_server_exceptions=False), line)
    runtime.close()
