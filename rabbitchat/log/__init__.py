"""What was said: the interface, and one module a store."""
