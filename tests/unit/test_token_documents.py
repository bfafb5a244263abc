"""The recipes of the documentation make the tokens that we make."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from vitrina.tokens.narrowed.conditions import Condition, write_condition
from vitrina.tokens.narrowed.keys import KeyRing
from vitrina.tokens.narrowed.token import Identifier, make_token, new_token_id, restrict_token

PAGE = Path(__file__).parent.parent.parent / "docs" / "reference" / "token-format.md"
RUNNERS = {"python": (sys.executable, ".py"), "javascript": ("node", ".mjs"), "perl": ("perl", ".pl")}
ADDED = [Condition("ro"), Condition("res", [["shop", "größe"]]), Condition("note", "x" * 400)]


def recipes():
    return re.findall(r"```(\w+)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_there_is_a_recipe_for_each_runner():
    assert [language for language, _ in recipes()] == list(RUNNERS)


@pytest.mark.parametrize("language, code", recipes(), ids=[language for language, _ in recipes()])
def test_a_recipe_narrows_as_we_do(language, code, tmp_path):
    program, ending = RUNNERS[language]
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    assert len(code.strip().splitlines()) <= 25
    script = tmp_path / f"recipe{ending}"
    script.write_text(code, encoding="utf-8")
    identifier = Identifier(1, new_token_id(), "ann", 1_800_000_000)
    token = make_token(KeyRing("secret").secret_of(1, identifier.token_id), identifier)
    caveats = [write_condition(condition).decode() for condition in ADDED]
    ran = subprocess.run([program, str(script), token, *caveats], capture_output=True, text=True)
    assert ran.stdout.strip() == restrict_token(token, ADDED), ran.stderr
