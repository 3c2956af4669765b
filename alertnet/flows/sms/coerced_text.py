"""A text that reports nothing, with the duress PIN or a cry for help: answered first, its alarm is raised right after.

A bystander may time the answer, so it comes as soon as that to the true PIN (B4). The rest is stored in the answer's
own transaction, and done by whichever worker looks next.
"""

from dataclasses import replace

from alertnet.core.errors import Inconsistent
from alertnet.core.inbound.field_words import FieldVerb
from alertnet.core.inbound.sms_answers import parse_duty_change
from alertnet.core.inbound.sms_grammar import Report, parse_report
from alertnet.flows.credentials.known_numbers import member_at, staff_at
from alertnet.flows.credentials.pins import PinCheck
from alertnet.flows.sms.field_text import FieldText
from alertnet.flows.sms.report_by_sms import receive_duress
from alertnet.store.db.tx import Tx
from alertnet.store.records import inbound
from alertnet.store.records.editions import Edition

NO_VERB = FieldVerb.UPDATE.value
"""What is recorded as understood of words without a verb."""


def hear_duress(text: FieldText, report: Report | None) -> None:
    """Raise the alarm once the text is answered; for a borrowed phone at once, since it gets no answer."""
    if text.sender.is_borrowed:
        receive_duress(text, report.verb.value if report else NO_VERB)
    else:
        inbound.put_off(text.tx, text.sms.provider_id)


def heard_of(text: FieldText, report: Report | None) -> Report | None:
    """The report; one with the PIN for duress anywhere in it cries for help, whatever else counts as its PIN."""
    return replace(report, cries=True) if report and text.is_forced else report


def is_coerced(text: FieldText, report: Report | None) -> bool:
    """Whether the duress PIN is among the words of a text that raises nothing, or a cry beside a verb.

    A wrong PIN beside a verb counts as everywhere.
    """
    check = text.try_pin(report.pin) if report and report.pin else PinCheck.ABSENT
    return (report is not None and report.cries) or text.is_forced or check is PinCheck.DURESS


def open_coerced(tx: Tx, edition: Edition, provider_id: str) -> None:
    """Raise the alarm of a text that was answered.

    Raises `Inconsistent` once the network no longer knows its sender; people are told of that.
    """
    sms = inbound.take_due(tx, provider_id)
    if sms is None:
        return
    sender = member_at(tx, edition.network, sms.sender) or staff_at(edition.network, sms.sender)
    if sender is None:
        raise Inconsistent("inbound", provider_id, "sender", "nobody", "a member, or one on a rota")
    report, duty = parse_report(sms.body), parse_duty_change(sms.body)
    text = FieldText(tx, edition, sender, sms)
    receive_duress(text, report.verb.value if report else NO_VERB if duty is None else "ON" if duty.is_on else "OFF")
