"""Lamps over MQTT as one system: orders, groups, broken connections, brokers that lie, refuse or hide."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from certificates import make_certificates
from mqtt_rig import (
    LOGIN,
    MOSQUITTO,
    PATIENCE,
    SETS,
    BridgedRig,
    CityRig,
    make_bank,
    mosquitto,
    order,
    release,
    running,
)
from paho.mqtt.enums import CallbackAPIVersion

from drivers.errors import DriverError, Refused
from drivers.lamps.mqtt.config import Broker, HomeAssistantLamps, Tls, ZigbeeLamps
from drivers.luminaires import LampFault, Outcome
from drivers.types import Credentials

needs_mosquitto = pytest.mark.skipif(MOSQUITTO is None, reason="Mosquitto is not installed")
HA = (HomeAssistantLamps(discover="homeassistant"),)


@pytest.fixture
def rig() -> Iterator[CityRig]:
    made = CityRig(6)
    yield made
    made.close()


@pytest.fixture
def plain() -> Iterator[CityRig]:
    """Home Assistant's dialect only: lamps are called as in the bank."""
    made = CityRig(4, ("home_assistant",))
    yield made
    made.close()


def test_order_and_release(rig: CityRig) -> None:
    with running(rig.broker()) as (system, told):
        told.known(6)
        ids = sorted(told.lamps)
        assert {each.outcome for each in order(system, ids, 100).values()} == {Outcome.DONE}
        assert [rig.bank.state(each).level for each in rig.bank.ids] == [100] * 6
        assert system.features.dies_back
        told.until(lambda: all(told.states[each].overridden for each in ids))
        assert {each.outcome for each in order(system, ids, 20).values()} == {Outcome.DONE}
        assert {each.outcome for each in release(system, ids).values()} == {Outcome.DONE}
        assert [rig.bank.state(each).level for each in rig.bank.ids] == [60] * 6
        told.until(lambda: not any(told.states[each].overridden for each in ids))


def test_a_group_takes_one_message() -> None:
    rig = CityRig(20, ("zigbee",))
    with running(rig.broker(), (ZigbeeLamps(),)) as (system, told):
        told.known(20)
        told.until(lambda: all(each.groups == ("row-1",) for each in told.lamps.values()))
        told.until(lambda: rig.city.broker.received >= 20)  # each lamp was asked for its state
        before = rig.city.broker.received
        answers = order(system, sorted(told.lamps), 100, group="row-1")
        assert {each.outcome for each in answers.values()} == {Outcome.DONE}
        assert rig.city.broker.received == before + 1
        assert {each.good for each in release(system, sorted(told.lamps), group="row-1").values()} == {True}
        assert rig.city.broker.received == before + 2
        few = sorted(told.lamps)[:3]
        order(system, few, 100, group="row-1")
        assert rig.city.broker.received == before + 5
        release(system, few)
    rig.close()


def test_absurd_orders_reach_nobody(plain: CityRig) -> None:
    with running(plain.broker(), HA) as (system, told):
        told.known(4)
        before = plain.city.broker.received
        for level, seconds in ((float("nan"), 60.0), (1e9, 60.0), (-1, 60.0), (50, -1.0)):
            assert {each.outcome for each in order(system, ["L0001"], level, seconds).values()} == {Outcome.REFUSED}
        assert order(system, ["nobody"], 50)["nobody"].outcome is Outcome.UNKNOWN
        assert plain.city.broker.received == before


def test_nothing_is_sent_for_later(plain: CityRig) -> None:
    with running(plain.broker(), HA) as (system, told):
        told.known(4)
        plain.faults.set("down")
        told.until(lambda: bool(told.troubles) and "Street" in told.troubles[-1], "the trouble")
        with pytest.raises(DriverError, match="Street"):
            order(system, ["L0001"], 100)
        plain.faults.clear()
        told.until(lambda: told.troubles[-1] == "", "the end of it")
        assert plain.bank.state("L0001").level == 60
        assert order(system, ["L0001"], 100)["L0001"].outcome is Outcome.DONE
        release(system, ["L0001"])


