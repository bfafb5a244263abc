"""Baking a site to plain files: what is in them, what is not, again and again."""

import errno
import functools
import http.server
import json
import os
import sqlite3
import threading
import urllib.request

import pytest
from click.testing import CliRunner

from vitrina.cli.main import cli
from vitrina.publish.bake import snapshot
from vitrina.publish.bake.check import check_mirror
from vitrina.publish.bake.files import Mirror

SECRET = "planted-7391"


@pytest.fixture
def site(tmp_path):
    """A database with a restricted table, view and column-bearing query, and its configuration."""
    path = tmp_path / "zoo.db"
    conn = sqlite3.connect(path)
    conn.executescript(
        f"""
        create table keepers (id integer primary key, name text);
        create table animals (
            id integer primary key, name text, kind text, keeper integer references keepers(id), picture blob
        );
        create table hidden_notes (id integer primary key, note text, animal integer references animals(id));
        create view hidden_view as select note from hidden_notes;
        insert into keepers values (1, 'Ann & Bob'), (2, 'Zoë');
        insert into hidden_notes values (1, '{SECRET}', 1), (2, '{SECRET} two', 2);
        """
    )
    rows = [
        (number, f"animal {number}", ("bird", "fish", "cat")[number % 3], number % 2 + 1) for number in range(1, 26)
    ]
    conn.executemany("insert into animals (id, name, kind, keeper) values (?, ?, ?, ?)", rows)
    conn.execute("update animals set picture = x'00ff' where id = 1")
    conn.commit()
    conn.close()
    config = tmp_path / "config.json"
    allow = {"allow": {"id": "root"}}
    config.write_text(
        json.dumps(
            {
                "settings": {"default_page_size": 10},
                "databases": {
                    "zoo": {
                        "tables": {"hidden_notes": allow, "hidden_view": allow, "animals": {"facets": ["kind"]}},
                        "queries": {
                            "confidential": {"sql": f"select '{SECRET}'", **allow},
                            "open": "select 1 + 1 as two",
                        },
                    }
                },
            }
        )
    )
    return path, config, tmp_path / "out"


def bake(site, *more, jobs=1):
    path, config, out = site
    arguments = ["bake", str(out), str(path), "-c", str(config), "--jobs", str(jobs), *map(str, more)]
    return CliRunner().invoke(cli, arguments, prog_name="vitrina")


def files(out):
    return {str(path.relative_to(out)): path for path in out.rglob("*") if path.is_file()}


def test_a_mirror_has_pages_rows_formats_and_no_broken_link(site):
    done = bake(site, "--url", "https://zoo.example/deep")
    assert done.exit_code == 0, done.output
    out = site[2]
    there = files(out)
    for name in (
        "index.html",
        "zoo/index.html",
        "zoo.json",
        "zoo/animals/index.html",
        "zoo/animals/-/q/_next=10.html",
        "zoo/animals/-/q/kind=bird.html",
        "zoo/animals/1/index.html",
        "zoo/animals/1.json",
        "zoo/animals/1/-/q/_blob_column=picture.blob",
        "zoo/animals.csv",
        "zoo/open/index.html",
        "-/static/base.css",
        "robots.txt",
        "sitemap.xml",
        "feed.xml",
        "zoo/feed.xml",
    ):
        assert name in there, name
    assert there["zoo/animals/1/-/q/_blob_column=picture.blob"].read_bytes() == b"\x00\xff"
    assert len(there["zoo/animals.csv"].read_text().splitlines()) == 26
    proof = json.loads(there["zoo/animals.csv.proof.json"].read_text())
    assert proof["rows"] == 25 and proof["bytes"] == there["zoo/animals.csv"].stat().st_size
    assert "https://zoo.example/deep/zoo/animals/1/" in there["sitemap.xml"].read_text()
    checked = check_mirror(out)
    assert checked.broken == [] and checked.links > 500


def test_nothing_restricted_is_in_any_file(site):
    assert bake(site).exit_code == 0
    for name, path in files(site[2]).items():
        body = path.read_bytes()
        for planted in (SECRET, "hidden_notes", "hidden_view", "confidential"):
            if name.startswith("-/static/"):
                continue
            assert planted.encode() not in body, (planted, name)
            assert planted not in name


