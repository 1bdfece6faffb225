"""Edit mode for supervisors: a draft of a layout, its canvas, and the presets of the whole wall."""
