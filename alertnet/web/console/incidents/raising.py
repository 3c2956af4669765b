"""Raises an incident on the console: first a preview of who would be told, then the alarm, once."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from alertnet.core.directory.countries import COUNTRIES
from alertnet.core.errors import AlertnetError, BadInput
from alertnet.core.incident import ASKS, TYPES, Certainty, Facts, Perpetrator, Scope, Severity
from alertnet.flows.desk.ahead import Foretold, foretell
from alertnet.flows.desk.names import to_spare
from alertnet.flows.incidents.open_incident import open_incident
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials.users import Role
from alertnet.web.api.models import Report
from alertnet.web.auth import InForce
from alertnet.web.console.door import Viewer, act_once, by, check_form, proof_of
from alertnet.web.console.incidents.board import spoken
from alertnet.web.console.refusing import Told, refused
from alertnet.web.console.shown import language_of, show
from alertnet.web.forms import Posted, typed
from alertnet.web.problems import first_fault

router = APIRouter(prefix="/desk/raise", include_in_schema=False, route_class=Told)

FIELDS = ("type", "country", "severity", "place", "summary", "details", "perpetrator", "ask", "consent", "certainty")
BESIDES = ("team", "people")


@router.get("")
def show_form(request: Request, who: Viewer, runtime: InForce, team: str = "", people: str = "") -> Response:
    """Show the form, empty but for a team or people chosen on the page before."""
    countries, teams = _countries(runtime), runtime.edition.network.teams
    country = teams[team].country if team in teams else countries[0] if len(countries) == 1 else ""
    values = {"country": country, "consent": Scope.INTERNAL.value, "team": team, "people": people}
    return _show(request, who, runtime, values, seen=runtime.entropy.id(), fresh=not (team or people))


@router.post("")
def send_form(request: Request, form: Posted, who: Viewer, runtime: InForce) -> Response:
    """Show who would be told, or raise the incident.

    An invalid field is named above the form, which keeps its values.
    """
    check_form(request, who, form, Role.COORDINATOR)
    values = {name: typed(form, name) for name in (*FIELDS, *BESIDES)}
    seen, spared = form.get("seen", ""), form.getlist("exclude")
    try:
        facts = facts_of(values, runtime, spared)
        if form.get("step") == "raise":
            return act_once(request, who, form, lambda tx: _raise(tx, runtime, facts, by(who)))
        foretold = foretell(runtime.edition.network, facts, runtime.now())
    except BadInput as error:
        return _show(request, who, runtime, values, spared, seen=seen, error=error)
    return _show(request, who, runtime, values, spared, seen=seen, foretold=foretold)


def _raise(tx: Tx, runtime: Runtime, facts: Facts, by: str) -> tuple[LockedIncident, str]:
    locked = open_incident(tx, runtime.edition, facts, by=by)
    return locked, f"/desk/incidents/{locked.incident.ref}?done=raise"


def facts_of(values: Mapping[str, str], runtime: Runtime, spared: Sequence[str] = ()) -> Facts:
    """Read the form's values by the API's rules; `spared` are contacts and organisations to exclude.

    Raises:
        BadInput: names the first invalid field.
    """
    given: dict[str, Any] = {name: values[name] for name in FIELDS if values.get(name)}
    given["people"] = [{"code": code} for code in values["people"].split()]
    given["exclude"] = [*spared]
    team = values.get("team") or None
    if team is not None and team not in runtime.edition.network.teams:
        raise BadInput("team", team[:32], sorted(runtime.edition.network.teams))
    try:
        return Report.model_validate(given).facts(team)
    except ValidationError as error:
        raise first_fault(error) from None


def _show(
    request: Request,
    who: Viewer,
    runtime: Runtime,
    values: dict[str, str],
    spared: Sequence[str] = (),
    *,
    seen: str,
    fresh: bool = False,
    foretold: Foretold | None = None,
    error: AlertnetError | None = None,
) -> Response:
    network = runtime.edition.network
    return show(
        request,
        "raise.html",
        who=who,
        proof=proof_of(runtime, who),
        seen=seen,
        fresh=fresh,
        draft_key=runtime.vault.sign(f"draft {who.user}"),
        given={name: values.get(name, "") for name in (*FIELDS, *BESIDES)},
        foretold=foretold,
        **refused(request, error),
        teams=network.teams,
        contacts=to_spare({each.id: each for _, each in network.all_contacts}),
        spared=spared,
        certainties=[each.value for each in Certainty],
        asks=ASKS,
        **choices(runtime),
        **spoken(runtime, language_of(request)),
    )


def choices(runtime: Runtime) -> dict[str, Any]:
    """The values that the selects of the form offer."""
    return {
        "codes": sorted(runtime.edition.network.people),
        "countries": _countries(runtime),
        "type_codes": list(TYPES),
        "severity_codes": [each.value for each in Severity],
        "perpetrators": [each.value for each in Perpetrator],
        "scopes": [each.value for each in Scope],
    }


def _countries(runtime: Runtime) -> list[str]:
    """The countries that a tree or a team names; all countries where none is named."""
    network = runtime.edition.network
    named = {country for tree in network.trees.values() for country in tree.countries}
    named |= {team.country for team in network.teams.values()}
    return sorted(named & set(COUNTRIES)) or sorted(COUNTRIES)
