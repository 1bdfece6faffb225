"""A small encrypted file: AES-256-GCM (NIST SP 800-38D) under a key from a key file or, by scrypt (RFC 7914), from a
passphrase. The user decides where the key is; losing it means entering the passwords again.

Layout: one JSON object ``{"watchfloor_vault": 1, "kdf", "salt", "nonce", "data"}``, the last three in base64; the
version, kdf and salt are authenticated with the data.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from console.store.files import read_bounded, save_atomically

_MAX_BYTES = 16 * 1024 * 1024
_MAX_KEY_BYTES = 4096
_SCRYPT_N = 2**15  # with r = 8: 32 MiB and about a tenth of a second for each guess


class SecretFileError(Exception):
    """The file or its key cannot be used; the sentence names the file and the next step."""


class Key(Protocol):
    """Where the key of a secret file comes from."""

    kdf: str

    def derive(self, salt: bytes, new: bool) -> bytes:
        """32 bytes for this salt; ``new`` when the secret file is only being made. Raises SecretFileError."""


@dataclass(frozen=True, slots=True)
class Passphrase:
    """A key from words that the user remembers."""

    words: str = field(repr=False)
    kdf = "scrypt"

    def derive(self, salt: bytes, new: bool) -> bytes:
        """See Key."""
        return Scrypt(salt=salt, length=32, n=_SCRYPT_N, r=8, p=1).derive(self.words.encode())


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A random key in a file of its own, made at the first use; it belongs on another disk or a stick."""

    path: Path
    kdf = "key-file"

    def derive(self, salt: bytes, new: bool) -> bytes:
        """See Key; the key is random already, so the salt adds nothing."""
        try:
            text = read_bounded(self.path, _MAX_KEY_BYTES)
        except FileNotFoundError:
            if not new:
                raise SecretFileError(
                    f"{self.path} (key file) is missing. Bring it back, or name the right one."
                ) from None
            text = base64.b64encode(os.urandom(32)) + b"\n"
            try:
                save_atomically(self.path, text)
            except OSError as error:
                raise SecretFileError(
                    f"{self.path} (key file) cannot be made: {error}. Choose another place."
                ) from None
        except (OSError, ValueError) as error:
            raise SecretFileError(f"{self.path} (key file) cannot be read: {error}. Check who may read it.") from None
        try:
            key = base64.b64decode(text.strip(), validate=True)
        except binascii.Error:
            key = b""
        if len(key) != 32:
            raise SecretFileError(f"{self.path} is no key file of Watchfloor. Choose the right file.")
        return key


class SecretFile:
    """Loads and saves one encrypted file; not for two threads at once. The derived key is kept while this lives."""

    def __init__(self, path: Path, key: Key) -> None:
        self._path = path
        self._key = key
        self._derived: tuple[bytes, bytes] | None = None

    def load(self) -> bytes | None:
        """What is in it; None when there is no such file. Raises SecretFileError."""
        try:
            envelope = json.loads(read_bounded(self._path, _MAX_BYTES))
            version, kdf = envelope["watchfloor_vault"], envelope["kdf"]
            salt, nonce, data = (base64.b64decode(envelope[part], validate=True) for part in ("salt", "nonce", "data"))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise SecretFileError(f"{self._path} cannot be read: {error}. Check who may read it.") from None
        except (ValueError, KeyError, TypeError):
            raise SecretFileError(
                f"{self._path} is damaged. Restore it from a backup, or remove it and enter the credentials again."
            ) from None
        if version != 1:
            raise SecretFileError(f"{self._path} was written by a newer Watchfloor. Update this one.")
        if kdf != self._key.kdf:
            need = "a passphrase (WATCHFLOOR_PASSPHRASE)" if kdf == "scrypt" else "its key file (WATCHFLOOR_KEY_FILE)"
            raise SecretFileError(f"{self._path} opens with {need}. Give that one.")
        try:
            return AESGCM(self._key_for(salt, False)).decrypt(nonce, data, _header(kdf, salt))
        except (InvalidTag, ValueError):
            self._derived = None
            raise SecretFileError(
                f"{self._path} does not open with this key. Give the passphrase or key file that it was made with."
            ) from None

    def save(self, plain: bytes) -> None:
        """Encrypt and replace the file. Raises SecretFileError; then the old file is untouched."""
        salt = self._derived[0] if self._derived else os.urandom(16)
        nonce = os.urandom(12)
        data = AESGCM(self._key_for(salt, not self._path.exists())).encrypt(nonce, plain, _header(self._key.kdf, salt))
        parts = {"salt": salt, "nonce": nonce, "data": data}
        envelope = {
            "watchfloor_vault": 1,
            "kdf": self._key.kdf,
            **{name: base64.b64encode(value).decode() for name, value in parts.items()},
        }
        try:
            save_atomically(self._path, json.dumps(envelope).encode())
        except OSError as error:
            raise SecretFileError(f"{self._path} cannot be written: {error}. Check who may write there.") from None

    def _key_for(self, salt: bytes, new: bool) -> bytes:
        if self._derived is None or self._derived[0] != salt:
            self._derived = (salt, self._key.derive(salt, new))
        return self._derived[1]


def _header(kdf: str, salt: bytes) -> bytes:
    return b"watchfloor_vault 1 " + kdf.encode() + b" " + salt
