"""Which levels wait for a coordinator's go, and for how long at most (B3)."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from alertnet.core.contact import OF_THE_STATE
from alertnet.core.contact_tree import ContactTree, Level
from alertnet.core.incident import Facts, Perpetrator, Scope, Severity


class Waiting(StrEnum):
    """Why a level waits for a go."""

    CONFIGURED = "needs_go"
    NATIONALITY_UNKNOWN = "nationality_unknown"
    PERPETRATOR_UNKNOWN = "perpetrator_unknown"
    PUBLIC = "public"


@dataclass(frozen=True)
class Gate:
    """What a level waits for, and after how long it proceeds without a decision (None = never by itself)."""

    reasons: tuple[Waiting, ...]
    proceed_after: timedelta | None


def gate_of(facts: Facts, tree: ContactTree, level: Level, ids: tuple[str, ...]) -> Gate | None:
    """The gate before a level that would tell those contacts; None when it opens by itself."""
    contacts = [tree.contacts[id] for id in ids]
    configured = level.needs_go
    waits: dict[Waiting, timedelta | None] = {}
    if configured is not None and facts.severity not in configured.unless_severity:
        waits[Waiting.CONFIGURED] = configured.proceed_after
    represents = any(contact.represents and not contact.priority for contact in contacts)
    if level.when.nationality and represents and nationality_unknown(facts) and facts.severity is not Severity.CRITICAL:
        automatic = configured.proceed_after if configured else None
        waits[Waiting.NATIONALITY_UNKNOWN] = automatic or level.wait
    of_the_state = any(contact.role in OF_THE_STATE for contact in contacts)
    if tree.ask_if_unknown_perpetrator and of_the_state and facts.perpetrator is Perpetrator.UNKNOWN:
        waits[Waiting.PERPETRATOR_UNKNOWN] = None
    if any(contact.scope is Scope.PUBLIC for contact in contacts):
        waits[Waiting.PUBLIC] = None
    if not waits:
        return None
    times = list(waits.values())
    known = [time for time in times if time is not None]
    return Gate(tuple(waits), max(known) if len(known) == len(times) else None)


def nationality_unknown(facts: Facts) -> bool:
    """Nobody named, or somebody whose nationality is not known."""
    return not facts.people or any(person.nationality is None for person in facts.people)
