"""SMS through the provider's SDK."""

from datetime import datetime, timedelta
from typing import Any

from twilio.base import values

from alertnet.channels.base import Entry, Found, Lookup, Outgoing, Result
from alertnet.channels.twilio_account import PAGE_SIZE, Account, entries_of, is_there, looked_up, sought, submit
from alertnet.channels.twilio_ledger import TwilioLedger
from alertnet.core.delivery.provider_codes import outcome_of_sms

_LONGEST_VALIDITY_SECONDS = 36_000


class TwilioSms:
    """The channel for `sms`; threads may share it."""

    def __init__(self, account: Account) -> None:
        self._messages = account.open().messages
        self._status_url = account.webhook("/twilio/sms/status/")
        self.ledger = TwilioLedger(account, lambda client: client.messages, _entry, "date_sent_after")

    def send(self, outgoing: Outgoing) -> Result:
        """Hand an SMS to the provider; see `Channel.send`."""
        return submit(
            lambda: self._messages.create(
                to=outgoing.to,
                from_=outgoing.sender,
                body=outgoing.text,
                status_callback=self._status_url + outgoing.attempt,
                validity_period=_validity_seconds(outgoing.validity),
            )
        )

    def lookup(self, outgoing: Outgoing, since: datetime, provider_id: str | None = None) -> Lookup:
        """Look an SMS up by its id, else by its sender and words among the last 50 to that number."""
        if provider_id:
            return looked_up(lambda: _found(self._messages(provider_id).fetch()))
        return looked_up(lambda: self._search(outgoing, since))

    def answers(self) -> bool:
        """Whether the provider shows us the last of them."""
        return is_there(lambda: self._messages.page(page_size=1))

    def hang_up(self, provider_id: str) -> None:
        """Do nothing: no SMS rings."""

    def _search(self, outgoing: Outgoing, since: datetime) -> Lookup:
        # No DateSent: it is null while a message is queued.
        page = self._messages.page(to=outgoing.to, page_size=PAGE_SIZE)
        return sought(entries_of(page, _entry), outgoing, since)


def _entry(message: Any) -> Entry:
    return Entry(_found(message), message.from_ or "", message.to or "", message.date_created, message.body or "")


def _found(message: Any) -> Found:
    status, failure = outcome_of_sms(message.status, message.error_code)
    return Found(message.sid, status, failure, str(message.error_code) if message.error_code else None)


def _validity_seconds(validity: timedelta | None) -> Any:
    """ValidityPeriod in whole seconds, 1 to 36,000; the SDK's "unset" for None."""
    if validity is None:
        return values.unset
    return max(1, min(int(validity.total_seconds()), _LONGEST_VALIDITY_SECONDS))
