"""An OpenID Connect provider on a socket of this machine: it lets in whoever is `person`, and lies as it is told."""

import json
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote_plus, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, Key

from tests.support.listening import Quiet, listening

CLIENT, SECRET = "alertnet at pbi", "a secret: of the provider/s"


@dataclass
class OpenIdProvider:
    """What it is, whom it lets in, and what it has been asked. `says`: what its tokens say besides, or instead."""

    url: str
    moment: int
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "248289", "email": "Maria@pbi.example"})
    says: dict[str, Any] = field(default_factory=dict)
    describes: dict[str, Any] = field(default_factory=dict)
    key: Key = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "one"}))
    algorithm: str = "ES256"
    signs_with: Any = None
    answers_with: dict[str, tuple[int, Any]] = field(default_factory=dict)
    """What stands at a path instead."""
    undoes_quoting: bool = True
    """Whether it undoes the quoting of id and secret in the header; many do not."""
    asked: list[str] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def sends_back(self, url: str) -> str:
        """Somebody signs in at the page that the browser was sent to; where it sends them."""
        asked = dict(parse_qsl(urlsplit(url).query))
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self._codes)}"
        self._codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.url})}"

    def answers(self, path: str, form: dict[str, str], authorization: str) -> tuple[int, Any]:
        """What stands at that path."""
        self.asked.append(path)
        if path in self.answers_with:
            return self.answers_with[path]
        pages = {"/.well-known/openid-configuration": self._itself, "/keys": self._keys}
        if path in pages:
            return 200, pages[path]()
        if path == "/token":
            return self._tokens(form, authorization)
        if path == "/person" and authorization == "Bearer an access token":
            return 200, {"email_verified": True, **self.person}
        return 404, {}

    def _itself(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/enter",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "userinfo_endpoint": f"{self.url}/person",
            "end_session_endpoint": f"{self.url}/exit",
            "authorization_response_iss_parameter_supported": True,
            **self.describes,
        }

    def _keys(self) -> dict[str, Any]:
        return {"keys": [self.key.as_dict(private=False, alg=self.algorithm, use="sig")]}

    def _proof(self, form: dict[str, str], authorization: str) -> tuple[str, str]:
        if "client_secret" in form:
            return form["client_id"], form["client_secret"]
        id, _, secret = b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        return (unquote_plus(id), unquote_plus(secret)) if self.undoes_quoting else (id, secret)

    def _tokens(self, form: dict[str, str], authorization: str) -> tuple[int, Any]:
        challenge = urlsafe_b64encode(sha256(form.get("code_verifier", "").encode()).digest()).decode().rstrip("=")
        if self._proof(form, authorization) != (CLIENT, SECRET):
            return 401, {"error": "invalid_client"}
        asked = self._codes.pop(form.get("code", ""), None)
        if asked is None or challenge != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        claims = {
            "iss": self.url,
            "aud": CLIENT,
            "iat": self.moment,
            "exp": self.moment + 300,
            "nonce": asked["nonce"],
            "email_verified": True,
            **self.person,
            **self.says,
        }
        told = {name: claim for name, claim in claims.items() if claim is not None}
        token = jwt.encode(
            {"alg": self.algorithm, "kid": "one"}, told, self.signs_with or self.key, algorithms=[self.algorithm]
        )
        return 200, {"access_token": "an access token", "token_type": "Bearer", "id_token": token}


@contextmanager
def openid_provider(moment: int) -> Iterator[OpenIdProvider]:
    """A provider by whose clock it is that moment."""

    class Pages(Quiet):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path == "/enter":
                self.send_response(302)
                self.send_header("Location", provider.sends_back(self.path))
                self.end_headers()
            else:
                self._answer(path, {})

        def do_POST(self) -> None:
            form = parse_qs(self.received().decode())
            self._answer(self.path, {name: texts[0] for name, texts in form.items()})

        def _answer(self, path: str, form: dict[str, str]) -> None:
            status, document = provider.answers(path, form, self.headers.get("Authorization", ""))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(document).encode())

    with listening(Pages) as port:
        provider = OpenIdProvider(f"http://127.0.0.1:{port}", moment)
        yield provider
