"""The outlets made from the settings: for each method and provider a channel, its sending numbers and its pace."""

from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING

from alertnet.channels.base import Channel, Ledger, Mailbox, NotSent, Recordings, Refused, Unsure
from alertnet.core.codec import value
from alertnet.core.delivery.provider_codes import AccountFault
from alertnet.core.delivery.provider_routes import Route
from alertnet.core.directory.contact import MethodKind
from alertnet.runtime.settings.settings import Settings

if TYPE_CHECKING:
    from alertnet.channels.twilio_account import Account
    from alertnet.channels.twilio_numbers import Astray
    from alertnet.runtime.settings.setting_types import TelephoneAccount


@value
class Outlet:
    """A channel with the numbers (or the one address) it sends from, and how many units a second each may send.

    A unit is an SMS segment or a call; 0 means without limit. `ledger`: the provider's records, where it has any;
    `recordings`: its recordings of calls to us.
    """

    channel: Channel
    senders: tuple[str, ...]
    rate: float
    ledger: Ledger | None = None
    recordings: Recordings | None = None

    def trouble(self) -> tuple[str, AccountFault | None] | None:
        """A code for what keeps it from sending now, and what the provider has against us; None if nothing does."""
        match self.channel.trouble():
            case NotSent(code, fault=fault):
                return code, fault
            case Refused(_, code) | Unsure(code):
                return code, None
        return None


def open_outlets(settings: Settings) -> dict[Route, Outlet]:
    """An outlet for each method and provider whose settings are there."""
    # The provider's SDK takes long to import, and most commands never send.
    from alertnet.channels.mail import SmtpRelay
    from alertnet.channels.twilio import TwilioSms, TwilioVoice

    outlets: dict[Route, Outlet] = {}
    for provider, telephone, account in _accounts(settings):
        sms, voice = TwilioSms(account), TwilioVoice(account)
        outlets[MethodKind.SMS, provider] = Outlet(sms, telephone.numbers, settings.rates.sms, sms.ledger)
        outlets[MethodKind.CALL, provider] = Outlet(
            voice, telephone.numbers, settings.rates.calls, voice.ledger, voice.recordings
        )
    for provider, server in settings.relays.items():
        password = server.password.get_secret_value() if server.password else ""
        relay = SmtpRelay(
            server.host, server.port, server.sender, server.user, password, tls_at_once=server.tls_at_once
        )
        outlets[MethodKind.EMAIL, provider] = Outlet(relay, (server.sender,), 0)
    return outlets


def find_astray(settings: Settings) -> "Iterator[Astray]":
    """What comes to our numbers and does not reach us, as the providers have it set."""
    from alertnet.channels.twilio_numbers import find_astray

    for _, telephone, account in _accounts(settings):
        for number in telephone.numbers:
            yield from find_astray(account, number)


def _accounts(settings: Settings) -> "Iterator[tuple[str, TelephoneAccount, Account]]":
    from alertnet.channels.twilio_account import Account

    for provider, telephone in settings.telephones.items() if settings.public_url else ():
        tokens = [token.get_secret_value() for token in telephone.auth_tokens]
        yield provider, telephone, Account(telephone.sid, tokens, settings.public_url or "", telephone.api_url)


def open_mailbox(
    settings: Settings,
    sent: Callable[[Collection[str]], Collection[str]] = set,
    known: Callable[[], Collection[str]] = tuple,
) -> Mailbox | None:
    """The mailbox to which answers to our mails come; None where none is named. For the rest see `ImapMailbox`."""
    from alertnet.channels.mailbox import ImapMailbox

    account = settings.mailbox
    if account is None:
        return None
    return ImapMailbox(
        account.host,
        account.port,
        account.user,
        account.password.get_secret_value(),
        account.folder,
        [relay.sender for relay in settings.relays.values()],
        sent,
        known,
        is_plain=account.is_plain,
    )
