"""Events and commands to bytes and back, one module a wire. Pure."""
