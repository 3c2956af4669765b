"""Verifies that a webhook comes from the provider.

The signed URL is built from the configured public one, never from Host or X-Forwarded-*, which anybody can set.
"""

from collections.abc import Mapping
from hmac import compare_digest
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from twilio.request_validator import SIGNATURE_HEADER, SIGNATURE_SETTINGS_HEADER, RequestValidator

from alertnet.runtime.settings.settings import Settings
from alertnet.runtime.wiring import Runtime
from alertnet.web.auth import runtime_of, throttle_of
from alertnet.web.forms import Form, read_form
from alertnet.web.throttle import Throttle

LONGEST_PATH = 300  # characters of a path or URL that are logged
NOTHING_CONFIGURED, SHARED_KEY = "no account is configured", "it is signed with a shared key"
OTHER_ACCOUNT, WRONG_SIGNATURE = "another account", "wrong signature"
MENDS = {
    NOTHING_CONFIGURED: "ALERTNET_PUBLIC_URL, TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and ALERTNET_TWILIO_FROM",
    SHARED_KEY: "let the provider sign with the account's token",
    OTHER_ACCOUNT: "TWILIO_ACCOUNT_SID, unless a stranger has asked",
    WRONG_SIGNATURE: "the provider must call expected_url to the letter, which begins with ALERTNET_PUBLIC_URL "
    "(https or http, name, port, path); else TWILIO_AUTH_TOKEN, unless a stranger has asked",
}
"""What to look at, by the reason; for the log alone, since a stranger has no need of it."""


async def signed_form(request: Request) -> Form:
    """Read a webhook and verify it (twilio.com/docs/usage/webhooks/webhooks-security); 403 for any other request."""
    form = await read_form(request)
    asked = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
    check_signature(runtime_of(request), throttle_of(request), asked, request.headers, form)
    return form


def check_signature(runtime: Runtime, throttle: Throttle, asked: str, headers: Mapping[str, str], form: Form) -> None:
    """Refuse (403) a request that is not the provider's; `asked`: its path, with the query if there is one."""
    # The URL that was given to the provider and that it signs.
    url = (runtime.settings.public_url or "") + asked
    reason = _why_refused(runtime.settings, url, headers, form)
    if reason is not None:
        path = asked.partition("?")[0][:LONGEST_PATH]
        said = {"reason": reason, "path": path, "expected_url": url[:LONGEST_PATH], "mend": MENDS[reason]}
        throttle.warn("webhook_refused", runtime.now(), **said)
        raise HTTPException(403, f"not accepted as the provider's: {reason}")


def _why_refused(settings: Settings, url: str, headers: Mapping[str, str], form: Form) -> str | None:
    telephones = settings.telephones.values()
    if not (settings.public_url and telephones):
        return NOTHING_CONFIGURED
    if SIGNATURE_SETTINGS_HEADER in headers:
        # It is signed with a shared key that we don't have; don't fall back to the token.
        return SHARED_KEY
    # One account in two regions has a token in each.
    accounts = [account for account in telephones if account.sid == form.get("AccountSid")]
    if not accounts:
        return OTHER_ACCOUNT
    signature = headers.get(SIGNATURE_HEADER, "")
    tokens = [token.get_secret_value() for account in accounts for token in account.auth_tokens]
    return None if any(_is_valid(token, url, form, signature) for token in tokens) else WRONG_SIGNATURE


def _is_valid(token: str, url: str, form: Form, signature: str) -> bool:
    validator = RequestValidator(token)
    try:
        # `validate` signs the URL twice, with its port and without; mostly as it was given is right.
        as_given = validator.compute_signature(url, form)
        return compare_digest(as_given, signature) or bool(validator.validate(url, form, signature))
    except (TypeError, ValueError):
        # The validator fails on input that the provider would not have made.
        return False


Signed = Annotated[Form, Depends(signed_form)]