def test_only_links_within_the_mirror(site):
    bake(site)
    for name, path in files(site[2]).items():
        if name.endswith(".html"):
            text = path.read_text()
            assert "bake.invalid" not in text and 'href="/' not in text and 'src="/' not in text, name


def test_copies_of_databases_never_stand_in_the_mirror(site, monkeypatch):
    seen = []
    copy = snapshot.copy_database

    def looked_at(path, target):
        copy(path, target)
        seen.append(target)
        assert site[2] not in target.parents

    monkeypatch.setattr("vitrina.publish.bake.run.copy_database", looked_at)
    assert bake(site).exit_code == 0
    assert seen and not any(target.exists() for target in seen)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture
def serve():
    servers = []

    def start(folder):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_the_same_addresses_on_a_plain_server_under_a_prefix(site, serve):
    bake(site)
    base = serve(site[2].parent) + f"/{site[2].name}"
    for path in ("/", "/zoo", "/zoo/animals", "/zoo/animals/3", "/zoo/animals/3.json", "/zoo/animals.json"):
        with urllib.request.urlopen(base + path) as answer:
            assert answer.status == 200
    page = json.loads(urllib.request.urlopen(f"{base}/zoo/animals.json").read())
    following = urllib.request.urlopen(f"{base}/zoo/{page['next_url']}").read()
    assert json.loads(following)["rows"][0]["id"] == 11


def test_baking_again_makes_nothing_or_only_what_has_changed(site):
    bake(site)
    before = {name: path.stat().st_mtime_ns for name, path in files(site[2]).items()}
    assert "nothing has changed" in bake(site).output
    assert {name: path.stat().st_mtime_ns for name, path in files(site[2]).items()} == before
    other = site[0].with_name("other.db")
    conn = sqlite3.connect(other)
    conn.execute("create table birds (id integer primary key)")
    conn.close()
    done = bake(site, other)
    assert "made now" in done.output
    after = {name: path.stat().st_mtime_ns for name, path in files(site[2]).items()}
    assert after["zoo/animals/index.html"] != before["zoo/animals/index.html"], "a database more is another site"
    conn = sqlite3.connect(other)
    conn.execute("insert into birds values (1)")
    conn.commit()
    conn.close()
    bake(site, other)
    last = {name: path.stat().st_mtime_ns for name, path in files(site[2]).items()}
    assert last["zoo/animals/index.html"] == after["zoo/animals/index.html"]
    assert last["other/birds/index.html"] != after["other/birds/index.html"] and "other/birds/1/index.html" in last
    assert check_mirror(site[2]).broken == []


def test_pages_that_are_no_more_are_removed(site):
    bake(site)
    (site[2] / "mine.txt").write_text("not baked")
    conn = sqlite3.connect(site[0])
    conn.execute("delete from animals where id > 5")
    conn.commit()
    conn.close()
    assert "removed" in bake(site).output
    there = files(site[2])
    assert "zoo/animals/5/index.html" in there and "zoo/animals/6/index.html" not in there and "mine.txt" in there
    assert not (site[2] / "zoo" / "animals" / "6").exists()
    assert check_mirror(site[2]).broken == []


def test_limits_leave_links_without_an_address(site):
    done = bake(site, "--limit-rows", 3, "--limit-pages", 1, "--limit-variants", 0)
    assert "over a limit" in done.output
    there = files(site[2])
    assert sum(name.startswith("zoo/animals/") and name.count("/") == 3 for name in there) == 3
    assert "zoo/animals/-/q/_next=10.html" in there and "zoo/animals/-/q/_next=20.html" not in there
    assert 'data-left-out=""' in there["zoo/animals/index.html"].read_text()
    assert check_mirror(site[2]).broken == []


