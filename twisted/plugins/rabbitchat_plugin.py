"""Tells twistd of `rabbitchat`. The module is only named: it is imported when it is used."""

from twisted.application.service import ServiceMaker

rabbitchat = ServiceMaker(
    "rabbitchat",
    "rabbitchat.tap",
    "A chat for browsers, WebSocket programs and telnet",
    "rabbitchat",
)
