"""A list of cameras as a CSV: ``name, address, user, password, number`` in any order, with the headers people use.

The file is read once and bounded; its passwords go to the vault, never into the site file or a message.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from console.model.site import MAX_NUMBER
from console.services.onboarding_input import Candidate, from_text
from console.store.credentials import Vault
from console.store.files import read_bounded
from drivers.types import Credentials

MAX_BYTES = 4 * 1024 * 1024
MAX_ROWS = 10_000
_HEADERS = {
    "name": ("name", "camera", "title", "label", "description"),
    "address": ("address", "ip", "ip address", "ipaddress", "host", "hostname", "url", "uri", "rtsp", "xaddr"),
    "user": ("user", "username", "user name", "login"),
    "password": ("password", "pass", "pwd", "passwd"),
    "number": ("number", "no", "no.", "nr", "nr.", "#", "camera number"),
}


class CsvError(Exception):
    """The list cannot be used; the sentence names the file, the line and the next step."""

    def __init__(self, path: Path, line: int, problem: str, advice: str) -> None:
        self.path = path
        self.line = line
        super().__init__(f"{path}, line {line}: {problem}. {advice}" if line else f"{path}: {problem}. {advice}")


@dataclass(frozen=True, slots=True)
class CsvRow:
    """One camera of the list, with the credentials that stood beside it."""

    line: int
    candidate: Candidate
    credentials: Credentials | None


def read_csv(path: Path) -> tuple[CsvRow, ...]:
    """The cameras in a file. Raises CsvError."""
    try:
        data = read_bounded(path, MAX_BYTES)
    except (OSError, ValueError) as error:
        raise CsvError(path, 0, f"cannot be read: {error}", "Check the file and who may read it.") from None
    return parse_csv(_decoded(data, path), path)


def parse_csv(text: str, path: Path) -> tuple[CsvRow, ...]:
    """The cameras in a text; ``path`` is what messages call it. Raises CsvError."""
    lines = text.splitlines()
    header_line = next((line for line in lines if line.strip()), "")
    delimiter = max(",;\t", key=header_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: dict[str, int] = {}
    rows: list[CsvRow] = []
    ids: dict[str, int] = {}
    numbers: dict[int, int] = {}
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not columns:
                columns = _columns(cells, path, reader.line_num)
                continue
            if len(rows) >= MAX_ROWS:
                raise CsvError(path, reader.line_num, f"more than {MAX_ROWS} cameras", "Split the list.")
            row = _row(cells, columns, path, reader.line_num)
            _once(ids, row.candidate.id, row.line, path, "address")
            if row.candidate.number:
                _once(numbers, row.candidate.number, row.line, path, "number")
            rows.append(row)
    except csv.Error as error:
        raise CsvError(path, reader.line_num, f"not valid CSV: {error}", "Correct this line.") from None
    if not rows:
        raise CsvError(
            path, 0, "lists no camera", "The first line names the columns: name, address, user, password, number."
        )
    return tuple(rows)


def keep_credentials(rows: Iterable[CsvRow], vault: Vault) -> tuple[Candidate, ...]:
    """Put the credentials of the rows into the vault and name them in the candidates. Raises VaultError."""
    known = {credentials: name for name in vault.names() if (credentials := vault.get(name)) is not None}
    candidates: list[Candidate] = []
    for row in rows:
        candidate = row.candidate
        if row.credentials is not None:
            candidate = replace(candidate, sets=(named(row.credentials, vault, known), *candidate.sets))
        candidates.append(candidate)
    return tuple(candidates)


def named(credentials: Credentials, vault: Vault, known: dict[Credentials, str] | None = None) -> str:
    """The name under which the vault has these credentials; kept under a new one when it has not. Raises VaultError."""
    if known is None:
        known = {found: name for name in vault.names() if (found := vault.get(name)) is not None}
    name = known.get(credentials)
    if name is None:
        taken = set(known.values())
        base = credentials.user or "camera"
        name = next(word for count in range(1, len(taken) + 2) if (word := _nth(base, count)) not in taken)
        vault.put(name, credentials)
        known[credentials] = name
    return name


def _nth(base: str, count: int) -> str:
    return base if count == 1 else f"{base} ({count})"


def _decoded(data: bytes, path: Path) -> str:
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "cp1252"):  # spreadsheets of Windows write the last
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise CsvError(path, 0, "not text", "Save the list as CSV in UTF-8.")


def _columns(cells: list[str], path: Path, line: int) -> dict[str, int]:
    columns: dict[str, int] = {}
    for place, cell in enumerate(cells):
        word = " ".join(cell.strip().lower().replace("_", " ").split())
        for column, spellings in _HEADERS.items():
            if word in spellings and column not in columns:
                columns[column] = place
    if "address" not in columns:
        advice = "The first line must name the columns, for example: name,address,user,password,number."
        raise CsvError(path, line, "no column 'address'", advice)
    return columns


def _row(cells: list[str], columns: dict[str, int], path: Path, line: int) -> CsvRow:
    values = {column: cells[place].strip() if place < len(cells) else "" for column, place in columns.items()}
    try:
        candidate, inline = from_text(values["address"], values.get("name", "")[:128])
    except ValueError as error:
        problem, _, advice = str(error).partition(". ")
        raise CsvError(path, line, problem, advice or "Correct this line.") from None
    number = 0
    if values.get("number"):
        word = values["number"]
        number = int(word) if word.isascii() and word.isdigit() and len(word) < 9 else 0
        if not 1 <= number <= MAX_NUMBER:
            raise CsvError(
                path, line, f"{word[:20]!r} is no camera number", f"Give one from 1 to {MAX_NUMBER}, or none."
            )
    user, password = values.get("user", ""), values.get("password", "")
    credentials = Credentials(user, password) if user or password else inline
    return CsvRow(line, replace(candidate, number=number), credentials)


def _once[Key](seen: dict[Key, int], key: Key, line: int, path: Path, what: str) -> None:
    first = seen.setdefault(key, line)
    if first != line:
        raise CsvError(path, line, f"the {what} of line {first} again", "Each camera may be there once.")
