"""Child processes that end when the server does, whatever ended it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence

# Asks the kernel for a signal when the parent's thread ends, which survives exec; then becomes the program.
_TIED = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, int(sys.argv[2]), 0, 0, 0)
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[3], sys.argv[3:])
"""


def start_child(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    *,
    at_our_end: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[str]:
    """Start a program, named by its path, whose output (both streams in one) is a text pipe.

    On Linux it is sent ``at_our_end`` when the calling THREAD ends: call it
    from a thread that lives as long as the child shall. Raises OSError.
    """
    command = list(arguments)
    if sys.platform == "linux":
        command = [sys.executable, "-I", "-S", "-c", _TIED, str(os.getpid()), str(int(at_our_end)), *command]
    return subprocess.Popen(
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