def test_a_disk_that_is_full_ends_the_run_and_the_next_one_goes_on(site, monkeypatch):
    write, room = Mirror.write, [30]

    def limited(self, file, body):
        room[0] -= 1
        if room[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device", file)
        return write(self, file, body)

    monkeypatch.setattr(Mirror, "write", limited)
    done = bake(site)
    assert done.exit_code == 1 and "make room and run the same command again" in done.output
    journal = site[2] / ".vitrina-bake" / "journal.ndjson"
    kept = len(journal.read_text().splitlines())
    assert 0 < kept <= 30 and not list(site[2].rglob("*.baking"))
    monkeypatch.setattr(Mirror, "write", write)
    done = bake(site)
    pages = len(journal.read_text().splitlines())
    assert f"{pages} pages, {pages - kept} of them made now" in done.output
    assert check_mirror(site[2]).broken == []


def test_one_state_of_a_file_that_changes_meanwhile(site, monkeypatch):
    copy = snapshot.copy_database

    def copied_then_changed(path, target):
        copy(path, target)
        conn = sqlite3.connect(path)
        conn.execute("update animals set name = 'later'")
        conn.commit()
        conn.close()

    monkeypatch.setattr("vitrina.publish.bake.run.copy_database", copied_then_changed)
    assert bake(site).exit_code == 0
    assert not any(b"later" in path.read_bytes() for name, path in files(site[2]).items() if name.startswith("zoo"))
    monkeypatch.undo()
    bake(site)
    assert b"later" in (site[2] / "zoo/animals/1/index.html").read_bytes(), "the next run sees the change"


def test_what_is_there_already_is_kept(site):
    site[2].mkdir()
    (site[2] / "index.html").write_text("mine")
    done = bake(site)
    assert done.exit_code == 1 and "not empty" in done.output and files(site[2]).keys() == {"index.html"}
    assert bake(site, "--force").exit_code == 0
    assert (site[2] / "index.html").read_text() != "mine"


def test_several_processes_make_the_same_mirror(site, tmp_path):
    bake(site)
    alone = {name: path.read_bytes() for name, path in files(site[2]).items() if name.startswith(("zoo", "index"))}
    many = (site[0], site[1], tmp_path / "many")
    done = bake(many, jobs=2)
    assert done.exit_code == 0, done.output
    together = {name: path.read_bytes() for name, path in files(many[2]).items() if name.startswith(("zoo", "index"))}
    assert together.keys() == alone.keys()
    assert together["zoo/animals.csv"] == alone["zoo/animals.csv"]
    assert check_mirror(many[2]).broken == []


def test_check_finds_broken_links_and_cut_files(site):
    bake(site)
    out = site[2]
    os.remove(out / "zoo/animals/2/index.html")
    (out / "zoo/animals.csv").write_text("cut")
    done = CliRunner().invoke(cli, ["bake", str(out), "--check"], prog_name="vitrina")
    assert done.exit_code == 1
    assert "zoo/animals/index.html: 2/" in done.output or "animals/2/" in done.output
    assert "zoo/animals.csv: has changed" in done.output


def test_check_of_a_directory_that_was_not_baked(tmp_path):
    done = CliRunner().invoke(cli, ["bake", str(tmp_path), "--check"], prog_name="vitrina")
    assert done.exit_code == 1 and "nothing was baked here" in done.output


def test_the_search_index_finds_rows_and_tables(site):
    bake(site)
    index = site[2] / "-/bake/search"
    about = json.loads((index / "about.json").read_text())
    words = json.loads((index / f"words-{ord('b'):x}-{ord('i'):x}.json").read_text())
    pages = json.loads((index / "pages-0.json").read_text())
    assert about["pages"] == len(pages)
    assert {pages[number][0] for number in words["bird"]} >= {"zoo/animals/3/", "zoo/animals/6/"}


def test_parquet_files(site):
    parquet = pytest.importorskip("pyarrow.parquet")
    assert bake(site, "--parquet").exit_code == 0
    assert parquet.read_table(site[2] / "zoo/animals.parquet").num_rows == 25


@pytest.mark.parametrize("more", [["--url", "zoo.example"], ["zoo2/zoo.db"]])
def test_bad_arguments_write_nothing(site, more, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "zoo2").mkdir()
    sqlite3.connect(tmp_path / "zoo2/zoo.db").close()
    assert bake(site, *more).exit_code == 1
    assert not (site[2] / "index.html").exists()
