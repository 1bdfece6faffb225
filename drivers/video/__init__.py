"""Streams to pixels with PyAV."""
