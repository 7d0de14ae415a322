"""Inputs made by atheris (libFuzzer), which looks for those that reach new code.

It is no dependency: `pip install atheris` where there is a build of it.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn

from support.fuzz.judge import Judge
from support.fuzz.mutate import LONGEST
from support.fuzz.target import Target

READERS = ("rabbitchat.codecs.", "rabbitchat.chat.", "rabbitchat.sockjs.")
"""The modules whose coverage guides it."""


def guided(target: Target, seconds: int, seed: int) -> NoReturn:
    """Fuzz for so many seconds, and end the process: with status 0, or 77 after a finding."""
    try:
        atheris: Any = importlib.import_module("atheris")
    except ImportError:
        sys.exit("--coverage needs atheris: pip install atheris")
    for name, module in list(sys.modules.items()):
        if name.startswith(READERS):
            _instrument(atheris, module)
    with Judge(target) as judge, tempfile.TemporaryDirectory() as directory:
        for number, good in enumerate(target.corpus):
            (Path(directory) / str(number)).write_bytes(good)
        limits = [f"-max_total_time={seconds}", f"-seed={seed}", f"-max_len={LONGEST}"]
        atheris.Setup([sys.argv[0], *limits, directory], judge.judge)
        atheris.Fuzz()
    sys.exit(0)


def _instrument(atheris: Any, module: Any) -> None:
    """Have the functions of a module, which was imported by then, tell where they go."""
    for name, value in list(vars(module).items()):
        if getattr(value, "__module__", None) != module.__name__:
            continue
        if isinstance(value, type):
            for inner, function in list(vars(value).items()):
                if type(function).__name__ == "function":
                    setattr(value, inner, atheris.instrument_func(function))
        elif type(value).__name__ == "function":
            setattr(module, name, atheris.instrument_func(value))
