"""A10: whoever has the database, but not the secret, alters nothing of the history unseen."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, text, update

from alertnet.core.errors import BadInput
from alertnet.flows.credentials import users as flow
from alertnet.store.db.columns import canonical
from alertnet.store.db.tx import Tx, do_last
from alertnet.store.db.vault import Vault
from alertnet.store.records import checkpoints
from alertnet.store.records.credentials import api_keys as keys
from alertnet.store.records.credentials.users import Role
from alertnet.store.records.timeline import SYSTEM, Head, allow_purging, append, digest_of, link, note, origin
from alertnet.store.tables import api_keys, chain_heads, timeline
from alertnet.store.tables import users as user_rows
from alertnet.store.views.audit import Break, keyed_since, verify
from tests.store.conftest import NOW
from tests.support.program import SECRET

MINUTE = timedelta(minutes=1)


@pytest.fixture
def told(tx: Tx) -> Tx:
    """Two chains of three and two entries, and the checkpoint of them."""
    append(tx, "one", ("opened", {"ref": "A-7K3M"}), ("level_opened", {"tree": "colombia", "at": 1.5}))
    append(tx, "two", ("opened", {"ref": "B-2222"}), ("closed", {}))
    append(tx, "one", ("closed", {"reason": "resolved", "text": "están a salvo"}))
    checkpoints.note_changed(tx)
    return tx


def entry(chain: str, seq: int) -> Any:
    return (timeline.c.chain == chain) & (timeline.c.seq == seq)


def alter(tx: Tx, place: int, chain: str = "one", **values: Any) -> None:
    tx.session.execute(update(timeline).where(entry(chain, place)).values(**values))


def remove(tx: Tx, which: Any) -> None:
    tx.session.execute(delete(timeline).where(which))


def forge(tx: Tx, chain: str, seq: int, kind: str, payload: dict[str, Any], *, replacing: bool = False) -> None:
    """An entry as somebody makes it who has no secret: linked and sealed as well as that can be done."""
    previous = tx.session.scalar(select(timeline.c.hash).where(entry(chain, seq - 1))) or origin(chain)
    salt = os.urandom(16)
    digest = digest_of(salt, canonical(payload).encode())
    hash = hashlib.sha256(link(previous, seq, NOW, kind, digest)).digest()
    values = {"at": NOW, "kind": kind, "payload": payload, "salt": salt, "digest": digest, "hash": hash}
    if replacing:
        alter(tx, seq, chain, **values)
    else:
        tx.session.execute(insert(timeline).values(chain=chain, seq=seq, **values))


def shift(tx: Tx, seq: int, by: int, chain: str = "one") -> None:
    alter(tx, seq, chain, seq=seq + by)


def inserts(tx: Tx) -> None:
    shift(tx, 3, 1)
    forge(tx, "one", 3, "go_given", {})


def swaps(tx: Tx) -> None:
    shift(tx, 2, 100)
    shift(tx, 3, -1)
    shift(tx, 102, -99)


def recomputes(tx: Tx) -> None:
    forge(tx, "one", 2, "go_given", {}, replacing=True)
    forge(tx, "one", 3, "closed", {}, replacing=True)


def removes_system(tx: Tx) -> None:
    """With what says where it ended: nothing then says how long any chain was."""
    remove(tx, timeline.c.chain == SYSTEM)
    tx.session.execute(delete(chain_heads))


def begins_system_anew(tx: Tx) -> None:
    """And a worker that runs vouches for what is left of the others, a minute later."""
    removes_system(tx)
    remove(tx, entry("one", 3))
    checkpoints.note_changed(replace(tx, now=NOW + MINUTE))


BEFORE_IT = "the chain is missing, or what it began with: there are incidents from before it"

TAMPERING: dict[str, tuple[Callable[[Tx], None], Break]] = {
    "tail": (lambda tx: remove(tx, entry("one", 3)), Break("one", 3, "entries 3 to 3 are missing")),
    "chain": (
        lambda tx: remove(tx, timeline.c.chain == "two"),
        Break("two", 0, "the chain is missing: it had 2 entries"),
    ),
    "system and its end": (removes_system, Break(SYSTEM, 0, BEFORE_IT)),
    "system, begun anew": (begins_system_anew, Break(SYSTEM, 0, BEFORE_IT)),
    "all rows": (lambda tx: remove(tx, timeline.c.seq > 0), Break(SYSTEM, 1, "entries 1 to 1 are missing")),
    "system": (lambda tx: remove(tx, timeline.c.chain == SYSTEM), Break(SYSTEM, 1, "entries 1 to 1 are missing")),
    "kind": (lambda tx: alter(tx, 2, kind="go_given"), Break("one", 2, "the entry was altered")),
    "time": (lambda tx: alter(tx, 2, at=NOW + timedelta.resolution), Break("one", 2, "the entry was altered")),
    "payload": (lambda tx: alter(tx, 2, payload={"tree": "europe"}), Break("one", 2, "the payload was altered")),
    "inserted": (inserts, Break("one", 3, "the entry has no key")),
    "appended": (lambda tx: forge(tx, "one", 4, "go_given", {}), Break("one", 4, "the entry has no key")),
    "swapped": (swaps, Break("one", 2, "the entry was altered")),
    "recomputed": (recomputes, Break("one", 2, "the entry has no key (to 3)")),
    "removed": (lambda tx: remove(tx, entry("one", 2)), Break("one", 3, "entries 2 to 2 are missing")),
    "digest": (lambda tx: alter(tx, 2, digest=b"0" * 32), Break("one", 2, "the entry was altered")),
    "hash": (lambda tx: alter(tx, 3, hash=b"0" * 32), Break("one", 3, "the entry was altered")),
    "salt": (lambda tx: alter(tx, 3, salt=None), Break("one", 3, "the payload was altered")),
    "emptied": (
        lambda tx: alter(tx, 2, payload=None, salt=None),
        Break("one", 2, "the payload is gone, and no entry says so"),
    ),
}


def test_a_record_that_nobody_touched_holds(told: Tx) -> None:
    assert told.session.scalar(select(func.count()).select_from(timeline)) == 6
    assert verify(told.session) == []


@pytest.mark.parametrize("change", TAMPERING)
def test_tampering_is_found_and_placed(told: Tx, change: str) -> None:
    """A10: without anything that was kept outside."""
    tamper, expected = TAMPERING[change]
    tamper(told)

    assert expected in verify(told.session)


def test_a_chain_that_was_given_another_name_is_found(told: Tx) -> None:
    told.session.execute(update(timeline).where(timeline.c.chain == "one").values(chain="three"))

    found = verify(told.session)

    assert Break("three", 1, "the entry was altered") in found
    assert Break("one", 0, "the chain is missing: it had 3 entries") in found


def test_a_payload_that_cannot_be_opened_is_found_and_does_not_end_the_search(told: Tx) -> None:
    told.session.execute(text("UPDATE timeline SET payload = salt WHERE chain = 'one' AND seq < 3"))

    assert verify(told.session) == [
        Break("one", 1, "the payload can't be read"),
        Break("one", 2, "the payload can't be read"),
    ]


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(
    ("change", "part"),
    [("UPDATE timeline SET at = 'now' WHERE chain = 'one'", "incidents"), ("UPDATE timeline SET hash = 'x'", SYSTEM)],
)
def test_a_value_that_no_column_holds_is_found_and_hides_no_other_part(told: Tx, change: str, part: str) -> None:
    """A10: SQLite keeps a value of any type in any column; reading one ended the search with what lay behind it."""
    told.session.execute(insert(api_keys).values(id="theirs", hash=b"1", scopes=["read"], created_at=NOW))
    told.session.execute(text(change))

    assert {part, "api_keys"} <= {each.chain for each in verify(told.session)}


def test_a_purged_entry_leaves_a_chain_that_holds(told: Tx) -> None:
    """A10: purging is an entry itself."""
    allow_purging(told, "one", 2, {"by": "somebody"})
    alter(told, 1, payload=None, salt=None)
    alter(told, 2, payload=None, salt=None)
    checkpoints.note_changed(told)

    found = told.session.execute(select(timeline.c.payload, timeline.c.salt).where(entry("one", 2))).one()

    assert tuple(found) == (None, None)
    assert verify(told.session) == []
    alter(told, 3, payload=None, salt=None)
    assert verify(told.session) == [Break("one", 3, "the payload is gone, and no entry says so")]


def test_no_purge_takes_what_vouches_for_the_record(told: Tx) -> None:
    """A10: of the system's chain goes what it says of people, never a checkpoint, and not which keys were made."""
    append(told, SYSTEM, ("checked_in", {"of": "north/ana"}), ("key_created", {"key": "k"}))
    allow_purging(told, SYSTEM, 3, {"by": "somebody"})
    alter(told, 2, SYSTEM, payload=None, salt=None)
    assert verify(told.session) == []

    for seq in (1, 3):
        alter(told, seq, SYSTEM, payload=None, salt=None)

    gone = "the payload is gone, which no purge takes"
    assert verify(told.session) == [Break(SYSTEM, 1, gone), Break(SYSTEM, 3, gone)]


