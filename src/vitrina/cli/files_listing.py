"""``files ls``: sources, and the files of one, in constant memory."""

from __future__ import annotations

from vitrina.cli.files_opening import FilesPlace
from vitrina.cli.files_output import print_line, shown

_PAGE = 1000
_LISTED = (
    *("id", "filename", "content_type", "size", "content_hash", "created_at", "uploaded_by", "path"),
    *("source_slug", "search_text"),
)


async def list_sources(place: FilesPlace, *, as_json: bool) -> None:
    """One line a source: name, type of storage, files, bytes."""
    async with place.opened() as files:
        for row in await files.records.sources():
            slug = row["slug"]
            configured = files.config.sources.get(slug)
            kind = configured.storage if configured is not None else None
            item = {"source": slug, "storage": kind, "files": row["file_count"], "bytes": row["bytes"]}
            line = f"{slug}  {kind or 'not configured any more'}  {row['file_count']:,} files  {row['bytes']:,} bytes"
            print_line(line, item, as_json=as_json)


async def list_files(place: FilesPlace, source: str, *, as_json: bool) -> None:
    """One line a file, by id. Raises NotFound for an unknown source."""
    async with place.opened() as files:
        files.source(source)
        after = ""
        while page := await files.records.page_by_id(source, after, _PAGE):
            after = page[-1]["id"]
            for row in page:
                size = "?" if row["size"] is None else f"{row['size']:,}"
                line = f"{row['id']}  {size:>15}  {row['created_at']}  {shown(row['filename'])}"
                print_line(line, {key: row[key] for key in _LISTED}, as_json=as_json)
