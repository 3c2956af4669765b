"""SMS and calls by the provider's REST API; a call's words are fetched from our own webhook once it is picked up."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import chain

from alertnet.channels.base import Entry, Found, Leave, Lookup, Outgoing, Recorded, Refused, Result, at_once
from alertnet.channels.exchange import HttpAnswer
from alertnet.channels.transport import AnswerLost, ErrorAnswer, NotConnected
from alertnet.channels.twilio_account import (
    CLOCKS_DIFFER,
    LIST_PAGE_SIZE,
    LIST_SECONDS,
    PAGE_SIZE,
    UNREADABLE,
    Account,
    Resource,
    RestList,
    TwilioLedger,
    created,
    entries_of,
    first_day,
    is_there,
    looked_up,
    sought,
    submit,
)
from alertnet.core.delivery.provider_codes import outcome_of_call, outcome_of_sms
from alertnet.core.notification import RINGS_FOR

MESSAGES, CALLS = "Messages", "Calls"

_LONGEST_VALIDITY_SECONDS = 36_000

AUDIO_LIMIT = 4 << 20
"""Bytes: three minutes have less than one million."""
_EVENTS = ["initiated", "ringing", "answered", "completed"]


class TwilioSms:
    """The channel for `sms`; threads may share it."""

    def __init__(self, account: Account) -> None:
        self._messages = RestList(account, MESSAGES)
        self._status_url = account.webhook("/twilio/sms/status/")
        self.ledger = TwilioLedger(account, MESSAGES, _sms_entry, "DateSent>")

    def send(self, outgoing: Outgoing, leave: Leave = at_once) -> Result | None:
        """Hand an SMS to the provider; see `Channel.send`."""
        form = {
            "To": outgoing.to,
            "From": outgoing.sender,
            "Body": outgoing.text,
            "StatusCallback": self._status_url + outgoing.attempt,
        }
        if outgoing.validity is not None:
            form["ValidityPeriod"] = _validity_seconds(outgoing.validity)
        with self._messages.transport.leaving_by(leave):
            return submit(lambda: self._messages.create(form))

    def lookup(self, outgoing: Outgoing, since: datetime, provider_id: str | None = None) -> Lookup:
        """Look an SMS up by its id, else by its sender and words among the last 50 to that number."""
        if provider_id:
            return looked_up(lambda: _found_sms(self._messages.fetch(provider_id)))
        return looked_up(lambda: self._search(outgoing, since))

    def answers(self) -> bool:
        """Whether the provider shows us the last of them."""
        return is_there(lambda: self._messages.newest(1))

    def hang_up(self, provider_id: str) -> None:
        """Do nothing: no SMS rings."""

    def _search(self, outgoing: Outgoing, since: datetime) -> Lookup:
        # No DateSent: it is null while a message is queued.
        page = self._messages.newest(PAGE_SIZE, To=outgoing.to)
        return sought(entries_of(page, _sms_entry), outgoing, since)


def _sms_entry(message: Resource, at: datetime) -> Entry:
    get = message.get
    return Entry(_found_sms(message), get("from") or "", get("to") or "", at, get("body") or "")


def _found_sms(message: Resource) -> Found:
    code = message.get("error_code")
    status, failure = outcome_of_sms(message["status"], code)
    return Found(message["sid"], status, failure, str(code) if code else None)


def _validity_seconds(validity: timedelta) -> str:
    """ValidityPeriod in whole seconds, 1 to 36,000."""
    return str(max(1, min(int(validity.total_seconds()), _LONGEST_VALIDITY_SECONDS)))


class TwilioRecordings:
    """What was recorded in calls to us, with the provider; threads may share it."""

    def __init__(self, account: Account) -> None:
        self._recordings = RestList(account, "Recordings", AUDIO_LIMIT)

    def made_since(self, moment: datetime) -> Sequence[Recorded] | None:
        """Those that were begun since then, as far as they are whole; see `Recordings.made_since`."""
        since = {"DateCreated>": first_day(moment)}
        try:
            with self._recordings.transport.within(LIST_SECONDS):
                listed = chain.from_iterable(self._recordings.pages(LIST_PAGE_SIZE, since))
                whole = [each for each in listed if each["status"] == "completed"]
            made = [each for each in whole if (at := created(each)) and at >= moment - CLOCKS_DIFFER]
            return [Recorded(each["sid"], each["call_sid"], int(each["duration"])) for each in made]
        except (ErrorAnswer, NotConnected, AnswerLost, *UNREADABLE):
            return None

    def fetch(self, id: str) -> bytes | None:
        """The sound as an MP3; None where the provider does not give it, or not yet."""
        answer = self._ask("GET", self._recordings.url(id, ".mp3"))
        return answer.body if answer and answer.status == 200 else None

    def delete(self, id: str) -> bool:
        """Delete it there; whether it is gone."""
        answer = self._ask("DELETE", self._recordings.url(id))
        return answer is not None and answer.status in (204, 404)

    def _ask(self, method: str, url: str) -> HttpAnswer | None:
        try:
            return self._recordings.transport.exchange(method, url, auth=self._recordings.auth)
        except (NotConnected, AnswerLost):
            return None


class TwilioVoice:
    """The channel for `call`; threads may share it."""

    def __init__(self, account: Account) -> None:
        self._calls = RestList(account, CALLS)
        self._words_url = account.webhook("/twilio/voice/")
        self._status_url = account.webhook("/twilio/voice/status/")
        self.ledger = TwilioLedger(account, CALLS, _call_entry, "StartTime>")
        self.recordings = TwilioRecordings(account)

    def send(self, outgoing: Outgoing, leave: Leave = at_once) -> Result | None:
        """Place the call; see `Channel.send`."""
        form = {
            "To": outgoing.to,
            "From": outgoing.sender,
            "Url": self._words_url + outgoing.attempt,
            "StatusCallback": self._status_url + outgoing.attempt,
            "StatusCallbackEvent": _EVENTS,
            "Timeout": round(RINGS_FOR.total_seconds()),
        }
        if outgoing.extension:
            form["SendDigits"] = outgoing.extension
        with self._calls.transport.leaving_by(leave):
            return submit(lambda: self._calls.create(form))

    def lookup(self, outgoing: Outgoing, since: datetime, provider_id: str | None = None) -> Lookup:
        """Look a call up by its id, else by its sender and time among the last 50 to that number."""
        if provider_id:
            return looked_up(lambda: _found_call(self._calls.fetch(provider_id)))
        return looked_up(lambda: self._search(outgoing, since))

    def answers(self) -> bool:
        """Whether the provider shows us the last of them."""
        return is_there(lambda: self._calls.newest(1))

    def hang_up(self, provider_id: str) -> None:
        """End the call whether it is queued, rings or speaks.

        A fault of the provider is let pass: the call is over, or whoever picks up hears that it is taken care of.
        """
        # `canceled` is the word for a call that nobody answered yet, where the provider refuses `completed` for it.
        for status in ("completed", "canceled"):
            if not isinstance(submit(partial(self._calls.update, provider_id, {"Status": status})), Refused):
                return

    def _search(self, outgoing: Outgoing, since: datetime) -> Lookup:
        page = self._calls.newest(PAGE_SIZE, To=outgoing.to)
        return sought(entries_of(page, _call_entry), outgoing, since)


def _call_entry(call: Resource, at: datetime) -> Entry:
    return Entry(_found_call(call), call.get("from") or "", call.get("to") or "", at)


def _found_call(call: Resource) -> Found:
    status, failure = outcome_of_call(call["status"])
    return Found(call["sid"], status, failure)
