"""What the scripts of plugins may do on every page: panels of their own, and dialogs."""

from __future__ import annotations

from playwright.sync_api import Page, expect

MODAL = """
  () => {
    const modal = DatasetteModal.create();
    window.modal = modal;
    window.seen = [];
    modal.dialog.id = "plugin-dialog";
    modal.dialog.innerHTML = `
      <div class="modal-header"><h2 class="modal-title">Export</h2><span class="modal-meta">3 rows</span></div>
      <div class="modal-body"><input id="inside"></div>
      <div class="modal-footer"><span class="footer-info">CSV</span>
        <button type="button" class="modal-btn modal-btn-ghost">Cancel</button></div>`;
    modal.dialog.querySelector("button").addEventListener("click", () => modal.requestClose());
    modal.dialog.addEventListener("close", () => seen.push("closed"));
    modal.beforeClose = (source) => { seen.push(source); return source !== "escape"; };
    const opener = Object.assign(document.createElement("button"), {id: "opener", textContent: "Open"});
    opener.addEventListener("click", () => modal.show({initialFocus: document.querySelector("#inside")}));
    document.querySelector("section.content").prepend(opener);
    const detached = modal.isConnected;
    document.body.append(modal);
    return [detached, modal.dialog.tagName, modal.dialog.className];
  }
"""


def test_dialogs_of_plugins(page: Page) -> None:
    page.goto("/flights")
    assert page.evaluate(MODAL) == [False, "DIALOG", "datasette-modal"]
    opener, dialog = page.locator("#opener"), page.locator("#plugin-dialog")
    opener.click()
    expect(dialog).to_be_visible()
    expect(page.locator("#inside")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    page.evaluate("modal.busy = true")
    assert page.evaluate("modal.requestClose('mine')") is False
    page.mouse.click(2, 2)
    expect(dialog).to_be_visible()
    page.evaluate("modal.busy = false")
    page.mouse.click(2, 2)
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    assert page.evaluate("seen") == ["escape", "escape", "backdrop", "closed"]
    opener.click()
    dialog.get_by_role("button", name="Cancel").click()
    expect(opener).to_be_focused()
    assert page.evaluate("modal.requestClose()") is False
    page.evaluate("modal.busy = true; modal.show(); modal.close({restoreFocus: false})")
    expect(dialog).to_be_hidden()
    page.wait_for_function("seen.length === 7")
    assert page.evaluate("[seen.slice(4), modal.busy]") == [["cancel", "closed", "closed"], False]


def test_the_focus_may_go_elsewhere_after_a_dialog(page: Page) -> None:
    page.goto("/flights")
    page.evaluate(MODAL)
    page.evaluate("""() => {
      const other = Object.assign(document.createElement("button"), {id: "other"});
      document.body.append(other);
      modal.show({returnFocusTo: other, initialFocus: () => seen.push("focused")});
      modal.dialog.close();
    }""")
    expect(page.locator("#other")).to_be_focused()
    assert page.evaluate("seen") == ["focused", "closed"]


def test_panels_have_tabs_and_may_come_late(page: Page) -> None:
    page.add_init_script("""
      document.addEventListener("datasette_init", (event) => {
        window.asked = 0;
        const panel = (id) => ({id, label: `Tab ${id}`, render: (node) => (node.textContent = `Panel ${id}`)});
        event.detail.registerPlugin("early", {version: 1, makeAboveTablePanelConfigs: () => (asked++, [panel("a")])});
        event.detail.registerPlugin("none", {version: 1, makeAboveTablePanelConfigs: () => undefined});
        window.later = () =>
          event.detail.registerPlugin("late", {version: 1, makeAboveTablePanelConfigs: () => [panel("b")]});
      });
    """)
    page.goto("/flights/flights")
    first = page.locator("#early_a_panel-content")
    expect(first).to_have_text("Panel a")
    expect(page.get_by_role("tab")).to_have_count(0)
    page.evaluate("later()")
    second = page.locator(".tab-contents > #late_b_panel-content")
    expect(page.locator(".tab-controls").get_by_role("tab", selected=True)).to_have_text("Tab a")
    expect(second).to_be_hidden()
    page.get_by_role("tab", name="Tab b").click()
    expect(second).to_be_visible()
    expect(first).to_be_hidden()
    assert page.evaluate("asked") == 1


def test_sections_of_the_jump_menu(page: Page) -> None:
    page.add_init_script("""
      document.addEventListener("datasette_init", (event) =>
        event.detail.registerPlugin("chat", {version: 1, makeJumpSections: ({navigationSearch}) => [{
          id: "chat",
          render: (node, {container, input}) => {
            const classes = [container.matches(".results-container"), input.matches(".search-input")];
            const parts = `<p id="parts">${navigationSearch.tagName} ${classes}</p>`;
            node.innerHTML = `<button type="button">Start a chat</button>${parts}`;
          },
        }]}));
    """)
    page.goto("/flights")
    page.keyboard.press("/")
    expect(page.get_by_role("button", name="Start a chat")).to_be_visible()
    expect(page.locator("#parts")).to_have_text("NAVIGATION-SEARCH true,true")
