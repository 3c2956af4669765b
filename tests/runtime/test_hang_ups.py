"""Calls are ended by few threads of their own, whatever the provider does meanwhile."""

import threading

from alertnet.runtime.hang_ups import MOST, THREADS, HangUps

PATIENCE = 20.0


class Provider:
    """Ends no call before it is told to."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.begun = threading.Semaphore(0)
        self.ended: list[str] = []

    def hang_up(self, call: str) -> None:
        self.begun.release()
        self.released.wait(PATIENCE)
        self.ended.append(call)


def test_who_asks_goes_on_and_no_more_threads_wait_than_there_are() -> None:
    """A11: a provider that hangs has so many threads, and nobody else's."""
    provider = Provider()
    hang_ups = HangUps(provider.hang_up)
    calls = [f"CA{number}" for number in range(2 * THREADS)]

    hang_ups.soon(calls)

    assert all(provider.begun.acquire(timeout=PATIENCE) for _ in range(THREADS))
    assert not provider.begun.acquire(blocking=False)
    provider.released.set()
    hang_ups.finish(PATIENCE)
    assert sorted(provider.ended) == sorted(calls)
    hang_ups.close()


def test_a_call_is_ended_once_however_often_it_is_asked_for() -> None:
    provider = Provider()
    hang_ups = HangUps(provider.hang_up)

    for _ in range(5):
        hang_ups.soon(["CA1"])
    provider.released.set()
    hang_ups.finish(PATIENCE)

    assert provider.ended == ["CA1"]
    hang_ups.close()


def test_what_is_too_much_is_left_to_its_due_row() -> None:
    """A4: nothing piles up; a call that still rings is asked for again within seconds."""
    provider = Provider()
    hang_ups = HangUps(provider.hang_up)

    hang_ups.soon(f"CA{number}" for number in range(2 * MOST))
    provider.released.set()
    hang_ups.finish(PATIENCE)
    hang_ups.soon([f"CA{MOST}"])
    hang_ups.finish(PATIENCE)

    assert len(provider.ended) == MOST + 1
    hang_ups.close()


def test_one_that_fails_keeps_no_other_from_being_ended() -> None:
    ended: list[str] = []

    def hang_up(call: str) -> None:
        if call == "CA1":
            raise RuntimeError("no such call")
        ended.append(call)

    hang_ups = HangUps(hang_up)

    hang_ups.soon(["CA1", "CA2"])
    hang_ups.close()

    assert ended == ["CA2"]
