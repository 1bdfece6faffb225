"""Opening what is not there, not allowed or not video: one sentence that names the camera, and never a password."""

from __future__ import annotations

import logging
import os
import pickle
import socket
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

import pytest
from video_rig import NAME, http, make_file, make_sound, pictures, request, served

from drivers.errors import BadAnswer, DriverError, NotFound, NotVideo, Refused, TimedOut, Unreachable, Unsupported
from drivers.types import Credentials, StreamRequest, Transport
from drivers.video import opening
from drivers.video.source import open_stream
from drivers.virtual.rtsp.sdp import describe

SECRET = "Pw-4711-Geheim"
LOGIN = Credentials("operator", SECRET)


def failure(uri: str | Path, login: Credentials | None = LOGIN, transport: Transport = Transport.TCP) -> DriverError:
    """What opening raises; its sentence names the camera, and nothing of it holds the password or the URL."""
    with pytest.raises(DriverError) as told:
        open_stream(request(uri, login, transport))
    error = told.value
    shown = "".join(traceback.format_exception(error))
    for text in (str(error), repr(error), error.sentence, shown, repr(pickle.loads(pickle.dumps(error)))):
        assert SECRET not in text
    assert error.sentence.startswith(f"{NAME}: ")
    assert error.sentence.endswith(".")
    assert str(uri) not in error.sentence or not str(uri)
    return error


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience of a third of a second instead of five."""
    monkeypatch.setattr(opening, "OPEN_SECONDS", 0.3)
    monkeypatch.setattr(opening, "SOCKET_SECONDS", 0.3)


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


# --- addresses ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("uri", ["gopher://127.0.0.1/", "javascript:alert(1)", "concat:a|b", "pipe:0", "lavfi:test"])
def test_a_scheme_that_is_none_of_ours_is_not_even_tried(uri: str) -> None:
    error = failure(uri)
    assert type(error) is Unsupported
    assert error.advice == "Use rtsp, rtsps, http, https or a file."


def test_a_url_that_cannot_be_read() -> None:
    assert type(failure("rtsp://[::1/live")) is BadAnswer
    assert type(failure("rtsp://127.0.0.1:99999/live")) is BadAnswer
    assert type(failure("")) is NotFound


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_nobody_listens(scheme: str, closed_port: int) -> None:
    error = failure(f"{scheme}://127.0.0.1:{closed_port}/live")
    assert type(error) is Unreachable
    assert error.detail == "connection refused"


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_it_accepts_and_says_nothing(scheme: str) -> None:
    with served(lambda connection, head: True) as server:
        assert type(failure(f"{scheme}://127.0.0.1:{server.port}/live")) is TimedOut
        assert len(server.requests) == 1  # a silent camera is not asked twice in one try


@pytest.mark.usefixtures("hasty")
def test_it_answers_a_byte_at_a_time() -> None:
    def drip(connection: socket.socket, head: bytes) -> bool:
        for byte in b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nServer: " + b"x" * 2000:
            connection.sendall(bytes([byte]))
            if drip_over.wait(0.02):
                return False
        return True

    drip_over = threading.Event()
    with served(drip) as server:
        try:
            assert isinstance(failure(f"rtsp://127.0.0.1:{server.port}/live"), TimedOut)
        finally:
            drip_over.set()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("401 Unauthorized", Refused),
        ("403 Forbidden", Refused),
        ("404 Not Found", NotFound),
        ("429 Too Many Requests", BadAnswer),
        ("418 I'm a teapot", BadAnswer),
        ("500 Internal Server Error", BadAnswer),
    ],
)
def test_http_errors(status: str, kind: type[DriverError]) -> None:
    with served(http(b"no", status=status)) as server:
        error = failure(f"http://127.0.0.1:{server.port}/live")
    assert type(error) is kind
    if kind is BadAnswer:
        assert error.detail == "the server answered with an error status"


# --- passwords ------------------------------------------------------------------------------------------------------


def test_a_wrong_password_is_refused_after_one_try(camera: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[str] = []
    check = camera.server.digest.check

    def noted(method: str, header: str) -> Any:
        tries.append(header)
        return check(method, header)

    monkeypatch.setattr(camera.server.digest, "check", noted)
    assert type(failure(camera.uri())) is Refused
    # One question without and one with the password: five of the latter lock many cameras.
    assert sum(bool(header) for header in tries) == 1


def test_no_password_where_one_is_needed(camera: Any) -> None:
    assert type(failure(camera.uri(), None)) is Refused


@pytest.mark.parametrize(
    ("user", "password"),
    [
        ("operator", "p@ss:w/o?r#d"),
        ("me@home", "100%41"),
        ("operator", "a b\\c\"d'e&f+g=h;i,j$k!l(m)n*o~p"),
        ("operator", "Füße-漢字"),
        ("operator", "x" * 118),
    ],
)
def test_odd_passwords_arrive_as_they_are(camera: Any, user: str, password: str) -> None:
    login = Credentials(user, password)
    camera.server.digest._credentials = login
    source = open_stream(request(camera.uri(), login))
    source.close()


@pytest.mark.parametrize(("user", "password"), [("a:b", SECRET), ("operator", SECRET * 20), ("operator", "ß" * 40)])
def test_a_login_that_cannot_be_sent_whole_is_not_sent_at_all(
    user: str, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*args: object, **more: object) -> None:
        raise AssertionError("it was opened")

    monkeypatch.setattr("drivers.video.opening.av.open", forbidden)
    assert type(failure("rtsp://127.0.0.1/live", Credentials(user, password))) is Unsupported


def test_a_login_replaces_one_in_the_url() -> None:
    assert opening.with_credentials("rtsp://old:one@10.0.0.1:554/a?b=c", Credentials("u", "p/q")) == (
        "rtsp://u:p%2Fq@10.0.0.1:554/a?b=c"
    )
    assert opening.with_credentials("rtsp://10.0.0.1/", None) == "rtsp://10.0.0.1/"


def test_no_password_in_any_log(closed_port: int, caplog: pytest.LogCaptureFixture, camera: Any) -> None:
    caplog.set_level(logging.DEBUG)
    camera.server.digest._credentials = LOGIN
    failure(f"rtsp://127.0.0.1:{closed_port}/live")
    source = open_stream(request(camera.uri(), LOGIN))
    assert SECRET not in repr(source)
    assert SECRET not in repr(request(camera.uri(), LOGIN))
    source.close()
    assert SECRET not in caplog.text


def test_ffmpeg_itself_prints_no_password(closed_port: int) -> None:
    code = (
        "import os\n"
        "from drivers.types import Credentials, StreamRequest\n"
        "from drivers.video.source import open_stream\n"
        f"open_stream(StreamRequest('Gate', 'rtsp://127.0.0.1:{closed_port}/', Credentials('a', os.environ['PW'])))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=os.environ | {"PW": SECRET}
    )
    assert "Unreachable" in done.stderr  # the traceback of an error that nobody caught
    assert SECRET not in done.stderr + done.stdout


# --- not video ------------------------------------------------------------------------------------------------------


def test_a_web_page_is_no_stream() -> None:
    page = b"<!DOCTYPE html><html><body><h1>Login</h1></body></html>" * 50
    with served(http(page)) as server:
        error = failure(f"http://127.0.0.1:{server.port}/live")
    assert type(error) is BadAnswer
    assert error.detail == "Invalid data found when processing input"


@pytest.mark.parametrize("name", ["notes.txt", "notes.mp4", "notes.nfo"])
def test_a_text_is_no_film(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("This is a text of some length that nobody takes for a film.\n" * 100)
    assert isinstance(failure(path, None), BadAnswer)


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    error = failure(make_sound(tmp_path / "sound.wav"), None)
    assert type(error) is NotVideo
    assert error.sentence == f"{NAME}: the stream has no video. Choose another profile or URL of this camera."


def test_a_file_that_ends_too_early(tmp_path: Path) -> None:
    whole = make_file(tmp_path / "whole.mp4")
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])  # its index stands at the end
    assert isinstance(failure(cut, None), BadAnswer)
    empty = tmp_path / "empty.mp4"
    empty.touch()
    assert isinstance(failure(empty, None), DriverError)


def test_a_folder_and_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert type(failure(tmp_path, None)) is BadAnswer
    error = failure(tmp_path / "none.mp4", None)
    assert type(error) is NotFound
    assert error.advice == "Check the path or the URL."


@pytest.mark.parametrize("name", ["my clip 100%.avi", "Straße.avi"])
def test_files_by_path_and_by_url(tmp_path: Path, name: str) -> None:
    path = make_file(tmp_path / name)
    for uri in (str(path), path.as_uri()):
        source = open_stream(request(uri, LOGIN))  # a login that was typed for all of a list harms nothing
        assert pictures(source, 1)
        source.close()


@pytest.mark.parametrize("lie", ["not_video", "garbage"])
def test_a_description_without_video(camera: Any, lie: str) -> None:
    camera.state.faults.set("bad_sdp", lie)
    assert isinstance(failure(camera.uri(), camera.spec.credentials), BadAnswer)


def test_a_description_of_another_codec(camera: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "OPEN_SECONDS", 1.0)
    camera.state.faults.set("bad_sdp", "wrong_codec")
    error = failure(camera.uri(), camera.spec.credentials)
    assert type(error) is BadAnswer
    assert error.detail == "what it sends is not what it announces"


def test_a_codec_that_nobody_knows(camera: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def lie(*args: Any) -> str:
        return describe(*args).replace("H264/90000", "FOO/90000")

    monkeypatch.setattr("drivers.virtual.rtsp.server.describe", lie)
    assert type(failure(camera.uri(), camera.spec.credentials)) is Unsupported


def test_a_stream_that_the_camera_does_not_have(camera: Any) -> None:
    assert type(failure(camera.uri("attic"), camera.spec.credentials)) is NotFound


# --- what a stream may open in turn ---------------------------------------------------------------------------------


def test_a_playlist_names_no_file_of_this_computer(tmp_path: Path) -> None:
    film = make_file(tmp_path / "private.ts", "mpeg2video", fps=25)
    for target in (film.as_uri(), str(film)):
        playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{target}\n#EXT-X-ENDLIST\n".encode()
        with served(http(playlist, "application/vnd.apple.mpegurl")) as server:
            error = failure(f"http://127.0.0.1:{server.port}/live.m3u8")
            assert isinstance(error, BadAnswer | NotFound)


def test_a_redirect_leads_to_no_file_of_this_computer(tmp_path: Path) -> None:
    film = make_file(tmp_path / "private.avi")
    with served(http(b"", status="302 Found", more=f"Location: {film.as_uri()}\r\n")) as server:
        failure(f"http://127.0.0.1:{server.port}/live")


def test_a_login_does_not_follow_a_redirect_to_another_host(tmp_path: Path) -> None:
    ask = http(b"no", status="401 Unauthorized", more='WWW-Authenticate: Basic realm="x"\r\n')
    with served(ask) as other:
        target = f"Location: http://localhost:{other.port}/x\r\n"
        with served(http(b"", status="302 Found", more=target)) as first:
            failure(f"http://127.0.0.1:{first.port}/live")
        assert other.requests
        assert not any(b"authorization:" in head.lower() for head in other.requests)


def test_is_live_knows_who_sets_the_pace() -> None:
    def live(uri: str) -> bool:
        return opening.is_live(StreamRequest("x", uri))

    assert live("rtsp://a/b")
    assert live("http://a/video.mjpg")
    assert live("udp://127.0.0.1:5000")
    assert not live("https://a/b/LIVE.M3U8?token=1")
    assert not live("/films/a.mp4")
    assert not live("file:///films/a.mp4")
    assert not live("C:\\films\\a.mp4")
