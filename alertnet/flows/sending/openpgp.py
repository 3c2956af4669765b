"""Encrypts to an OpenPGP key in the format that the programs of its owner can read.

The library writes the format of RFC 9580 unless a certificate rules that out; Thunderbird and GnuPG, whose keys are of
version 4, can't read it, and Thunderbird's keys rule out nothing. So a key of version 4 is handed to the library in a
certificate of our making that asks for the older format. It proves nothing, and never leaves this module.
"""

from collections.abc import Sequence
from hashlib import sha1, sha512

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pysequoia import Cert, encrypt
from pysequoia.packet import PacketPile, Tag

_FINGERPRINT = slice(3, 23)
"""Where a session key in the newer format names the key of version 4 that it is encrypted to (RFC 9580 5.1.2)."""
_SIGNATURE, _PRIMARY, _SUBKEY = 2, 6, 14
"""Tags of packets."""
_OF_PRIMARY, _OF_SUBKEY = 0x1F, 0x18
"""Types of signatures."""
_ED25519, _SHA512 = 27, 10
_CREATED, _FLAGS, _FEATURES, _ISSUER = 2, 27, 30, 33
"""What a signature says."""
_CERTIFIES, _ENCRYPTS, _OLDER_FORMAT = b"\x01", b"\x0c", b"\x01"


def encrypt_to(content: bytes, certificate: Cert) -> str:
    """The content as a message in ASCII armor; raises what the library raises where the key can't be used."""
    message = encrypt(content, [certificate])
    used = {each.body[_FINGERPRINT].hex() for each in PacketPile.from_bytes(message) if each.tag == Tag.PKESK}
    keys = [each.body for each in PacketPile.from_bytes(str(certificate).encode()) if each.fingerprint in used]
    return (encrypt(content, [_asking_for_older_format(keys)]) if keys else message).decode("ascii")


def _asking_for_older_format(keys: Sequence[bytes]) -> Cert:
    """A certificate with these keys, which are bodies of packets."""
    created = max(key[1:5] for key in keys)
    own = Ed25519PrivateKey.from_private_bytes(bytes(32))
    primary = b"\x04" + created + bytes([_ED25519]) + own.public_key().public_bytes_raw()
    fingerprint = sha1(_hashed(primary), usedforsecurity=False).digest()

    def signed(type: int, over: Sequence[bytes], *says: tuple[int, bytes]) -> bytes:
        said = ((_CREATED, created), (_ISSUER, b"\x04" + fingerprint), *says)
        area = b"".join(bytes([len(value) + 1, about]) + value for about, value in said)
        head = bytes([4, type, _ED25519, _SHA512]) + len(area).to_bytes(2) + area
        digest = sha512(b"".join(map(_hashed, over)) + head + b"\x04\xff" + len(head).to_bytes(4)).digest()
        return _packet(_SIGNATURE, head + bytes(2) + digest[:2] + own.sign(digest))

    packets = [_packet(_PRIMARY, primary)]
    packets.append(signed(_OF_PRIMARY, [primary], (_FLAGS, _CERTIFIES), (_FEATURES, _OLDER_FORMAT)))
    for key in keys:
        packets += [_packet(_SUBKEY, key), signed(_OF_SUBKEY, [primary, key], (_FLAGS, _ENCRYPTS))]
    return Cert.from_bytes(b"".join(packets))


def _hashed(key: bytes) -> bytes:
    return b"\x99" + len(key).to_bytes(2) + key


def _packet(tag: int, body: bytes) -> bytes:
    return bytes([0xC0 | tag, 0xFF]) + len(body).to_bytes(4) + body
