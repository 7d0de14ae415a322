"""Bytes of one client to commands, events to bytes: one module a protocol."""
