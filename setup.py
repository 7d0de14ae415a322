"""Puts the web client into the package; everything else is in pyproject.toml."""

import subprocess
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent


class BuildWithWeb(build_py):  # type: ignore[misc]  # setuptools is not annotated
    """Puts the web client to where the daemon serves it from, also for `pip -e`. This takes no npm
    and no network: it is built if `make web` has fetched what that takes, else it comes as it was
    built before, as in an sdist; or there is /quick only."""

    def run(self) -> None:
        """First that, then the package."""
        subprocess.run(["sh", str(HERE / "scripts" / "web"), "offline"], check=True)
        super().run()


setup(cmdclass={"build_py": BuildWithWeb})
