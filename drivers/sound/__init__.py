"""This computer's sound card."""
