"""How far an incident has come, read without holding anything: where each escalation stands, and who has answered."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from alertnet.core.codec import from_plain
from alertnet.core.escalation.state import State
from alertnet.core.forecast.call_sheet import Answered, Progress
from alertnet.store.records import answers
from alertnet.store.tables import escalations


def of_incident(session: Session, id: str) -> Progress:
    """How far an incident has come; of answers the latest of each contact, and none that was revoked."""
    states = select(escalations.c.tree, escalations.c.state).where(escalations.c.incident_id == id)
    return Progress(
        {row.tree: from_plain(State, row.state) for row in session.execute(states)},
        {
            (each.tree, each.contact): Answered(each.kind, each.via, each.at)
            for each in reversed(answers.current_answers(session, id))
        },
    )
