"""Settings that every test shares."""

from __future__ import annotations

import os

from hypothesis import settings

# CI draws the same examples every time; a developer's run explores.
settings.register_profile("ci", derandomize=True, deadline=None, database=None, print_blob=True)
settings.register_profile("dev", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "dev")
