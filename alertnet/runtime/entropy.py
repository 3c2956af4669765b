"""Ids, codes and secrets, drawn from the operating system."""

import os
import string
import time
from functools import cache


class SystemEntropy:
    """Entropy from the operating system's random source."""

    def id(self) -> str:
        # It begins with the time in milliseconds: rows written together are together in every index, so that a commit
        # touches few pages. The other 80 bits are random.
        return ((time.time_ns() // 1_000_000).to_bytes(6) + os.urandom(10)).hex()

    def digits(self, count: int) -> str:
        return self.letters(count, string.digits)

    def letters(self, count: int, alphabet: str) -> str:
        letter_of, unfair = _fair_letters(alphabet)
        letters = b""
        while len(letters) < count:
            letters += os.urandom(2 * count).translate(letter_of, unfair)
        return letters[:count].decode()

    def bytes(self, count: int) -> bytes:
        return os.urandom(count)


@cache
def _fair_letters(alphabet: str) -> tuple[bytes, bytes]:
    """For each byte value its letter, and the values left out so that all letters are equally likely."""
    times, left = divmod(256, len(alphabet))
    return (alphabet * times).encode("ascii").ljust(256), bytes(range(256 - left, 256))
