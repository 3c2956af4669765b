"""Whoever answers a mail by mail: the contact, somebody else, a machine, or the server that has no such mailbox."""

import re
from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import Row, Select, select

from alertnet.channels.base import Outgoing, ReceivedMail
from alertnet.core.inbound.written_mail import WrittenMail
from alertnet.store.tables import acknowledgements, attempts, inbound, notifications
from simulation.outside.people import People
from simulation.world.cast import SECRET
from simulation.world.story import Found
from simulation.world.world import World

MAILS = 8
_CODE = re.compile(r"##### .*? (\d{4})\b")
OWN, ALONE, OTHER, MACHINE, BOUNCE = (
    "with the code",
    "without a code",
    "from elsewhere",
    "by a machine",
    "as undelivered",
)
KINDS = (OWN, OWN, OWN, ALONE, OTHER, MACHINE, BOUNCE)
ELSEWHERE = "somebody@elsewhere.example"
NO_SUCH_MAILBOX, FULL = "5.1.1", "5.2.2"

_SENT: Select[Any] = (
    select(attempts, notifications.c.contact)
    .join(notifications, notifications.c.id == attempts.c.notification_id)
    .where(attempts.c.provider_id.is_not(None), attempts.c.status.in_(["sent", "delivered"]))
)
_NOTES: Select[Any] = select(acknowledgements.c.note).where(acknowledgements.c.note.is_not(None))
_OF_INCIDENTS: Select[Any] = select(notifications.c.id).where(notifications.c.incident_id.is_not(None))
_REPLIES: Select[Any] = select(notifications.c.address).where(
    notifications.c.kind == "not_understood", notifications.c.method == "email"
)


class Writers:
    """Answers mails in nights in which the mailbox is read; all other nights are unchanged."""

    def __init__(self, world: World, people: People) -> None:
        self.world = world
        self.people = people
        self.random = world.draws("answers a mail")
        self.written: dict[str, tuple[str, Outgoing]] = {}
        """What kind of mail answers which mail of ours, by its id."""

    def begin(self) -> None:
        for place in range(MAILS if self.world.reads_mail else 0):
            self.world.time.after(self.random.uniform(5, self.world.length), partial(self._answers, f"mail-{place}"))

    def _answers(self, id: str) -> None:
        if not self.people.mails:
            return
        ours, kind = self.random.choice(self.people.mails), self.random.choice(KINDS)
        code = _CODE.search(ours.text)
        answer = self.random.choice(["{}", "OK {}", "NO {}", "PASS {}", "DONE {}", "HOLD {}", "GO {}"])
        self.world.asked.lets_go |= answer.startswith("GO")
        is_answer = code is not None and kind is not ALONE and kind is not BOUNCE
        words = (
            f"{answer.format(code[1])} {id}" if code is not None and is_answer else f"we have read of {SECRET}, {id}"
        )
        if kind is OWN and ours.to not in self.world.pins:
            self.people.proves("email", ours.to)
            self.people.proves_tasks()
        mail = WrittenMail(
            id=id,
            sender=ELSEWHERE if kind is OTHER else ours.to,
            answers=(ours.notification,),
            words="" if kind is BOUNCE else words,
            whole=f"{words}\n> {ours.text}",
            is_automatic=kind in (MACHINE, BOUNCE),
            bounced=self.random.choice([NO_SUCH_MAILBOX, FULL]) if kind is BOUNCE else None,
        )
        self.written[id] = kind, ours
        at = self.world.time.true
        self.world.story.tell("mailbox", f"{self.world.name_of(ours.to)}: {id} comes {kind}, {words!r}")
        self.world.mails[id] = ReceivedMail(at.replace(microsecond=0), mail)

    def forget_unknown(self) -> None:
        """Expect nothing of what machines and others answered to mails that a lost database alone has known."""
        known = set(self.world.database.column(select(notifications.c.id)))
        for id, (kind, ours) in list(self.written.items()):
            if ours.notification not in known and kind not in (OWN, ALONE):
                del self.written[id], self.world.mails[id]


def check_mails(world: World, writers: Writers, history: Sequence[Row[Any]]) -> Found:
    """A12: each is heard, what people wrote is on record, no machine is answered; what came back has failed.

    That only the contact's own answer counts is A6, and is checked with all others.
    """
    heard = {row.provider_id: row for row in world.database.rows(select(inbound).where(inbound.c.kind == "email"))}
    for id, received in world.mails.items():
        if id not in heard and received.at < world.calm_since:
            yield "A12", f"{id} has come to our mailbox at {received.at:%H:%M:%S}, and nobody has read it"
    kept = [str(row.payload.get("text")) for row in history if row.kind == "mail_received"]
    noted = [str(row.note) for row in world.database.rows(_NOTES)]
    # What a stranger answers to a mail about no incident is kept as it came, and read by nobody.
    of_incidents = set(world.database.column(_OF_INCIDENTS))
    for id, (kind, ours) in writers.written.items():
        is_on_record = any(id in text for text in [*kept, *noted])
        is_known = kind is ALONE or (kind is OTHER and ours.notification in of_incidents)
        is_to_be_read = is_known and not world.asked.re_resolved
        if id in heard and is_to_be_read and not is_on_record:
            yield "A12", f"{id} {kind} to {world.name_of(ours.to)}'s mail was read, and its words are nowhere"
        if id in heard and kind is BOUNCE:
            yield from _has_failed(world, id, ours)
    people = {ours.to for kind, ours in writers.written.values() if kind in (OWN, ALONE)}
    for row in world.database.rows(_REPLIES):
        if row.address not in people:
            yield "A12", f"{world.name_of(row.address)} has a reply by mail, and only machines have written from there"


def _has_failed(world: World, id: str, ours: Outgoing) -> Found:
    for row in world.database.rows(_SENT.where(attempts.c.notification_id == ours.notification)):
        if row.started_at < world.mails[id].at - world.mischief_was.slack(1):
            yield "B3", f"the mail to {row.contact} has come back as undelivered, and counts as {row.status}"
