"""Vaults: what goes in comes out, nothing else does, and each trouble has a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import keyring.errors
import pytest

from console.store.credentials import (
    FileVault,
    KeyringVault,
    MemoryVault,
    Vault,
    VaultError,
    open_vault,
    usable_keyring,
)
from console.store.secret_file import KeyFile, Passphrase
from drivers.types import Credentials

ADA = Credentials("ada", "s3cret-ädå")


class FakeKeyring:
    """A keyring backend in memory."""

    priority = 5

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], str] = {}
        self.locked = False

    def _check(self) -> None:
        if self.locked:
            raise keyring.errors.KeyringLocked("locked")

    def get_password(self, service: str, name: str) -> str | None:
        self._check()
        return self.entries.get((service, name))

    def set_password(self, service: str, name: str, text: str) -> None:
        self._check()
        self.entries[(service, name)] = text

    def delete_password(self, service: str, name: str) -> None:
        self._check()
        del self.entries[(service, name)]


MAKERS: dict[str, Callable[[Path], Vault]] = {
    "memory": lambda folder: MemoryVault(),
    "passphrase": lambda folder: FileVault(folder / "vault", Passphrase("correct horse")),
    "key file": lambda folder: FileVault(folder / "vault", KeyFile(folder / "stick" / "key")),
    "keyring": lambda folder: KeyringVault(folder / "names.json", FakeKeyring()),
}


@pytest.mark.parametrize("kind", MAKERS)
def test_every_vault_keeps_and_forgets(kind: str, tmp_path: Path) -> None:
    vault = MAKERS[kind](tmp_path)
    assert vault.names() == ()
    assert vault.get("none") is None
    vault.put("yard", ADA)
    vault.put("gate", Credentials("bob", ""))
    vault.put("yard", Credentials("ada", "other"))
    assert vault.names() == ("gate", "yard")
    assert vault.get("yard") == Credentials("ada", "other")
    vault.remove("yard")
    vault.remove("yard")
    assert vault.names() == ("gate",)
    assert vault.get("yard") is None


@pytest.mark.parametrize("key", [Passphrase("words"), "file"])
def test_the_file_is_encrypted_and_opens_again(key: Passphrase | str, tmp_path: Path) -> None:
    made = key if isinstance(key, Passphrase) else KeyFile(tmp_path / "key")
    path = tmp_path / "vault"
    FileVault(path, made).put("yard", ADA)
    raw = path.read_bytes()
    assert b"ada" not in raw
    assert b"s3cret" not in raw
    assert FileVault(path, made).get("yard") == ADA


def test_the_wrong_key_says_so(tmp_path: Path) -> None:
    path = tmp_path / "vault"
    FileVault(path, Passphrase("right")).put("yard", ADA)
    with pytest.raises(VaultError, match=r"vault does not open with this key. Give the passphrase or key file"):
        FileVault(path, Passphrase("wrong")).get("yard")
    with pytest.raises(VaultError, match=r"vault opens with a passphrase .WATCHFLOOR_PASSPHRASE.. Give that one"):
        FileVault(path, KeyFile(tmp_path / "key")).names()
    assert FileVault(path, Passphrase("right")).get("yard") == ADA


def test_a_lost_key_file_is_not_made_anew(tmp_path: Path) -> None:
    key = tmp_path / "key"
    FileVault(tmp_path / "vault", KeyFile(key)).put("yard", ADA)
    key.rename(tmp_path / "elsewhere")
    with pytest.raises(VaultError, match=r"key .key file. is missing. Bring it back"):
        FileVault(tmp_path / "vault", KeyFile(key)).names()
    key.write_text("no key")
    with pytest.raises(VaultError, match="is no key file of Watchfloor"):
        FileVault(tmp_path / "vault", KeyFile(key)).names()


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"watchfloor_vault": 1}'])
def test_a_damaged_file(damage: bytes, tmp_path: Path) -> None:
    (tmp_path / "vault").write_bytes(damage)
    with pytest.raises(VaultError, match=r"is damaged. Restore it from a backup"):
        FileVault(tmp_path / "vault", Passphrase("x")).names()


def test_tampering_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "vault"
    FileVault(path, Passphrase("x")).put("yard", ADA)
    envelope = json.loads(path.read_text())
    envelope["data"] = ("B" if envelope["data"][0] != "B" else "C") + envelope["data"][1:]
    path.write_text(json.dumps(envelope))
    with pytest.raises(VaultError, match="does not open"):
        FileVault(path, Passphrase("x")).names()


def test_a_locked_keyring_says_what_to_do(tmp_path: Path) -> None:
    backend = FakeKeyring()
    vault = KeyringVault(tmp_path / "names.json", backend)
    vault.put("yard", ADA)
    assert "s3cret" not in (tmp_path / "names.json").read_text()
    backend.locked = True
    with pytest.raises(VaultError, match=r"keyring does not answer .KeyringLocked.. Unlock it"):
        vault.get("yard")


def test_somebody_elses_entry(tmp_path: Path) -> None:
    backend = FakeKeyring()
    backend.entries[("watchfloor", "yard")] = "plain"
    with pytest.raises(VaultError, match="'yard' of 'watchfloor' is not one of Watchfloor's"):
        KeyringVault(tmp_path / "names.json", backend).get("yard")


def test_which_vault_is_taken(tmp_path: Path) -> None:
    backend = FakeKeyring()
    assert isinstance(open_vault(tmp_path, {}, keyring_backend=lambda: backend), KeyringVault)
    with pytest.raises(VaultError, match=r"has no keyring for passwords. Set WATCHFLOOR_PASSPHRASE"):
        open_vault(tmp_path, {}, keyring_backend=lambda: None)
    chosen = open_vault(tmp_path, {"WATCHFLOOR_PASSPHRASE": "x"}, keyring_backend=lambda: backend)
    chosen.put("yard", ADA)
    with pytest.raises(VaultError, match=r"credentials.vault is locked"):
        open_vault(tmp_path, {}, keyring_backend=lambda: backend)
    assert open_vault(tmp_path, {}, lambda: "x", lambda: backend).get("yard") == ADA
    other = open_vault(tmp_path / "b", {"WATCHFLOOR_KEY_FILE": str(tmp_path / "k")})
    other.put("yard", ADA)
    assert (tmp_path / "k").exists()


def test_a_machine_without_keyring() -> None:
    assert usable_keyring() is None


def test_passwords_are_in_no_repr() -> None:
    for thing in (ADA, Passphrase("s3cret"), MemoryVault({"a": ADA})):
        assert "s3cret" not in repr(thing)
