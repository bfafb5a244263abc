"""Variables that templates of other people may rely on."""

import re

import pytest

pytestmark = pytest.mark.asyncio


@pytest.fixture
def shown(with_plugin, tmp_path):
    """What a template writes between two marks, on a page."""

    async def show(name, template, path):
        folder = tmp_path / "templates"
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"@@{template}@@")
        instance = with_plugin(template_dir=str(folder))
        await instance.get_database("shop").execute_write_script(
            "create table two (a text, b integer, primary key (a, b)); insert into two values ('b/c', 2);"
        )
        answer = await instance.client.get(path)
        return re.search("@@(.*)@@", answer.text, re.DOTALL)[1]

    return show


async def test_rows_of_a_table_are_a_list(shown):
    template = "{{ rows|tojson }} {{ rows[:1]|length }} {{ (rows|last).name }}"
    found = await shown("table.html", template, "/shop/goods")
    assert found == '[{"id": 1, "name": "Tea"}, {"id": 2, "name": "Rice"}] 1 Rice'


async def test_a_query_knows_the_tables_of_its_database(shown):
    each = "{{ t.name }} {{ t.columns|join }} {{ t.count }} {{ t.foreign_keys.incoming }};"
    template = "{% for t in tables %}" + each + "{% endfor %}"
    assert await shown("query.html", template, "/shop/-/query?sql=select+1") == (
        "bills id 0 [];goods idname 2 [];two ab 1 [];"
    )


@pytest.mark.parametrize("path", ["/shop/two", "/shop/two/b~2Fc,2"])
async def test_keys_of_rows_are_text_and_part_of_an_address(shown, path):
    template = "{% for row in display_rows %}{{ row.pk_path }} {{ row.row_path }} {{ (row|first).raw }}{% endfor %}"
    link = "b/c,2" if path.endswith("two") else "b/c"
    assert await shown("_table.html", template, path) == f"b/c,2 b~2Fc,2 {link}"


async def test_a_page_that_redirects_may_have_a_body(with_plugin, tmp_path):
    (tmp_path / "templates" / "pages").mkdir(parents=True)
    (tmp_path / "templates" / "pages" / "gone.html").write_text("{{ custom_redirect('/é', 301) }}moved")
    answer = await with_plugin(template_dir=str(tmp_path / "templates")).client.get("/gone")
    assert (answer.status_code, answer.headers["location"], answer.text) == (301, "/%C3%A9", "moved")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
