"""Everything stored about one person, on request: a member, a contact, one of the staff, or a number or address."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, false, or_, select, tuple_

from alertnet.core.codec import value
from alertnet.store.db.tx import Tx
from alertnet.store.tables import (
    acknowledgements,
    actions,
    arrangements,
    duty_calendars,
    inbound,
    incidents,
    journeys,
    member_languages,
    notifications,
    number_tests,
    pins,
    recordings,
)
from alertnet.store.views.shapes import moment

Section = list[dict[str, Any]]

REF, TEXTS, WORDS = "incident", "texts_and_calls", "words"


@value
class DataSubject:
    """A person's names (`team/member`, `tree/contact`, `staff/name`), numbers and addresses."""

    owners: tuple[str, ...]
    addresses: tuple[str, ...]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The names, split in two."""
        return [(first, second) for each in self.owners for first, _, second in (each.partition("/"),)]

    def indexes(self, tx: Tx) -> list[bytes]:
        """All blind indexes that its numbers and addresses may be stored under."""
        return [index for each in self.addresses for index in tx.vault.indexes(each)]


def told(tx: Tx, subject: DataSubject) -> ColumnElement[bool]:
    """The condition for notifications that went to the person."""
    named = tuple_(notifications.c.tree, notifications.c.contact).in_(subject.pairs)
    return or_(
        named, notifications.c.contact.in_(subject.owners), notifications.c.address_index.in_(subject.indexes(tx))
    )


def by_contact(table: Any, subject: DataSubject) -> ColumnElement[bool]:
    """The condition for rows of a table with the person's tree and contact."""
    return tuple_(table.c.tree, table.c.contact).in_(subject.pairs)


def of_member(subject: DataSubject) -> ColumnElement[bool]:
    """The condition for journeys of the person as a member."""
    return tuple_(journeys.c.team, journeys.c.member).in_(subject.pairs) if subject.owners else false()


def kept_about(tx: Tx, subject: DataSubject) -> dict[str, Section]:
    """Everything by section, without what is not about one person: the history of incidents, and earlier trees."""
    refs = {row.id: row.ref for row in tx.session.execute(select(incidents.c.id, incidents.c.ref))}
    queries = {**_of_itself(subject), **_of_incidents(tx, subject)}
    return {name: [_shown(row, refs) for row in tx.session.execute(query)] for name, query in queries.items()}


def _of_itself(subject: DataSubject) -> dict[str, Select[Any]]:
    language, turn, calendar = member_languages.c, arrangements.c, duty_calendars.c
    check_in, test = journeys.c, number_tests.c
    return {
        "pins": select(pins.c.owner.label("of")).where(pins.c.owner.in_(subject.owners)).distinct(),
        "languages": select(language.language, language.chosen_at).where(language.owner.in_(subject.owners)),
        "turns_of_duty": select(
            turn.tree, turn.contact, turn.starts_at.label("from"), turn.ends_at.label("until"), turn.made_by
        ).where(turn.officer.in_(subject.owners)),
        "calendars": select(calendar.made_at.label("since")).where(calendar.officer.in_(subject.owners)),
        "check_ins": select(check_in.kind, check_in.began_at, check_in.ended_at, check_in.journey).where(
            of_member(subject)
        ),
        "tests_of_numbers": select(test.method, test.asked_at, test.answered_at).where(
            by_contact(number_tests, subject)
        ),
    }


def _of_incidents(tx: Tx, subject: DataSubject) -> dict[str, Select[Any]]:
    message, answer, action, text, incident = notifications.c, acknowledgements.c, actions.c, inbound.c, incidents.c
    indexes = subject.indexes(tx)
    raised = select(incident.id).where(incident.raised_index.in_(indexes))
    return {
        "messages": select(
            message.planned_at.label("at"),
            message.kind,
            message.method,
            message.address.label("to"),
            message.status,
            message.incident_id.label(REF),
        ).where(told(tx, subject)),
        "answers": select(
            answer.at, answer.kind, answer.via, answer.address, answer.by, answer.note, answer.incident_id.label(REF)
        ).where(by_contact(acknowledgements, subject)),
        "actions": select(action.at, action.action, action.note, action.incident_id.label(REF)).where(
            by_contact(actions, subject)
        ),
        TEXTS: select(text.received_at.label("at"), text.kind, text.body.label(WORDS)).where(
            text.sender_index.in_(indexes)
        ),
        "incidents_raised": select(incident.id.label(REF), incident.type, incident.opened_at, incident.closed_at).where(
            incident.id.in_(raised)
        ),
        "recordings": select(
            recordings.c.made_at.label("at"), recordings.c.seconds, recordings.c.incident_id.label(REF)
        ).where(recordings.c.incident_id.in_(raised)),
    }


def _shown(row: Row[Any], refs: dict[str, str]) -> dict[str, Any]:
    shown = dict(row._mapping)
    if REF in shown:
        shown[REF] = refs.get(shown[REF] or "")
    return {name: moment(value) if isinstance(value, datetime) else value for name, value in shown.items()}
