"""The key ring: one key that signs, any number of keys that verify, found by `kid`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import jwt

from ..settings import UnsafeSettings


class UnknownKey(jwt.InvalidTokenError):
    """No trusted key bears the token's `kid`."""


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A key that verifies, pinned to one algorithm (RFC 8725 section 3.1)."""

    kid: str
    algorithm: str
    material: Any = field(repr=False)
    """What PyJWT verifies with, parsed once: bytes or a public key of `cryptography`."""

    @classmethod
    def of(cls, secret: Any, algorithm: str, kid: str = "") -> "VerificationKey":
        """Return a key that verifies, from what Litestar calls a secret.

        Args:
            secret: a key of this module, or whatever PyJWT takes for one: a secret, PEM text, a
                key of `cryptography`. That is good for `algorithm` alone.

        Raises:
            jwt.InvalidKeyError: it is not a key for the algorithm, or a weak one.
        """
        if isinstance(secret, SigningKey):
            return secret.verification
        if isinstance(secret, VerificationKey):
            return secret
        scheme = jwt.get_algorithm_by_name(algorithm)
        material = scheme.prepare_key(secret)
        if weakness := scheme.check_key_length(material):
            raise jwt.InvalidKeyError(weakness)
        return cls(kid, algorithm, material)

    def verifies(self, signed: bytes, signature: bytes) -> bool:
        """Return True if this key made the signature (RFC 7515 section 5.2)."""
        return jwt.get_algorithm_by_name(self.algorithm).verify(signed, self.material, signature)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The key that signs, and its verifying half."""

    material: Any = field(repr=False)
    """What PyJWT signs with, parsed once: bytes or a private key of `cryptography`."""
    verification: VerificationKey

    @property
    def kid(self) -> str:
        return self.verification.kid

    @property
    def algorithm(self) -> str:
        return self.verification.algorithm


class KeyRing:
    """The keys of this app."""

    def __init__(self, signing: SigningKey, others: Iterable[VerificationKey] = ()) -> None:
        """Put the ring together and try it once.

        Raises:
            UnsafeSettings: two keys have one `kid`, or what one half signs the other refuses.
        """
        keys = [signing.verification, *others]
        self.signing = signing
        self._by_kid = {key.kid: key for key in keys}
        if len(self._by_kid) != len(keys):
            raise UnsafeSettings("Two keys of the key ring are the same: keep one of them.")
        signature = jwt.get_algorithm_by_name(signing.algorithm).sign(b"trial", signing.material)
        if not signing.verification.verifies(b"trial", signature):
            raise UnsafeSettings("The signing key does not verify what it signs.")

    def __iter__(self) -> Iterator[VerificationKey]:
        return iter(self._by_kid.values())

    async def find(self, kid: str) -> VerificationKey:
        """Return the key with exactly this id.

        Raises:
            UnknownKey: there is none.
        """
        try:
            return self._by_kid[kid]
        except KeyError:
            raise UnknownKey(kid) from None

    def holds(self, key: VerificationKey) -> bool:
        """Return True while the key counts."""
        return self._by_kid.get(key.kid) is key
