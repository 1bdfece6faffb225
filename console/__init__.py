"""Watchfloor: the console. See ARCHITECTURE.md for the rooms and which way imports point."""
