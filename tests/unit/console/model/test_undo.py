"""Undo without limit, with names and a saved mark."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from console.model.undo import Undo


@given(st.lists(st.integers(0, 9) | st.sampled_from(["undo", "redo"]), max_size=60))
def test_it_does_what_a_list_with_a_finger_on_it_does(todo: list[int | str]) -> None:
    history = Undo(0)
    states, names, at = [0], [""], 0
    for move in todo:
        if move == "undo":
            assert history.undo() == (names[at] if at else None)
            at = max(0, at - 1)
        elif move == "redo":
            assert history.redo() == (names[at + 1] if at + 1 < len(states) else None)
            at = min(len(states) - 1, at + 1)
        elif isinstance(move, int):
            changed = history.go(f"To {move}", move)
            assert changed == (move != states[at])
            if changed:
                states, names = [*states[: at + 1], move], [*names[: at + 1], f"To {move}"]
                at += 1
        assert history.state == states[at]
        assert history.undo_name == (names[at] if at else None)
        assert history.redo_name == (names[at + 1] if at + 1 < len(names) else None)
        assert history.dirty == (states[at] != 0)


def test_no_limit() -> None:
    history = Undo(0)
    for i in range(1, 10_001):
        history.go("Up", i)
    while history.undo():
        pass
    assert history.state == 0


def test_what_was_saved_is_clean_and_reverting_can_be_undone() -> None:
    history = Undo("a")
    changes = [history.dirty]
    history.go("Rename", "b")
    changes.append(history.dirty)
    history.mark_saved()
    changes.append(history.dirty)
    assert changes == [False, True, False]
    history.undo()
    assert (history.dirty, history.saved) == (True, "b")
    history.redo()
    history.go("Rename", "c")
    assert [history.reverted(), history.reverted()] == [True, False]
    assert history.undo() == "Revert"
    assert history.state == "c"
