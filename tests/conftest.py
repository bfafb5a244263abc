"""Settings of every test."""

from __future__ import annotations

from hypothesis import settings

# No test asserts how long something takes: machines are busy with other things.
settings.register_profile("vitrina", deadline=None)
settings.load_profile("vitrina")
