"""What a member writes, from its own or a borrowed phone: reads it, and passes it to the right flow (B4).

And what a contact writes who reports like a member.
"""

from collections.abc import Collection

from alertnet.core.inbound.field_words import FieldVerb
from alertnet.core.inbound.on_the_road.check_in_text import has_words
from alertnet.core.inbound.on_the_road.journey import TYPED
from alertnet.core.inbound.sms_grammar import Report, parse_report
from alertnet.flows.notifications.wrong_codes import judge_wrong, tell_number
from alertnet.flows.sms.check_in_by_sms import is_for_people, receive_check_in
from alertnet.flows.sms.coerced_text import heard_of
from alertnet.flows.sms.field_text import FieldText
from alertnet.flows.sms.quiet_verbs import QUIET_VERBS, receive_quiet_verb
from alertnet.flows.sms.report_by_sms import is_news, receive_report
from alertnet.flows.sms.withdraw_by_sms import is_cry_all_the_same, receive_withdrawal, withdrawable
from alertnet.store.records.credentials.codes import told_codes
from alertnet.store.records.inbound import Reply


def read_member(text: FieldText, written: str) -> Report | None:
    """The report in a member's text; `written`: the text with its PIN.

    An SOS that was to be withdrawn is one all the same where there is nothing to withdraw.
    """
    people = text.edition.network.people
    report = parse_report(written, people)
    if report is not None and is_cry_all_the_same(text, report):
        return parse_report(f"HELP {written}", people)
    return heard_of(text, report)


def hear_report(text: FieldText, report: Report, guessed: Collection[str] = ()) -> tuple[bool, Reply | None]:
    """Act on an alarm or news, and for a member on a withdrawal, a quiet verb or a check-in.

    Returns whether the text is one, and the reply. `guessed`: digits that may be codes but were never sent to the
    number.
    """
    if text.sender.raises(report) or is_news(text, report):
        return True, receive_report(text, report)
    if text.sender.is_contact:
        return False, None
    incident = withdrawable(text, report.ref) if report.verb is FieldVerb.WITHDRAW else None
    if incident is not None:
        # Four digits in its reference are no code.
        _judge(text, [each for each in guessed if each not in (report.ref or "")])
        return True, receive_withdrawal(text, incident, report)
    if _is_quiet(report):
        return True, receive_quiet_verb(text, report)
    if _is_check_in(text, report, guessed):
        # Four digits beside a PIN may be a time of day; they count as a tried code all the same.
        _judge(text, guessed)
        return True, receive_check_in(text, report)
    return False, None


def _is_quiet(report: Report) -> bool:
    """Whether it tests the way to us, reports its battery, or names a language; words without a PIN are for people."""
    is_one = report.language is not None if report.verb is FieldVerb.LANGUAGE else report.verb in QUIET_VERBS
    return is_one and (report.pin is not None or not has_words(report.text))


def _is_check_in(text: FieldText, report: Report, guessed: Collection[str]) -> bool:
    """Whether it is about its journey. Words without a PIN are for people, a bare OK is for whoever was asked."""
    if report.verb not in TYPED:
        return False
    return report.pin is not None or not (guessed or is_for_people(report) or told_codes(text.tx, text.sms.sender))


def _judge(text: FieldText, tried: Collection[str]) -> None:
    if tried:
        number = text.sms.sender
        tell_number(number, judge_wrong(text.tx, number, sorted(tried), told_codes(text.tx, number)))
