"""Requests that can't be carried out."""


class Refused(Exception):
    """The status to answer a request with, and why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why
