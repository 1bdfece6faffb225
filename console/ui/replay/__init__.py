"""Instant replay and playback: the clock's keys, and the time line below the wall."""
