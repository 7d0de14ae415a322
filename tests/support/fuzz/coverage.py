"""Inputs made by atheris (libFuzzer), which looks for those that reach new code.

It is no dependency: `pip install atheris` where there is a build of it.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any, NoReturn

from support.fuzz.judge import Judge
from support.fuzz.target import Target


def guided(target: Target, seconds: int, number: int) -> NoReturn:
    """Fuzz for so many seconds, and end the process: with status 0, or 77 after a finding."""
    try:
        atheris: Any = importlib.import_module("atheris")
    except ImportError:
        sys.exit("--coverage needs atheris: pip install atheris")
    for name, module in list(sys.modules.items()):
        if name.startswith("rabbitchat.") and not name.startswith("rabbitchat.brokers"):
            _instrument(atheris, module)
    judge = Judge(target)
    judge.__enter__()
    seeds = iter(target.corpus)

    def one_input(data: bytes) -> None:
        for good in seeds:
            judge.judge(good)
        judge.judge(data)

    limits = [f"-max_total_time={seconds}", f"-seed={number}", "-max_len=65536"]
    atheris.Setup([sys.argv[0], *limits], one_input)
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
