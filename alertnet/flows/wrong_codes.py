"""Codes that are not right where they come from: five of them void what the number holds, others' are reported (B4)."""

from collections.abc import Sequence

from sqlalchemy import func, select, update

from alertnet.core.disclosure import Subject
from alertnet.flows.case import Case, take_up
from alertnet.flows.codes import decision_code, void, written_code
from alertnet.flows.held_codes import HeldCode, holders
from alertnet.flows.letters import notify_coordinators
from alertnet.flows.unclear_sms import may_answer
from alertnet.store.tables import alarms, code_numbers, codes
from alertnet.store.tx import Tx

MOST_WRONG_TRIES = 5


def report_foreign(tx: Tx, number: str, text: str) -> bool:
    """Whether the code is somebody else's: then it counts for nothing, and that incident's coordinators hear of it."""
    found = holders(tx, text)
    for incident, contact in found:
        case = take_up(tx, incident)
        case.record("foreign_code", contact=contact, sender=f"…{number[-4:]}")
        notify_coordinators(case, Subject.FOREIGN_CODE, contact)
        case.finish()
    return bool(found)


def count_wrong_tries(tx: Tx, number: str, held: Sequence[HeldCode], tries: int) -> None:
    """Count wrong codes against the number; at the fifth all that it holds is void, and made afresh once."""
    # A question's code is shared by all coordinators: the slips of one must not lock out another.
    counted = [code.id for code in held if code.alarm is None] or [code.id for code in held]
    those = codes.c.id.in_(counted)
    tx.session.execute(update(codes).where(those).values(wrong_tries=codes.c.wrong_tries + tries))
    if (tx.session.scalar(select(func.max(codes.c.wrong_tries)).where(those)) or 0) < MOST_WRONG_TRIES:
        return
    for incident in sorted({code.incident for code in held}):
        case = take_up(tx, incident)
        _replace_codes(case, number, [code for code in held if code.incident == incident])
        case.finish()


def _replace_codes(case: Case, number: str, own: Sequence[HeldCode]) -> None:
    makes_fresh = not _was_voided_before(case, number)
    for code in own:
        void(case, code.id)
        if code.alarm is not None:
            _replace_alarm_code(case, code.alarm, makes_fresh)
        elif makes_fresh and may_answer(case, code):
            written_code(case, code.tree, case.contact(code.tree, code.contact))
    case.record("codes_voided", tree=own[0].tree, contact=own[0].contact, fresh=makes_fresh)
    notify_coordinators(case, Subject.WRONG_CODES, own[0].contact)


def _was_voided_before(case: Case, number: str) -> bool:
    query = (
        select(codes.c.id)
        .join(code_numbers, code_numbers.c.code_id == codes.c.id)
        .where(codes.c.incident_id == case.incident.id, codes.c.voided_at.is_not(None))
        .where(code_numbers.c.number_index.in_(case.tx.vault.indexes(number)))
    )
    return case.tx.session.scalar(query.limit(1)) is not None


def _replace_alarm_code(case: Case, alarm: str, makes_fresh: bool) -> None:
    """The alarm rings again at once with its fresh code; without one it is answered by call or link."""
    fresh = decision_code(case) if makes_fresh else None
    case.outbox.flush()
    change = update(alarms).where(alarms.c.id == alarm)
    case.tx.session.execute(change.values(code_id=fresh.id if fresh else None, due_at=case.tx.now))
    case.tx.leaves_due()
