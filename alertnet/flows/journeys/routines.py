"""What `teams.yaml` says now of who is awaited (B1).

People with a routine are expected at the next time; who is on the road is awaited under the name it has now.
"""

from dataclasses import replace

from alertnet.core.directory.contact_tree import Network, Team
from alertnet.core.directory.routine import Routine
from alertnet.core.inbound.on_the_road.journey import Journey, JourneyKind, Leg, Status
from alertnet.flows.credentials.known_numbers import member_of
from alertnet.store.db.session import UNREADABLE
from alertnet.store.db.tx import Tx
from alertnet.store.queues import journeys
from alertnet.store.queues.journeys import Owner


def follow_routines(tx: Tx, network: Network) -> None:
    """Begin new routines, end those that are gone, and move edited ones to their next time.

    One that is overdue goes on, because an edit is no check-in. One that can't be read is left to its own job.
    """
    wanted = _wanted(network)
    for owner, stored in journeys.routines(tx.session):
        team, routine = wanted.pop(owner, (None, None))
        if stored is None or routine == stored.journey.routine:
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


def follow_members(tx: Tx, network: Network) -> None:
    """Let the journeys of members who were moved to another team, or renamed, go on under the name they have now.

    Else nothing that they write would count for it, and its alarm would know no phone.
    """
    for id, its_team, its_member in journeys.announced(tx.session):
        if member_of(network, its_team, its_member):
            continue
        try:
            held = journeys.hold(tx, id)
        except UNREADABLE:
            continue  # It fails by itself when it falls due, and must not stop the watch (A11).
        members = ((team.id, each) for team in network.teams.values() for each in team.members.values())
        now = next(((team, each.id) for team, each in members if held.journey.is_of(each)), None)
        if now is not None and held.status is not Status.OVER:
            journeys.save(tx, id, replace(held.journey, team=now[0], member=now[1]))


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
        kind=JourneyKind.ROUTINE,
        team=team.id,
        member=member,
        country=team.country,
        consent=team.consent,
        legs=(Leg(None, routine.next_time(tx.now, zone), zone),),
        terms=routine.terms,
        began_at=tx.now,
        routine=routine,
    )
