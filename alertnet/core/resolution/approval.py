"""Which levels wait for a coordinator's go, and for how long at most (B3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from alertnet.core.directory.contact import OF_THE_STATE, Contact
from alertnet.core.directory.contact_tree import ContactTree, Level
from alertnet.core.incident import Facts, Perpetrator, Scope, Severity


class Waiting(StrEnum):
    """Why a level waits for a go."""

    CONFIGURED = "needs_go"
    NATIONALITY_UNKNOWN = "nationality_unknown"
    PERPETRATOR_UNKNOWN = "perpetrator_unknown"
    PUBLIC = "public"


@dataclass(frozen=True)
class Approval:
    """The go that a level waits for: why, and after how long it proceeds without one (None = never by itself)."""

    reasons: tuple[Waiting, ...]
    proceed_after: timedelta | None


def approval_of(facts: Facts, tree: ContactTree, level: Level, contacts: Iterable[Contact]) -> Approval | None:
    """The approval that a level which would tell those contacts waits for; None when it opens by itself.

    Where several reasons hold, the level waits for the longest: for ever, if one of them has no automatic time.
    """
    reached = tuple(contacts)
    configured = level.needs_go
    waits: dict[Waiting, timedelta | None] = {}
    if configured is not None and facts.severity not in configured.unless_severity:
        waits[Waiting.CONFIGURED] = configured.proceed_after
    undecidable = facts.severity is not Severity.CRITICAL and level.when.nationality and nationality_unknown(facts)
    if undecidable and any(contact.represents and not contact.priority for contact in reached):
        proceed_after = configured.proceed_after if configured else None
        waits[Waiting.NATIONALITY_UNKNOWN] = level.wait if proceed_after is None else proceed_after
    suspect = tree.ask_if_unknown_perpetrator and facts.perpetrator is Perpetrator.UNKNOWN
    if suspect and any(contact.role in OF_THE_STATE for contact in reached):
        waits[Waiting.PERPETRATOR_UNKNOWN] = None
    if any(contact.scope is Scope.PUBLIC for contact in reached):
        waits[Waiting.PUBLIC] = None
    return Approval(tuple(waits), _longest(waits.values())) if waits else None


def _longest(times: Iterable[timedelta | None]) -> timedelta | None:
    known = []
    for time in times:
        if time is None:
            return None
        known.append(time)
    return max(known)


def nationality_unknown(facts: Facts) -> bool:
    """Nobody named, or somebody whose nationality is not known."""
    return not facts.people or any(person.nationality is None for person in facts.people)
