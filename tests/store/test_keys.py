"""API keys."""

import hashlib
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import insert, update

from alertnet.core.errors import BadInput, Unknown
from alertnet.store.db.tx import Tx
from alertnet.store.db.vault import Vault
from alertnet.store.records.credentials.api_keys import create, find, list_all, renew, revoke, vouch_for_all
from alertnet.store.tables import api_keys
from tests.store.conftest import NOW
from tests.support.program import SECRET


def test_a_key_is_recognised_with_its_team_and_scopes(tx: Tx) -> None:
    key_id, key = create(tx, "north", ["raise", "read"])

    found = find(tx.session, key)

    assert key.startswith(f"alertnet_{key_id}_")
    assert found is not None
    assert (found.id, found.team) == (key_id, "north")
    assert found.scopes == {"raise", "read"}


def test_the_database_does_not_hold_the_secret(tx: Tx) -> None:
    _, key = create(tx, None, ["read"])

    row = tx.session.execute(api_keys.select()).one()

    assert find(tx.session, key) is not None
    assert key.rpartition("_")[2] not in str(row)


@pytest.mark.parametrize("spoil", [lambda key: key[:-1], lambda key: key + "0", str.upper, lambda key: f"x{key}"])
def test_a_key_that_differs_opens_nothing(tx: Tx, spoil: Callable[[str], str]) -> None:
    _, key = create(tx, None, ["read"])

    assert find(tx.session, key) is not None
    assert find(tx.session, spoil(key)) is None


@pytest.mark.parametrize("text", ["", "alertnet", "alertnet__", "alertnet_nobody_00", "a_b_c_d", "\0_\0_\0"])
def test_what_is_no_key_opens_nothing(tx: Tx, text: str) -> None:
    _, key = create(tx, None, ["read"])

    assert find(tx.session, key) is not None
    assert find(tx.session, text) is None


def test_a_revoked_key_opens_nothing_and_stays_listed(tx: Tx) -> None:
    key_id, key = create(tx, None, ["read"])
    other_id, other = create(tx, None, ["administer"])

    revoke(tx, key_id)

    assert find(tx.session, key) is None
    assert find(tx.session, other) is not None
    assert {listed.id: listed.revoked_at for listed in list_all(tx.session)} == {key_id: NOW, other_id: None}


def test_a_key_that_never_was_cannot_be_revoked(tx: Tx) -> None:
    with pytest.raises(Unknown, match="no API key 'nobody'"):
        revoke(tx, "nobody")


@pytest.mark.parametrize("scopes", [[], ["read", "everything"]])
def test_a_scope_that_does_not_exist_is_refused_with_those_that_do(tx: Tx, scopes: list[str]) -> None:
    with pytest.raises(BadInput, match="raise, read, coordinate, administer"):
        create(tx, None, scopes)


def plant(tx: Tx, key: str = "alertnet_planted_00") -> str:
    """A key as somebody stores it who has the database, but not the secret; or an earlier version."""
    hash = hashlib.sha256(key.encode()).digest()
    row = {"id": "planted", "hash": hash, "team": "north", "scopes": ["read"], "created_at": NOW}
    tx.session.execute(insert(api_keys).values(row))
    return key


def test_a_key_that_was_put_into_the_database_opens_nothing(tx: Tx) -> None:
    """A10: stored keys are keyed."""
    key = plant(tx)

    assert [listed.id for listed in list_all(tx.session)] == ["planted"]
    assert find(tx.session, key) is None


def test_a_key_from_before_keys_were_vouched_for_goes_on_opening(tx: Tx) -> None:
    """At the upgrade all that are there are vouched for."""
    key = plant(tx)

    vouch_for_all(tx)

    found = find(tx.session, key)
    assert found is not None
    assert (found.team, set(found.scopes)) == ("north", {"read"})


@pytest.mark.parametrize("values", [{"scopes": ["administer"]}, {"team": None}, {"id": "another2"}])
def test_a_key_that_was_given_more_opens_nothing(tx: Tx, values: dict[str, object]) -> None:
    """A10: all that is stored of it is vouched for."""
    _, key = create(tx, "north", ["read"])
    before = find(tx.session, key)
    tx.session.execute(update(api_keys).values(values))

    assert before is not None
    assert find(tx.session, key) is None


def test_a_revoked_key_that_was_brought_back_opens_nothing(tx: Tx) -> None:
    key_id, key = create(tx, None, ["read"])
    before = find(tx.session, key)
    revoke(tx, key_id)
    tx.session.execute(update(api_keys).values(revoked_at=None))

    assert before is not None
    assert find(tx.session, key) is None


def test_the_newest_secret_vouches_for_a_key_once_it_is_used(tx: Tx) -> None:
    """A secret can be dropped when all that is in use has been renewed."""
    _, key = create(tx, None, ["read"])
    newest = "another secret, that is long enough as well"
    dialect = vars(tx.session.dialect)
    dialect["vault"] = Vault([newest, SECRET])
    found = find(tx.session, key)
    assert found is not None
    assert found.is_dated

    renew(replace(tx, vault=dialect["vault"]), key)
    dialect["vault"] = Vault([newest])

    found = find(tx.session, key)
    assert found is not None
    assert not found.is_dated
