"""Hands the name over to Vitrina: imported only in child processes of one that runs Vitrina."""

import importlib
import os
import sys

_SHIM = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# Found beside the package when the parent runs from a checkout that is on no path of the child's.
_SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(_SHIM)))
if _SOURCE not in sys.path:
    sys.path.append(_SOURCE)

from vitrina.compat import install  # noqa: E402 - after the path is as it must be

del sys.modules["datasette"]
install()
sys.modules["datasette"] = importlib.import_module("datasette")
