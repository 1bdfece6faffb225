"""Drivers: speak one device's protocol, hand over typed records; no Qt, no policy, no threads of their own accord."""
