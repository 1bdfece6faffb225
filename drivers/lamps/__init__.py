"""Lamp systems, one module or package a protocol."""
