"""Plates: looking for those that were read, hits on hotlists with the decision on each, and the lists themselves."""
