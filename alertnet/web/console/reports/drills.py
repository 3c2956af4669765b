"""Drills on the console: begin or plan one after a preview of who takes part, cancel it, and see its results.

Their pages differ from those of alarms in colour, words and address, so that nobody mistakes one for the other.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Response

from alertnet.core.errors import AlertnetError, BadInput
from alertnet.core.incident import Facts
from alertnet.flows.desk.drills import read_drill
from alertnet.flows.desk.figures import length
from alertnet.flows.forecast.ahead import foretell
from alertnet.flows.incidents.drills import begin_drill, cancel_drill, plan_drill, zone_of
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials.users import Role
from alertnet.web.console.desk import AtDesk, Desk, page_of
from alertnet.web.console.incidents.raising import FIELDS, countries_of, facts_of
from alertnet.web.console.refusing import Pages, refused
from alertnet.web.console.shown import as_file
from alertnet.web.forms import Posted, read_moment, typed

router = Pages("/desk/drills")

WHEN = ("date", "time", "every")
EVERY_MONTHS = ("3", "6", "12")
USUAL_TIME = "10:00"


@router.get("/new")
def show_form(desk: AtDesk) -> Response:
    values = {"consent": "internal", "time": USUAL_TIME}
    return _show(desk, values, seen=desk.runtime.entropy.id())


@router.post("/new")
def send_form(form: Posted, desk: AtDesk) -> Response:
    """Show who would take part, begin the drill, or plan it. An invalid field is named above the form."""
    desk.check_form(form, Role.COORDINATOR)
    values = {name: typed(form, name) for name in (*FIELDS, *WHEN, "people")}
    seen = form.get("seen", "")
    try:
        facts = replace(facts_of(values, desk.network), drill=True)
        at = _moment(values, zone_of(desk.network, facts), desk.runtime.now())
        if form.get("step") == "go":
            return desk.act_once(form, lambda tx: _go(tx, desk, facts, at, values["every"]))
        foretold = foretell(desk.network, facts, at or desk.runtime.now())
    except BadInput as error:
        return _show(desk, values, seen=seen, error=error)
    zone = zone_of(desk.network, facts)
    return _show(desk, values, seen=seen, foretold=foretold, at=at, zone=zone)


@router.post("/{id}/cancel")
def cancel(id: str, form: Posted, desk: AtDesk) -> Response:
    return desk.do_once(form, lambda tx: cancel_drill(tx, id, by=desk.by), "/desk/drills?done=cancelled")


@router.get("/{ref}.csv")
def get_rows(ref: str, desk: AtDesk) -> Response:
    """The results of a drill as CSV: contacts by id, without numbers."""
    found = desk.runtime.read(read_drill, ref)
    return as_file(f"drill-{found.incident.ref}.csv", found.as_csv(), "text/csv")


@router.get("/{ref}")
def show_drill(ref: str, desk: AtDesk) -> Response:
    """Show the results of a drill: who was reached and how, how fast they answered, which numbers are dead."""
    found = desk.runtime.read(read_drill, ref)
    return desk.show("drill.html", drill=found, incident=found.incident, length=length)


def _go(tx: Tx, desk: Desk, facts: Facts, at: datetime | None, every: str) -> tuple[LockedIncident | None, str]:
    if at is None:
        locked = begin_drill(tx, desk.edition, facts, by=desk.by)
        return locked, page_of(locked, "drill")
    plan_drill(tx, desk.edition, facts, at, int(every) if every else None, by=desk.by)
    return None, "/desk/drills?done=planned"


def _moment(values: dict[str, str], zone: str, now: datetime) -> datetime | None:
    """When the drill is to begin, by the clocks of the zone; None means now. `BadInput` where it can't begin then."""
    if values["every"] not in ("", *EVERY_MONTHS):
        raise BadInput("every", values["every"], EVERY_MONTHS)
    if values["date"]:
        typed_in = f"{values['date']} {values['time'] or USUAL_TIME}"
        if (at := read_moment("date", typed_in, ZoneInfo(zone))) <= now:
            raise BadInput("date", typed_in, "a moment that is still to come")
        return at
    if values["every"]:
        raise BadInput("date", None, "the day of the first one, where it is held again")
    return None


def _show(
    desk: Desk, values: dict[str, str], *, seen: str, error: AlertnetError | None = None, **found: Any
) -> Response:
    return desk.show(
        "drill_new.html",
        seen=seen,
        given={name: values.get(name, "") for name in (*FIELDS, *WHEN, "people")},
        **refused(desk.request, error),
        every_months=EVERY_MONTHS,
        codes=sorted(desk.network.people),
        countries=countries_of(desk.network, desk.country_name),
        **{"foretold": None, "at": None, **found},
    )
