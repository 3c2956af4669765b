"""Signing in by an OpenID Connect provider, one that runs beside the test: who comes in, and what does not count."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from httpx2 import Response
from joserfc.jwk import ECKey, Key, OKPKey
from sqlalchemy import update

from alertnet.core.limits import SIGN_INS
from alertnet.flows.credentials.linked import link
from alertnet.flows.credentials.users import end_user, renew_user
from alertnet.runtime.openid import Provider
from alertnet.store.records.credentials import users
from alertnet.store.records.credentials.users import Linked, Role
from alertnet.store.tables import incidents, user_sessions
from tests.conftest import Logged
from tests.support.openid_provider import CLIENT, SECRET, OpenIdProvider, openid_provider
from tests.web.console.desk import HASH, PASSWORD, Desk, Form, Sheet
from tests.web.console.test_raise import ARREST, previewed
from tests.web.console.test_sign_in import is_in, kinds
from tests.web.console.test_users import recorded
from tests.web.world import NOW, PUBLIC_URL, World, world_in

MARIA = "maria@pbi.example"
WAYS = ("/desk/openid", "/desk/openid/leave")
"""The pages that anybody may ask for, and for which we ask the provider."""


@pytest.fixture
def provider() -> Iterator[OpenIdProvider]:
    with openid_provider(int(NOW.timestamp())) as provider:
        yield provider


@pytest.fixture
def world(tmp_path: Path, provider: OpenIdProvider) -> Iterator[World]:
    client = {"ALERTNET_OIDC_CLIENT_ID": CLIENT, "ALERTNET_OIDC_CLIENT_SECRET": SECRET}
    with world_in(tmp_path, ALERTNET_OIDC_ISSUER=f"{provider.url}/", **client) as world:
        yield world


@pytest.fixture
def maria(world: World, provider: OpenIdProvider) -> Desk:
    """A coordinator whose account is linked by its address, and who is not signed in yet."""
    maria = Desk.of(world, "maria", Role.COORDINATOR)
    world.runtime.transact(link, "maria", provider.url, MARIA, "test")
    return maria


def goes(desk: Desk, then: str = "/desk") -> str:
    """Press the link on the page where one signs in; where that leads."""
    answer = desk.browser.get(f"/desk/openid?then={then}", follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def returns(desk: Desk, url: str) -> Response:
    assert url.startswith(f"{PUBLIC_URL}/desk/openid/back?")
    return desk.browser.get(url.removeprefix(PUBLIC_URL), follow_redirects=False)


def enters(desk: Desk, provider: OpenIdProvider, then: str = "/desk") -> Response:
    return returns(desk, provider.sends_back(goes(desk, then)))


def test_who_is_linked_comes_in_and_stands_in_the_history(world: World, maria: Desk, provider: OpenIdProvider) -> None:
    """Without script: the page that is given leads on by itself, to what was asked for."""
    assert f"Sign in by {urlsplit(provider.url).netloc}" in maria.opens("/desk/sign-in").text

    entered = enters(maria, provider, "/desk/account")

    assert entered.status_code == 200
    assert '<meta http-equiv="refresh" content="0; url=/desk/account">' in entered.text
    cookie = next(each for each in entered.headers.get_list("Set-Cookie") if each.startswith("desk="))
    assert all(word in cookie for word in ("HttpOnly", "Secure", "SameSite=strict"))
    assert "You are signed in as coordinator" in maria.opens("/desk/account").text
    assert recorded(world, "user_signed_in") == [{"user": "maria", "via": "openid", "by": "user maria"}]
    assert recorded(world, "user_linked") == [{"user": "maria", "account": MARIA, "by": "test"}]


def test_from_the_first_time_on_the_subject_counts_and_not_the_address(
    world: World, maria: Desk, provider: OpenIdProvider
) -> None:
    """An address that somebody else has now opens nothing; she comes in by another one still."""
    assert enters(maria, provider).status_code == 200
    known = world.runtime.read(users.named, "maria")
    assert known is not None
    assert known.linked == Linked(provider.url, MARIA, "248289")
    maria.browser.cookies.clear()

    provider.person = {"sub": "999", "email": MARIA}
    refused = enters(maria, provider)
    provider.person = {"sub": "248289", "email": "m.example@pbi.example"}

    assert (refused.status_code, is_in(maria)) == (403, False)
    assert "stands for nobody here" in refused.text
    assert "999" in refused.text
    assert enters(maria, provider).status_code == 200


@pytest.mark.parametrize(
    "person",
    [
        {"sub": "248289"},
        {"sub": "248289", "email": "ben@pbi.example"},
        {"sub": "248289", "email": MARIA, "email_verified": False},
        {"sub": "248289", "email": MARIA, "email_verified": "true"},
        {"sub": "", "email": ""},
    ],
)
def test_an_account_that_stands_for_nobody_makes_no_user(
    world: World, maria: Desk, provider: OpenIdProvider, person: dict[str, object]
) -> None:
    """Whoever the provider knows is no coordinator for that; nor is an address that it does not vouch for."""
    right, provider.person = provider.person, {"email_verified": True, **person}

    refused = enters(maria, provider)

    assert refused.status_code == 403
    assert (is_in(maria), kinds(world)) == (False, ["user_added", "user_linked"])
    provider.person = right
    assert enters(maria, provider).status_code == 200


def test_a_subject_is_linked_as_well_as_an_address(world: World, provider: OpenIdProvider) -> None:
    """Some providers vouch for no address; the page says the subject to who is not linked yet."""
    ben = Desk.of(world, "ben", Role.OBSERVER)
    provider.person = {"sub": "XVII-b"}
    assert "XVII-b" in enters(ben, provider).text

    world.runtime.transact(link, "ben", provider.url, "XVII-b", "test")

    assert enters(ben, provider).status_code == 200
    assert is_in(ben) is True


def test_a_subject_that_looks_like_an_address_is_linked_as_the_page_says(
    world: World, provider: OpenIdProvider
) -> None:
    """Where people may choose it themselves it is nobody's address."""
    ben = Desk.of(world, "ben", Role.OBSERVER)
    world.runtime.transact(link, "ben", provider.url, "Ben@pbi.example", "test")
    provider.person = {"sub": "Ben@pbi.example"}
    refused = enters(ben, provider)
    assert (refused.status_code, is_in(ben)) == (403, False)
    assert "<code>sub:Ben@pbi.example</code>" in refused.text

    world.runtime.transact(link, "ben", provider.url, "sub:Ben@pbi.example", "test")

    assert enters(ben, provider).status_code == 200


