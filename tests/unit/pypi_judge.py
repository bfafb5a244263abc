"""Run by the Python that has the real ``pypitoken``: answers questions read as JSON lines from standard input."""

import json
import sys

from pypitoken import PyPITokenException, Restriction, Token


def loaded(caveat):
    restriction = Restriction.load_json(json.dumps(caveat))
    return [type(restriction).__name__, restriction.dump_json()]


def restricted(text, parameters):
    token = Token.load(text).restrict(**parameters)
    return token.dump()


def read(text):
    token = Token.load(text)
    return [
        token.prefix,
        token.domain,
        token.identifier,
        [restriction.dump_json() for restriction in token.restrictions],
    ]


def checked(text, key, context):
    try:
        Token.load(text).check(key, **context)
    except ValueError as error:
        # Of several failed restrictions it cannot tell; see the contract.
        if "too many values" not in str(error):
            raise
        return "several"
    return "good"


def answer(question):
    try:
        return globals()[question[0]](*question[1:])
    except PyPITokenException as error:
        return {"error": type(error).__name__, "message": str(error)}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
