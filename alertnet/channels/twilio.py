"""The channels for SMS and calls, through the provider's SDK.

A call's words are fetched from our webhook once it is answered.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any
from urllib.parse import quote

from twilio.base import values

from alertnet.channels.base import (
    Found,
    Leave,
    LedgerEntry,
    Lookup,
    Outgoing,
    ProviderRecording,
    Refused,
    Result,
    at_once,
)
from alertnet.channels.exchange import HttpAnswer
from alertnet.channels.transport import AnswerLost, NotConnected, Transport
from alertnet.channels.twilio_account import (
    CLOCKS_DIFFER,
    FAULTS,
    LIST_PAGE_SIZE,
    LIST_SECONDS,
    MOST_PAGES,
    PAGE_SIZE,
    Account,
    Creation,
    Submission,
    TwilioLedger,
    entries_of,
    looked_up,
    prepare,
    sought,
    submit,
    trouble_of,
)
from alertnet.core.delivery.provider_codes import outcome_of_call, outcome_of_sms
from alertnet.core.notification import RINGS_FOR

_LONGEST_VALIDITY_SECONDS = 36_000

AUDIO_LIMIT = 4 << 20
"""The most bytes of a recording; three minutes have less than one million."""
_EVENTS = ["initiated", "ringing", "answered", "completed"]


class _Channel(ABC):
    """What the channels for SMS and calls share; threads may share each.

    `name`: the client's list of messages or of calls. `found`, `entry`: make their values from one of these.
    """

    def __init__(
        self,
        account: Account,
        name: str,
        found: Callable[[Any], Found],
        entry: Callable[[Any], LedgerEntry],
        day_filter: str,
    ) -> None:
        client = account.open()
        self._transport: Transport = client.http_client
        self._sent = getattr(client, name)
        self._new = getattr(account.creating(), name)
        self._found, self._entry = found, entry
        self.ledger = TwilioLedger(account, attrgetter(name), entry, day_filter)

    def send(self, outgoing: Outgoing, leave: Leave = at_once) -> Result | None:
        """Hand it to the provider; see `Channel.send`."""
        return submit(self._transport, self._create(outgoing), leave)

    def prepare(self, outgoing: Outgoing) -> Submission | None:
        return prepare(self._transport, self._create(outgoing))

    @abstractmethod
    def _create(self, outgoing: Outgoing) -> Creation: ...

    def lookup(self, outgoing: Outgoing, since: datetime, provider_id: str | None = None) -> Lookup:
        """Look it up by its id, else by its sender, text and time among the last 50 to that number."""
        if provider_id:
            return looked_up(lambda: self._found(self._sent(provider_id).fetch()))
        return looked_up(lambda: self._search(outgoing, since))

    def _search(self, outgoing: Outgoing, since: datetime) -> Lookup:
        # Don't filter by DateSent: it is null while a message is queued.
        page = self._sent.page(to=outgoing.to, page_size=PAGE_SIZE)
        return sought(entries_of(page, self._entry), outgoing, since)

    def trouble(self) -> Result | None:
        """What keeps the provider from showing us our last one."""
        return trouble_of(lambda: self._sent.page(page_size=1))


class TwilioSms(_Channel):
    def __init__(self, account: Account) -> None:
        super().__init__(account, "messages", _found_sms, _sms_entry, "date_sent_after")
        self._status_url = account.webhook("/twilio/sms/status/")

    def _create(self, outgoing: Outgoing) -> Creation:
        create: Creation = self._new.create_async(
            to=outgoing.to,
            from_=outgoing.sender,
            body=outgoing.text,
            status_callback=self._status_url + outgoing.attempt,
            validity_period=_validity_seconds(outgoing.validity),
        )
        return create

    def hang_up(self, provider_id: str) -> None:
        """Do nothing: an SMS doesn't ring."""


