"""Where passwords live: in the system keyring, or where there is none in an encrypted file. Never in the site file.

A *credential set* is a user name and a password under a name; cameras hold only the name. Every vault here may be used
from any thread; each guards itself with one lock.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from console.store.files import read_bounded, save_atomically
from console.store.secret_file import Key, KeyFile, Passphrase, SecretFile, SecretFileError
from drivers.types import Credentials

SERVICE = "watchfloor"
_MAX_INDEX = 4 * 1024 * 1024


class VaultError(Exception):
    """Passwords cannot be read or kept; the sentence says where and what to do next."""


class Vault(Protocol):
    """Credential sets by name. All methods raise VaultError when the place behind cannot be reached."""

    def get(self, name: str) -> Credentials | None:
        """The set of this name, or None."""

    def put(self, name: str, credentials: Credentials) -> None:
        """Keep a set under this name, in the place of an older one."""

    def remove(self, name: str) -> None:
        """Forget a set; no error when there is none."""

    def names(self) -> tuple[str, ...]:
        """The names of all sets, sorted."""


class MemoryVault:
    """Forgets everything at the end; for the demo and the tests."""

    def __init__(self, sets: Mapping[str, Credentials] | None = None) -> None:
        self._lock = threading.Lock()
        self._sets = dict(sets or {})

    def get(self, name: str) -> Credentials | None:
        """See Vault."""
        with self._lock:
            return self._sets.get(name)

    def put(self, name: str, credentials: Credentials) -> None:
        """See Vault."""
        with self._lock:
            self._sets[name] = credentials

    def remove(self, name: str) -> None:
        """See Vault."""
        with self._lock:
            self._sets.pop(name, None)

    def names(self) -> tuple[str, ...]:
        """See Vault."""
        with self._lock:
            return tuple(sorted(self._sets))


class FileVault:
    """Sets in an encrypted file (see ``secret_file``), written whole and atomically on each change."""

    def __init__(self, path: Path, key: Key) -> None:
        self._lock = threading.Lock()
        self._file = SecretFile(path, key)
        self._sets: dict[str, Credentials] | None = None

    def get(self, name: str) -> Credentials | None:
        """See Vault."""
        with self._lock:
            return self._loaded().get(name)

    def put(self, name: str, credentials: Credentials) -> None:
        """See Vault."""
        with self._lock:
            self._store({**self._loaded(), name: credentials})

    def remove(self, name: str) -> None:
        """See Vault."""
        with self._lock:
            sets = dict(self._loaded())
            if sets.pop(name, None) is not None:
                self._store(sets)

    def names(self) -> tuple[str, ...]:
        """See Vault."""
        with self._lock:
            return tuple(sorted(self._loaded()))

    def _loaded(self) -> dict[str, Credentials]:
        if self._sets is None:
            try:
                data = self._file.load()
                rows = json.loads(data) if data else {}
                self._sets = {str(name): Credentials(row["user"], row["password"]) for name, row in rows.items()}
            except SecretFileError as error:
                raise VaultError(str(error)) from None
        return self._sets

    def _store(self, sets: dict[str, Credentials]) -> None:
        rows = {name: {"user": item.user, "password": item.password} for name, item in sets.items()}
        try:
            self._file.save(json.dumps(rows).encode())
        except SecretFileError as error:
            raise VaultError(str(error)) from None
        self._sets = sets


class KeyringVault:
    """Sets in the system keyring. Keyrings cannot list what they hold, so the *names* (no secret) are in ``index``."""

    def __init__(self, index: Path, backend: Any, service: str = SERVICE) -> None:
        self._lock = threading.Lock()
        self._index = index
        self._backend = backend
        self._service = service

    def get(self, name: str) -> Credentials | None:
        """See Vault."""
        with self._lock:
            text = self._ask(lambda: self._backend.get_password(self._service, name))
        if text is None:
            return None
        try:
            row = json.loads(text)
            return Credentials(row["user"], row["password"])
        except (ValueError, KeyError, TypeError):
            raise VaultError(
                f"The system keyring's entry {name!r} of {self._service!r} is not one of Watchfloor's. "
                "Remove it there and enter the credentials again."
            ) from None

    def put(self, name: str, credentials: Credentials) -> None:
        """See Vault."""
        text = json.dumps({"user": credentials.user, "password": credentials.password})
        with self._lock:
            self._ask(lambda: self._backend.set_password(self._service, name, text))
            self._write(self._read() | {name})

    def remove(self, name: str) -> None:
        """See Vault."""
        with self._lock:
            known = self._read()
            if name in known:
                if self._ask(lambda: self._backend.get_password(self._service, name)) is not None:
                    self._ask(lambda: self._backend.delete_password(self._service, name))
                self._write(known - {name})

    def names(self) -> tuple[str, ...]:
        """See Vault."""
        with self._lock:
            return tuple(sorted(self._read()))

    def _ask(self, question: Callable[[], Any]) -> Any:
        import keyring.errors  # late: importing keyring looks for its backends

        try:
            return question()
        except (keyring.errors.KeyringError, keyring.errors.InitError, OSError) as error:
            raise VaultError(
                f"The system keyring does not answer ({type(error).__name__}). Unlock it, or set "
                "WATCHFLOOR_PASSPHRASE to keep passwords in an encrypted file instead."
            ) from None

    def _read(self) -> set[str]:
        try:
            names = json.loads(read_bounded(self._index, _MAX_INDEX))
        except FileNotFoundError:
            return set()
        except (OSError, ValueError) as error:
            raise VaultError(
                f"{self._index} cannot be read: {error}. Remove it and enter the credentials again."
            ) from None
        return {str(name) for name in names}

    def _write(self, names: set[str]) -> None:
        try:
            save_atomically(self._index, json.dumps(sorted(names), indent=1).encode())
        except OSError as error:
            raise VaultError(f"{self._index} cannot be written: {error}. Check who may write there.") from None


def usable_keyring() -> Any | None:
    """The system's keyring backend, or None where there is none that keeps secrets secret."""
    import keyring
    from keyring.backends import fail, null

    backend = keyring.get_keyring()
    if isinstance(backend, fail.Keyring | null.Keyring):
        return None
    members = getattr(backend, "backends", None)  # the chainer: usable when one of its links is
    if members is not None and not list(members):
        return None
    return backend if backend.priority >= 1 else None


