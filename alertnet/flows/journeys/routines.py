"""Routines of the field: people who check in daily are expected at the next time, as `teams.yaml` says now (B1)."""

from dataclasses import replace

from alertnet.core.directory.contact_tree import Network, Team
from alertnet.core.directory.routine import Routine
from alertnet.core.inbound.journey import Journey, Kind, Leg
from alertnet.flows.credentials.known_numbers import member_of
from alertnet.store.db.tx import Tx
from alertnet.store.queues import journeys

Owner = tuple[str, str | None, str]
"""Team, member (None: any of the team) and routine."""


def follow_routines(tx: Tx, network: Network) -> None:
    """Begin new routines, end those that are gone, and move edited ones to their next time.

    One that is overdue goes on, because an edit is no check-in.
    """
    wanted = _wanted(network)
    for stored in journeys.routines(tx.session):
        known = stored.journey
        assert known.routine is not None
        team, routine = wanted.pop((known.team, known.member, known.routine.id), (None, None))
        if routine == known.routine:
            continue
        journey = journeys.hold(tx, stored.id).journey
        if routine is None or team is None:
            journeys.save(tx, stored.id, journey, is_over=True)
        elif journey.awaited.expected_at <= tx.now:
            journeys.save(tx, stored.id, replace(journey, routine=routine, terms=routine.terms))
        else:
            awaited = _awaited(tx, network, team, journey.member, routine)
            began_at, heard_at = journey.began_at, journey.heard_at
            journeys.save(tx, stored.id, replace(awaited, place=journey.place, began_at=began_at, heard_at=heard_at))
    for (_, member, _), (team, routine) in wanted.items():
        journeys.add(tx, _awaited(tx, network, team, member, routine))


def _wanted(network: Network) -> dict[Owner, tuple[Team, Routine]]:
    return {
        (team.id, member, routine.id): (team, routine)
        for team in network.teams.values()
        for routine in team.routines
        for member in routine.members or (None,)
    }


def _awaited(tx: Tx, network: Network, team: Team, member: str | None, routine: Routine) -> Journey:
    zone = member_of(network, team.id, None)[0].words.timezone
    return Journey(
        kind=Kind.ROUTINE,
        team=team.id,
        member=member,
        country=team.country,
        consent=team.consent,
        legs=(Leg(None, routine.next_time(tx.now, zone), zone),),
        terms=routine.terms,
        began_at=tx.now,
        routine=routine,
    )
