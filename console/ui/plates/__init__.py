"""Plates: hits on hotlists, the decision on each, and the lists themselves."""
