"""The devices: the tree on the left, details on the right, adding many at once."""
