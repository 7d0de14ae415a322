"""How hypothesis makes examples here: the same ones in each run, and no test fails because the
machine was busy. RABBITCHAT_EXPLORE=1 looks for new ones."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "rabbitchat",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=not os.environ.get("RABBITCHAT_EXPLORE"),
)
settings.load_profile("rabbitchat")
