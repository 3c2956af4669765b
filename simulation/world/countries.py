"""Trees for another country, for places and for everywhere, and a team abroad, in some nights."""

from collections.abc import Mapping
from dataclasses import replace

from alertnet.core.directory.contact import Role
from alertnet.core.directory.contact_tree import Member, Network, Start, Team
from simulation.world.cast import Numbers, draw_tree
from simulation.world.chance import Chance

HOME, ABROAD = "north", "south"
"""The teams of the two countries."""
COUNTRIES = {HOME: "CO", ABROAD: "PE"}
MOVERS = {"sol": "+573005550003", "luz": "+573005550004"}
"""The phones of one of each team, who may move to the other."""
_SERVED = {
    "coast": ("CO", frozenset({"L1*"})),
    "valley": ("CO", frozenset({"L21", "L3*"})),
    "peru": (COUNTRIES[ABROAD], frozenset[str]()),
    "world": ("*", frozenset[str]()),
}
"""What each of the trees serves; the last one is there in half of these nights."""


def with_countries(random: Chance, network: Network) -> Network:
    """The same network, which may have trees for places and another country, and a team there."""
    if not random.comes():
        return network
    numbers, office = Numbers(200), network.trees["colombia"].contacts["head-office"]
    trees = dict(network.trees)
    for id in list(_SERVED)[: random.choice([3, 4])]:
        country, places = _SERVED[id]
        others = [(f"{id}-jurists", Role.NGO, None, None)]
        drawn = draw_tree(random, numbers, id, others, office, Start())
        trees[id] = replace(drawn, countries=frozenset({country}), places=places)
    abroad = replace(network.teams[HOME], id=ABROAD, country=COUNTRIES[ABROAD], members={}, timezone="America/Lima")
    teams = {**network.teams, ABROAD: abroad}
    for team, (id, phone) in zip(COUNTRIES, MOVERS.items(), strict=True):
        teams[team] = _joined(teams[team], Member(id, id.capitalize(), phone, "en"))
    return replace(network, trees=trees, teams=teams)


def moved(teams: Mapping[str, Team], id: str) -> dict[str, Team]:
    """The same teams, in which that member is in the other one."""
    here = next(team for team in teams.values() if id in team.members)
    there = teams[ABROAD if here.id == HOME else HOME]
    left = {each: member for each, member in here.members.items() if each != id}
    return {**teams, here.id: replace(here, members=left), there.id: _joined(there, here.members[id])}


def _joined(team: Team, member: Member) -> Team:
    return replace(team, members={**team.members, member.id: member})
