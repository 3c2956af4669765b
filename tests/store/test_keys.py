"""API keys."""

import pytest

from alertnet.core.errors import BadInput, Unknown
from alertnet.store.keys import create, find, list_all, revoke
from alertnet.store.tables import api_keys
from alertnet.store.tx import Tx
from tests.store.conftest import NOW


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

    assert key.rpartition("_")[2] not in str(row)


@pytest.mark.parametrize("spoil", [lambda key: key[:-1], lambda key: key + "0", str.upper, lambda key: f"x{key}"])
def test_a_key_that_differs_opens_nothing(tx: Tx, spoil: object) -> None:
    assert callable(spoil)
    _, key = create(tx, None, ["read"])

    assert find(tx.session, spoil(key)) is None


@pytest.mark.parametrize("text", ["", "alertnet", "alertnet__", "alertnet_nobody_00", "a_b_c_d", "\0_\0_\0"])
def test_what_is_no_key_opens_nothing(tx: Tx, text: str) -> None:
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
