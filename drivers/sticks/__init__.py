"""Joysticks and gamepads."""
