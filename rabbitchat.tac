"""The daemon for `twistd -ny rabbitchat.tac`, with its options from RABBITCHAT_* variables."""

from twisted.application.service import Application

from rabbitchat.tap import install

application = Application("rabbitchat")
install(application)