def test_a_broker_that_drops_in_the_middle(plain: CityRig) -> None:
    with running(plain.broker(), HA) as (system, told):
        told.known(4)
        plain.faults.fail_next("dies")
        answers = order(system, sorted(told.lamps), 100)
        assert {each.outcome for each in answers.values()} == {Outcome.UNREACHABLE}
        plain.faults.clear()
        told.until(lambda: told.troubles[-1] == "", "the connection again")
        release(system, sorted(told.lamps))


def test_faults_of_lamps(plain: CityRig) -> None:
    with running(plain.broker(), HA, confirm_s=0.4) as (system, told):
        told.known(4)
        plain.faults.fail_next("late", value="0.8")
        assert order(system, ["L0001"], 100)["L0001"].outcome is Outcome.ACCEPTED
        told.until(lambda: any(a.id == "L0001" and a.outcome is Outcome.DONE for _, a in told.answers), "the late word")
        plain.faults.fail_next("foreign")
        assert order(system, ["L0002"], 100)["L0002"].outcome is Outcome.ACCEPTED
        plain.faults.fail_next("twice")
        assert order(system, ["L0003"], 100)["L0003"].outcome is Outcome.DONE
        plain.faults.fail_next("refuses", value="all")
        answer = order(system, ["L0004"], 100)["L0004"]
        assert (answer.outcome, answer.detail) == (Outcome.REFUSED, "it says 60 %")
        release(system, sorted(told.lamps))


def test_one_that_never_says_anything_is_told_of_later(plain: CityRig) -> None:
    with running(plain.broker(), HA, confirm_s=0.2, late_s=0.2) as (system, told):
        told.known(4)
        plain.faults.fail_next("lost_callback")
        assert order(system, ["L0001"], 100)["L0001"].outcome is Outcome.ACCEPTED
        told.until(
            lambda: any(a.outcome is Outcome.UNREACHABLE for _, a in told.answers), "the word that there is none"
        )
        release(system, ["L0001"])


def test_a_lamp_that_left_is_not_ordered(plain: CityRig) -> None:
    with running(plain.broker(), HA) as (system, told):
        told.known(4)
        plain.bank.set_fault("L0002", LampFault.COMMUNICATION)
        told.until(lambda: told.states["L0002"].faults == (LampFault.COMMUNICATION,), "the fault")
        before = plain.city.broker.received
        assert order(system, ["L0002"], 100)["L0002"].outcome is Outcome.UNREACHABLE
        assert plain.city.broker.received == before


def test_a_wrong_password_is_not_tried_again(plain: CityRig) -> None:
    tries = []
    plain.city.broker.admits = lambda hello: tries.append(hello.user) or 4  # type: ignore[method-assign, func-returns-value]
    with running(plain.broker(Credentials("console", "wrong")), HA, keeper_command=("/nowhere",)) as (system, told):
        told.until(lambda: bool(told.troubles), "the trouble")
        assert "password refused" in told.troubles[0]
        assert "wrong" not in told.troubles[0]
        with pytest.raises(Refused):
            system.refresh()
        assert tries == ["console"]


@pytest.mark.parametrize("fault", ["html", "huge"])
def test_what_is_no_broker_is_told_of_and_left(plain: CityRig, fault: str) -> None:
    plain.faults.fail_next(fault)
    with running(plain.broker(), HA, keeper_command=("/nowhere",)) as (_, told):
        told.until(lambda: any("Street" in each for each in told.troubles), "the trouble")
        told.known(4)  # and tried again


