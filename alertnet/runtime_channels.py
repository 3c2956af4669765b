"""The ways out that the settings have: a channel for each method, and what it sends from, how fast."""

from dataclasses import dataclass

from alertnet.channels.base import Channel, Ledger
from alertnet.core.contact import MethodKind
from alertnet.settings import Settings


@dataclass(frozen=True)
class Outlet:
    """A channel with the numbers (or the one address) it sends from, and how many units each may send in a second.

    A unit is an SMS segment or a call; 0 means as many as there are. `ledger`: the provider's books, where it has any.
    """

    channel: Channel
    senders: tuple[str, ...]
    rate: float
    ledger: Ledger | None = None


def open_outlets(settings: Settings) -> dict[MethodKind, Outlet]:
    """An outlet for each method whose settings are there."""
    # The provider's SDK takes long to import, and most commands never send.
    from alertnet.channels.smtp import SmtpRelay
    from alertnet.channels.twilio_sms import TwilioSms
    from alertnet.channels.twilio_voice import TwilioVoice

    outlets: dict[MethodKind, Outlet] = {}
    tokens = [token.get_secret_value() for token in settings.twilio_auth_tokens]
    if settings.twilio_account_sid and tokens and settings.twilio_from and settings.public_url:
        account = (settings.twilio_account_sid, tokens, settings.public_url, settings.twilio_api_url)
        sms, voice = TwilioSms(*account), TwilioVoice(*account)
        outlets[MethodKind.SMS] = Outlet(sms, settings.twilio_from, settings.rates.sms, sms.ledger)
        outlets[MethodKind.CALL] = Outlet(voice, settings.twilio_from, settings.rates.calls, voice.ledger)
    if settings.smtp:
        server = settings.smtp
        password = server.password.get_secret_value() if server.password else ""
        relay = SmtpRelay(server.host, server.port, server.sender, server.user, password)
        outlets[MethodKind.EMAIL] = Outlet(relay, (server.sender,), 0)
    return outlets
