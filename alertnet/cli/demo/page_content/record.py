"""Reads the record for the page: the newest incident with all that belongs to it, in one transaction."""

from collections.abc import Iterable, Sequence
from datetime import timedelta, tzinfo

from alertnet.cli.demo.page_content import marks, outlook
from alertnet.cli.demo.page_content.names import PartyNames
from alertnet.core.incident import IncidentStatus
from alertnet.core.notification import ALERTS
from alertnet.flows.desk import chronicle
from alertnet.flows.desk.chronicle import tell
from alertnet.flows.forecast.ahead import play_on
from alertnet.flows.unit.locked_incident import LockedIncident, take_up
from alertnet.runtime.wiring import Runtime
from alertnet.sandbox.page import Cast, Ending, Incident, Story
from alertnet.store.db.tx import Tx
from alertnet.store.records import timeline
from alertnet.store.views import incident_list, incident_view, timeline_view
from alertnet.store.views.shapes import IncidentView
from alertnet.store.views.timeline_view import Entry

MOST_ENTRIES = 3000
MOST_INCIDENTS = 20


def _sum_up(view: IncidentView, entries: Sequence[Entry], names: PartyNames) -> Ending:
    """The three figures at the end; a contact in two trees counts once."""
    told = (each for each in view["notifications"] if each["kind"] in ALERTS and each["status"] != "failed")
    took_charge = (
        each for each in view["acknowledgements"] if each["kind"] == "acknowledged" and each["revoked_at"] is None
    )
    closed = [entry.at for entry in entries if entry.kind == "incident_closed"]
    lasted = closed[-1] - names.locked.incident.opened_at
    return Ending(
        told=_count(((each["tree"], each["contact"]) for each in told), names),
        took_charge=_count(((each["tree"], each["contact"]) for each in took_charge), names),
        minutes=round(lasted / timedelta(minutes=1)),
    )


def _count(contacts: Iterable[tuple[str | None, str]], names: PartyNames) -> int:
    return len({names.party(tree, contact) or contact for tree, contact in contacts if tree})


class Record:
    """The record of one runtime. Its story changes only when an entry is added."""

    def __init__(self, runtime: Runtime, cast: Cast, zone: tzinfo) -> None:
        self._runtime = runtime
        self._cast = cast
        self._zone = zone
        self._told: tuple[int, Story] | None = None

    def story(self) -> Story:
        """The current story. Raises DatabaseAway where the database gives no answer."""
        length = self._runtime.read(lambda tx: timeline.count(tx.session))
        if self._told is None or self._told[0] != length:
            self._told = length, self._runtime.read(_tell, self._runtime, self._cast, self._zone)
        return self._told[1]


def _tell(tx: Tx, runtime: Runtime, cast: Cast, zone: tzinfo) -> Story:
    first, coordinator = cast.field[0], next(cast.protectors).key
    known = incident_list.page(tx.session, None, None, MOST_INCIDENTS)
    if not known:
        return Story(outlook.hint(None, False, first, coordinator), rings=marks.mark_plan(runtime.network))
    opened = [each for each in known if each.status is IncidentStatus.OPEN]
    locked = take_up(tx, (opened or known)[0].id)
    seen = incident_view.of_incident(tx.session, locked.incident.id)
    entries, *_ = timeline_view.latest(tx.session, locked.incident.id, MOST_ENTRIES, with_duress=True)
    names = PartyNames(locked, cast=cast, is_sos=chronicle.cries_for_help(entries), language="en")
    foretold = play_on(locked)
    return Story(
        hint=outlook.hint(locked, _is_answered(locked, seen), first, coordinator),
        incident=_head(locked, names),
        ending=None if locked.is_open else _sum_up(seen, entries, names),
        others_open=max(len(opened) - 1, 0),
        lines=tell(entries, names),
        coming=outlook.coming(locked, foretold, names, tx.now) if locked.is_open else (),
        parties=marks.mark_contacts(seen, names),
        rings=marks.mark_levels(locked, foretold.noted, zone),
    )


def _head(locked: LockedIncident, names: PartyNames) -> Incident:
    facts = locked.facts
    title = names.incident_type(facts.type)
    return Incident(
        ref=locked.incident.ref,
        title=title[0].upper() + title[1:],
        facts=(
            facts.severity.value,
            "verified" if facts.verified else "not verified yet",
            *(["drill"] if facts.drill else []),
            "open" if locked.is_open else f"closed: {(locked.incident.close_reason or '').replace('_', ' ')}",
        ),
        marks=marks.mark_trees(locked, names),
        is_open=locked.is_open,
    )


def _is_answered(locked: LockedIncident, seen: IncidentView) -> bool:
    return any(
        each["kind"] == "acknowledged"
        and each["revoked_at"] is None
        and locked.recipient(each["tree"], each["contact"]).is_coordinator
        for each in seen["acknowledgements"]
    )
