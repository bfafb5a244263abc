"""Counts and pages of many files: exact, whatever is done to the rows, and from whichever end a page is found."""

import pytest
from test_file_routes import folder, instance

from vitrina.files.names import new_ulid
from vitrina.files.records import PAGE
from vitrina.files.storage import FileMetadata


@pytest.fixture
async def site(tmp_path):
    made = instance(folder(tmp_path / "files"), internal=str(tmp_path / "internal.db"))
    await made.invoke_startup()
    made.records = made.site.state["files"].records
    yield made
    await made.invoke_shutdown()


def found(number, at="2026-01-01 00:00:00"):
    return (f"df-{new_ulid()}", FileMetadata(f"x/{number}", f"{number}", size=number, created_at=at))


async def test_pages_from_either_end(site):
    # Many of one second, told apart by their ids.
    rows = [found(number, f"2026-01-01 00:00:{number // 30:02}") for number in range(5 * PAGE + 3)]
    assert await site.records.add_found("docs", rows, None) == len(rows)
    assert await site.records.add_found("docs", rows, None) == 0
    ordered = [row[0] for row in sorted(rows, key=lambda row: (row[1].created_at, row[0]), reverse=True)]
    for page in range(1, 9):
        got, total = await site.records.page_of("docs", page)
        assert total == len(rows)
        assert [row["id"] for row in got] == ordered[(page - 1) * PAGE : page * PAGE]
    assert await site.records.page_of("none", 1) == ([], 0)


async def test_counts_follow_every_change(site):
    rows = [found(number) for number in range(30)]
    await site.records.add_found("docs", rows, None)

    async def counted():
        true = await site.records.query(
            "SELECT count(*) AS files, coalesce(sum(size), 0) AS bytes FROM datasette_files"
        )
        (source,) = await site.records.sources()
        used = await site.records.used("docs")
        assert used == (source["file_count"], source["bytes"]) == (true[0]["files"], true[0]["bytes"])
        assert (await site.client.get("/-/files/search.json")).json()["total"] == used[0]
        return used

    assert await counted() == (30, 435)
    await site.records.remove(rows[7][0])
    assert await counted() == (29, 428)
    await site.records.execute("UPDATE datasette_files SET size = NULL WHERE id = ?", (rows[10][0],))
    assert await counted() == (29, 418)
    await site.records.set_search_text(rows[11][0], "words")
    assert await counted() == (29, 418)
    await site.records.execute("DELETE FROM datasette_files")
    assert await counted() == (0, 0)


async def test_a_database_of_before_is_counted_once(site, tmp_path):
    await site.records.add_found("docs", [found(number) for number in range(4)], None)
    for statement in (
        "TRIGGER vitrina_file_counts_ai",
        "TRIGGER vitrina_file_counts_ad",
        "TRIGGER vitrina_file_counts_au",
    ):
        await site.records.execute(f"DROP {statement}")
    await site.records.execute("DROP TABLE vitrina_file_counts")
    again = instance(folder(tmp_path / "files"), internal=str(tmp_path / "internal.db"))
    await again.invoke_startup()
    records = again.site.state["files"].records
    assert await records.used("docs") == (4, 6)
    await records.add_found("docs", [found(10)], None)
    assert await records.used("docs") == (5, 16)
    await again.invoke_shutdown()
