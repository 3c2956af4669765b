"""Sign-in by an OpenID Connect provider: the way there, the way back, and signing out there.

What the browser must bring back is sealed in a cookie of its own for ten minutes, and is accepted once. This module is
loaded only where a provider is configured, since the client is large.
"""

import json
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict
from datetime import datetime, timedelta

import structlog
from fastapi import Request, Response

from alertnet.core.codec import value
from alertnet.core.errors import Forbidden
from alertnet.flows.credentials.linked import count_return, named_by_subject, sign_in_linked
from alertnet.flows.credentials.users import count_visit
from alertnet.runtime.openid import Asked, Doubtful, Provider, ProviderAway, error_code
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.vault import Unreadable, Vault
from alertnet.web.auth import InForce, address_of, throttle_of
from alertnet.web.console.refusing import Pages, ask_to_sign_in
from alertnet.web.console.sessions import ELSEWHERE, NOT_OURS, SIGN_IN, Busy, is_secure, remember
from alertnet.web.console.shown import go_to, own_path, show
from alertnet.web.throttle import held

router = Pages("/desk/openid")

HERE = "/desk/openid"
COOKIE = "desk-openid"
LASTS = timedelta(minutes=10)
AT_ONCE = 4
"""How many browsers may wait for the provider at a time; each holds a thread."""

AWAY = "{host} gives no answer at the moment. Your password and the code of your authenticator let you in as well."
DOUBTFUL = "What came back from {host} was not for this page, or too old. Begin again here."
TURNED_AWAY = "{host} sent you back without letting you in. Begin again here, or sign in with your password. It says:"
MANY = "There were too many tries from where you are. Wait for ten minutes."
UNKNOWN = "{host} knows you, but that account stands for nobody here. An administrator links it with you, by this:"

log = structlog.get_logger(__name__)
_asking = threading.Semaphore(AT_ONCE)


@value
class Trip:
    """What the browser must bring back from the provider. `then` is the page that the user asked for."""

    asked: Asked
    then: str
    until: float

    def sealed(self, vault: Vault) -> str:
        return urlsafe_b64encode(vault.seal(json.dumps(asdict(self)).encode())).decode()

    @classmethod
    def of(cls, cookie: str, vault: Vault, now: datetime) -> "Trip | None":
        """Read the cookie; None where it is not ours or too old."""
        try:
            kept = json.loads(vault.open(urlsafe_b64decode(cookie)))
            trip = cls(Asked(**kept["asked"]), kept["then"], kept["until"])
        except (ValueError, KeyError, TypeError, Unreadable):
            return None
        return trip if now.timestamp() < trip.until else None


@router.get("")
def go(request: Request, runtime: InForce, then: str = "/desk") -> Response:
    provider = _provider(request)
    if (refusal := _count(request, runtime)) is not None:
        return refusal
    asked = Asked.drawn(runtime.entropy)
    try:
        with held(_asking, Busy):
            response = go_to(provider.entrance(asked))
    except ProviderAway as fault:
        return _away(request, fault, own_path(then))
    trip = Trip(asked, own_path(then), (runtime.now() + LASTS).timestamp())
    age, secure = int(LASTS.total_seconds()), is_secure(request)
    # Lax, because the browser comes back from a page of the provider.
    response.set_cookie(
        COOKIE, trip.sealed(runtime.vault), age, path=HERE, secure=secure, httponly=True, samesite="lax"
    )
    return response


@router.get("/back")
def come_back(
    request: Request, runtime: InForce, state: str = "", code: str = "", iss: str | None = None, error: str = ""
) -> Response:
    """Sign in the user who is linked with the account that the provider confirms."""
    provider = _provider(request)
    trip = Trip.of(request.cookies.get(COOKIE, ""), runtime.vault, runtime.now())
    if trip is None or trip.asked.state != state or not (code or error):
        return ask_to_sign_in(request, 403, refused=DOUBTFUL)
    if error:
        return _turned_away(request, runtime, trip.then, error)
    if not runtime.transact(count_return, address_of(request), state):
        return ask_to_sign_in(request, 403, refused=DOUBTFUL)
    try:
        with held(_asking, Busy):
            account = provider.who(trip.asked, code, iss, runtime.now())
    except ProviderAway as fault:
        return _away(request, fault, trip.then)
    except Doubtful as fault:
        log.warning("openid_refused", cause=str(fault))
        return ask_to_sign_in(request, 403, then=trip.then, refused=DOUBTFUL)
    token = runtime.transact(sign_in_linked, account)
    if token is None:
        return ask_to_sign_in(request, 403, refused=UNKNOWN, detail=named_by_subject(account))
    return _entered(request, token, trip.then)


@router.get("/leave")
def leave(request: Request, runtime: InForce) -> Response:
    """Redirect the browser to the page where it signs out of the provider too."""
    provider = _provider(request)
    if (refusal := _count(request, runtime)) is not None:
        return refusal
    try:
        with held(_asking, Busy):
            return go_to(provider.exit() or SIGN_IN)
    except ProviderAway as fault:
        return _away(request, fault)


def _count(request: Request, runtime: Runtime) -> Response | None:
    """Count a visit to the provider; the refusal where an address made too many (B9), `Forbidden` from another site."""
    if request.headers.get("Sec-Fetch-Site") in ELSEWHERE:
        raise Forbidden(NOT_OURS)
    if runtime.transact(count_visit, address_of(request)):
        return None
    return ask_to_sign_in(request, 429, refused=MANY)


def _entered(request: Request, token: str, then: str) -> Response:
    """A page that then moves on by itself: a redirect that began on another site would not carry a strict cookie."""
    response = show(request, "entered.html", then=then)
    remember(request, response, token)
    response.delete_cookie(COOKIE, path=HERE)
    return response


def _provider(request: Request) -> Provider:
    provider: Provider = request.app.state.openid
    return provider


def _turned_away(request: Request, runtime: Runtime, then: str, error: str) -> Response:
    word = error_code(error)
    throttle_of(request).warn("openid_refused", runtime.now(), cause=f"it sent the browser back: {word}")
    return ask_to_sign_in(request, 403, then=then, refused=TURNED_AWAY, detail=word)


def _away(request: Request, fault: Exception, then: str = "/desk") -> Response:
    log.warning("openid_provider_away", cause=str(fault))
    return ask_to_sign_in(request, 503, then=then, refused=AWAY)
