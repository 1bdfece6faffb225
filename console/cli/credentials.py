"""``watchfloor credentials``: put passwords of lamp systems, plate readers and cameras where the console finds them.
A password is typed or read from standard input; it is never an argument, which every process could read."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
from typing import TYPE_CHECKING, Any

from console.cli.chains import printable

if TYPE_CHECKING:
    from console.store.credentials import Vault

LONGEST = 4096


def add_parser(subparsers: Any) -> None:
    """Add this command to the command line."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "credentials",
        help="keep the passwords that the site file names",
        description="Keep user names and passwords under the names that the site file uses (credentials, token, "
        "community...): in the system keyring, or in the encrypted file where there is none.",
    )
    what = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    put = what.add_parser(
        "set",
        help="keep a set, in the place of an older one; the password is asked for",
        description="Keep a user name and a password. The password is asked for without showing it; from a script, "
        "give it on standard input, as in: watchfloor credentials set NAME --user USER < FILE",
    )
    put.add_argument("name", metavar="NAME", help="what the site file calls it")
    put.add_argument("--user", default="", help="the user name; none for a token or a community")
    remove = what.add_parser("remove", help="forget a set", description="Forget a set.")
    remove.add_argument("name", metavar="NAME", help="what the site file calls it")
    listing = what.add_parser(
        "list",
        help="print the names of the sets, and of those that the site file names and are not there",
        description="Print the names of the sets. Passwords are never printed.",
    )
    listing.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """0 when it is done, 2 when the passwords cannot be reached."""
    from console import paths
    from console.store.credentials import VaultError, open_vault

    folder = paths.config_dir()
    try:
        vault = open_vault(folder, os.environ, _ask_passphrase if sys.stdin.isatty() else None)
        if args.what == "set":
            return _set(vault, args.name, args.user)
        if args.what == "remove":
            return _remove(vault, args.name)
        return _list(vault, args.json)
    except VaultError as error:
        print(error, file=sys.stderr)
        return 2


def _set(vault: Vault, name: str, user: str) -> int:
    from drivers.types import Credentials

    if not name.strip():
        print("The name is empty. Write the one that the site file uses.", file=sys.stderr)
        return 2
    password = _password(name)
    if password is None:
        return 2
    vault.put(name, Credentials(user, password))
    print(f"Kept as {name!r}. A console that runs takes it when it starts again.")
    return 0


def _password(name: str) -> str | None:
    if sys.stdin.isatty():
        password = getpass.getpass(f"Password of {name!r}: ")
        if password != getpass.getpass("Once more: "):
            print("They were not the same. Nothing was kept; try again.", file=sys.stderr)
            return None
    else:
        password = sys.stdin.readline(LONGEST + 2).rstrip("\r\n")
    if not password or len(password) > LONGEST:
        print(f"No password of 1 to {LONGEST} characters was given. Nothing was kept.", file=sys.stderr)
        return None
    return password


def _remove(vault: Vault, name: str) -> int:
    there = name in vault.names()
    vault.remove(name)
    print(f"{name!r} is forgotten." if there else f"There is no {name!r}; nothing was done.")
    return 0


def _list(vault: Vault, as_json: bool) -> int:
    kept = set(vault.names())
    missing = sorted(_named() - kept)
    if as_json:
        print(json.dumps({"kept": sorted(kept), "missing": missing}, ensure_ascii=False))
        return 0
    for name in sorted(kept):
        print(printable(name))
    for name in missing:
        print(f"{printable(name)}  (the site file names it, and it is not here)")
    if not kept and not missing:
        print("There are none.")
    return 0


def _named() -> set[str]:
    """The sets that the site file names; none where it cannot be read, which `run` tells."""
    from console import paths
    from console.store.site_file import SiteFileError, load_site

    try:
        site = load_site(paths.config_dir() / "site.toml")
    except SiteFileError as error:
        print(error, file=sys.stderr)
        return set()
    names = {camera.credentials for camera in site.cameras}
    for source in site.plate_sources:
        names |= {source.token, source.credentials}
    for system in site.lamp_systems:
        names |= set(system.secrets)
    return names - {""}


def _ask_passphrase() -> str:
    return getpass.getpass("Passphrase of the password file: ")
