"""Texts to the program without any network around it: a runtime on the example trees, and what became of each text.

switchboard.opens(type="arrest")                an incident as if by API
switchboard.texts("coordinator", "OK 4711")     the reply, rendered; None for silence
switchboard.code_of("coordinator")              what the phone could answer with
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Thread
from typing import Any

from sqlalchemy import Row, select, text

from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.directory.contact import MethodKind
from alertnet.core.incident import CloseReason, Facts, Scope, Severity
from alertnet.flows.credentials.pins import set_pins
from alertnet.flows.credentials.written_codes import written_code
from alertnet.flows.escalation.escalate import escalate
from alertnet.flows.incidents.close_incident import close_incident
from alertnet.flows.incidents.open_incident import open_incident
from alertnet.flows.sending.claim_sends import claim
from alertnet.flows.sending.render_and_send import Claimed
from alertnet.flows.sending.send_capacity import Outward, ProviderLine
from alertnet.flows.sms.coerced_text import open_coerced
from alertnet.flows.sms.receive_sms import receive_sms
from alertnet.flows.unit.locked_incident import LockedIncident, take_up
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Tx
from alertnet.store.queues.workers import due_ids
from alertnet.store.records import escalations as escalation_store
from alertnet.store.records import incidents as incident_store
from alertnet.store.records.credentials.codes import open_codes
from alertnet.store.records.inbound import InboundText, Reply
from alertnet.store.tables import acknowledgements, actions, alarms, incidents, notifications, timeline
from tests.support.clock import Clock
from tests.support.program import example_trees, settings_on, shipped_templates, wired

NOW = datetime(2026, 11, 24, 3, 12, tzinfo=UTC)
OURS = "+15005550006"
PATIENCE = 20.0  # seconds until a test gives up waiting
SOMEBODY_WAITS = text(
    "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
)
CAST = {
    "ana": "+573005550001",
    "mary": "+573005550003",
    "coordinator": "+573005550101",
    "second": "+573005550102",
    "ombuds": "+573005550120",
    "stranger": "+573009999999",
}


@dataclass
class Switchboard:
    """The program from the moment a text has come in to the moment its reply leaves."""

    runtime: Runtime
    clock: Clock
    received: int = 0
    replies: list[Reply | None] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    """The calls (the provider's ids) that the last text has ended."""

    def passes(self, minutes: float) -> None:
        """Time goes by, and escalations do what is due at its end."""
        self.clock.forward(minutes=minutes)
        for escalation, incident in self.runtime.read(lambda tx: escalation_store.due(tx, 100)):
            self.runtime.transact(escalate, escalation, incident)

    def looks_after_texts(self) -> None:
        """What was put off until a text is answered is done."""
        for id in self.runtime.read(lambda tx: due_ids(tx, "inbound", 100)):
            self.runtime.transact(open_coerced, self.runtime.edition, id)

    def opens(self, **facts: Any) -> str:
        """The id of a new incident: an arrest in Colombia, unless the facts say otherwise."""
        values = {"type": "arrest", "severity": Severity.CRITICAL, "country": "CO", "consent": Scope.NATIONAL} | facts

        def flow(tx: Tx) -> str:
            return open_incident(tx, self.runtime.edition, Facts(**values), by="test").incident.id

        self.runtime.edition  # noqa: B018 - the first look writes, and must not do so within the flow
        return self.runtime.transact(flow)

    def tells(self, incident: str, who: str) -> None:
        """Lets a contact have its code, as an alert would."""

        def act(locked: LockedIncident) -> None:
            written_code(locked.recipient("colombia", who))

        self.acts(incident, act)

    def acts(self, incident: str, act: Any) -> None:
        """Something else happens to the incident."""

        def flow(tx: Tx) -> None:
            locked = take_up(tx, incident)
            act(locked)
            locked.finish()

        self.runtime.transact(flow)

    def closes(self, incident: str) -> None:
        self.acts(incident, lambda locked: close_incident(locked, CloseReason.RESOLVED, by="test"))

    def texts(self, who: str, body: str, id: str | None = None) -> str | None:
        """Somebody texts us; the words of the reply. What was put off until then is done, as a worker does it."""
        reply = self.answers_text(who, body, id)
        self.looks_after_texts()
        return reply

    def answers_text(self, who: str, body: str, id: str | None = None) -> str | None:
        """The words of the reply to a text, and nothing of what comes after."""
        self.received += 1
        sms = InboundText(id or f"SM{self.received:032}", CAST[who], body)
        edition = self.runtime.edition

        def flow(tx: Tx) -> Reply | None:
            self.ended = tx.calls_to_end
            return receive_sms(tx, edition, sms)

        reply = self.runtime.transact(flow)
        self.replies.append(reply)
        if reply is None:
            return None
        message = self.runtime.renderer(reply.templates).render(reply.kind, MethodKind.SMS, reply.language, reply.said)
        return message.text

    def codes_of(self, who: str) -> list[str]:
        """The codes that the phone could answer with now, oldest first."""
        return [code.text for code in self.runtime.read(open_codes, CAST[who])]

    def code_of(self, who: str, *, of_alarm: bool = False) -> str:
        """Its own written code, or the newest one of an alarm or question."""
        codes = self.runtime.read(open_codes, CAST[who])
        return [code.text for code in codes if (code.prompt is not None) is of_alarm][-1]

    def incident(self, id: str) -> Any:
        return self.runtime.read(lambda tx: incident_store.get(tx.session, id))

    def newest(self) -> str:
        """The id of the incident that was opened last."""
        query = select(incidents.c.id).order_by(incidents.c.opened_at.desc()).limit(1)
        return str(self.runtime.read(lambda tx: tx.session.scalar(query)))

    def rows(self, table: Any, **where: Any) -> list[Row[Any]]:
        """The rows of a table with those values."""
        query = select(table)
        for name, value in where.items():
            query = query.where(table.c[name] == value)
        return self.runtime.read(lambda tx: list(tx.session.execute(query).all()))

    def answers(self) -> list[tuple[str, str]]:
        """(contact, kind) of the answers that hold."""
        return [(row.contact, row.kind) for row in self.rows(acknowledgements, revoked_at=None)]

    def actions(self) -> list[tuple[str, str, str | None]]:
        return [(row.contact, row.action, row.note) for row in self.rows(actions)]

    def alarms(self) -> list[tuple[str, str | None]]:
        """(subject, about) of what rings."""
        return [(row.subject, row.about) for row in self.rows(alarms, kind="alarm") if row.due_at is not None]

    def decision(self) -> str | None:
        """How the one question was answered."""
        [row] = self.rows(alarms, kind="decision")
        answer: str | None = row.answer
        return answer

    def notices(self) -> set[tuple[str, str]]:
        """(subject, to whom) of the notices."""
        return {(row.said.get("subject"), row.contact) for row in self.rows(notifications, kind="notice")}

    def history(self, chain: str, kind: str) -> list[dict[str, Any]]:
        """What the timeline holds of that kind, in its order."""
        entries = self.rows(timeline, chain=chain, kind=kind)
        return [row.payload for row in sorted(entries, key=lambda row: row.seq)]


def connect(url: str) -> Switchboard:
    """A switchboard on the database of that URL."""
    clock = Clock(NOW)
    return Switchboard(wired(settings_on(url), example_trees(), shipped_templates(), clock), clock)


@contextmanager
def raised(url: str) -> Iterator[Switchboard]:
    """A switchboard on the database of that URL, where Ana has PINs and has raised an alarm."""
    board = connect(url)
    board.runtime.transact(set_pins, "north/ana", "47110", "47990")
    board.texts("ana", "ALERT 47110 21")
    yield board
    board.runtime.close()


def while_desk(board: Switchboard, does: Callable[..., object], *args: str, somebody: Thread) -> None:
    """A coordinator does it; before that is committed somebody has found what was there, and waits for the incident."""

    def act(tx: Tx) -> None:
        does(tx, *args)
        begin_to_wait(tx, somebody)

    board.runtime.transact(act)
    somebody.join()
    board.looks_after_texts()


def begin_to_wait(tx: Tx, somebody: Thread) -> None:
    """Somebody begins, and waits for what the transaction holds."""
    # What was asked ahead is held only with the next answer: else somebody may be the first, and waits for nothing.
    assert not tx.session.scalar(SOMEBODY_WAITS)
    somebody.start()
    until = time.monotonic() + PATIENCE
    while not tx.session.scalar(SOMEBODY_WAITS):
        assert time.monotonic() < until, "nobody waits for it"


def claims(board: Switchboard) -> list[Claimed]:
    """A worker claims all texts that wait."""
    outward = Outward([ProviderLine(FIRST, (OURS,), 0, 99)])
    return board.runtime.transact(claim, MethodKind.SMS, outward).claimed
