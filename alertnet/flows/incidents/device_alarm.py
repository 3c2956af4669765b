"""An alarm from a device: a bracelet, a satellite messenger. Where it is, coordinators alone read (B5, A9).

Whoever has found or taken a device may press it: coordinators say whether it is true before others hear. Nothing is
ever sent to it.
"""

from dataclasses import dataclass
from datetime import datetime

from alertnet.core.directory.contact_tree import Network
from alertnet.core.disclosure import Subject
from alertnet.core.errors import BadInput
from alertnet.core.incident import TYPES, Certainty, Facts, Severity
from alertnet.core.limits import TEXTS_TOLD
from alertnet.flows.incidents.open_incident import open_incident
from alertnet.flows.notifications.compose import notify_coordinators
from alertnet.flows.unit.locked_incident import LockedIncident, take_up
from alertnet.store.db.tx import Tx
from alertnet.store.records import incidents, limits
from alertnet.store.records.editions import Edition

RECORDED = "device_alarm"
UNKNOWN_TYPE = "other"


@dataclass(frozen=True)
class Pressed:
    """What a device has told. `position`: where it is, in words for coordinators; `type`: what it was set to mean."""

    device: str
    team: str
    at: datetime
    type: str | None = None
    position: str | None = None
    text: str | None = None


def receive_alarm(tx: Tx, edition: Edition, pressed: Pressed) -> tuple[LockedIncident, bool]:
    """Raise the alarm of a device, or put into the one that runs what it tells now; whether it was opened by this.

    Raises:
        BadInput: its team is none of the network in force.
    """
    name = f"device/{pressed.device}"
    known = incidents.open_of_phone(tx, name)
    if known is not None and incidents.get(tx.session, known).facts.team == pressed.team:
        locked = take_up(tx, known)
        if locked.is_open:
            _record(locked, pressed)
            _tell(locked, pressed)
            return locked, False
    locked = open_incident(tx, edition, _facts(edition.network, pressed, name), by=name)
    _record(locked, pressed)
    return locked, True


def _record(locked: LockedIncident, pressed: Pressed) -> None:
    locked.record(
        RECORDED,
        by=f"device/{pressed.device}",
        at=pressed.at.isoformat(),
        position=pressed.position,
        text=pressed.text,
        understood=[pressed.type] if pressed.type else [],
    )


def _tell(locked: LockedIncident, pressed: Pressed) -> None:
    """Let the coordinators know that there is news; a device that tells where it is each minute does so once in ten."""
    told_at = limits.tell_at(locked.tx, TEXTS_TOLD, f"{locked.incident.id} device")
    if told_at is not None:
        notify_coordinators(locked, Subject.NEWS, pressed.team, leaves_at=told_at)


def _facts(network: Network, pressed: Pressed, name: str) -> Facts:
    if pressed.team not in network.teams:
        raise BadInput("team", pressed.team, sorted(network.teams) or "nothing: teams.yaml has no team")
    team = network.teams[pressed.team]
    return Facts(
        type=pressed.type or UNKNOWN_TYPE,
        severity=TYPES[pressed.type].severity if pressed.type else Severity.CRITICAL,
        country=team.country,
        consent=team.consent,
        verified=False,
        certainty=Certainty.UNVERIFIED,
        occurred_at=pressed.at,
        raised_from=name,
        team=team.id,
        field_language=team.language,
        field_timezone=team.timezone,
        field_silent=True,
    )
