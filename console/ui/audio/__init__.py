"""The sound of the selected camera."""
