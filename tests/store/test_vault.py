"""What is sealed stays so, what is hashed is found again, and a secret can be replaced."""

import pytest

from alertnet.core.errors import Misconfigured
from alertnet.store.db.vault import Purpose, Unreadable, Vault

OLD = "the secret of last year, by now replaced"
NEW = "the secret of this year, put in front of it"
NUMBER = "+573005550101"


@pytest.fixture
def old() -> Vault:
    return Vault([OLD])


@pytest.fixture
def rotated() -> Vault:
    return Vault([NEW, OLD])


def test_what_was_sealed_can_be_opened(old: Vault) -> None:
    assert old.open(old.seal(b"Ana Example")) == b"Ana Example"


def test_the_same_text_is_sealed_differently_each_time(old: Vault) -> None:
    assert old.seal(b"Ana Example") != old.seal(b"Ana Example")


def test_a_replaced_secret_still_opens_what_it_sealed(old: Vault, rotated: Vault) -> None:
    assert rotated.open(old.seal(b"Ana Example")) == b"Ana Example"


def test_the_first_secret_seals(rotated: Vault) -> None:
    assert Vault([NEW]).open(rotated.seal(b"Ana Example")) == b"Ana Example"


def test_a_secret_that_is_not_listed_is_named_by_its_key_id(old: Vault) -> None:
    sealed = Vault([NEW]).seal(b"Ana Example")

    with pytest.raises(Unreadable, match=sealed[:4].hex()):
        old.open(sealed)


@pytest.mark.parametrize("position", [4, 16, -1], ids=["nonce", "text", "tag"])
def test_what_was_altered_does_not_open(old: Vault, position: int) -> None:
    sealed = bytearray(old.seal(b"Ana Example"))
    sealed[position] ^= 1

    with pytest.raises(Unreadable, match="altered"):
        old.open(bytes(sealed))


@pytest.mark.parametrize("length", [0, 3, 4, 15, 16, 31])
def test_what_was_cut_short_does_not_open(old: Vault, length: int) -> None:
    with pytest.raises(Unreadable):
        old.open(old.seal(b"Ana Example")[:length])


def test_what_the_old_secret_stored_is_found_after_a_rotation(old: Vault, rotated: Vault) -> None:
    assert old.index(NUMBER) in rotated.indexes(NUMBER)
    assert old.code_hash("4711") in rotated.code_hashes("4711")
    assert old.pin_hash("north/ana", "47110") in rotated.pin_hashes("north/ana", "47110")


def test_what_is_stored_now_is_found_first(rotated: Vault) -> None:
    assert rotated.index(NUMBER) == rotated.indexes(NUMBER)[0]
    assert rotated.code_hash("4711") == rotated.code_hashes("4711")[0]
    assert rotated.pin_hash("north/ana", "47110") == rotated.pin_hashes("north/ana", "47110")[0]


def test_hashes_have_the_length_of_their_columns(old: Vault) -> None:
    assert len(old.index(NUMBER)) == len(old.code_hash("4711")) == 16
    assert len(old.pin_hash("north/ana", "47110")) == len(old.token_hash("ABCDEFGH23456789")) == 32


def test_one_text_has_another_hash_for_each_purpose_owner_and_secret(old: Vault) -> None:
    """Whoever reads the database can't tell that a code and a PIN, or two people's PINs, are the same."""
    hashes = [
        old.index("47110"),
        old.code_hash("47110"),
        old.pin_hash("north/ana", "47110")[:16],
        old.pin_hash("north/luis", "47110")[:16],
        Vault([NEW]).index("47110"),
    ]

    assert len(set(hashes)) == len(hashes)


@pytest.mark.parametrize("secrets", [[], [""], ["too short"], [OLD, "too short"]])
def test_a_short_secret_is_refused_without_being_shown(secrets: list[str]) -> None:
    with pytest.raises(Misconfigured, match="at least 32 characters") as caught:
        Vault(secrets)

    assert [each for each in secrets if each and each in str(caught.value)] == []
    # They are refused for their length alone.
    assert Vault([each + OLD for each in secrets] or [OLD]).index(NUMBER)


def test_keyed_hashes_are_those_that_were_stored_before(old: Vault) -> None:
    """What a database holds is found again by every later version: each is HMAC-SHA256 under a key of its purpose."""
    assert old.index(NUMBER).hex() == "eda02696f94d164733ff1d8993c8e026"
    assert old.code_hash("4711").hex() == "6ed49042384f7db9f2b042c514b79bb5"
    assert old.pin_hash("ana", "47110").hex() == "3f3e0ef802edeabd6b746c55335e97ffde7f3f210f9b147d062e89cfa42bce2c"
    assert old.sign("text") == "70f9e62cdc79bea7db7a53ff6fdd9467"
    assert old.mac(Purpose.RECORD, b"entry").hex() == "de11c5e765ad6a0d691a4854f9851a0d2eaabb12f1897d76dcfbf9786563b9c8"
    assert old.mac(Purpose.HEAD, b"entry").hex() == "e3310a3619d02cc5ce967b79452038d491e0572d37a13c0b0a27e07874e42363"