def test_the_address_may_come_on_a_page_of_its_own(maria: Desk, provider: OpenIdProvider) -> None:
    """As the specification has it for a code flow: the token says who, the userinfo what is known of them."""
    provider.says = {"email": None, "email_verified": None}

    assert enters(maria, provider).status_code == 200
    assert provider.asked[-1] == "/person"


def test_who_is_linked_by_subject_needs_no_page_of_userinfo(world: World, provider: OpenIdProvider) -> None:
    """At Entra it stands on another host, some providers sign it, and nothing on it is needed here."""
    ben = Desk.of(world, "ben", Role.OBSERVER)
    world.runtime.transact(link, "ben", provider.url, "248289", "test")
    provider.says = {"email": None, "email_verified": None}
    provider.answers_with = {"/person": (401, {})}

    assert enters(ben, provider).status_code == 200
    assert provider.asked[-1] == "/person"


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("ES384", ECKey.generate_key("P-384", {"kid": "one"})),
        ("EdDSA", OKPKey.generate_key("Ed25519", {"kid": "one"})),
        ("Ed25519", OKPKey.generate_key("Ed25519", {"kid": "one"})),
    ],
)
def test_every_signature_with_a_public_key_counts(
    maria: Desk, provider: OpenIdProvider, algorithm: str, key: Key
) -> None:
    """Which one a provider uses is often decided by the key that it was given."""
    provider.algorithm, provider.key = algorithm, key

    assert enters(maria, provider).status_code == 200


