"""What may be done with files: actions, the resources they name, and the rules of the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vitrina.access.actions import Action
from vitrina.access.actors import Actor, actor_id
from vitrina.access.resources import Resource
from vitrina.access.rules import AllowBlock, Rule
from vitrina.execute.permissions import Access, OwnRules
from vitrina.files.configuration import FilesConfig
from vitrina.files.records import FileRecords

BROWSE, UPLOAD, EDIT, DELETE = "files-browse", "files-upload", "files-edit", "files-delete"


class FileSourceResource(Resource):
    """A source of files."""

    name = "file-source"

    def __init__(self, slug: str) -> None:
        super().__init__(parent=slug)

    @classmethod
    async def resources_sql(cls, datasette: Any, actor: Any = None) -> str:
        return "select slug as parent, null as child from datasette_files_sources"


class FileResource(Resource):
    """One file."""

    name = "file"
    parent_class = FileSourceResource

    def __init__(self, slug: str, file_id: str) -> None:
        super().__init__(parent=slug, child=file_id)

    @classmethod
    async def resources_sql(cls, datasette: Any, actor: Any = None) -> str:
        return (
            "select s.slug as parent, f.id as child from datasette_files f"
            " join datasette_files_sources s on s.id = f.source_id"
        )


FILE_ACTIONS = (
    Action(BROWSE, "Browse and download files", "fb", FileSourceResource),
    Action(UPLOAD, "Upload files", "fu", FileSourceResource),
    Action(EDIT, "Edit what is said about files", "fe", FileResource),
    Action(DELETE, "Delete files", "fd", FileResource),
)

_OWNER, _SOURCE = "owner of the file", "vitrina.files"
NAMES = tuple(action.name for action in FILE_ACTIONS)


def source_blocks(raw: Mapping[str, Any]) -> dict[str, tuple[AllowBlock, ...]]:
    """The allow blocks that root ``permissions`` has for single sources, by action.

    A block is read as one for everything where it is true or false or speaks
    of ``id`` or ``unauthenticated``; then the general rules have it already.
    Any other object is one of source names, whose values are allow blocks or
    ``{"allow": …}``.
    """
    permissions = raw.get("permissions")
    found: dict[str, tuple[AllowBlock, ...]] = {}
    for action in NAMES:
        block = permissions.get(action) if isinstance(permissions, Mapping) else None
        if not isinstance(block, Mapping) or "id" in block or "unauthenticated" in block:
            continue
        blocks = []
        for slug, value in block.items():
            inner = value["allow"] if isinstance(value, Mapping) and set(value) == {"allow"} else value
            if inner is not None:
                blocks.append(AllowBlock(str(slug), None, inner, "permissions"))
        found[action] = tuple(blocks)
    return found


def owner_rules(records: FileRecords) -> OwnRules:
    """What gives actors their rights to files that they uploaded; one hop each."""
    sql = (
        "SELECT s.slug, f.id FROM datasette_files f JOIN datasette_files_sources s ON s.id = f.source_id"
        " WHERE f.uploaded_by = ?1 AND (?2 IS NULL OR s.slug = ?2) AND (?3 IS NULL OR f.id = ?3)"
    )

    async def rules(actor: Actor, parent: str | None, child: str | None) -> tuple[Rule, ...]:
        owner = actor_id(actor)
        if owner is None:
            return ()
        rows = await records.query(sql, (owner, parent, child))
        return tuple([Rule(row["slug"], row["id"], True, _OWNER, _SOURCE) for row in rows])

    return rules


def may(access: Access, config: FilesConfig, action: str, record: Mapping[str, Any]) -> bool:
    """Whether the actor may edit or delete this file, owners' rights included."""
    slug, file_id = record["source_slug"], record["id"]
    owners = config.owners_can_edit if action == EDIT else config.owners_can_delete
    owner = actor_id(access.actor)
    decision = access.decision(action)
    if decision is not None and owners and owner is not None and record["uploaded_by"] == owner:
        own = Rule(slug, file_id, True, _OWNER, _SOURCE)
        return decision.extended((own,), (), decision.required).allowed(slug, file_id)
    return access.allowed(action, slug, file_id)
