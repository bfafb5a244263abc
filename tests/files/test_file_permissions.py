"""Who may do what with files: every rule of the contract, in answers to pages and to plugins."""

import pytest
from test_file_routes import folder, instance, upload

from vitrina.files.access import FileResource, FileSourceResource

ANN, BOB = {"id": "ann"}, {"id": "bob"}
ALL = ("files-browse", "files-upload", "files-edit", "files-delete")


def two(tmp_path, permissions, vitrina=None, **files):
    sources = {name: folder(tmp_path / name)["docs"] for name in ("docs", "plans")}
    return instance(sources, permissions, files=files, vitrina=vitrina or {})


async def listed(site, action, actor):
    found = await site.allowed_resources(action, actor)
    return [(each.parent, each.child) for each in found.resources]


async def test_nothing_is_allowed_by_default(tmp_path):
    site = two(tmp_path, {})
    await site.invoke_startup()
    for action in ALL:
        resource = FileSourceResource("docs") if action in ALL[:2] else FileResource("docs", "df-1")
        for actor in (None, ANN):
            assert not await site.allowed(action=action, resource=resource, actor=actor)
    assert (await site.client.get("/-/files", actor=ANN)).status_code == 403
    assert (await site.client.get("/-/files/sources.json")).status_code == 200
    await site.invoke_shutdown()


@pytest.mark.parametrize(
    ("block", "ann_docs", "ann_plans", "anonymous_docs"),
    [
        (True, True, True, True),
        (False, False, False, False),
        ({"id": "ann"}, True, True, False),
        ({"unauthenticated": True}, False, False, True),
        ({"docs": {"id": "ann"}}, True, False, False),
        ({"docs": {"allow": {"id": "ann"}}}, True, False, False),
        ({"docs": True}, True, False, True),
        ({"docs": True, "plans": {"id": "ann"}}, True, True, True),
        ({"plans": False}, False, False, False),
        # An allow block for everything as well as names of sources, which win.
        ({"role": "staff"}, True, True, False),
        ({"role": "staff", "docs": False}, False, True, False),
    ],
)
async def test_rules_of_the_configuration(tmp_path, block, ann_docs, ann_plans, anonymous_docs):
    site = two(tmp_path, {"files-browse": block})
    await site.invoke_startup()

    async def may(slug, actor):
        return await site.allowed(action="files-browse", resource=FileSourceResource(slug), actor=actor)

    staff = {**ANN, "role": "staff"}
    assert (await may("docs", staff), await may("plans", staff), await may("docs", None)) == (
        ann_docs,
        ann_plans,
        anonymous_docs,
    )
    expected = [(slug, None) for slug, allowed in (("docs", ann_docs), ("plans", ann_plans)) if allowed]
    assert await listed(site, "files-browse", staff) == expected
    for slug, allowed in (("docs", ann_docs), ("plans", ann_plans)):
        status = (await site.client.get(f"/-/files/source/{slug}", actor=staff)).status_code
        assert status == (200 if allowed else 403)
    await site.invoke_shutdown()


