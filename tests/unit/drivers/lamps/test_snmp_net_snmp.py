"""The SNMP lamp driver against Net-SNMP's agent: somebody else's reading of the protocol, v2c and v3.

The lamps are a ``pass_persist`` script of the agent: it holds a table of 40 lamps and writes what was set to a file.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from snmp_rig import order, running, send

from drivers.errors import Refused, TimedOut
from drivers.lamp_leaves import ELMS_ROOT, Leaf, LeafKind, LeafTable
from drivers.lamps.snmp.config import Auth, Community, Controller, SnmpConfig, SnmpUser
from drivers.luminaires import Outcome
from drivers.types import GeoPlace

SNMPD = shutil.which("snmpd", path="/usr/sbin:/usr/local/sbin:/usr/bin:/sbin")
pytestmark = [
    pytest.mark.skipif(SNMPD is None, reason="Net-SNMP's agent is not installed"),
    pytest.mark.timeout(90),
]

LAMPS = 40
COMMUNITY, USER, PASSWORD, PRIVACY = "readwrite", "operator", "auth-password-1", "priv-password-1"
TABLE = LeafTable(
    level=Leaf("1", high=100),
    seconds=Leaf("2", high=86_400),
    name=Leaf("3", LeafKind.STRING),
    power=Leaf("4", LeafKind.GAUGE, scale=0.1),
    energy=Leaf("5", LeafKind.COUNTER, scale=0.001),
    latitude=Leaf("6", scale=1e-6),
    longitude=Leaf("7", scale=1e-6),
)
SCRIPT = """
import sys
root = "." + sys.argv[1]
lamps = int(sys.argv[2])
kinds = {1: "integer", 2: "integer", 3: "string", 4: "gauge", 5: "counter", 6: "integer", 7: "integer"}
values = {}
for row in range(1, lamps + 1):
    first = {1: 60, 2: 0, 3: "Lamp %d" % row, 4: 425, 5: 1500, 6: 40400000, 7: -3700000}
    values.update({(column, row): value for column, value in first.items()})
order = sorted(values)
def key(text):
    rest = text[len(root):].strip(".") if text.startswith(root) else ""
    return tuple(int(part) for part in rest.split(".")) if rest else ()
def tell(place):
    print("%s.%d.%d" % (root, *place), kinds[place[0]], values[place], sep="\\n", flush=True)
while line := sys.stdin.readline():
    line = line.strip()
    if not line:  # the agent sends an empty line after each set
        continue
    if line == "PING":
        print("PONG", flush=True)
        continue
    asked = key(sys.stdin.readline().strip())
    if line == "set":
        kind, _, value = sys.stdin.readline().strip().partition(" ")
        if asked[:1] not in ((1,), (2,)) or asked not in values:
            print("not-writable", flush=True)
        elif kind != "integer":
            print("wrong-type", flush=True)
        elif asked[1] == 13:
            print("inconsistent-value", flush=True)
        else:
            values[asked] = int(value)
            print("DONE", flush=True)
        continue
    place = asked if line == "get" and asked in values else None
    if line == "getnext":
        place = next((each for each in order if each > asked), None)
    if place is None:
        print("NONE", flush=True)
    else:
        tell(place)
"""


@dataclass
class Agent:
    port: int


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Agent]:
    assert SNMPD is not None
    script, port = tmp_path / "lamps.py", _free_port()
    script.write_text(SCRIPT, encoding="utf-8")
    settings = tmp_path / "snmpd.conf"
    settings.write_text(
        f"agentAddress udp:127.0.0.1:{port}\n"
        f"rwcommunity {COMMUNITY} 127.0.0.1\n"
        f'createUser {USER} SHA-256 "{PASSWORD}" AES "{PRIVACY}"\n'
        f"rwuser {USER} priv\n"
        f"pass_persist .{ELMS_ROOT} {sys.executable} {script} {ELMS_ROOT} {LAMPS}\n",
        encoding="utf-8",
    )
    environment = {"PATH": "/usr/bin:/bin", "MIBS": "", "SNMP_PERSISTENT_DIR": str(tmp_path / "kept")}
    command = [SNMPD, "-f", "-C", "-c", str(settings), "-Lf", str(tmp_path / "log"), "-p", str(tmp_path / "pid")]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 20
        while not _listens(port):
            assert process.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < end
            time.sleep(0.05)
        yield Agent(port)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _listens(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
        return False


def _config(agent: Agent, access: Community | SnmpUser, **more: float) -> SnmpConfig:
    values = {"timeout": 5.0, "poll": 3600.0, "settle": 3600.0} | more
    return SnmpConfig("lamps", (Controller("127.0.0.1", agent.port),), access, TABLE, **values)  # type: ignore[arg-type]


USERS = {
    "v2c": Community(COMMUNITY),
    "v3": SnmpUser(USER, PASSWORD, Auth.SHA256, PRIVACY),
}


@pytest.mark.parametrize("version", USERS)
def test_lamps_are_read_and_set(agent: Agent, version: str) -> None:
    with running(_config(agent, USERS[version])) as (system, ear):
        lamps = ear.wait(lambda news: news.lamps).lamps or ()
        assert [lamp.name for lamp in lamps] == [f"Lamp {row}" for row in range(1, LAMPS + 1)]
        assert lamps[0].place == GeoPlace(40.4, -3.7)
        state = ear.wait(lambda news: len(news.states) == LAMPS).states[0]
        assert (state.level, state.power, state.energy, state.overridden) == (60, 42.5, 1.5, False)

        answers = send(system, order([lamp.id for lamp in lamps], 100))
        refused = {id for id, answer in answers.items() if not answer.good}
        assert refused == {"127.0.0.1/13"}
        assert answers["127.0.0.1/13"].outcome is Outcome.REFUSED
        ear.forget()
        system.refresh()
        states = ear.wait(lambda news: len(news.states) == LAMPS).states
        assert {each.id for each in states if each.level == 100 and each.overridden} == set(answers) - refused


def test_a_lamp_that_is_not_there_any_more(agent: Agent) -> None:
    with running(_config(agent, USERS["v2c"])) as (system, ear):
        ear.wait(lambda news: news.states)
        assert send(system, order(["127.0.0.1/41"], 100))["127.0.0.1/41"].outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    "user",
    [
        SnmpUser(USER, "another password", Auth.SHA256, PRIVACY),
        SnmpUser(USER, PASSWORD, Auth.SHA, PRIVACY),
        SnmpUser("nobody", PASSWORD, Auth.SHA256, PRIVACY),
    ],
)
def test_a_wrong_password_hash_or_user_is_refused(agent: Agent, user: SnmpUser) -> None:
    with running(_config(agent, user)) as (system, ear):
        ear.wait(lambda news: news.trouble)
        with pytest.raises(Refused):
            system.refresh()


def test_a_wrong_community_is_silence(agent: Agent) -> None:
    with running(_config(agent, Community("public"), timeout=0.2)) as (system, ear):
        ear.wait(lambda news: news.trouble)
        with pytest.raises(TimedOut):
            system.refresh()
