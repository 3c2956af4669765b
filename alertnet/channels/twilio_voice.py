"""Calls through the provider's SDK; their words are fetched from our own webhook once somebody picks up."""

from datetime import datetime
from functools import partial
from typing import Any

from twilio.base import values

from alertnet.channels.base import Entry, Found, Lookup, Outgoing, Refused, Result
from alertnet.channels.twilio_account import PAGE_SIZE, Account, entries_of, is_there, looked_up, sought, submit
from alertnet.channels.twilio_ledger import TwilioLedger
from alertnet.core.delivery.provider_codes import outcome_of_call

RING_SECONDS = 30
"""About six rings; most voicemails take over before."""

_EVENTS = ["initiated", "ringing", "answered", "completed"]


class TwilioVoice:
    """The channel for `call`; threads may share it."""

    def __init__(self, account: Account) -> None:
        self._calls = account.open().calls
        self._words_url = account.webhook("/twilio/voice/")
        self._status_url = account.webhook("/twilio/voice/status/")
        self.ledger = TwilioLedger(account, lambda client: client.calls, _entry, "start_time_after")

    def send(self, outgoing: Outgoing) -> Result:
        """Place the call; see `Channel.send`."""
        return submit(
            lambda: self._calls.create(
                to=outgoing.to,
                from_=outgoing.sender,
                url=self._words_url + outgoing.attempt,
                status_callback=self._status_url + outgoing.attempt,
                status_callback_event=_EVENTS,
                timeout=RING_SECONDS,
                send_digits=outgoing.extension or values.unset,
            )
        )

    def lookup(self, outgoing: Outgoing, since: datetime, provider_id: str | None = None) -> Lookup:
        """Look a call up by its id, else by its sender and time among the last 50 to that number."""
        if provider_id:
            return looked_up(lambda: _found(self._calls(provider_id).fetch()))
        return looked_up(lambda: self._search(outgoing, since))

    def answers(self) -> bool:
        """Whether the provider shows us the last of them."""
        return is_there(lambda: self._calls.page(page_size=1))

    def hang_up(self, provider_id: str) -> None:
        """End the call whether it is queued, rings or speaks.

        A fault of the provider is let pass: the call is over, or whoever picks up hears that it is taken care of.
        """
        # `canceled` is the word for a call that nobody answered yet, where the provider refuses `completed` for it.
        for status in ("completed", "canceled"):
            if not isinstance(submit(partial(self._calls(provider_id).update, status=status)), Refused):
                return

    def _search(self, outgoing: Outgoing, since: datetime) -> Lookup:
        page = self._calls.page(to=outgoing.to, page_size=PAGE_SIZE)
        return sought(entries_of(page, _entry), outgoing, since)


def _entry(call: Any) -> Entry:
    return Entry(_found(call), call._from or "", call.to or "", call.date_created)


def _found(call: Any) -> Found:
    status, failure = outcome_of_call(call.status)
    return Found(call.sid, status, failure)
