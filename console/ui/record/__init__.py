"""Recordings, exports and snapshots: what the operator sees of them."""