async def test_owners(tmp_path):
    permissions = {
        "files-browse": True,
        "files-upload": True,
        # A denial of the whole source does not take owners their right.
        "files-edit": {"docs": False},
        "files-delete": {"plans": {"id": "bob"}},
    }
    site = two(tmp_path, permissions, owners_can_edit=True, owners_can_delete=True)
    of_ann = await upload(site, actor=ANN)
    of_bob = await upload(site, actor=BOB, source="plans")
    of_nobody = await upload(site)
    assert await listed(site, "files-edit", ANN) == [("docs", of_ann["id"])]
    assert await listed(site, "files-edit", BOB) == [("plans", of_bob["id"])]
    assert await listed(site, "files-edit", None) == [] == await listed(site, "files-edit", {"name": "no id"})
    assert await listed(site, "files-delete", BOB) == [("plans", of_bob["id"])]
    for file, actor, expected in ((of_ann, ANN, True), (of_ann, BOB, False), (of_nobody, ANN, False)):
        resource = FileResource(file["source_slug"], file["id"])
        assert await site.allowed(action="files-edit", resource=resource, actor=actor) is expected
        assert await site.allowed(action="files-delete", resource=resource, actor=actor) is expected
        status = (
            await site.client.post(file["url"] + "/-/update", json={"update": {"search_text": "x"}}, actor=actor)
        ).status_code
        assert status == (200 if expected else 403)
    sql = await site.allowed_resources_sql(action="files-delete", actor=ANN)
    rows = await site.get_internal_database().execute(sql.sql, sql.params)
    assert [tuple(row)[:2] for row in rows.rows] == [("docs", of_ann["id"])]
    # A token that is narrower than its owner.
    narrow = {**ANN, "_r": {"r": {"plans": {}}}}
    assert await listed(site, "files-edit", narrow) == []
    await site.invoke_shutdown()


async def test_owners_have_no_rights_unless_that_is_configured(tmp_path):
    site = two(tmp_path, {"files-browse": True, "files-upload": True})
    file = await upload(site, actor=ANN)
    for action in ("files-edit", "files-delete"):
        assert await listed(site, action, ANN) == []
        resource = FileResource("docs", file["id"])
        assert not await site.allowed(action=action, resource=resource, actor=ANN)
    assert site.site.permissions.own_rules == {}
    await site.invoke_shutdown()


async def test_pages_about_permissions_know_owners(tmp_path):
    permissions = {"files-browse": True, "files-upload": True, "permissions-debug": True}
    site = two(tmp_path, permissions, owners_can_delete=True)
    file = await upload(site, actor=ANN)
    path = f"/-/check.json?action=files-delete&parent=docs&child={file['id']}"
    assert (await site.client.get(path, actor=ANN)).json()["allowed"] is True
    assert (await site.client.get(path, actor=BOB)).json()["allowed"] is False
    rules = (await site.client.get("/-/rules.json?action=files-delete", actor=ANN)).json()
    assert [file["id"]] == [each["child"] for each in rules["items"] if each["child"]]
    allowed = (await site.client.get("/-/allowed.json?action=files-delete", actor=ANN)).json()
    assert [each["child"] for each in allowed["items"]] == [file["id"]]
    await site.invoke_shutdown()


async def test_a_missing_file_is_told_before_a_missing_permission(tmp_path):
    site = two(tmp_path, {})
    for path in ("", ".json", "/download", "/thumbnail"):
        assert (await site.client.get(f"/-/files/df-{'0' * 26}{path}")).status_code == 404
    for path in ("/-/update", "/-/delete"):
        assert (await site.client.post(f"/-/files/df-{'0' * 26}{path}", json={})).status_code == 404
    await site.invoke_shutdown()


@pytest.mark.parametrize("hides", [True, False])
async def test_a_file_that_may_not_be_seen_is_a_missing_one_where_that_is_wanted(tmp_path, hides):
    permissions = {"files-browse": {"id": "ann"}, "files-upload": {"id": "ann"}}
    site = two(tmp_path, permissions, {"hide_existence": hides})
    file = await upload(site, actor=ANN)
    for method, ending in (
        *(("GET", each) for each in ("", ".json", "/download", "/thumbnail", "/preview")),
        *(("POST", each) for each in ("/-/update", "/-/delete")),
    ):
        hidden, missing = [
            await site.client.request(method, f"/-/files/{file_id}{ending}", actor=BOB)
            for file_id in (file["id"], f"df-{'0' * 26}")
        ]
        assert missing.status_code == 404
        if hides:
            assert (hidden.status_code, hidden.text) == (404, missing.text), ending
        else:
            assert hidden.status_code == 403, ending
    # Who sees it is told what is refused.
    assert (await site.client.post(f"/-/files/{file['id']}/-/delete", actor=ANN)).status_code == 403
    await site.invoke_shutdown()
