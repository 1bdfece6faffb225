"""Alarms as the operator has them: the list on the desk and on tiles, keys, shelves, figures."""
