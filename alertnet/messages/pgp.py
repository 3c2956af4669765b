"""A mail's words under OpenPGP, as PGP/MIME has them (RFC 3156); who holds the key reads them, and nobody else."""

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP


class CannotEncrypt(Exception):
    """The key can't be used; the text says why, and nothing of the key or the mail."""


def encrypt(text: str, key: str, at: datetime) -> str:
    """The text as a MIME entity, encrypted to that key (ASCII armor) as it stands at that instant.

    Raises:
        CannotEncrypt: the key is damaged, revoked, expired by then, or not made for it.
    """
    # Most installations have no key, and do without the library.
    from pysequoia import Cert
    from pysequoia import encrypt as encrypt_to

    entity = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    entity.set_content(text)
    del entity["MIME-Version"]
    try:
        certificate = Cert.from_bytes(key.encode())
        # The library itself encrypts to keys that are past using.
        if certificate.is_revoked:
            raise CannotEncrypt("revoked")
        if certificate.expiration is not None and certificate.expiration <= at:
            raise CannotEncrypt("expired")
        return encrypt_to(entity.as_bytes(), [certificate]).decode("ascii")
    except CannotEncrypt:
        raise
    # The library tells everything else by a bare RuntimeError.
    except Exception as error:
        raise CannotEncrypt("unusable") from error
