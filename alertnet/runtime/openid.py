"""Sign-in by an OpenID Connect provider: where a browser is sent, and who comes back.

It uses the code flow with PKCE, a state and a nonce. The provider's metadata and keys are fetched each time, so nothing
needs doing here when it rotates a key or moves an endpoint.
"""

import json
import re
import socket
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote_plus, urlsplit

import structlog
from authlib.oauth2.client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

from alertnet.channels.transport import AnswerLost, NotConnected, Transport
from alertnet.core.codec import value
from alertnet.runtime.settings.setting_types import OpenIdClient
from alertnet.store.db.tx import Entropy
from alertnet.store.records.credentials.users import Account

SCOPE = "openid email"
ALGORITHMS = (*(f"{kind}{bits}" for kind in ("RS", "PS", "ES") for bits in (256, 384, 512)), "EdDSA", "Ed25519")
"""Accepted signature algorithms: none that uses a secret of ours, and not "none"."""
BASIC, POST = "client_secret_basic", "client_secret_post"
ERROR = re.compile(r"[a-z_]{1,64}")
SECRET_BYTES = 32
LEEWAY_SECONDS = 60
DEADLINE_SECONDS = 8.0
"""Seconds for all requests to the provider during one sign-in."""

log = structlog.get_logger(__name__)


class ProviderAway(Exception):
    """The provider gives no usable answer, so nobody can tell who came."""


class Doubtful(Exception):
    """The answer is not from the provider, not for us, or not valid now. Its text says which, and names nobody."""


class Refused(ProviderAway):
    """The provider answers with an error; `code` is OAuth's word for it (RFC 6749, 5.2), if it says one."""

    def __init__(self, status: int, said: object) -> None:
        self.code = error_code(said.get("error")) if isinstance(said, dict) else "no JSON"
        super().__init__(f"HTTP {status} {self.code}".rstrip())