def test_where_the_system_chain_ends_can_not_be_forgotten(told: Tx) -> None:
    told.session.execute(delete(chain_heads))

    assert verify(told.session) == [Break(SYSTEM, 1, "where the chain ends is not on the record any more")]


def test_where_the_system_chain_ends_can_not_be_moved(told: Tx) -> None:
    append(told, SYSTEM, ("key_created", {"key": "k"}))
    remove(told, entry(SYSTEM, 2))
    told.session.execute(update(chain_heads).values(length=1))

    assert verify(told.session) == [Break(SYSTEM, 1, "where the chain ends was altered")]


def goes_on(tx: Tx) -> None:
    """The program knows nothing of what somebody did, and writes on."""
    later = replace(tx, now=NOW + MINUTE)
    for _ in range(2):
        append(later, "one", ("reopened", {}))
    checkpoints.note_changed(later)


def test_what_was_cut_off_is_found_when_the_program_has_gone_on(told: Tx) -> None:
    """A later checkpoint takes nothing from an earlier one."""
    remove(told, entry("one", 3))
    goes_on(told)

    assert verify(told.session) == [Break("one", 3, "the entry is not the one that the checkpoint names")]


@pytest.mark.parametrize("chain", ["one", SYSTEM])
def test_a_first_entry_that_was_cut_off_is_found_whatever_comes_after(told: Tx, chain: str) -> None:
    """And the chain goes on: an incident whose history has lost its beginning must not stand still."""
    append(told, chain, ("note", {}))
    remove(told, entry(chain, 1))
    append(told, chain, ("note", {}), ("note", {}))

    assert [each.chain for each in verify(told.session)] == [chain]


