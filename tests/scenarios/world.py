"""The stage of the screenplays: the whole program over real HTTP to the sandbox, on a clock that the test moves.

    incident = world.raises(type="arrest")          somebody reports by API
    world.texts("coordinator", "OK 4711")           a phone answers
    world.passes(minutes=10)                        time goes by

Time moves from one due moment to the next, and everything due happens at its own.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from alertnet.flows.credentials.pins import set_pins
from alertnet.runtime.wiring import Runtime
from alertnet.sandbox import Behaviour, Handset, Mailbox, Sandbox, Unreachable, WebhookAnswer
from alertnet.store.records.credentials import api_keys
from tests.support.client import Client
from tests.support.clock import Clock
from tests.support.timed_program import TimedProgram

FRIDAY_NIGHT = datetime(2026, 11, 27, 2, 14, tzinfo=UTC)
PUBLIC_URL = "https://alarm.example.org"
TRUE, DURESS = "47110", "47990"
"""The PINs of whoever has some."""
REPOSITORY = Path(__file__).parents[2]
CAST = {
    "ana": "+573005550001",
    "luis": "+573005550002",
    "coordinator": "+573005550101",
    "second coordinator": "+573005550102",
    "head office": "+32470550101",
    "ombuds": "+573005550120",
    "defenders": "+573005550130",
    "spain": "+34600550140",
    "germany": "+491515550141",
    "police": "+576015550112",
    "stranger": "+573009999999",
}


class World(TimedProgram):
    """The program, the network around it, and the people of the examples."""

    def __init__(self, runtime: Runtime, client: Client, sandbox: Sandbox, clock: Clock, key: str) -> None:
        super().__init__(runtime, sandbox, clock)
        self.client = client
        self.headers = bearing(key)
        self.hears_each_step = False
        """Whether the network tells us, before what became of a message or call, that it is under way.

        That would be some 4 % of the work.
        """
        self.is_deaf = False
        """Whether what the network brings us is lost: texts, calls and callbacks, as while our web is away."""
        self.brought: list[tuple[str, Mapping[str, str], Mapping[str, str]]] = []
        """What the network has brought us, as `post` takes it."""

    def key(self, team: str | None, *scopes: str) -> dict[str, str]:
        """The headers of whoever has a new key of the API, of a team's incidents or of all."""
        _, key = self.runtime.transact(api_keys.create, team, scopes)
        return bearing(key)

    def gives_pins(self, *owners: str, pin: str = TRUE, duress: str | None = DURESS) -> None:
        """Each has that PIN, and that one for duress."""
        for owner in owners:
            self.runtime.transact(set_pins, owner, pin, duress)

    def raises(self, **body: Any) -> "Incident":
        """Somebody reports by API; what is due at once has happened when this returns."""
        answer = self.client.post("/v1/incidents", json={**ARREST, **body}, headers=self.headers)
        assert answer.status_code == 201, answer.text
        self.settles()
        return Incident(self, answer.json()["ref"])

    def newest(self) -> "Incident":
        """The incident that was opened last."""
        items = self.client.get("/v1/incidents", headers=self.headers).json()["items"]
        return Incident(self, items[0]["ref"])

    def open_incidents(self) -> list[dict[str, Any]]:
        """The open incidents, as the API lists them."""
        return list(self.client.get("/v1/incidents?status=open", headers=self.headers).json()["items"])

    def phone(self, who: str) -> Handset:
        """The phone of one of the cast, or of a number."""
        return self.sandbox.handset(CAST.get(who, who))

    def mailbox(self, address: str) -> Mailbox:
        """A mailbox."""
        return self.sandbox.mailbox(address)

    def waits_for_ringing(self, who: str, *, minutes: float) -> Handset:
        """The phone once it rings; time goes by from one due moment to the next, so many minutes at most."""
        phone, end = self.phone(who), self.clock.at + timedelta(minutes=minutes)
        self.settles()
        while phone.ringing is None and self.clock.at < end:
            self._goes_on(end)
        return phone

    def texts(self, who: str, text: str) -> str | None:
        """Somebody sends an SMS to us; the reply, if there is one."""
        reply = self.phone(who).sends(text)
        self.settles()
        return reply

    def reply_to(self, who: str, text: str) -> str:
        """What we reply to an SMS that somebody sends."""
        reply = self.texts(who, text)
        assert reply is not None
        return reply

    def is_brought_all_again(self) -> None:
        """All that the network ever brought us comes once more, as signed then."""
        for url, params, headers in list(self.brought):
            self.post(url, params, headers)
        self.settles()

    def catches_up(self) -> None:
        """A worker looks for what came in unheard, as it does each minute, and all that follows happens."""
        self.worker.poll_missed_inbound()
        self.settles()

    def reads_mail(self) -> None:
        """A worker looks into our mailbox, as it does twice a minute, and all that follows happens."""
        self.passes(minutes=0.5)
        self.worker.poll_mailbox()
        self.settles()

    def post(self, url: str, params: Mapping[str, str], headers: Mapping[str, str]) -> WebhookAnswer:
        """How the network delivers to us."""
        if self.is_deaf:
            raise Unreachable("our web is away")
        if not self.hears_each_step and self._is_mere_step(url, params):
            return WebhookAnswer(204, "")
        self.brought.append((url, params, headers))
        parts = urlsplit(url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        return WebhookAnswer(*self.client.deliver(path, params, headers))

    def _is_mere_step(self, url: str, params: Mapping[str, str]) -> bool:
        """Whether the network says that a message or call of ours is on its way, and will say what became of it."""
        status = params.get("MessageStatus", params.get("CallStatus"))
        is_step = "/status/" in url and status in ("sent", "initiated", "ringing")
        return is_step and self.phone(params["To"]).behaviour is Behaviour.MANUAL


class Incident:
    """An incident as the API tells it."""

    def __init__(self, world: World, ref: str) -> None:
        self.world = world
        self.ref = ref

    def __getitem__(self, name: str) -> Any:
        answer = self.world.client.get(f"/v1/incidents/{self.ref}", headers=self.world.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()[name]

    def act(self, act: str, *, expect: int = 200, **body: Any) -> Any:
        """POST one of the acts of the API."""
        answer = self.world.client.post(f"/v1/incidents/{self.ref}/{act}", json=body, headers=self.world.headers)
        assert answer.status_code == expect, answer.text
        self.world.settles()
        return answer.json()

    def status(self, tree: str) -> str:
        """Where the escalation of that tree stands."""
        return next(str(each["status"]) for each in self["escalations"] if each["tree"] == tree)

    def level(self, tree: str) -> str:
        """The level that tree opened last."""
        return next(str(each["level"]) for each in self["escalations"] if each["tree"] == tree)

    def told(self, kind: str = "alert") -> list[tuple[str, str]]:
        """(contact, method) of every notification of that kind."""
        return [(each["contact"], each["method"]) for each in self["notifications"] if each["kind"] == kind]

    def answers(self) -> list[tuple[str, str, str]]:
        """(contact, kind, via) of the answers that stand, oldest first; to have heard a call is none."""
        heard = [each for each in self["acknowledgements"] if each["kind"] != "received"]
        given = [each for each in heard if each["revoked_at"] is None]
        return [(each["contact"], each["kind"], each["via"]) for each in given]

    def timeline(self) -> list[str]:
        """The kinds of its history, in order."""
        answer = self.world.client.get(f"/v1/incidents/{self.ref}/timeline", headers=self.world.headers)
        return [each["kind"] for each in answer.json()["items"]]


ARREST = {
    "type": "arrest",
    "country": "CO",
    "consent": "international",
    "people": [{"code": "P7"}],
    "perpetrator": "army",
    "place": "L12 Vereda Secreta",
    "summary": "Maria Secreta was taken",
    "details": "Confidential narrative about Maria Secreta",
}


def bearing(key: str) -> dict[str, str]:
    """The headers of a request by that key of the API."""
    return {"Authorization": f"Bearer {key}"}


def code_in(text: str) -> str:
    """The written code that an alert or decision carries."""
    found = re.search(r"(?<![\d+])(?!19|20)(\d{4})(?!\d)", re.sub(r"https?://\S+|\+\d+|[A-Z]-[A-Z2-9]{4}", " ", text))
    assert found, text
    return found[1]


def decision_code_in(text: str) -> str:
    """The code with which a question is decided, also where the SMS names other matters as well."""
    found = re.search(r"\bGO (\d{4})\b", text)
    assert found, text
    return found[1]


def link_in(text: str) -> str:
    """The path of the link that a message carries."""
    found = re.search(re.escape(PUBLIC_URL) + r"(/[ac]/\w+)", text)
    assert found, text
    return found[1]


def spoken_code_in(words: str) -> str:
    """The three digits that a call has spoken last, one by one; a reference may hold three as well."""
    found = re.findall(r"(?<!\d, )(\d), (\d), (\d)(?!, \d)", words)
    assert found, words
    return "".join(found[-1])
