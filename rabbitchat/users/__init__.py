"""Who one is: the interface, and one module a store."""