@pytest.mark.parametrize("which", [timeline.c.chain == SYSTEM, timeline.c.seq > 0], ids=["system", "all rows"])
def test_a_gap_in_the_system_chain_stays(told: Tx, which: Any) -> None:
    """Nothing is written in the place of what is gone."""
    remove(told, which)
    goes_on(told)

    assert Break(SYSTEM, 2, "entries 1 to 1 are missing") in verify(told.session)


@pytest.mark.parametrize("spoil", [delete(chain_heads), update(chain_heads).values(length=0)], ids=["gone", "altered"])
def test_where_the_chain_ended_is_not_made_good(told: Tx, spoil: Any) -> None:
    told.session.execute(spoil)
    goes_on(told)

    assert any(each.chain == SYSTEM and "where the chain ends" in each.why for each in verify(told.session))


# Checkpoints


def heads_of(tx: Tx) -> list[dict[str, Any]]:
    """The payloads of all checkpoints, oldest first."""
    query = select(timeline.c.payload).where(timeline.c.chain == SYSTEM, timeline.c.kind == checkpoints.CHECKPOINT)
    return [payload["chains"] for payload in tx.session.scalars(query.order_by(timeline.c.seq))]


def test_a_checkpoint_is_of_what_has_changed_since_the_last(told: Tx) -> None:
    """A10: one entry, and none where nothing has."""
    later = replace(told, now=NOW + MINUTE)
    checkpoints.note_changed(later)
    append(later, "two", ("reopened", {}))
    checkpoints.note_changed(replace(told, now=NOW + 2 * MINUTE))
    checkpoints.note_changed(replace(told, now=NOW + 30 * MINUTE))

    first, second = heads_of(told)
    assert {chain: length for chain, (length, _) in first.items()} == {"one": 3, "two": 2}
    assert {chain: length for chain, (length, _) in second.items()} == {"two": 3}


def test_what_was_begun_before_a_checkpoint_and_committed_after_it_is_in_the_next(told: Tx) -> None:
    """A flow has the moment at which it began."""
    append(replace(told, now=NOW - MINUTE), "three", ("opened", {}))

    checkpoints.note_changed(replace(told, now=NOW + MINUTE))

    assert [*heads_of(told)[-1]] == ["three"]


def test_many_chains_are_in_several_entries(tx: Tx) -> None:
    append_many = {f"{number:04}": Head(1, bytes(32)) for number in range(checkpoints.MOST_CHAINS + 1)}

    checkpoints.note(tx, append_many)

    assert [len(chains) for chains in heads_of(tx)] == [checkpoints.MOST_CHAINS, 1]


# The head


def test_a_head_holds_the_database_to_what_it_covers(told: Tx) -> None:
    """A10: an older state of the whole database has no other witness."""
    before = told.session.execute(select(chain_heads)).one()
    append(told, SYSTEM, ("key_created", {"key": "k"}))
    kept = checkpoints.read_head(told.session, checkpoints.signed_head(told))
    assert verify(told.session, kept) == []

    remove(told, entry(SYSTEM, 2))
    told.session.execute(update(chain_heads).values(before._asdict()))

    assert verify(told.session) == []
    assert verify(told.session, kept) == [Break(SYSTEM, 2, "entries 2 to 2 are missing")]


def test_a_head_knows_another_history_of_the_same_length(told: Tx) -> None:
    kept = replace(checkpoints.read_head(told.session, checkpoints.signed_head(told)), hash=b"12345678")

    assert verify(told.session, kept) == [Break(SYSTEM, 1, "the entry is not the one that the head names")]


