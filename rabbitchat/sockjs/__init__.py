"""A SockJS server for Twisted."""
