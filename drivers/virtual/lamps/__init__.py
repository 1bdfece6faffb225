"""The city's lamp systems: real protocols in front of the lamps that light its pictures."""
