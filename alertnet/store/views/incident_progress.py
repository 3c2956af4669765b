"""How far an incident has come, read without holding anything: where each escalation stands, and who has answered."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from alertnet.core.codec import from_plain
from alertnet.core.escalation.quorum import AnswerKind, Via
from alertnet.core.escalation.state import State
from alertnet.core.forecast.call_sheet import Answered, Progress
from alertnet.store.tables import acknowledgements, escalations


def of_incident(session: Session, id: str) -> Progress:
    """How far an incident has come; of answers the latest of each contact, and none that was revoked."""
    states = select(escalations.c.tree, escalations.c.state).where(escalations.c.incident_id == id)
    answers = select(acknowledgements).where(
        acknowledgements.c.incident_id == id, acknowledgements.c.revoked_at.is_(None)
    )
    return Progress(
        {row.tree: from_plain(State, row.state) for row in session.execute(states)},
        {
            (row.tree, row.contact): Answered(AnswerKind(row.kind), Via(row.via), row.at)
            for row in session.execute(answers.order_by(acknowledgements.c.at))
        },
    )
