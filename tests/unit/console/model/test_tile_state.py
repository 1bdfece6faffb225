"""The words on a tile: an old picture is never LIVE, whatever else is known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.restart import Phase
from console.model.tile_state import SHAPES, STALE_AFTER, Blame, TileFacts, TileState, judge

times = st.none() | st.floats(0, 1e6)
facts_ = st.builds(
    TileFacts,
    phase=st.sampled_from(Phase),
    frame_at=times,
    packet_at=times,
    next_try=times,
    gone=st.booleans(),
    reason=st.text(max_size=20),
    since=st.floats(0, 1e6),
)


@given(facts_, st.floats(0, 2e6))
def test_live_means_a_picture_of_now(facts: TileFacts, now: float) -> None:
    verdict = judge(facts, now)
    fresh = facts.frame_at is not None and now - facts.frame_at < STALE_AFTER
    assert (verdict.state is TileState.LIVE) == (fresh and facts.phase is not Phase.REFUSED)
    assert verdict.dim == (verdict.state in (TileState.STALE, TileState.REFUSED, TileState.NO_SIGNAL))
    assert verdict.state is not TileState.EMPTY
    assert verdict.headline.startswith(verdict.state.value)


@given(facts_, st.floats(0, 2e6))
def test_no_word_without_its_shape(facts: TileFacts, now: float) -> None:
    assert judge(facts, now).shape is SHAPES[judge(facts, now).state]
    assert len(set(SHAPES.values())) == len(TileState)


@pytest.mark.parametrize(
    ("age", "words"), [(1.99, "LIVE"), (2.0, "STALE 0:02"), (67.9, "STALE 1:07"), (3600 * 3 + 309.0, "STALE 3:05:09")]
)
def test_the_age_counts(age: float, words: str) -> None:
    assert judge(TileFacts(Phase.PLAYING, frame_at=1000.0), 1000.0 + age).headline == words


def test_no_signal_counts_from_when_it_was_lost() -> None:
    facts = TileFacts(Phase.WAITING, gone=True, since=100.0, reason="not reachable", next_try=875.0)
    verdict = judge(facts, 860.0)
    assert verdict.headline == "NO SIGNAL 12:40"
    assert verdict.detail == "not reachable; next try in 15 s"


def test_a_vanished_camera_says_so_at_last_though_it_has_a_picture() -> None:
    facts = TileFacts(Phase.WAITING, frame_at=0.0, gone=True, since=1.0)
    assert judge(facts, 60.0).state is TileState.NO_SIGNAL


def test_refused_says_so_over_anything_else() -> None:
    verdict = judge(TileFacts(Phase.REFUSED, frame_at=9.9, packet_at=9.9, gone=True), 10.0)
    assert (verdict.state, verdict.blame) == (TileState.REFUSED, Blame.CREDENTIALS)
    assert "password" in verdict.detail


def test_before_the_first_picture_it_connects() -> None:
    verdict = judge(TileFacts(Phase.WAITING, reason="connection refused", next_try=12.0), 10.0)
    assert (verdict.headline, verdict.detail) == ("CONNECTING", "connection refused; next try in 2 s")


@pytest.mark.parametrize(
    ("packet_at", "phase", "blame"),
    [
        (None, Phase.PLAYING, Blame.NETWORK),
        (5.0, Phase.PLAYING, Blame.NETWORK),
        (9.9, Phase.PLAYING, Blame.CAMERA),
        (9.9, Phase.WAITING, Blame.NETWORK),
    ],
)
def test_stale_says_where_to_look(packet_at: float | None, phase: Phase, blame: Blame) -> None:
    verdict = judge(TileFacts(phase, frame_at=5.0, packet_at=packet_at), 10.0)
    assert (verdict.state, verdict.blame) == (TileState.STALE, blame)
    assert verdict.detail