def test_a_secret_with_signs_that_are_quoted_is_known_to_who_does_not_undo_that(
    maria: Desk, provider: OpenIdProvider
) -> None:
    """It stands in the body then, where nobody differs about how it is written; if the provider reads it there."""
    provider.undoes_quoting = False
    assert enters(maria, provider).status_code == 503
    assert provider.asked.count("/token") == 1

    provider.describes = {"token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"]}

    assert enters(maria, provider).status_code == 200


@pytest.mark.parametrize(
    "lie",
    [
        {"iss": "https://id.evil.example"},
        {"iss": None},
        {"aud": "another client"},
        {"aud": [CLIENT, "another client"]},
        {"aud": [CLIENT], "azp": "another client"},
        {"aud": None},
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"exp": int(NOW.timestamp()) - 61},
        {"exp": None},
        {"exp": "never"},
        {"iat": int(NOW.timestamp()) + 3600},
        {"sub": None},
        {"sub": 248289},
        {"at_hash": "of another token"},
    ],
)
def test_a_token_that_is_not_for_us_or_not_now_lets_nobody_in(
    maria: Desk, provider: OpenIdProvider, lie: dict[str, object]
) -> None:
    provider.says = lie
    refused = enters(maria, provider)

    assert (refused.status_code, is_in(maria)) == (403, False)
    assert "not for this page, or too old" in refused.text
    provider.says = {}
    assert enters(maria, provider).status_code == 200


def test_a_token_that_somebody_else_signed_lets_nobody_in(maria: Desk, provider: OpenIdProvider) -> None:
    provider.signs_with = ECKey.generate_key("P-256", {"kid": "one"})
    assert (enters(maria, provider).status_code, is_in(maria)) == (403, False)

    provider.signs_with = None
    assert enters(maria, provider).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"state": "x"},
        {"state": ""},
        {"code": ""},
        {"code": "code-7"},
        {"iss": "https://id.evil.example"},
    ],
)
def test_what_was_not_sent_for_comes_back_in_vain(
    maria: Desk, provider: OpenIdProvider, change: dict[str, str]
) -> None:
    """A link that an attacker sends leads nobody into the attacker's account, nor the attacker into theirs."""
    back = provider.sends_back(goes(maria))
    forged = urlencode({**dict(parse_qsl(urlsplit(back).query)), **change})

    refused = returns(maria, f"{PUBLIC_URL}/desk/openid/back?{forged}")

    assert (refused.status_code, is_in(maria)) == (403, False)
    assert enters(maria, provider).status_code == 200


def test_whom_the_provider_turns_away_hears_its_word_for_it(
    maria: Desk, provider: OpenIdProvider, logged: Logged
) -> None:
    """Whoever runs alertnet finds it in the log, without what the provider says of the person."""
    back = provider.sends_back(goes(maria, "/desk/account"))
    told = {
        "error": "access_denied",
        "error_description": "maria is not allowed",
        "state": dict(parse_qsl(back))["state"],
    }

    # A loop of whoever has begun once does not fill the disk with lines.
    _, refused = [returns(maria, f"{PUBLIC_URL}/desk/openid/back?{urlencode(told)}") for _ in range(2)]

    assert (refused.status_code, is_in(maria)) == (403, False)
    assert "sent you back without letting you in" in refused.text
    assert "<code>access_denied</code>" in refused.text
    assert Sheet(maria, "/desk/sign-in", refused.text).form("Sign in").fields["then"] == "/desk/account"
    assert [line["cause"] for line in map(json.loads, logged()) if line["event"] == "openid_refused"] == [
        "it sent the browser back: access_denied"
    ]
    assert "maria is not allowed" not in refused.text
    assert returns(maria, back).status_code == 200


