"""Settings of every test."""

from __future__ import annotations

import signal

from hypothesis import settings

# Started in the background by a shell, tests inherit that interrupts are ignored, and so would the programs they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# No test asserts how long something takes: machines are busy with other things.
settings.register_profile("vitrina", deadline=None)
settings.load_profile("vitrina")