def _sms_entry(message: Any) -> LedgerEntry:
    sender, to, attached = message.from_ or "", message.to or "", int(message.num_media or 0)
    return LedgerEntry(_found_sms(message), sender, to, message.date_created, message.body or "", attached)


def _found_sms(message: Any) -> Found:
    status, failure = outcome_of_sms(message.status, message.error_code)
    return Found(message.sid, status, failure, str(message.error_code) if message.error_code else None)


def _validity_seconds(validity: timedelta | None) -> Any:
    """ValidityPeriod in whole seconds, 1 to 36,000; the SDK's "unset" for None."""
    if validity is None:
        return values.unset
    return max(1, min(int(validity.total_seconds()), _LONGEST_VALIDITY_SECONDS))


class TwilioRecordings:
    """The provider's recordings of calls to us; threads may share it."""

    def __init__(self, account: Account) -> None:
        client = account.open(AUDIO_LIMIT)
        self._transport: Transport = client.http_client
        self._recordings = client.recordings
        self._place = f"{client.api.base_url}/2010-04-01/Accounts/{account.sid}/Recordings/"
        self._auth = (account.sid, account.auth_tokens[0])

    def made_since(self, moment: datetime) -> Sequence[ProviderRecording] | None:
        """The complete recordings begun since then; see `Recordings.made_since`."""
        since, most = moment - CLOCKS_DIFFER, MOST_PAGES * LIST_PAGE_SIZE
        try:
            with self._transport.within(LIST_SECONDS):
                listed = self._recordings.list(date_created_after=since.date(), limit=most, page_size=LIST_PAGE_SIZE)
            whole = [each for each in listed if each.status == "completed" and each.date_created >= since]
            return [ProviderRecording(each.sid, each.call_sid, int(each.duration)) for each in whole]
        except FAULTS:
            return None

    def fetch(self, id: str) -> bytes | None:
        """The sound as MP3; None where the provider does not give it, or not yet."""
        answer = self._ask("GET", f"{id}.mp3")
        return answer.body if answer and answer.status == 200 else None

    def delete(self, id: str) -> bool:
        """Delete it at the provider; True where it is gone."""
        answer = self._ask("DELETE", f"{id}.json")
        return answer is not None and answer.status in (204, 404)

    def _ask(self, method: str, name: str) -> HttpAnswer | None:
        try:
            return self._transport.exchange(method, self._place + quote(name, safe="."), auth=self._auth)
        except (NotConnected, AnswerLost):
            return None


class TwilioVoice(_Channel):
    def __init__(self, account: Account) -> None:
        super().__init__(account, "calls", _found_call, _call_entry, "start_time_after")
        self._words_url = account.webhook("/twilio/voice/")
        self._status_url = account.webhook("/twilio/voice/status/")
        self.recordings = TwilioRecordings(account)

    def _create(self, outgoing: Outgoing) -> Creation:
        create: Creation = self._new.create_async(
            to=outgoing.to,
            from_=outgoing.sender,
            url=self._words_url + outgoing.attempt,
            status_callback=self._status_url + outgoing.attempt,
            status_callback_event=_EVENTS,
            timeout=round(RINGS_FOR.total_seconds()),
            send_digits=outgoing.extension or values.unset,
        )
        return create

    def hang_up(self, provider_id: str) -> None:
        """End the call, whether it is queued, ringing or speaking.

        A fault of the provider is ignored: either the call is over, or whoever answers it hears that the incident is
        taken care of.
        """
        # Where the provider refuses `completed` for a call that nobody has answered yet, `canceled` ends it.
        for status in ("completed", "canceled"):
            if not isinstance(submit(self._transport, self._new(provider_id).update_async(status=status)), Refused):
                return


def _call_entry(call: Any) -> LedgerEntry:
    return LedgerEntry(_found_call(call), call._from or "", call.to or "", call.date_created)


def _found_call(call: Any) -> Found:
    status, failure = outcome_of_call(call.status)
    return Found(call.sid, status, failure)
