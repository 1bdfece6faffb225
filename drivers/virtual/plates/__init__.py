"""The city's plate readers: what they read, and the makers' own protocols in which they tell it."""
