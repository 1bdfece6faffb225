"""How much is taken from whom, and what a siege is."""

from __future__ import annotations

from drivers.plates.limits import Bucket, Peers, Rate, Siege, seconds


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_buckets() -> None:
    bucket = Bucket(2.0, 3.0, 0.0)
    assert [bucket.take(0.0) for _ in range(4)] == [0, 0, 0, 0.5]
    assert bucket.empty(0.25)
    assert not bucket.empty(0.5)
    assert bucket.take(0.5) == 0


def test_addresses_that_fail() -> None:
    clock = Clock()
    peers = Peers(Rate(10, 10), Rate(10, 10), Rate(99, 9999), clock)
    assert not peers.fails("192.0.2.1")
    assert len(peers) == 0
    assert [peers.failed("192.0.2.1") for _ in range(20)] == [0.0] * 20
    assert peers.failed("192.0.2.1") > 0
    assert peers.fails("192.0.2.1")
    assert not peers.fails("192.0.2.2")
    assert peers.failed("192.0.2.2") == 0
    clock.now += 10.0
    assert not peers.fails("192.0.2.1")


def test_networks_of_ipv6_fail_as_one() -> None:
    peers = Peers(Rate(10, 10), Rate(10, 10), Rate(99, 9999), Clock())
    for number in range(20):
        peers.failed(f"2001:db8::{number:x}")
    assert peers.fails("2001:db8::ffff")
    assert not peers.fails("2001:db8:0:1::1")


def test_addresses_that_come_too_often() -> None:
    clock = Clock()
    peers = Peers(Rate(10, 10), Rate(2, 3), Rate(99, 99), clock)
    assert [peers.arrives("192.0.2.1") for _ in range(5)] == [True] * 3 + [False] * 2
    assert peers.arrives("192.0.2.2")
    clock.now += 0.5
    assert [peers.arrives("192.0.2.1") for _ in range(2)] == [True, False]


def test_a_crowd_of_strangers_keeps_out_nobody_who_had_a_right_password() -> None:
    clock = Clock()
    peers = Peers(Rate(10, 10), Rate(2, 3), Rate(5, 10), clock)
    peers.proved("2001:db8::1")
    came = [peers.arrives(f"192.0.2.{number}") for number in range(20)]
    assert came == [True] * 10 + [False] * 10
    assert [peers.arrives("2001:db8::2") for _ in range(4)] == [True] * 3 + [False]
    clock.now += 1.0
    assert sum(peers.arrives(f"198.51.100.{number}") for number in range(20)) == 5
    for number in range(2000):
        peers.proved(f"192.0.2.{number}")
    assert len(peers._proved) == 1024


def test_only_the_last_addresses_are_remembered() -> None:
    peers = Peers(Rate(10, 10), Rate(10, 10), Rate(99, 9999), Clock())
    for number in range(10_000):
        peers.failed(f"192.0.2.{number}")
    assert len(peers) == 4096


def test_a_siege() -> None:
    clock = Clock()
    siege = Siege(clock)
    assert not any(siege.turned_away() for _ in range(200))
    assert (siege.lasts, siege.over()) == (False, None)
    assert siege.turned_away()
    assert siege.lasts
    for _ in range(59):
        clock.now += 1.0
        assert not any(siege.turned_away() for _ in range(100))
    clock.now += 59.0
    assert siege.over() is None
    clock.now += 1.0
    assert siege.over() == (200 + 5900, 59.0)
    assert (siege.lasts, siege.over()) == (False, None)


def test_mistakes_are_no_siege() -> None:
    clock = Clock()
    siege = Siege(clock)
    for _ in range(600):
        clock.now += 1.0
        assert not any(siege.turned_away() for _ in range(20))


def test_seconds_for_a_header() -> None:
    assert [seconds(each) for each in (0.0, 1.2, 9e9)] == ["1", "2", "3600"]
