"""PyPI tokens: the same answers as the package ``pypitoken``, which runs in an environment of its own."""

import datetime
import json
import subprocess
import venv

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vitrina.tokens import pypi
from vitrina.tokens.pypi.restrictions import Context

VERSION = "7.1.1"
UUID = "9c4d1a3e-0000-4000-8000-000000000001"


# -- our side of the questions that pypi_judge.py answers


def loaded(caveat):
    restriction = pypi.Restriction.load_json(json.dumps(caveat))
    return [type(restriction).__name__, restriction.dump_json()]


def restricted(text, parameters):
    return pypi.Token.load(text).restrict(**parameters).dump()


def read(text):
    token = pypi.Token.load(text)
    return [token.prefix, token.domain, token.identifier, [each.dump_json() for each in token.restrictions]]


def checked(text, key, context):
    pypi.Token.load(text).check(key, **context)
    return "good"


def ours(question):
    try:
        return globals()[question[0]](*question[1:])
    except pypi.PyPITokenException as error:
        return {"error": type(error).__name__, "message": str(error)}


@pytest.fixture(scope="session")
def judge(pytestconfig):
    """Asks the real package; made once, in pytest's cache directory."""
    directory = pytestconfig.cache.mkdir(f"pypitoken-{VERSION}")
    python = directory / "bin" / "python"
    ready = directory / "ready"
    if not ready.exists():
        venv.create(directory, with_pip=True, clear=True)
        command = [str(python), "-m", "pip", "install", "--quiet", f"pypitoken=={VERSION}"]
        installed = subprocess.run(command, capture_output=True, text=True)
        if installed.returncode:
            pytest.skip(f"pypitoken {VERSION} could not be installed: {installed.stderr.strip()[-200:]}")
        ready.touch()
    script = str(pytestconfig.rootpath / "tests" / "unit" / "pypi_judge.py")
    process = subprocess.Popen([str(python), script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(*question):
        process.stdin.write(json.dumps(question) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    yield ask
    process.stdin.close()
    process.wait(10)
    process.stdout.close()


def made(**restrictions):
    token = pypi.Token.create(domain="pypi.org", identifier=UUID, key="a key")
    return token.restrict(**restrictions).dump()


NUMBERS = st.one_of(st.integers(-5, 5), st.floats(-3, 3), st.booleans(), st.sampled_from([1.0, 0.0]))
NAMES = st.one_of(
    st.from_regex(r"[a-z0-9-]{0,6}\n?", fullmatch=True), st.sampled_from(["A", "a_b", UUID, UUID.upper()])
)
LEAVES = st.one_of(NUMBERS, NAMES, st.none())
CAVEATS = st.one_of(
    st.tuples(NUMBERS, NUMBERS, NUMBERS).map(list),
    st.tuples(st.sampled_from([0, 1, 2, 3, 1.0, True]), st.one_of(LEAVES, st.lists(LEAVES, max_size=3))).map(list),
    st.tuples(st.just(1), st.lists(NAMES, max_size=3)).map(list),
    st.tuples(st.sampled_from([2, 3]), st.one_of(st.just(UUID), st.lists(st.just(UUID), max_size=2))).map(list),
    st.fixed_dictionaries(
        {"version": st.sampled_from([1, 1.0, True, 2])},
        optional={
            "permissions": st.one_of(
                st.just("user"), st.dictionaries(st.sampled_from(["projects", "x"]), st.lists(NAMES)), LEAVES
            ),
            "x": LEAVES,
        },
    ),
    st.fixed_dictionaries({"nbf": NUMBERS}, optional={"exp": NUMBERS, "x": LEAVES}),
    LEAVES,
)
MOMENTS = st.one_of(st.none(), st.integers(0, 4))
PARAMETERS = st.fixed_dictionaries(
    {},
    optional={
        "not_before": MOMENTS,
        "not_after": MOMENTS,
        "project_names": st.one_of(st.lists(st.sampled_from(["a", "b"]), max_size=2), st.just("text")),
        "project_ids": st.lists(st.just(UUID), max_size=2),
        "user_id": st.sampled_from([UUID, "nobody", ""]),
        "legacy_project_names": st.lists(st.sampled_from(["a", "b c"]), max_size=2),
        "legacy_not_before": MOMENTS,
        "legacy_not_after": MOMENTS,
        "legacy_noop": st.booleans(),
    },
)
USES = st.fixed_dictionaries(
    {"now": st.integers(0, 5)},
    optional={
        "project_name": st.sampled_from(["a", "z"]),
        "project_id": st.sampled_from([UUID, "z"]),
        "user_id": st.sampled_from([UUID, "z"]),
    },
)
SETTINGS = settings(deadline=None, max_examples=150)


@SETTINGS
@given(caveat=CAVEATS)
def test_caveats_load_as_with_the_real_package(judge, caveat):
    assert ours(("loaded", caveat)) == judge("loaded", caveat)


@SETTINGS
@given(parameters=PARAMETERS)
def test_tokens_are_restricted_as_with_the_real_package(judge, parameters):
    assert ours(("restricted", made(), parameters)) == judge("restricted", made(), parameters)


@SETTINGS
@given(parameters=PARAMETERS, context=USES, key=st.sampled_from(["a key", "another"]))
def test_tokens_are_checked_as_with_the_real_package(judge, parameters, context, key):
    text = ours(("restricted", made(), parameters))
    if isinstance(text, dict):
        return
    expected, found = judge("checked", text, key, context), ours(("checked", text, key, context))
    if expected == "several":
        assert found["error"] == "ValidationError"
    else:
        assert found == expected


@pytest.mark.parametrize(
    "text",
    [
        made(),
        made(project_names=["a"], not_before=1, not_after=9),
        "pre-AgELZXhhbXBsZS5jb20CBjEyM2ZvbwAABiCK4TytWvy17_Up7TvhdVDhFx8cjU_ne_6wtOqxPUZmxw",
        "-AgEBAAIBaQAABiBS",
        "pypi-AgEL",
        "pypi-zzzz",
        "no prefix",
        pypi.Token.create(domain="e", identifier="i", key="k", version=1).restrict(user_id=UUID).dump(),
    ],
)
def test_tokens_are_read_as_with_the_real_package(judge, text):
    assert ours(("read", text)) == judge("read", text)


# -- without the judge


def test_a_token_in_the_format_that_pypi_issues_comes_back_unchanged():
    text = made(project_names=["vitrina"], user_id=UUID)
    assert pypi.Token.load(text).dump() == text
    assert text.startswith("pypi-AgEIcHlwaS5vcmc")


def test_bytes_after_the_signature_load_as_ever():
    assert pypi.Token.load(made() + "AAAA").identifier == UUID


def test_the_first_of_several_failures_is_told():
    token = pypi.Token.load(made(project_names=["a"], user_id=UUID))
    with pytest.raises(pypi.ValidationError, match=r"project\(s\): a. Received: b"):
        token.check("another key", project_name="b", user_id="nobody")


def test_a_missing_value_is_the_cause_and_not_the_error():
    with pytest.raises(pypi.ValidationError, match="missing required values") as raised:
        pypi.Token.load(made(project_names=["a"])).check("a key")
    assert isinstance(raised.value.__cause__, pypi.MissingContextError)


def test_times_can_be_aware_datetimes_only():
    begin = datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)
    token = pypi.Token.load(made(not_before=begin, not_after=begin + datetime.timedelta(days=1)))
    token.check("a key", now=begin)
    with pytest.raises(pypi.ValidationError):
        token.check("a key", now=begin + datetime.timedelta(days=1))
    with pytest.raises(pypi.InvalidRestriction, match="naive"):
        made(not_before=begin.replace(tzinfo=None), not_after=5)


def test_lists_are_copied():
    names = ["a"]
    token = pypi.Token.load(made()).restrict(project_names=names)
    names.append("b")
    assert token.restrictions == [pypi.ProjectNamesRestriction(["a"])]


def test_a_legacy_restriction_to_nothing_passes():
    pypi.LegacyNoopRestriction().check(context=Context())
    pypi.Token.load(made(legacy_noop=True)).check("a key")


@given(st.text(max_size=80))
def test_any_text_is_a_token_or_a_loader_error(text):
    try:
        pypi.Token.load(text)
    except pypi.LoaderError:
        return
