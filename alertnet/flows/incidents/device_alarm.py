"""Alarms from devices: a bracelet, a satellite messenger. Only coordinators read where the device is (B5, A9).

Anybody who has found or taken a device may press it, so coordinators confirm the alarm before others are told. Nothing
is ever sent to a device.
"""

from dataclasses import replace
from datetime import datetime

from alertnet.core.codec import value
from alertnet.core.directory.contact_tree import Network
from alertnet.core.directory.countries import NO_COUNTRY
from alertnet.core.disclosure import Subject
from alertnet.core.escalation.state import AT_REST
from alertnet.core.inbound.field_report import UNKNOWN_TYPE
from alertnet.core.incident import TYPES, Certainty, Facts, Severity
from alertnet.core.limits import HOUR, TEXTS_TOLD
from alertnet.flows.escalation.escalate import apply_news, tell_more
from alertnet.flows.incidents.open_incident import open_incident
from alertnet.flows.notifications.compose import notify_coordinators
from alertnet.flows.notifications.floods import ring_once
from alertnet.flows.unit.locked_incident import LockedIncident, take_up
from alertnet.store.db.tx import Tx
from alertnet.store.records import inbound, incidents, limits, timeline
from alertnet.store.records.editions import Edition

ALARMED = "device_alarm"
FOLLOWS_WITHIN = HOUR
"""A position after a longer silence counts as a new press."""


@value
class Pressed:
    """What a device reported. `type`: the incident type that it is set up for.

    In words for coordinators: `position`, where it is, and `left_out`, what else it sent that can't be used.
    """

    device: str
    team: str
    at: datetime
    type: str | None = None
    position: str | None = None
    text: str | None = None
    left_out: str | None = None

    @property
    def severity(self) -> Severity:
        """The severity of the press; without a type it is a cry for help."""
        return TYPES[self.type].severity if self.type else Severity.CRITICAL


def receive_alarm(tx: Tx, edition: Edition, pressed: Pressed) -> tuple[LockedIncident, bool]:
    """Raise the alarm of a device, or add its report to its running incident; returns whether one was opened.

    Where the network in force does not know the device's team, the incident has no country, which every tree serves.
    """
    name = f"device/{pressed.device}"
    inbound.await_others(tx, name)
    known = incidents.open_of_phone(tx, name)
    if known is not None and incidents.get(tx.session, known).facts.team == pressed.team:
        locked = take_up(tx, known)
        if locked.is_open and not _is_taken_care_of(locked):
            is_cry = pressed.type is None and not _follows(locked, pressed)
            _record(locked, pressed)
            _tell(locked, pressed, rings=_raise_severity(locked, pressed) or is_cry)
            return locked, False
    locked = open_incident(tx, edition, _facts(edition.network, pressed, name), by=name)
    if pressed.team not in edition.network.teams:
        locked.warn(f"teams.yaml has no team {pressed.team}: every tree is told, as nobody knows the country")
    _record(locked, pressed)
    return locked, True


def _record(locked: LockedIncident, pressed: Pressed) -> None:
    locked.record(
        ALARMED,
        by=f"device/{pressed.device}",
        at=pressed.at.isoformat(),
        position=pressed.position,
        text=pressed.text,
        left_out=pressed.left_out,
        understood=[pressed.type] if pressed.type else [],
    )


def _is_taken_care_of(locked: LockedIncident) -> bool:
    """Whether somebody has taken charge of all that it raised, and nothing came of the device for long since.

    Another press is then another alarm: within this one it would ring at the coordinators, and nobody else would hear.
    """
    ids, now = locked.incident.every_id, locked.tx.now
    is_silent = all(
        now - at > FOLLOWS_WITHIN for id in ids if (at := timeline.latest_at(locked.tx.session, id, ALARMED))
    )
    return is_silent and not locked.broken and all(each.status in AT_REST for each in locked.states.values())


def _follows(locked: LockedIncident, pressed: Pressed) -> bool:
    """Whether it only reports its position, for which nobody need have pressed anything."""
    told_at = timeline.latest_at(locked.tx.session, locked.incident.id, ALARMED)
    return pressed.position is not None and told_at is not None and locked.tx.now - told_at <= FOLLOWS_WITHIN


def _raise_severity(locked: LockedIncident, pressed: Pressed) -> bool:
    """Raise the incident's severity to that of the press, never lower it; whether it is higher now."""
    if pressed.severity.rank >= locked.facts.severity.rank:
        return False
    apply_news(locked, replace(locked.facts, severity=pressed.severity), by=f"device/{pressed.device}")
    return True


def _tell(locked: LockedIncident, pressed: Pressed, *, rings: bool) -> None:
    """Ring again, or tell the coordinators that there is news.

    A device that reports its position every minute causes one message in ten minutes.
    """
    if rings:
        ring_once(locked, Subject.SOS_AGAIN, pressed.team)
        tell_more(locked)
        return
    told_at = limits.tell_at(locked.tx, TEXTS_TOLD, f"{locked.incident.id} device")
    if told_at is not None:
        notify_coordinators(locked, Subject.NEWS, pressed.team, leaves_at=told_at)


def _facts(network: Network, pressed: Pressed, name: str) -> Facts:
    team = network.teams.get(pressed.team)
    facts = Facts(
        type=pressed.type or UNKNOWN_TYPE,
        severity=pressed.severity,
        country=NO_COUNTRY,
        verified=False,
        certainty=Certainty.UNVERIFIED,
        occurred_at=pressed.at,
        raised_from=name,
        team=pressed.team,
        field_silent=True,
    )
    if team is None:
        return facts
    return replace(
        facts,
        country=team.country,
        consent=team.consent,
        field_language=team.language,
        field_timezone=team.timezone,
    )
