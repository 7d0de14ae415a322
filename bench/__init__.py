"""Benchmarks: what a delivery and a connection cost. `make bench`, or `python -m bench`."""
