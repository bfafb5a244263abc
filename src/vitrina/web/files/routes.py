"""The routes of files, fixed words before ids."""

from __future__ import annotations

from vitrina.http.router import Route
from vitrina.web.files.bulk import bulk, zip_files
from vitrina.web.files.file import delete_file, download, info_page
from vitrina.web.files.imports import import_file, import_progress
from vitrina.web.files.listing import batch_json, index_page, search_page, source_page, sources_json
from vitrina.web.files.preview import preview
from vitrina.web.files.resume import begin_resumable, complete_resumable, resumable
from vitrina.web.files.scripts import component_script
from vitrina.web.files.thumbnail import thumbnail
from vitrina.web.files.update import update_file
from vitrina.web.files.upload import complete_upload, prepare_upload, receive_upload, upload_at_once, upload_page
from vitrina.web.files.upload_sources import upload_sources

_POST = ("POST",)
_UPLOAD = "/-/files/upload/{slug}"

FILE_ROUTES = (
    Route("files-scripts", "/-/static-plugins/datasette_files/{path*}", component_script),
    Route("files-scripts-dash", "/-/static-plugins/datasette-files/{path*}", component_script),
    Route("files", "/-/files", index_page),
    Route("files-search", "/-/files/search(.json)", search_page),
    Route("files-sources", "/-/files/sources.json", sources_json),
    Route("files-upload-sources", "/-/files/upload-sources.json", upload_sources),
    Route("files-batch", "/-/files/batch.json", batch_json),
    Route("files-bulk", "/-/files/bulk", bulk, _POST, json_errors=True),
    Route("files-zip", "/-/files/zip", zip_files, ("GET", "POST")),
    Route("files-source", "/-/files/source/{slug}", source_page),
    Route("files-upload", _UPLOAD, upload_page, ("*",)),
    Route("files-upload-prepare", f"{_UPLOAD}/-/prepare", prepare_upload, _POST, json_errors=True),
    Route("files-upload-content", f"{_UPLOAD}/-/upload", receive_upload, _POST, json_errors=True),
    Route("files-upload-complete", f"{_UPLOAD}/-/complete", complete_upload, _POST, json_errors=True),
    Route("files-upload-resumable", f"{_UPLOAD}/-/resumable", begin_resumable, _POST, json_errors=True),
    Route(
        "files-upload-piece",
        f"{_UPLOAD}/-/resumable/{{token}}",
        resumable,
        ("GET", "PATCH", "DELETE"),
        json_errors=True,
    ),
    Route(
        "files-upload-finish", f"{_UPLOAD}/-/resumable/{{token}}/complete", complete_resumable, _POST, json_errors=True
    ),
    Route("files-upload-file", f"{_UPLOAD}/-/file", upload_at_once, _POST, json_errors=True),
    Route("file-import", "/-/files/import/{id}", import_file, ("GET", "POST")),
    Route("file-import-progress", "/-/files/import/{id}/{job}(.json)", import_progress),
    Route("file", "/-/files/{id}(.json)", info_page, ("*",)),
    Route("file-download", "/-/files/{id}/download", download),
    Route("file-preview", "/-/files/{id}/preview", preview),
    Route("file-thumbnail", "/-/files/{id}/thumbnail", thumbnail),
    Route("file-update", "/-/files/{id}/-/update", update_file, _POST, json_errors=True),
    Route("file-delete", "/-/files/{id}/-/delete", delete_file, _POST, json_errors=True),
)
