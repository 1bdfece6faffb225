"""Feeds of plate reads: a parser for each maker's messages, and the ways on which messages come in."""