def test_coming_back_counts_once_in_that_browser_and_for_ten_minutes(
    world: World, maria: Desk, provider: OpenIdProvider
) -> None:
    """Neither who copies the address of the page comes in by it, nor who has stolen the cookie later."""
    back = provider.sends_back(goes(maria))
    trip = maria.browser.cookies["desk-openid"]
    stranger = maria.elsewhere("198.51.100.7")
    assert returns(stranger, back).status_code == 403
    assert returns(maria, back).status_code == 200

    maria.browser.cookies.clear()
    for cookie in (trip, trip[:-8] + "AAAAAAA=", "x", ""):
        maria.browser.cookies.set("desk-openid", cookie)
        assert (returns(maria, back).status_code, is_in(maria)) == (403, False)
    assert provider.asked.count("/token") == 1


def test_who_has_ended_here_or_was_given_new_means_comes_in_no_more(
    world: World, maria: Desk, provider: OpenIdProvider
) -> None:
    """What the provider still says of them counts for nothing."""
    assert enters(maria, provider).status_code == 200
    world.runtime.transact(renew_user, "maria", HASH, "test")
    assert (is_in(maria), enters(maria, provider).status_code) == (False, 403)

    world.runtime.transact(link, "maria", provider.url, "248289", "test")
    assert enters(maria, provider).status_code == 200
    world.runtime.transact(end_user, "maria", "test")
    assert (is_in(maria), enters(maria, provider).status_code) == (False, 403)


@pytest.mark.parametrize("said", [(503, {}), (400, {"error": "invalid_tenant"}), (401, "no JSON object")])
def test_a_provider_that_is_away_is_said_and_the_password_lets_in(
    world: World, maria: Desk, provider: OpenIdProvider, said: tuple[int, object]
) -> None:
    """So is one that does not know us any more, by the wrong tenant or an old secret, and one that is no address."""
    assert (client := world.runtime.settings.openid)
    assert Provider(client, "").trouble() == ""
    assert Provider(replace(client, issuer="https://münchen.example"), "").trouble() == "UnicodeEncodeError"
    back = provider.sends_back(goes(maria))
    provider.answers_with = {"/.well-known/openid-configuration": said}
    assert Provider(client, "").trouble().startswith(f"HTTP {said[0]}")

    for answer in (maria.browser.get("/desk/openid", follow_redirects=False), returns(maria, back)):
        assert answer.status_code == 503
        assert "gives no answer at the moment. Your password" in answer.text
    assert Sheet(maria, "/desk/sign-in", answer.text).form("Sign in").fields["then"] == "/desk"
    assert maria.signs_in().status_code == 303


@pytest.mark.parametrize(
    "describes",
    [
        {"issuer": "https://id.evil.example"},
        {"token_endpoint": "http://169.254.169.254/latest"},
        {"token_endpoint": "https://10.0.0.1/token"},
        {"jwks_uri": "https://localhost/keys"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "https://[::1/keys"},
    ],
)
def test_a_provider_leads_us_to_no_address_of_the_network_within(
    maria: Desk, provider: OpenIdProvider, describes: dict[str, str]
) -> None:
    """Where we ask something ourselves, it is at the operator's own address, or out on the internet by TLS."""
    back = provider.sends_back(goes(maria))
    provider.describes = describes

    assert (returns(maria, back).status_code, is_in(maria)) == (503, False)
    provider.describes = {}
    assert enters(maria, provider).status_code == 200


