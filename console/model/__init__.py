"""State and decisions, pure: no Qt, no sockets, no SQL, no threads."""
