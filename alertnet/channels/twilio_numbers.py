"""Where the provider sends the texts and calls that come to our numbers, as its console has it set.

https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource
"""

from typing import Any

from alertnet.channels.twilio_account import FAULTS, Account
from alertnet.core.codec import value

NOBODY = "nobody"


@value
class Astray:
    """What comes to one of our numbers, where it goes, and where it would reach us."""

    number: str
    what: str
    """`texts` or `calls`."""
    goes_to: str
    wanted: str


def find_astray(account: Account, number: str) -> list[Astray]:
    """What comes to that number and does not reach us; empty where the provider does not say."""
    try:
        found = account.open().incoming_phone_numbers.list(phone_number=number, limit=1)
    except FAULTS:
        return []
    ways = (
        ("texts", account.webhook("/twilio/sms"), _way(found, "sms")),
        ("calls", account.webhook("/twilio/voice"), _way(found, "voice")),
    )
    return [Astray(number, what, way, wanted) for what, wanted, way in ways if way != f"POST {wanted}"]


def _way(found: list[Any], kind: str) -> str:
    """Where what comes in goes, with the method. An application at the provider outweighs the URL."""
    for resource in found:
        if application := getattr(resource, f"{kind}_application_sid"):
            return f"the application {application}"
        if url := getattr(resource, f"{kind}_url"):
            return f"{getattr(resource, f'{kind}_method')} {url}"
    return NOBODY