@pytest.mark.parametrize("way", WAYS)
def test_from_one_address_the_provider_is_asked_so_often_and_no_more(
    maria: Desk, provider: OpenIdProvider, way: str
) -> None:
    """B9: else whoever calls that page again and again would have us call the provider, and nobody else come in."""
    asked = [maria.browser.get(way, follow_redirects=False).status_code for _ in range(SIGN_INS.most + 1)]

    assert asked == [303] * SIGN_INS.most + [429]
    assert maria.signs_in().status_code == 303, "a password lets in what another site's picture can't keep out"
    elsewhere = maria.elsewhere("198.51.100.7")
    assert enters(elsewhere, provider).status_code == 200


@pytest.mark.parametrize(("site", "way"), [("cross-site", WAYS[0]), ("same-site", WAYS[1])])
def test_no_page_of_another_site_uses_up_what_an_address_has(
    maria: Desk, provider: OpenIdProvider, site: str, way: str
) -> None:
    """B9: else whatever page somebody looks at could keep everybody behind their address from signing in."""
    from_there = [
        maria.browser.get(way, headers={"Sec-Fetch-Site": site}, follow_redirects=False).status_code
        for _ in range(SIGN_INS.most)
    ]

    assert set(from_there) == {403}
    assert enters(maria, provider).status_code == 200


def test_a_draft_survives_a_session_that_ended_and_a_way_to_the_provider(
    world: World, maria: Desk, provider: OpenIdProvider
) -> None:
    """The provider's page opens beside the one that keeps it; back there a button brings it."""
    enters(maria, provider)
    _, form = previewed(maria)
    world.runtime.transact(lambda tx: tx.session.execute(update(user_sessions).values(ends_at=NOW)))
    door = Sheet(maria, "/desk/raise", form.sent().text)
    assert 'target="_blank"' in door.html
    assert "Not sent yet" not in door.presses("I am signed in: show me what I was sending").text

    enters(maria, provider)
    kept = Sheet(maria, "/desk/sign-in", door.presses("I am signed in: show me what I was sending").text)

    assert ARREST["summary"] in kept.html
    again = Sheet(maria, "/desk/raise", kept.presses("Look at the alarm again").text)
    assert Form(again, "/desk/raise", {**ARREST, **again.form("Raise the alarm").fields}).sent().status_code == 303
    assert len(world.rows(incidents)) == 1


def test_who_signs_out_is_shown_the_way_out_of_the_provider_too(maria: Desk, provider: OpenIdProvider) -> None:
    enters(maria, provider)

    left = maria.opens("/desk/account").presses("Sign out")

    assert (left.headers["Location"], is_in(maria)) == ("/desk/sign-in?left=yes", False)
    page = maria.opens("/desk/sign-in?left=yes")
    assert "You are signed out here." in page.text
    assert 'href="/desk/openid/leave"' in page.html
    out = maria.browser.get("/desk/openid/leave", follow_redirects=False)
    assert out.headers["Location"] == f"{provider.url}/exit"


def test_an_administrator_links_and_unlinks_on_the_page_of_the_users(world: World, provider: OpenIdProvider) -> None:
    ada = Desk.of(world, "ada", Role.ADMINISTRATOR)
    ada.signs_in()
    button = "Let this account stand for ada"

    linked = ada.opens("/desk/users").presses(button, account="Maria@PBI.example", password=PASSWORD)
    elsewhere = ada.elsewhere("198.51.100.7")
    assert linked.status_code == 200
    assert enters(elsewhere, provider).status_code == 200
    ada.opens("/desk/users").presses(button, account="", password=PASSWORD)

    assert is_in(elsewhere) is True
    assert enters(ada.elsewhere("198.51.100.8"), provider).status_code == 403
    assert recorded(world, "user_unlinked") == [{"user": "ada", "by": "user ada"}]


def test_an_account_stands_for_one_user(world: World, maria: Desk) -> None:
    ada = Desk.of(world, "ada", Role.ADMINISTRATOR)
    ada.signs_in()

    refused = ada.opens("/desk/users").presses("Let this account stand for ada", account=MARIA, password=PASSWORD)

    assert refused.status_code == 409
    assert "linked with maria" in refused.text
