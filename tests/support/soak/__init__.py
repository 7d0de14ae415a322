"""The soak test: thousands come, talk and go for minutes, and leave nothing behind.

`python -m support.soak` (`make test-soak`) runs it; it is not part of `make test`.
"""
