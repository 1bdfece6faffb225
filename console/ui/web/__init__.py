"""Web pages on the wall: shown, never operated, and only those that the site's list allows."""
