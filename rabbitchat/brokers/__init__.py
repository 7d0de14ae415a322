"""How nodes hear one another: the interface, and one module a broker."""
