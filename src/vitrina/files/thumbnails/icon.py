"""The picture of a file of which there is no other: its extension on a sheet of paper."""

from __future__ import annotations

from html import escape

_COLOURS = {
    "#b3541e": ("pdf", "ps"),
    "#2e6b3e": ("csv", "tsv", "xls", "xlsx", "ods", "parquet", "db", "sqlite"),
    "#2a5d9c": ("doc", "docx", "odt", "rtf", "txt", "md"),
    "#7a3e8e": ("jpg", "jpeg", "png", "gif", "webp", "svg", "bmp", "tif", "tiff", "avif"),
    "#8a6d1f": ("zip", "gz", "tar", "7z", "bz2", "xz"),
    "#1f7a7a": ("mp3", "wav", "flac", "ogg", "mp4", "mov", "webm", "avi"),
}
_COLOUR_OF = {extension: colour for colour, extensions in _COLOURS.items() for extension in extensions}


def file_icon(filename: str) -> str:
    """An SVG document of 200 × 200."""
    stem, dot, extension = filename.rpartition(".")
    label = extension[:5] if dot and stem else "file"
    colour = _COLOUR_OF.get(extension.lower(), "#5f6673")
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200" width="200" height="200">'
        '<path d="M45 20h75l40 40v120H45z" fill="#f4f5f7" stroke="#c3c8d0" stroke-width="3"/>'
        '<path d="M120 20v40h40" fill="none" stroke="#c3c8d0" stroke-width="3"/>'
        f'<rect x="30" y="110" width="120" height="44" rx="4" fill="{colour}"/>'
        '<text x="90" y="141" font-family="sans-serif" font-size="26" fill="#fff" text-anchor="middle">'
        f"{escape(label.upper())}</text></svg>"
    )
