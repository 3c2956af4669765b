"""The shapes of incidents for the outside (B5), and the functions that fill them from table rows.

A notification shows its contact by id; addresses, codes and content stay in the database. Moments are ISO 8601 in UTC
with a `Z`, to the millisecond.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any, NotRequired

from sqlalchemy import Row
from typing_extensions import TypedDict

from alertnet.core.codec import text_in_utc
from alertnet.core.incident import Affected, Scope, narrowest
from alertnet.store.db.columns import if_sound
from alertnet.store.queues.attempts import NewAttempt
from alertnet.store.records.escalations import NewEscalation
from alertnet.store.records.notifications import NewNotification

UNREAD = "what was reported can't be read: call an administrator"


class EscalationView(TypedDict):
    """An escalation for the outside; `level` is None before the first one opened."""

    tree: str
    scope: str
    status: str
    level: str | None
    round: int
    due_at: str | None


class PrunedView(TypedDict):
    """A contact that was left out; `level` is None for the last resort."""

    tree: str
    level: str | None
    contact: str
    reason: str


class AttemptView(TypedDict):
    """An attempt; `error` is our term for why it failed, else the provider's code."""

    id: str
    status: str
    at: str
    provider_id: str | None
    error: str | None


class NotificationView(TypedDict):
    """A notification. `tree`: the contact's own, None for members; `trees`: those whose escalations it counts for."""

    tree: str | None
    level: str | None
    round: int
    contact: str
    method: str
    kind: str
    language: str
    trees: list[str]
    status: str
    attempts: list[AttemptView]


class AcknowledgementView(TypedDict):
    id: str
    tree: str
    contact: str
    kind: str
    via: str
    at: str
    revoked_at: str | None


class ActionView(TypedDict):
    contact: str
    action: str
    at: str
    note: str | None


class TextView(TypedDict):
    """A text or report. `sender`: `team/member` or `tree/contact`; `number`: where a member can be called.

    `understood`: the type and codes of a report; `codes`: what each of its codes stands for; `action`: what a contact
    reported as done; `arrived_at`: when it reached us, if more than half an hour later.
    """

    at: str
    sender: str
    number: str | None
    text: str
    understood: list[str]
    codes: dict[str, str]
    verified: bool
    action: str | None
    arrived_at: str | None


class PersonView(TypedDict):
    """An affected person: the code, and what it stands for; never a name."""

    code: str
    kind: str
    nationality: str | None
    organisation: str | None


class IncidentView(TypedDict):
    """An incident; `warnings`: what to know beside the plan, such as that nobody may be told.

    `reports`: the references of merged reports; `purged_at`: since when only this is left. The last three are given if
    one incident is shown to a coordinator: the place, the people by code, and what people wrote, oldest first.
    """

    ref: str
    status: str
    type: str
    severity: str
    consent: str
    drill: bool
    verified: bool
    opened_at: str
    escalations: list[EscalationView]
    pruned: list[PrunedView]
    notifications: list[NotificationView]
    acknowledgements: list[AcknowledgementView]
    actions: list[ActionView]
    warnings: list[str]
    reports: NotRequired[list[str]]
    purged_at: NotRequired[str]
    place: NotRequired[str | None]
    people: NotRequired[list[PersonView]]
    texts: NotRequired[list[TextView]]


def person_view(person: Affected) -> PersonView:
    return PersonView(
        code=person.code,
        kind=person.kind.value,
        nationality=person.nationality,
        organisation=person.organisation,
    )


def moment(at: datetime) -> str:
    """The moment as the outside sees it: `2026-11-24T13:00:00.000Z`."""
    return f"{text_in_utc(at)[:23]}Z"


def incident_view(
    row: Row[Any] | SimpleNamespace,
    escalations: Sequence[Row[Any] | NewEscalation],
    notifications: Sequence[Row[Any] | NewNotification],
    attempts: Mapping[str, Sequence[Row[Any] | NewAttempt]],
    acknowledgements: Sequence[Row[Any]] = (),
    actions: Sequence[Row[Any]] = (),
) -> IncidentView:
    """The view of an incident, from its rows; `attempts`: by notification."""
    facts, merged = if_sound(row.facts), if_sound(row.merged)
    warnings = row.warnings if facts else [*row.warnings, UNREAD]
    facts = facts or {"consent": Scope.INTERNAL.value, "drill": False, "verified": False}
    shown = IncidentView(
        ref=row.ref,
        status=row.status,
        type=row.type,
        severity=row.severity,
        consent=_consent_in_force(facts),
        drill=facts["drill"],
        verified=facts["verified"],
        opened_at=moment(row.opened_at),
        escalations=[_escalation_view(each) for each in escalations],
        pruned=row.pruned,
        notifications=[_notification_view(each, attempts[each.id]) for each in notifications],
        acknowledgements=[acknowledgement_view(each) for each in acknowledgements],
        actions=[_action_view(each) for each in actions],
        warnings=warnings,
    )
    if merged:
        shown["reports"] = list(merged["parts"].values())
    if row.purged_at:
        shown["purged_at"] = moment(row.purged_at)
    return shown


def _consent_in_force(facts: Mapping[str, Any]) -> str:
    """The narrowest of the incident's and its people's (B1), as `core.incident.consent_of` has it of facts."""
    own: str = facts["consent"]
    theirs = [person["consent"] for person in facts.get("people", ()) if person.get("consent")]
    return narrowest([Scope(consent) for consent in (own, *theirs)]).value if theirs else own


def _escalation_view(row: Row[Any] | NewEscalation) -> EscalationView:
    return EscalationView(
        tree=row.tree,
        scope=row.scope,
        status=row.status,
        level=row.level,
        round=row.round,
        due_at=moment(row.due_at) if row.due_at else None,
    )


def _notification_view(row: Row[Any] | NewNotification, attempts: Sequence[Row[Any] | NewAttempt]) -> NotificationView:
    return NotificationView(
        tree=row.tree,
        level=row.level,
        round=row.round,
        contact=row.contact,
        method=str(row.method),
        kind=str(row.kind),
        language=row.language,
        trees=row.trees,
        status=str(row.status),
        attempts=[
            AttemptView(
                id=attempt.id,
                status=str(attempt.status),
                at=moment(attempt.changed_at),
                provider_id=attempt.provider_id,
                error=attempt.failure or attempt.error,
            )
            for attempt in attempts
        ],
    )


def acknowledgement_view(row: Row[Any]) -> AcknowledgementView:
    return AcknowledgementView(
        id=row.id,
        tree=row.tree,
        contact=row.contact,
        kind=row.kind,
        via=row.via,
        at=moment(row.at),
        revoked_at=moment(row.revoked_at) if row.revoked_at else None,
    )


def _action_view(row: Row[Any]) -> ActionView:
    return ActionView(contact=row.contact, action=row.action, at=moment(row.at), note=row.note)