@pytest.mark.parametrize(
    "spoil", [lambda head: head[:-1], lambda head: "9" + head, lambda head: head.replace("-", "+")]
)
def test_a_head_that_was_not_signed_here_is_refused(told: Tx, spoil: Callable[[str], str]) -> None:
    with pytest.raises(BadInput, match="head"):
        checkpoints.read_head(told.session, spoil(checkpoints.signed_head(told)))


# Secrets, and databases from before


def test_every_listed_secret_verifies(told: Tx) -> None:
    """The first one makes the links from now on."""
    other = "another secret, that is long enough as well"
    kept = checkpoints.signed_head(told)
    vars(told.session.dialect)["vault"] = Vault([other, SECRET])
    rotated = replace(told, vault=Vault([other, SECRET]))
    append(rotated, "one", ("reopened", {}))

    assert verify(told.session, checkpoints.read_head(told.session, kept)) == []
    vars(told.session.dialect)["vault"] = Vault([other])
    assert Break("one", 1, "the entry was altered") in verify(told.session)


@pytest.fixture
def upgraded(tx: Tx) -> Tx:
    """A database whose first entries have no key, as an earlier version left them, at its upgrade."""
    for chain, kinds in {"old": ("opened", "closed"), SYSTEM: ("key_created",)}.items():
        for seq, kind in enumerate(kinds, start=1):
            forge(tx, chain, seq, kind, {})
    assert Break("old", 1, "the entry has no key (to 2)") in verify(tx.session)
    checkpoints.give_keys(tx)
    return tx


def test_a_database_from_before_says_since_when_it_has_keys(upgraded: Tx) -> None:
    """A10: the entries from before are covered by the first checkpoint with a key."""
    append(upgraded, "old", ("reopened", {}))

    assert verify(upgraded.session) == []
    assert keyed_since(upgraded.session) == NOW


def test_what_is_from_before_can_not_be_recomputed_after(upgraded: Tx) -> None:
    forge(upgraded, "old", 2, "go_given", {}, replacing=True)

    assert verify(upgraded.session) == [Break("old", 2, "the entry is not the one that the checkpoint names")]


def test_nothing_without_a_key_comes_after(upgraded: Tx) -> None:
    """Also when the program has gone on from it."""
    forge(upgraded, "old", 3, "go_given", {})
    later = replace(upgraded, now=NOW + timedelta(hours=2))
    append(later, "old", ("reopened", {}))
    checkpoints.note_changed(later)

    assert verify(upgraded.session) == [Break("old", 3, "the entry has no key")]


def test_the_version_before_may_write_for_an_hour(upgraded: Tx) -> None:
    """While processes are exchanged one by one: a checkpoint of then covers it."""
    forge(upgraded, "old", 3, "reopened", {})
    before = verify(upgraded.session)
    checkpoints.note_changed(replace(upgraded, now=NOW + 30 * MINUTE))

    assert before == [Break("old", 3, "the entry has no key")]
    assert verify(upgraded.session) == []


def test_a_row_of_before_that_was_put_back_is_found(told: Tx) -> None:
    """A10: a key that was revoked and a user who was ended, by a copy of their rows that was true once."""
    key, _ = keys.create(told, None, ["read"])
    flow.add_user(told, "maria", Role.ADMINISTRATOR, "a hash", "test")
    flow.add_user(told, "ben", Role.OBSERVER, "a hash", "test")
    before = [(table, told.session.execute(select(table)).mappings().all()) for table in (api_keys, user_rows)]
    keys.revoke(told, key)
    note(told, "key_revoked", key=key, by="test")
    flow.end_user(told, "maria", "test", may_be_last=True)
    flow.set_role(told, "ben", Role.COORDINATOR, "test")
    do_last(told.session)
    untouched = verify(told.session)

    for table, rows in before:
        told.session.execute(delete(table))
        told.session.execute(insert(table), [dict(row) for row in rows])

    why = "an earlier row was put back"
    assert untouched == []
    assert verify(told.session) == [
        Break("api_keys", 0, f"key {key} was revoked, and opens again: {why}"),
        Break("users", 0, f"user ben is observer, and by the history coordinator: {why}"),
        Break("users", 0, f"user maria is administrator, and by the history ended: {why}"),
    ]


def test_keys_from_before_are_vouched_for_at_the_upgrade_and_none_after(upgraded: Tx) -> None:
    """A10: a key that somebody puts into the database opens nothing, and is named."""
    row = {"hash": b"1" * 32, "scopes": ["administer"], "created_at": NOW}
    upgraded.session.execute(insert(api_keys).values(id="planted", **row))

    found = verify(upgraded.session)

    assert found == [Break("api_keys", 0, "key planted was made or changed without the secret, and opens nothing")]
