"""Lists, galleries, previews and the page of a file in a browser."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from browser.conftest import WAIT_MS, _free_port, watch
from browser.files_site import FilesSite, pdf, png, wav
from browser.keyboard import follow, tab_to


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilesSite]:
    made = FilesSite(tmp_path_factory.mktemp("files"), _free_port())
    made.start()
    for number in range(25):
        made.upload("photos", f"plate {number:02d}.png", png(red=10 * number), "image/png")
    yield made
    made.kill()


@pytest.fixture
def problems() -> list[str]:
    return []


@pytest.fixture
def page(browser: Browser, site: FilesSite, problems: list[str]) -> Iterator[Page]:
    context = browser.new_context(base_url=site.url, reduced_motion="reduce")
    context.set_default_timeout(WAIT_MS)
    opened = context.new_page()
    watch(opened, problems)
    yield opened
    context.close()
    assert problems == []


def test_home_page_and_menu_lead_to_files(page: Page) -> None:
    page.goto("/")
    page.get_by_text("Homepage actions").click()
    page.get_by_role("menuitem", name="Manage files").click()
    expect(page.get_by_role("heading", name="Files", exact=True)).to_be_visible()
    page.get_by_role("link", name="photos").click()
    expect(page.get_by_role("heading", name="photos")).to_be_visible()
    page.goto("/museum")
    page.locator(".nav-menu summary").click()
    page.get_by_role("link", name="Files").click()
    assert page.url.endswith("/-/files")


def test_nobody_else_is_sent_there(browser: Browser, tmp_path: Path) -> None:
    closed = FilesSite(tmp_path, _free_port())
    config = (tmp_path / "config.yaml").read_text().replace("files-browse: true", "files-browse: {id: ann}")
    (tmp_path / "config.yaml").write_text(config)
    closed.start()
    context = browser.new_context(base_url=closed.url)
    page = context.new_page()
    page.goto("/")
    expect(page.get_by_role("link", name="museum")).to_be_visible()
    assert "/-/files" not in page.content()
    context.close()
    closed.kill()


def test_list_gallery_and_pages_are_addresses(page: Page) -> None:
    page.goto("/-/files/source/photos")
    expect(page.locator(".files-table tbody tr")).to_have_count(20)
    page.get_by_role("link", name="Gallery").click()
    expect(page.locator(".gallery li")).to_have_count(20)
    page.wait_for_function(
        "() => [...document.querySelectorAll('.gallery img')].slice(0, 3).every((each) => each.naturalWidth > 0)"
    )
    page.get_by_role("link", name="Next page").click()
    assert page.url.endswith("?page=2&view=gallery")
    expect(page.locator(".gallery li")).to_have_count(5)
    page.get_by_role("link", name="List").click()
    expect(page.locator(".files-table")).to_be_visible()


def test_search(page: Page) -> None:
    page.goto("/-/files/source/photos?view=gallery")
    page.get_by_role("searchbox", name="Search files").fill("plate 07")
    page.keyboard.press("Enter")
    expect(page.locator(".gallery li").first).to_contain_text("plate")
    page.get_by_role("searchbox", name="Search files").fill("nothing of the kind")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".zero-results")).to_contain_text("No files match nothing of the kind in photos.")
    page.get_by_role("link", name="Search all sources").click()
    expect(page.locator(".zero-results")).to_have_text("No files match nothing of the kind.")


def test_choose_many_and_zip(page: Page) -> None:
    page.goto("/-/files/source/photos?page=2")
    boxes = page.locator('input[name="id"]')
    boxes.nth(0).check()
    boxes.nth(3).click(modifiers=["Shift"])
    bar = page.get_by_role("group", name="Chosen files")
    expect(bar.get_by_role("status")).to_have_text("4 chosen")
    with page.expect_download() as started:
        bar.get_by_role("button", name="Download as ZIP").click()
    data = Path(started.value.path()).read_bytes()
    names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    assert sorted(names) == [f"plate {number:02d}.png" for number in (1, 2, 3, 4)]
    page.get_by_role("checkbox", name="Choose all files on this page").check()
    expect(bar.get_by_role("status")).to_have_text("5 chosen")
    bar.get_by_role("button", name="Choose none").click()
    expect(bar.get_by_role("status")).to_have_text("None chosen")
    expect(boxes.first).to_be_focused()


def test_delete_many_with_the_keyboard_alone(page: Page, site: FilesSite) -> None:
    for number in range(3):
        site.upload("papers", f"doomed {number}.txt", b"x", "text/plain")
    kept = site.upload("papers", "kept.txt", b"x", "text/plain")
    page.goto("/-/files/source/papers")
    for number in range(3):
        tab_to(page, f'[aria-label="Choose doomed {2 - number}.txt"]')
        page.keyboard.press("Space")
    tab_to(page, ".selection-bar [data-delete-url]")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Delete these 3 files?")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.locator(".selection-bar [data-delete-url]")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, "dialog button.danger-solid")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator(".files-table tbody tr")).to_have_count(1)
    assert site.find("doomed") == [] and site.find("kept")[0]["id"] == kept


def test_open_a_file_with_the_keyboard(page: Page) -> None:
    page.goto("/-/files/source/photos")
    follow(page, ".files-table tbody tr:nth-child(2) a.file-name")
    expect(page.get_by_role("heading", name="plate 23.png")).to_be_visible()


def test_preview_of_a_picture(page: Page, site: FilesSite) -> None:
    page.goto(f"/-/files/{site.upload('papers', 'seen.png', png(), 'image/png')}")
    page.wait_for_function("() => document.querySelector('img.file-preview')?.naturalWidth === 60")


def test_preview_of_sound(page: Page, site: FilesSite) -> None:
    page.goto(f"/-/files/{site.upload('papers', 'heard.wav', wav(), 'audio/wav')}")
    page.wait_for_function("() => document.querySelector('audio')?.duration === 1")


def test_preview_of_text(page: Page, site: FilesSite) -> None:
    text = "<b>not bold</b> \u00fcber\n" * 4000
    page.goto(f"/-/files/{site.upload('papers', 'read.txt', text.encode(), 'text/plain')}")
    preview = page.get_by_role("region", name="Beginning of read.txt")
    expect(preview).to_contain_text("<b>not bold</b> \u00fcber")
    expect(page.get_by_text("This is the beginning.")).to_be_visible()
    assert "\ufffd" not in page.content()


def test_content_that_is_gone(page: Page, site: FilesSite) -> None:
    file_id = site.upload("papers", "vanished.png", png(), "image/png")
    (site.folder / "files/papers" / str(site.record(file_id)["path"])).unlink()
    page.goto(f"/-/files/{file_id}")
    expect(page.get_by_text("The content of this file cannot be read now.")).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_be_visible()


def test_preview_of_a_pdf(page: Page, site: FilesSite) -> None:
    with page.expect_response("**/preview") as answered:
        page.goto(f"/-/files/{site.upload('papers', 'printed.pdf', pdf(), 'application/pdf')}")
    assert answered.value.status == 200
    assert answered.value.headers["content-type"] == "application/pdf"
    expect(page.locator("iframe.file-preview")).to_be_visible()


def test_scripts_of_uploaded_files_do_not_run(page: Page, site: FilesSite) -> None:
    hostile = (
        b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><script>alert(document.domain)</script></svg>"
    )
    said: list[str] = []

    def note(dialog: Dialog) -> None:
        said.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    for name, content_type in (("a.svg", "image/svg+xml"), ("a.html", "text/html"), ("a.png", "image/png")):
        file_id = site.upload("papers", name, hostile, content_type)
        page.goto(f"/-/files/{file_id}")
        assert page.locator("iframe, object, embed, .content svg:not(.icon)").count() == 0
        answer = page.request.get(f"/-/files/{file_id}/download")
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert page.request.get(f"/-/files/{file_id}/preview").status == 404
    assert said == []


def test_edit_and_conflict(page: Page, site: FilesSite, problems: list[str]) -> None:
    file_id = site.upload("papers", "edited.txt", b"x", "text/plain")
    page.goto(f"/-/files/{file_id}")
    field = page.get_by_label("Words that the file is found by")
    field.fill("mine")
    other = page.request.post(f"/-/files/{file_id}/-/update", data={"update": {"search_text": "theirs"}})
    assert other.ok
    page.get_by_role("button", name="Save").click()
    warning = page.get_by_role("alert")
    expect(warning).to_contain_text("Somebody else changed this text while you were editing it. Nothing was saved.")
    expect(warning.locator("q")).to_have_text("theirs")
    assert site.record(file_id)["search_text"] == "theirs"
    warning.get_by_role("button", name="Put both together").click()
    expect(field).to_have_value("theirs\nmine")
    expect(field).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status")).to_have_text("Saved.")
    assert site.record(file_id)["search_text"] == "theirs\nmine"
    assert [each for each in problems if "409" not in each] == []
    problems.clear()


def test_delete_is_confirmed(page: Page, site: FilesSite) -> None:
    file_id = site.upload("papers", "ended.txt", b"x", "text/plain")
    page.goto(f"/-/files/{file_id}")
    page.get_by_role("button", name="Delete…").click()
    expect(page.get_by_role("dialog")).to_contain_text("Delete ended.txt? It is gone for good")
    page.get_by_role("button", name="Cancel").click()
    assert site.find("ended")
    page.get_by_role("button", name="Delete…").click()
    with page.expect_navigation():
        page.get_by_role("button", name="Delete", exact=True).click()
    assert page.url.endswith("/-/files/source/papers") and site.find("ended") == []


def test_import_with_progress(page: Page, site: FilesSite, problems: list[str]) -> None:
    rows = "id,name\n" + "".join(f"{number},object {number}\n" for number in range(2000))
    page.goto(f"/-/files/{site.upload('papers', 'loans.csv', rows.encode(), 'text/csv')}")
    page.get_by_role("link", name="Import as table").click()
    expect(page.locator(".rows-and-columns tbody tr").first).to_contain_text("object 0")
    page.get_by_label("New table").fill("objects")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("already")
    assert [each for each in problems if "400" not in each] == []
    problems.clear()
    page.get_by_label("New table").fill("loans")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Imported: 2,000 rows", timeout=2 * WAIT_MS)
    page.get_by_role("link", name="Open loans").click()
    expect(page.get_by_role("heading", name="loans")).to_be_visible()


def test_refused_rows_of_an_import(page: Page, site: FilesSite) -> None:
    rows = "id,name\n1,right\n2,right\n" + "x" * 20 + ",much,too,many\n"
    page.goto(f"/-/files/import/{site.upload('papers', 'odd.csv', rows.encode(), 'text/csv')}")
    page.get_by_label("Primary key").select_option("id")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Imported: 2 rows, 1 refused.", timeout=2 * WAIT_MS)
    with page.expect_download() as started:
        page.get_by_role("link", name="The refused rows").click()
    assert "much" in Path(started.value.path()).read_text()


def test_import_is_cancelled(page: Page, site: FilesSite) -> None:
    rows = "id,name\n" + "".join(f"{number},{'x' * 60}\n" for number in range(600_000))
    page.goto(f"/-/files/import/{site.upload('papers', 'endless.csv', rows.encode(), 'text/csv')}")
    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("status")).to_contain_text(
        "The import was cancelled. Nothing was written.", timeout=2 * WAIT_MS
    )
    assert page.request.get("/museum/endless.json").status == 404


def test_preview_of_a_film(page: Page, site: FilesSite) -> None:
    film = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(2000)
    page.goto(f"/-/files/{site.upload('papers', 'moving.mp4', film, 'video/mp4')}")
    video = page.locator("video.file-preview")
    expect(video).to_be_visible()
    answer = page.request.get(str(video.get_attribute("src")), headers={"Range": "bytes=4-11"})
    assert (answer.status, answer.body()) == (206, b"ftypmp42")
