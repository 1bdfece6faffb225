"""The wall: one painted surface per window."""
