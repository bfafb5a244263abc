"""Numbers of bytes written for people."""

from __future__ import annotations

_UNITS = ("bytes", "KB", "MB", "GB", "TB")


def format_bytes(size: float) -> str:
    """``size`` in bytes as a short text: ``120.6 KB``; below 1024 without decimals."""
    value = float(size)
    for unit in _UNITS:
        if value < 1024 or unit == _UNITS[-1]:
            break
        value /= 1024
    if unit == "bytes":
        return f"{int(value)} bytes"
    return f"{value:.1f} {unit}"
