"""Lists of cameras as spreadsheets write them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.services.onboarding_csv import CsvError, keep_credentials, parse_csv, read_csv
from console.store.credentials import MemoryVault
from drivers.types import Credentials, DeviceKind

HERE = Path("list.csv")
TEXT = """\
Name;IP Address;User Name;Password;No.
"Gate; north";192.0.2.1;ada;pässword;12
Quay;rtsp://bob:pw@192.0.2.2/live;;;

Pier;192.0.2.3;ada;pässword;
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_list_in_any_encoding(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(TEXT.replace("\n", "\r\n").encode(encoding))
    gate, quay, pier = read_csv(path)
    assert (gate.candidate.name, gate.candidate.number, gate.line) == ("Gate; north", 12, 2)
    assert gate.credentials == Credentials("ada", "pässword")
    assert (quay.candidate.kind, quay.candidate.uri) == (DeviceKind.RTSP, "rtsp://192.0.2.2/live")
    assert quay.credentials == Credentials("bob", "pw")
    assert pier.candidate.number == 0
    vault = MemoryVault({"ada": Credentials("ada", "older")})
    candidates = keep_credentials((gate, quay, pier), vault)
    assert [item.sets for item in candidates] == [("ada (2)",), ("bob",), ("ada (2)",)]
    assert vault.get("ada (2)") == gate.credentials
    assert "pässword" not in repr(candidates)
    assert "pässword" not in repr(gate)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "list.csv: lists no camera. The first line names the columns"),
        ("name,place\nGate,here\n", "list.csv, line 1: no column 'address'. The first line must name the columns"),
        (
            "address\n192.0.2.1\n\n192.0.2.1\n",
            "list.csv, line 4: the address of line 2 again. Each camera may be there once.",
        ),
        ("address,number\n192.0.2.1,3\n192.0.2.2,3\n", "line 3: the number of line 2 again."),
        ("address,number\n192.0.2.1,x7\n", "line 2: 'x7' is no camera number. Give one from 1 to 99999, or none."),
        ("address\nno good\n", "list.csv, line 2: 'no good' is neither an address nor a URL. Write it as"),
        ('address\n"192.0.2.1\n', "list.csv, line 2: not valid CSV"),
    ],
)
def test_mistakes_name_file_and_line(text: str, sentence: str) -> None:
    with pytest.raises(CsvError) as caught:
        parse_csv(text, HERE)
    assert sentence in str(caught.value)


def test_not_text_and_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"address\n\0\0\x81\n")
    with pytest.raises(CsvError, match=r"list.csv: not text. Save the list as CSV in UTF-8."):
        read_csv(path)
    monkeypatch.setattr("console.services.onboarding_csv.MAX_BYTES", 4)
    with pytest.raises(CsvError, match=r"cannot be read: larger than"):
        read_csv(path)
    with pytest.raises(CsvError, match=r"none.csv: cannot be read"):
        read_csv(tmp_path / "none.csv")


@given(st.text(max_size=120))
def test_any_text_is_a_list_or_an_error(text: str) -> None:
    try:
        parse_csv("address,number\n" + text, HERE)
    except CsvError:
        pass
