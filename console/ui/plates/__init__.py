"""Plates that were read, as the operator looks for them and is told of them."""
