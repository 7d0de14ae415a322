"""Puts the web client into the package; everything else is in pyproject.toml."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent


class BuildWithWeb(build_py):  # type: ignore[misc]  # setuptools is not annotated
    """Copies web/ to where the daemon serves it from, as `make web` does, also for `pip -e`."""

    def run(self) -> None:
        """Copy, then build."""
        static = HERE / "rabbitchat" / "static"
        shutil.rmtree(static, ignore_errors=True)
        shutil.copytree(HERE / "web", static)
        super().run()


setup(cmdclass={"build_py": BuildWithWeb})