def test_foreign_noise_does_no_harm(plain: CityRig) -> None:
    with running(plain.broker(), (*HA, ZigbeeLamps())) as (system, told):
        told.known(4)
        client = paho.Client(CallbackAPIVersion.VERSION2, "noise")
        client.username_pw_set(LOGIN.user, LOGIN.password)
        client.connect("127.0.0.1", plain.port)
        client.loop_start()
        infos = [client.publish(f"homeassistant/light/x{at}/config", b"{" * 50, qos=1) for at in range(500)]
        infos.append(client.publish("street/L0001", b'{"state":"ON","brightness":1e999}', qos=1))
        infos.append(client.publish("street/L0001", bytes(200_000), qos=1))
        infos.append(client.publish("zigbee2mqtt/bridge/devices", b"{}", qos=1))
        for each in infos:
            each.wait_for_publish(PATIENCE)
        client.disconnect()
        client.loop_stop()
        told.until(lambda: bool(told.log), "a line for the technician")
        assert order(system, ["L0001"], 100)["L0001"].outcome is Outcome.DONE
        assert len(told.lamps) == 4
        release(system, ["L0001"])


def test_one_that_accepts_and_says_nothing_does_not_hang() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with running(Broker("Street", "127.0.0.1", port), HA, keeper_command=("/nowhere",)) as (system, _):
            taken, _ = server.accept()
            with pytest.raises(DriverError, match="Street"):
                order(system, ["L0001"], 100)
            taken.close()


@contextmanager
def secured(folder: Path) -> Iterator[tuple[Broker, Path]]:
    """A Mosquitto with TLS and one account."""
    ca, certificate, key = make_certificates(folder)
    passwords = folder / "passwords"
    passwords.write_text(f"{LOGIN.user}:{LOGIN.password}\n")
    os.chmod(passwords, 0o600)
    tool = Path(str(MOSQUITTO)).parent.parent / "bin" / "mosquitto_passwd"
    if not tool.exists():
        pytest.skip("mosquitto_passwd is not installed")
    subprocess.run([tool, "-U", passwords], check=True, capture_output=True)
    lines = (
        "allow_anonymous false",
        f"password_file {passwords}",
        f"certfile {certificate}",
        f"keyfile {key}",
        "max_inflight_messages 0",
    )
    with mosquitto(folder, lines) as port:
        yield Broker("Street", "localhost", port, LOGIN, Tls(ca)), ca


@needs_mosquitto
def test_mosquitto_with_tls_and_a_password(tmp_path: Path) -> None:
    with secured(tmp_path) as (broker, ca):
        bridge = BridgedRig(broker, make_bank(6), ca=ca)
        try:
            with running(broker) as (system, told):
                told.known(6)
                assert {each.outcome for each in order(system, sorted(told.lamps), 100).values()} == {Outcome.DONE}
                release(system, sorted(told.lamps))
            wrong = Broker("Street", "localhost", broker.port, Credentials("console", "no"), broker.tls)
            assert "password refused" in first_trouble(wrong)
            nobody = Broker("Street", "localhost", broker.port, LOGIN, Tls())
            assert "certificate does not hold" in first_trouble(nobody)
            other = Broker("Street", "127.0.0.1", broker.port, LOGIN, broker.tls)
            assert "certificate does not hold" in first_trouble(other)
            missing = Broker("Street", "localhost", broker.port, LOGIN, Tls(tmp_path / "none.pem"))
            assert "authorities cannot be read" in first_trouble(missing)
        finally:
            bridge.close()


@needs_mosquitto
def test_tls_where_there_is_none(tmp_path: Path) -> None:
    with mosquitto(tmp_path) as port:
        trouble = first_trouble(Broker("Street", "127.0.0.1", port, tls=Tls(verify=False)))
        assert trouble.startswith("Street: not reachable")


def first_trouble(broker: Broker) -> str:
    """What a system says that cannot connect."""
    with running(broker, SETS, keeper_command=("/nowhere",)) as (_, told):
        told.until(lambda: bool(told.troubles), "the trouble")
        return told.troubles[0]


def test_a_thousand_lamps_at_once() -> None:
    rig = CityRig(1000)
    with running(rig.broker(), confirm_s=15.0) as (system, told):
        told.known(1000)
        ids = sorted(told.lamps)
        assert {each.outcome for each in order(system, ids, 100).values()} == {Outcome.DONE}
        assert {each.good for each in release(system, ids).values()} == {True}
    rig.close()
