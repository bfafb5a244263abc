"""Run as a program in a process of its own: reads a picture from standard input, writes a small one.

Arguments: most pixels, bytes of memory, most width, most height. Output: one
line of JSON, then the bytes.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import warnings
from typing import Any


def _answer(body: bytes = b"", **head: Any) -> None:
    sys.stdout.buffer.write(json.dumps(head).encode("utf-8") + b"\n" + body)
    sys.stdout.buffer.flush()


def main() -> None:
    """Answer once."""
    pixels, memory, width, height = (int(argument) for argument in sys.argv[1:5])
    from PIL import Image, ImageOps

    if sys.platform == "linux":
        import resource

        # What the program itself has mapped by now does not count against the picture.
        with open("/proc/self/statm", encoding="ascii") as file:
            mapped = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (mapped + memory, mapped + memory))
    Image.MAX_IMAGE_PIXELS = None
    warnings.simplefilter("ignore")
    try:
        image = Image.open(io.BytesIO(sys.stdin.buffer.read()), formats=("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"))
        if image.width * image.height > pixels:
            _answer(status="skipped", reason="too_many_pixels")
            return
        with contextlib.suppress(AttributeError):
            image.draft("RGB", (width * 2, height * 2))
        small = ImageOps.exif_transpose(image) or image
        small.thumbnail((width, height))
        transparent = small.mode in ("RGBA", "LA", "PA") or "transparency" in small.info
        body = io.BytesIO()
        if transparent:
            small.convert("RGBA").save(body, "PNG")
        else:
            small.convert("RGB").save(body, "JPEG", quality=85)
    except MemoryError:
        _answer(status="failed", reason="memory_limit")
    except Exception:  # noqa: BLE001 - the top of a program: a broken picture may fail in any way
        _answer(status="failed", reason="generation_failed")
    else:
        kind = "image/png" if transparent else "image/jpeg"
        _answer(body.getvalue(), status="made", content_type=kind, width=small.width, height=small.height)


if __name__ == "__main__":
    main()
