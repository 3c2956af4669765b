"""Plays a case through the trees: choose a case, day and hour, and see who is told when. Nothing is sent."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from fastapi import Response
from pydantic import ValidationError

from alertnet.core.directory.contact_tree import Network
from alertnet.core.directory.wall_clock import wall_moment
from alertnet.core.errors import BadInput
from alertnet.core.incident import Facts, Scope
from alertnet.core.limits import TREE_CHECKS
from alertnet.flows.desk.night import Night, compared, play
from alertnet.runtime import tree_editing
from alertnet.store.records.credentials.users import Role
from alertnet.web.api.models import Case
from alertnet.web.console.desk import AtDesk, Desk
from alertnet.web.console.incidents.raising import CODE, countries_of
from alertnet.web.console.refusing import Pages, refused
from alertnet.web.console.trees.editing import Edit, edit_in
from alertnet.web.forms import UNTYPED, Posted, number, read_day
from alertnet.web.problems import first_fault
from alertnet.web.throttle import in_turn

router = Pages("/desk/simulator")

HOURS = (2, 6, 24, 72)
LISTS = ("nationality", "answers", "exclude")
FIELDS = ("type", "country", "severity", "consent", "perpetrator", "place", *LISTS)
HOLIDAYS = 8
"""How many coming holidays the form offers."""
A_DAY = 24 * 60
MOST_EDITIONS = 99_999


@router.get("")
def show_simulator(desk: AtDesk) -> Response:
    """Play the case given in the address, and show its state after the chosen minutes."""
    desk.check_pace(TREE_CHECKS)
    return _simulator(desk, desk.request.query_params)


@router.post("")
def play_edit(form: Posted, desk: AtDesk) -> Response:
    """Play the case on an edit that is not in force, and show the difference. Nothing is stored."""
    desk.check_form(form, Role.COORDINATOR)
    desk.check_pace(TREE_CHECKS)
    edit = edit_in(form, desk, _number(form, "seen", MOST_EDITIONS, 0))
    return _simulator(desk, form, edit)


def _simulator(desk: Desk, query: Mapping[str, str], edit: Edit | None = None) -> Response:
    network, difference = desk.network, None
    given = {name: UNTYPED.sub("", query.get(name, "")).strip()[:500] for name in (*FIELDS, "day", "go")}
    given |= {"type": given["type"] or "arrest", "consent": given["consent"] or Scope.INTERNATIONAL.value}
    night, error = None, None
    try:
        if edit is not None:
            network = tree_editing.network_of_edit(desk.runtime, edit.base, edit.texts)
        given["country"] = given["country"] or countries_of(network, desk.country_name)[0]
        with in_turn():
            night, clock = _play(network, desk.runtime.now(), given, query)
            if edit is not None:
                difference = compared(_play(desk.network, desk.runtime.now(), given, query)[0], night)
    except BadInput as fault:
        error, clock = fault, (desk.runtime.now().date(), 0, HOURS[1], 0)
    return desk.show(
        "simulator.html",
        edit=edit,
        given=given,
        night=night,
        difference=difference,
        **refused(desk.request, error),
        clock=clock,
        holidays=_holidays(network, desk.runtime.now().date()),
        contacts=sorted({contact.id: contact.called for _, contact in network.all_contacts}.items()),
        hours=HOURS,
        countries=countries_of(network, desk.country_name),
    )


Clock = tuple[date, int, int, int]
"""The day of opening, its minute of that day, the hours played, and the minute in view."""


def _play(network: Network, now: datetime, given: Mapping[str, str], query: Mapping[str, str]) -> tuple[Night, Clock]:
    case, facts = _case(network, given)
    zone = ZoneInfo(network.zone_of(facts.country))
    local = now.astimezone(zone)
    day = read_day("day", given["day"]) if given["day"] else local.date()
    minute = _number(query, "minute", A_DAY - 1, local.hour * 60 + local.minute // 15 * 15)
    hours = _number(query, "hours", HOURS[-1], HOURS[1]) or HOURS[1]
    after = _number(query, "after", HOURS[-1] * 60, 0)
    opened_at = wall_moment(datetime.combine(day, time(minute // 60, minute % 60)), zone)
    lasts = timedelta(hours=hours)
    night = play(network, facts, opened_at, lasts, case.answers, gives_go=given["go"] != "no")
    return night, (day, minute, hours, min(after, hours * 60))


def _case(network: Network, given: Mapping[str, str]) -> tuple[Case, Facts]:
    """Read the chosen case by the API's rules."""
    fields: dict[str, object] = {name: given[name] for name in FIELDS if given[name]}
    fields |= {name: CODE.findall(given[name]) for name in LISTS if given[name]}
    try:
        case = Case.model_validate(fields)
    except ValidationError as error:
        raise first_fault(error) from None
    return case, case.facts(next(iter(network.trees.values())))


def _number(query: Mapping[str, str], name: str, most: int, usual: int) -> int:
    if not query.get(name):
        return usual
    found = number(query, name, len(str(most)))
    if found is None or found > most:
        raise BadInput(name, query[name][:32], f"a number up to {most}")
    return found


def _holidays(network: Network, today: date) -> list[tuple[date, str]]:
    """The next days on which some contact is closed, with their names; each name once."""
    coming = sorted(
        (day, f"{country}: {name}")
        for tree in network.trees.values()
        for country, days in tree.calendars.items()
        for day, name in days.items()
        if day >= today
    )
    first: dict[str, date] = {}
    for day, name in coming:
        first.setdefault(name, day)
    return [(day, name) for name, day in first.items()][:HOLIDAYS]
