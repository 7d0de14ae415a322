"""rabbitchat: one chat for browsers, WebSocket programs and telnet, on one daemon or many."""

__version__ = "0.1.0"

__all__ = ["__version__"]
