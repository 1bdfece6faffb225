"""The senders of `watchfloor bench flood`, each a process of its own: the flood, and readers with the right token.

Run as ``python -m console.cli.flood_senders``; what to do comes as a line of JSON on standard input (no token stands in
a list of processes), what was done goes out as one. The flood makes a new connection for each of its requests: that
costs the receiver most. Nothing but the standard library is imported: it must come up at once, and be quick.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import struct
import sys
import time
from collections import deque
from dataclasses import asdict, dataclass, field

HOST = "127.0.0.1"
PATH = "/plates/bench"
PATIENCE = 1.0
"""Seconds until the flood gives up on an answer."""
_TURN = 0.002
_OPEN = 2000
_ANSWER_SECONDS = 5.0
_RETRY_SECONDS = 0.2
"""Readers try again by themselves; this soon, so that a short run shows how often they must."""
_RESET = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Task:
    """What a process has to do: ``flood``, or else send right reads; ``rate`` a second for ``seconds``, from the
    address ``source``. With an ``authority`` (a certificate's file) it is HTTPS. ``keep``: one connection for all."""

    flood: bool
    port: int
    source: str
    rate: float
    seconds: float
    token: str = field(repr=False)
    authority: str = ""
    keep: bool = False


@dataclass(slots=True)
class Flooded:
    """What became of the flood: connections that were answered, ended without an answer, or neither in time, and
    those that this computer could not open."""

    offered: int = 0
    answered: int = 0
    closed: int = 0
    waited: int = 0
    unopened: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class Heard:
    """What became of right reads: milliseconds from the first try to the receipt, tries that failed, reads that never
    got a receipt."""

    took: list[float] = field(default_factory=list)
    failed_tries: int = 0
    lost: int = 0


def flood(task: Task) -> Flooded:
    """Send wrong tokens; over TLS only the begin of a handshake, which costs the flood nothing and a server all."""
    sent = _hello() if task.authority else _request(b"{}", "wrong")
    result, open_ = Flooded(), deque[tuple[float, socket.socket]]()
    begun = time.monotonic()
    while (now := time.monotonic()) < begun + task.seconds:
        due = int((now - begun) * task.rate)
        while result.offered < due:
            result.offered += 1
            one = _opened(task, sent, result)
            if one is not None:
                open_.append((now, one))
        for _ in range(len(open_)):
            born, one = open_.popleft()
            if not _settled(one, result, now - born > PATIENCE or len(open_) > _OPEN):
                open_.append((born, one))
        time.sleep(_TURN)
    result.seconds = time.monotonic() - begun
    for _, one in open_:
        _settled(one, result, True)
    return result


def _opened(task: Task, sent: bytes, result: Flooded) -> socket.socket | None:
    one = socket.socket()
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)  # else ports run out within seconds
        one.setblocking(False)
        if task.source != HOST:
            one.bind((task.source, 0))
        one.connect_ex((HOST, task.port))
        one.send(sent)
    except BlockingIOError:
        return one  # not connected yet: the server does not keep up
    except ConnectionError:  # it was ended before a word was said
        result.closed += 1
        one.close()
        return None
    except OSError:
        result.unopened += 1
        one.close()
        return None
    return one


def _settled(one: socket.socket, result: Flooded, give_up: bool) -> bool:
    """Whether that connection has been answered or ended, or is given up; then it is closed."""
    try:
        if one.recv(4096):
            result.answered += 1
        else:
            result.closed += 1
    except BlockingIOError:
        if not give_up:
            return False
        result.waited += 1
    except OSError:
        result.closed += 1
    one.close()
    return True


def send_right(task: Task) -> Heard:
    """Send reads with the right token, and again what was not taken, as readers do."""
    heard, number = Heard(), 0
    tls = None
    if task.authority:
        tls = ssl.create_default_context(cafile=task.authority)
        tls.check_hostname = False  # the address is always this computer's own
    begun = time.monotonic()
    connection: http.client.HTTPConnection | None = None
    while (now := time.monotonic()) < begun + task.seconds:
        number += 1
        body = _read(f"{task.source}-{task.keep}-{number}")
        while True:
            try:
                connection = connection or _connection(task, tls)
                status = _posted(connection, body, task.token)
            except (OSError, http.client.HTTPException):
                status = 0
            if connection is not None and not (status and task.keep):
                connection.close()
                connection = None
            late = time.monotonic() > begun + task.seconds + _ANSWER_SECONDS
            if status == 200 or late:
                break
            heard.failed_tries += 1
            time.sleep(_RETRY_SECONDS)
        if status == 200:
            heard.took.append((time.monotonic() - now) * 1000)
        else:
            heard.lost += 1
        time.sleep(max(0.0, begun + number / task.rate - time.monotonic()))
    if connection is not None:
        connection.close()
    return heard


def _connection(task: Task, tls: ssl.SSLContext | None) -> http.client.HTTPConnection:
    where = None if task.source == HOST else (task.source, 0)
    if tls is None:
        return http.client.HTTPConnection(HOST, task.port, timeout=_ANSWER_SECONDS, source_address=where)
    return http.client.HTTPSConnection(HOST, task.port, timeout=_ANSWER_SECONDS, source_address=where, context=tls)


def _posted(connection: http.client.HTTPConnection, body: bytes, token: str) -> int:
    connection.request("POST", PATH, body, {"X-Token": token, "Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def _request(body: bytes, token: str) -> bytes:
    head = f"POST {PATH} HTTP/1.1\r\nHost: bench\r\nX-Token: {token}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _hello() -> bytes:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    handshake = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    try:
        handshake.do_handshake()
    except ssl.SSLWantReadError:
        pass  # it has said its part
    return outgoing.read()


def _read(name: str) -> bytes:
    now = int(time.time() * 1000)
    read = {
        "data_type": "alpr_group", "version": 2, "epoch_start": now, "epoch_end": now, "camera_id": 1,
        "agent_uid": "bench", "best_uuid": name, "best_plate_number": "7ABC123", "best_confidence": 94.1,
        "best_region": "us-ca",
    }  # fmt: skip
    return json.dumps(read).encode()


def main() -> int:
    """Do the task of the line that comes, and write what came of it."""
    task = Task(**json.loads(sys.stdin.readline()))
    print(json.dumps(asdict(flood(task) if task.flood else send_right(task))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
