"""Raises an incident on the console: first a preview of who would be told, then the alarm, once."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from unicodedata import normalize

from fastapi import Response
from pydantic import ValidationError

from alertnet.core.directory.contact_tree import EVERYWHERE, Network
from alertnet.core.directory.countries import COUNTRIES
from alertnet.core.errors import AlertnetError, BadInput
from alertnet.core.incident import Facts, Scope
from alertnet.flows.desk.names import to_spare
from alertnet.flows.forecast.ahead import foretell
from alertnet.flows.incidents.open_incident import open_incident
from alertnet.store.records.credentials.users import Role
from alertnet.web.api.incidents import Report
from alertnet.web.console.desk import AtDesk, Desk
from alertnet.web.console.refusing import Pages, refused
from alertnet.web.forms import Posted, typed
from alertnet.web.problems import first_fault

router = Pages("/desk/raise")

FIELDS = ("type", "country", "severity", "place", "summary", "details", "perpetrator", "ask", "consent", "certainty")
BESIDES = ("team", "people")
CODE = re.compile(r"[^\s,;]+")


@router.get("")
def show_form(desk: AtDesk, team: str = "", people: str = "") -> Response:
    """Show the form, empty but for a team or people chosen on the page before."""
    named, teams = named_by(desk.network), desk.network.teams
    country = teams[team].country if team in teams else next(iter(named)) if len(named) == 1 else ""
    values = {"country": country, "consent": Scope.INTERNAL.value, "team": team, "people": people}
    return _show(desk, values, seen=desk.runtime.entropy.id(), fresh=not (team or people))


@router.post("")
def send_form(form: Posted, desk: AtDesk) -> Response:
    """Show who would be told, or raise the incident; an invalid field is named above the form as it was sent."""
    desk.check_form(form, Role.COORDINATOR)
    values = {name: typed(form, name) for name in (*FIELDS, *BESIDES)}
    seen, spared = form.get("seen", ""), form.getlist("exclude")
    try:
        facts = facts_of(values, desk.network, spared)
        if form.get("step") == "raise":
            return desk.change_once(form, lambda tx: open_incident(tx, desk.edition, facts, by=desk.by), "raise")
        foretold = foretell(desk.network, facts, desk.runtime.now())
    except BadInput as error:
        return _show(desk, values, spared, seen=seen, error=error)
    return _show(desk, values, spared, seen=seen, foretold=foretold)


def facts_of(values: Mapping[str, str], network: Network, spared: Sequence[str] = ()) -> Facts:
    """Read the form's values by the API's rules; `spared`: whom to exclude. `BadInput` names an invalid field."""
    given: dict[str, Any] = {name: values[name] for name in FIELDS if values.get(name)}
    given["people"] = [{"code": code} for code in CODE.findall(values["people"])]
    given["exclude"] = [*spared]
    team = values.get("team") or None
    if team is not None and team not in network.teams:
        raise BadInput("team", team[:32], sorted(network.teams))
    try:
        return Report.model_validate(given).facts(team)
    except ValidationError as error:
        raise first_fault(error) from None


def _show(
    desk: Desk,
    values: dict[str, str],
    spared: Sequence[str] = (),
    *,
    seen: str,
    error: AlertnetError | None = None,
    **found: Any,
) -> Response:
    network = desk.network
    return desk.show(
        "raise.html",
        seen=seen,
        draft_key=desk.runtime.vault.sign(f"draft {desk.who.user}"),
        given={name: values.get(name, "") for name in (*FIELDS, *BESIDES)},
        **refused(desk.request, error),
        teams=network.teams,
        contacts=to_spare({each.id: each for _, each in network.all_contacts}),
        spared=spared,
        codes=sorted(network.people),
        countries=countries_of(network, desk.country_name),
        **{"fresh": False, "foretold": None, **found},
    )


def countries_of(network: Network, name: Callable[[str], str]) -> list[str]:
    """The countries that a tree or a team names; then all others, if a tree serves everywhere or none is named."""
    named, everywhere = named_by(network), any(EVERYWHERE in tree.countries for tree in network.trees.values())
    offered = COUNTRIES if everywhere or not named else named
    return sorted(offered, key=lambda country: (country not in named, normalize("NFKD", name(country))))


def named_by(network: Network) -> set[str]:
    """The countries that a tree or a team names."""
    named = {country for tree in network.trees.values() for country in tree.countries}
    return (named | {team.country for team in network.teams.values()}) & set(COUNTRIES)
