"""Which format a mail is encrypted in, so that the program of whoever gets it can read it (A9)."""

import pytest
from pysequoia import Profile, Tsk, decrypt
from pysequoia.packet import PacketPile, Tag

from alertnet.flows.sending.openpgp import encrypt_to


@pytest.mark.parametrize(
    ("profile", "format"),
    [(Profile.RFC4880, [(Tag.PKESK, 3), (Tag.SEIP, 1)]), (Profile.RFC9580, [(Tag.PKESK, 6), (Tag.SEIP, 2)])],
)
def test_a_key_is_encrypted_to_in_the_format_of_its_version(profile: Profile, format: list[tuple[Tag, int]]) -> None:
    """Thunderbird and GnuPG, whose keys are of version 4, can't read the newer one: the mail was lost on them."""
    secret = Tsk.generate("Embassy <es@es.example>", profile=profile)

    message = encrypt_to("Detención 4711".encode(), secret.extract_certificate())

    assert [(each.tag, each.body[0]) for each in PacketPile.from_bytes(message.encode())] == format
    assert decrypt(message.encode(), secret.decryptor()).bytes == "Detención 4711".encode()