def open_vault(
    directory: Path,
    environ: Mapping[str, str],
    ask_passphrase: Callable[[], str] | None = None,
    keyring_backend: Callable[[], Any | None] = usable_keyring,
) -> Vault:
    """The place for passwords that the user chose, else the best there is.

    ``WATCHFLOOR_KEY_FILE`` (a file that holds the key, made when missing) or ``WATCHFLOOR_PASSPHRASE`` in ``environ``
    choose the encrypted file ``credentials.vault`` in ``directory``; without them the system keyring is taken, and
    where there is none, or an encrypted file is there already, ``ask_passphrase`` opens it. Raises VaultError.
    """
    path = directory / "credentials.vault"
    if environ.get("WATCHFLOOR_KEY_FILE"):
        return FileVault(path, KeyFile(Path(environ["WATCHFLOOR_KEY_FILE"])))
    if environ.get("WATCHFLOOR_PASSPHRASE"):
        return FileVault(path, Passphrase(environ["WATCHFLOOR_PASSPHRASE"]))
    if not path.exists():
        backend = keyring_backend()
        if backend is not None:
            return KeyringVault(directory / "credentials.names.json", backend)
    if ask_passphrase is not None:
        return FileVault(path, Passphrase(ask_passphrase()))
    why = f"{path} is locked" if path.exists() else "This system has no keyring for passwords"
    raise VaultError(
        f"{why}. Set WATCHFLOOR_PASSPHRASE, or WATCHFLOOR_KEY_FILE to a key file of your choice "
        "(it is made when it is missing), and start again."
    )
