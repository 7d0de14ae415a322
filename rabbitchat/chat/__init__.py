"""What chat is: pure rules. No Twisted, no pika, no autobahn; no I/O, and no clock is read here."""
