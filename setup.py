"""Puts the web client into the package; everything else is in pyproject.toml."""

import subprocess
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent


class BuildWithWeb(build_py):  # type: ignore[misc]  # setuptools is not annotated
    """Copies web/ to where the daemon serves it from, also for `pip -e`. Building needs no npm and
    no network: sockjs-client comes along if `make web` has fetched it before."""

    def run(self) -> None:
        """Copy, then build."""
        subprocess.run(["sh", str(HERE / "scripts" / "web"), "offline"], check=True)
        super().run()


setup(cmdclass={"build_py": BuildWithWeb})
