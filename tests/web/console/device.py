"""A device that makes passkeys and signs with them, as a browser hands over what it says."""

import json
import os
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

HERE = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV


@dataclass
class Device:
    """One passkey, for one site."""

    origin: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = field(default_factory=lambda: os.urandom(16))
    count: int = 0
    """How often it says that it has signed."""

    @property
    def site(self) -> bytes:
        return sha256(self.origin.partition("//")[2].partition(":")[0].encode()).digest()

    def makes(self, challenge: str, *, origin: str = "") -> str:
        """The answer to a page that asks for a passkey."""
        public = ES256.from_cryptography_key(self.key.public_key())  # type: ignore[no-untyped-call]
        credential = AttestedCredentialData.create(Aaguid.NONE, self.id, public)
        data = AuthenticatorData.create(self.site, HERE | AuthenticatorData.FLAG.AT, self.count, credential)
        signed = CollectedClientData.create("webauthn.create", challenge.encode(), origin or self.origin)
        return self._answer(signed, attestationObject=AttestationObject.create("none", data, {}))

    def proves(self, challenge: str, *, origin: str = "") -> str:
        """The answer to a page that asks who is there."""
        data = AuthenticatorData.create(self.site, HERE, self.count)
        signed = CollectedClientData.create("webauthn.get", challenge.encode(), origin or self.origin)
        signature = self.key.sign(data + signed.hash, ec.ECDSA(SHA256()))
        return self._answer(signed, authenticatorData=data, signature=signature)

    def _answer(self, signed: bytes, **more: bytes) -> str:
        said = {name: websafe_encode(each) for name, each in {"clientDataJSON": signed, **more}.items()}
        id = websafe_encode(self.id)
        return json.dumps({"id": id, "rawId": id, "type": "public-key", "response": said})
