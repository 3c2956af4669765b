"""Many guesses at the same moment: each is judged after those before it, on both databases (A6, B9)."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from alertnet.flows.sms.receive_sms import receive_sms
from alertnet.runtime.database.transactions import DatabaseAway
from alertnet.store.records.inbound import InboundText
from alertnet.store.tables import guesses
from tests.flows.switchboard import CAST, Switchboard

MANY = 24
TRIES = 20


def at_once(board: Switchboard, who: str, texts: list[str]) -> None:
    """All of these texts reach us in the same moment, one that finds the database too busy again, as it is told to."""
    edition = board.runtime.edition

    def text(place: int) -> None:
        sms = InboundText(f"SM-at-once-{place}", CAST[who], texts[place])
        for _ in range(TRIES):
            with suppress(DatabaseAway):
                board.runtime.transact(receive_sms, edition, sms)
                return
        raise AssertionError(f"the database was away {TRIES} times")

    with ThreadPoolExecutor(12) as threads:
        list(threads.map(text, range(len(texts))))


def guesses_besides(code: str, count: int) -> list[str]:
    """So many codes that are not this one."""
    return [f"{number:04d}" for number in range(3000, 3000 + count + 1) if f"{number:04d}" != code][:count]


def test_parallel_guesses_all_count_until_the_number_is_locked_out(any_board: Switchboard) -> None:
    """B9: one counter, serialised. What came after the tenth finds the number locked out."""
    incident = any_board.opens()
    any_board.tells(incident, "ombuds")

    at_once(any_board, "ombuds", guesses_besides(any_board.code_of("ombuds"), MANY))

    [tried] = any_board.rows(guesses)
    assert (tried.tries, tried.locked_at is not None) == (10, True)
    assert len(any_board.history(incident, "sms_received")) == MANY
    assert any_board.answers() == []


def test_a_right_code_behind_parallel_guesses_counts_for_nothing(any_board: Switchboard) -> None:
    """A6: counted before anything is accepted, however close together they come."""
    incident = any_board.opens()
    any_board.tells(incident, "ombuds")
    code = any_board.code_of("ombuds")
    at_once(any_board, "ombuds", guesses_besides(code, 4))

    at_once(any_board, "ombuds", [*guesses_besides(code, MANY)[4:], code])

    # The very first of them may have been the right one; after any other it is void.
    first = any_board.history(incident, "sms_received")[4]["text"]
    assert any_board.answers() == ([("ombuds", "acknowledged")] if first == code else [])
    assert any_board.history(incident, "codes_voided")
