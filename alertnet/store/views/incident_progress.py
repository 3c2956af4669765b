"""How far an incident has come, read without holding anything: where each escalation stands, and who has answered."""

from sqlalchemy.orm import Session

from alertnet.core.forecast.call_sheet import Answered, Progress
from alertnet.store.records import answers, escalations


def of_incident(session: Session, id: str) -> Progress:
    """How far an incident has come; of answers the latest of each contact, and none that was revoked."""
    return Progress(
        escalations.states_of(session, id),
        {
            (each.tree, each.contact): Answered(each.kind, each.via, each.at)
            for each in reversed(answers.current_answers(session, id))
        },
    )
