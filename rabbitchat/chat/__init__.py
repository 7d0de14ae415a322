"""What chat is: pure rules. No Twisted, pika or autobahn; no I/O, and no clock is read here."""