@value
class Asked:
    """What a browser that was sent to the provider remembers, and nobody else knows."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def drawn(cls, entropy: Entropy) -> "Asked":
        """Draw new ones."""
        state, nonce, verifier = (urlsafe_b64encode(entropy.bytes(SECRET_BYTES)).decode().rstrip("=") for _ in range(3))
        return cls(state, nonce, verifier)


@value
class Provider:
    """The provider at which we are a client. `back`: the URL to which it sends browsers."""

    client: OpenIdClient
    back: str
    transport: Transport = field(default_factory=Transport)

    @property
    def host(self) -> str:
        """The name by which people know it."""
        return urlsplit(self.client.issuer).netloc

    def entrance(self, asked: Asked) -> str:
        """The URL to which the browser is sent; raises `ProviderAway`."""
        known = self._describes_itself()
        client = OAuth2Client(None, self.client.id, scope=SCOPE, redirect_uri=self.back, code_challenge_method="S256")
        url, _ = client.create_authorization_url(
            self._safe(known, "authorization_endpoint"), asked.state, asked.verifier, nonce=asked.nonce
        )
        return str(url)

    def exit(self) -> str | None:
        """The provider's sign-out page; None where it has none. Raises `ProviderAway`."""
        known = self._describes_itself()
        return self._safe(known, "end_session_endpoint") if known.get("end_session_endpoint") else None

    def trouble(self) -> str:
        """Why nobody can sign in by it; empty where its description and keys can be read."""
        try:
            self._get(self._safe(self._describes_itself(), "jwks_uri", is_asked=True))
        except ProviderAway as fault:
            return str(fault)
        return ""

    def who(self, asked: Asked, code: str, issuer: str | None, now: datetime) -> Account:
        """The account that came back with that code. `issuer`: who sent it, where that was said.

        Raises `ProviderAway`, or `Doubtful` where the answer is not for us, not valid now, or not from the provider.
        """
        with self.transport.within(DEADLINE_SECONDS):
            known = self._describes_itself()
            if issuer is None and known.get("authorization_response_iss_parameter_supported"):
                raise Doubtful("no issuer came back")
            if issuer not in (None, known["issuer"]):
                raise Doubtful("another issuer sent the browser back")
            tokens = self._redeem(known, code, asked.verifier)
            claims = self._claims(known, tokens, asked.nonce, now)
            if "email" not in claims and known.get("userinfo_endpoint"):
                claims = {**self._userinfo(known, claims["sub"], tokens), **claims}
        email = str(claims.get("email", "")).lower() if claims.get("email_verified") is True else ""
        return Account(known["issuer"], claims["sub"], email)

    def _describes_itself(self) -> dict[str, Any]:
        with self.transport.within(DEADLINE_SECONDS):
            known = self._get(f"{self.client.issuer}/.well-known/openid-configuration")
        if str(known.get("issuer", "")).rstrip("/") != self.client.issuer:
            raise ProviderAway("it calls itself by another name")
        return known

    def _redeem(self, known: Mapping[str, Any], code: str, verifier: str) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.back,
            "code_verifier": verifier,
        }
        id, secret = self.client.id, self.client.secret.get_secret_value()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        url = self._safe(known, "token_endpoint", is_asked=True)
        offered = known.get("token_endpoint_auth_methods_supported", [BASIC])
        if BASIC in offered:
            try:
                return self._exchange(
                    "POST", url, data=form, headers=headers, auth=(quote_plus(id), quote_plus(secret))
                )
            except Refused as refused:
                # Many providers do not undo the quoting (RFC 6749, 2.3.1), and know only a secret without such signs.
                if refused.code != "invalid_client" or POST not in offered:
                    raise
        return self._exchange("POST", url, data={**form, "client_id": id, "client_secret": secret}, headers=headers)

    def _claims(self, known: Mapping[str, Any], tokens: Mapping[str, Any], nonce: str, now: datetime) -> dict[str, Any]:
        """The claims of the ID token, after all checks."""
        keys: Any = self._get(self._safe(known, "jwks_uri", is_asked=True))
        expected = {
            "iss": {"essential": True, "value": known["issuer"]},
            "aud": {"essential": True, "value": self.client.id},
        }
        params = {"nonce": nonce, "client_id": self.client.id, "access_token": tokens.get("access_token")}
        try:
            token = jwt.decode(str(tokens.get("id_token", "")), KeySet.import_key_set(keys), list(ALGORITHMS))
            claims = CodeIDToken(token.claims, token.header, expected, params)
            claims.validate(int(now.timestamp()), LEEWAY_SECONDS)
        except Exception as error:  # The libraries may raise anything for bytes from outside.
            claim = getattr(error, "claim", "")
            raise Doubtful(f"its token: {type(error).__name__} {claim}".rstrip()) from None
        return dict(claims)

    def _userinfo(self, known: Mapping[str, Any], subject: str, tokens: Mapping[str, Any]) -> dict[str, Any]:
        """What it tells besides; empty where it tells nothing, since who is linked by subject needs none of it."""
        bearer = {"Authorization": f"Bearer {tokens.get('access_token', '')}"}
        try:
            more = self._get(self._safe(known, "userinfo_endpoint", is_asked=True), bearer)
        except ProviderAway as fault:
            log.warning("openid_userinfo_away", cause=str(fault))
            return {}
        if more.get("sub") != subject:
            raise Doubtful("its words about somebody else")
        return more

    def _safe(self, known: Mapping[str, Any], name: str, *, is_asked: bool = False) -> str:
        """That endpoint, if it is on the operator's host or uses TLS, and public if we call it; else `ProviderAway`."""
        url, ours = str(known.get(name, "")), urlsplit(self.client.issuer)
        try:
            there = urlsplit(url)
            host, port = there.hostname or "", there.port or 443
        except ValueError:
            raise ProviderAway(f"{name} is no address") from None
        if (there.scheme, there.netloc) == (ours.scheme, ours.netloc):
            return url
        if there.scheme != "https" or (is_asked and host != ours.hostname and not _is_public(host, port)):
            raise ProviderAway(f"{name} leads where it must not")
        return url

    def _get(self, url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        return self._exchange("GET", url, headers={"Accept": "application/json", **(headers or {})})

    def _exchange(self, method: str, url: str, **more: Any) -> dict[str, Any]:
        try:
            answer = self.transport.exchange(method, url, **more)
        except (NotConnected, AnswerLost) as fault:
            raise ProviderAway(fault.code) from None
        try:
            said = json.loads(answer.body)
        except (ValueError, RecursionError):
            said = None
        if answer.status == 200 and isinstance(said, dict):
            return said
        refused = Refused(answer.status, said)
        raise Doubtful(str(refused)) if refused.code == "invalid_grant" else refused


def error_code(said: object) -> str:
    """OAuth's word for an error, if that is one: what else came from outside is shown and logged by nobody."""
    return said if isinstance(said, str) and ERROR.fullmatch(said) else ""


def _is_public(host: str, port: int) -> bool:
    """Whether every address of that name is on the public internet: nobody may direct us into the inner network."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return bool(found) and all(ip_address(str(each[4][0]).partition("%")[0]).is_global for each in found)
