"""Roll-calls: everybody of a team, a country or the network is asked whether they are safe, in their language (B4).

Nothing is sent to a phone that is to be left alone; those people are named, so that somebody finds them otherwise.
"""

from datetime import timedelta

from alertnet.core.codec import value
from alertnet.core.directory.contact_tree import Network
from alertnet.core.directory.routine import Risk
from alertnet.core.disclosure import Subject
from alertnet.core.errors import BadInput, TooMany, WrongState
from alertnet.core.inbound.on_the_road.journey import RollCall, ask
from alertnet.core.limits import ROLL_CALLS
from alertnet.flows.credentials.known_numbers import InTheField, member_of
from alertnet.flows.journeys.missed import is_left_alone, write_to
from alertnet.store.db.tx import Tx
from alertnet.store.queues import journeys
from alertnet.store.records import limits, timeline


@value
class Question:
    """Whom a roll-call asks (a team, a country, or neither: the whole network), and what follows from silence."""

    team: str | None = None
    country: str | None = None
    text: str | None = None
    raises: bool = False
    incident_after: timedelta = Risk.LOW.incident_after

    @property
    def of(self) -> str:
        """Whom it asks, in words."""
        return f"team {self.team}" if self.team else f"country {self.country}" if self.country else "network"


def call_roll(tx: Tx, network: Network, question: Question, by: str) -> str:
    """Ask everybody whose phone may be written to; returns the id of the roll-call.

    Refused where nobody may be written to, and too soon after the same.
    """
    everybody = _everybody(network, question)
    left_alone = [each for each in everybody if is_left_alone(tx, each)]
    asked = [each for each in everybody if each not in left_alone]
    if left_alone and not asked:
        raise WrongState(question.of, "left alone", "no phone of it may be written to: find them in another way")
    if not asked:
        field, said = ("team", question.team) if question.team else ("country", question.country)
        raise BadInput(field, said, _askable(tx, network, question))
    used = limits.hold(tx, ROLL_CALLS, question.of)
    if not ROLL_CALLS.room(used, tx.now):
        raise TooMany(f"roll-calls of {question.of}", ROLL_CALLS.retry_at(used, tx.now) - tx.now)
    limits.keep(tx, ROLL_CALLS, question.of, ROLL_CALLS.use(used, tx.now))
    not_asked = tuple(each.owner for each in left_alone)
    roll_call = RollCall(tx.entropy.id(), question.of, by, question.raises, question.text, not_asked)
    for each in asked:
        zone, span = each.words.timezone, question.incident_after
        journeys.add(tx, ask(roll_call, each.team, each.member, zone, span, tx.now))
        write_to(tx, each, Subject.ROLL_CALL)
    timeline.note(
        tx, "roll_called", roll_call=roll_call.id, of=question.of, by=by, asked=len(asked), raises=question.raises
    )
    return roll_call.id


def _everybody(network: Network, question: Question) -> list[InTheField]:
    return [
        each
        for team in network.teams.values()
        if question.team in (None, team.id) and question.country in (None, team.country)
        for each in member_of(network, team.id, None)
    ]


def _askable(tx: Tx, network: Network, question: Question) -> list[str]:
    askable = {
        team.id if question.team else team.country
        for team in network.teams.values()
        if any(not is_left_alone(tx, each) for each in member_of(network, team.id, None))
    }
    return sorted(askable) or ["a team with a member whose phone may be written to"]
