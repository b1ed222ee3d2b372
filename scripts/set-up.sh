#!/bin/sh
# Makes .venv and installs locked requirements into it: sh scripts/set-up.sh run|test|spark|nothing
# Needs python3 (3.11 or newer). Where Debian's venv module is missing, says how to get it, or gets it as root.
set -eu
cd "$(dirname "$0")/.."
wanted=$1
python=${PYTHON:-python3}

if ! command -v "$python" >/dev/null 2>&1; then
    echo "Headway needs Python 3.11 or newer, and '$python' is not here. On Debian: apt-get install python3 python3-venv" >&2
    exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "Headway needs Python 3.11 or newer; '$python' is $("$python" --version). Name another: make PYTHON=python3.12" >&2
    exit 1
fi
if [ ! -x .venv/bin/python ]; then
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
        package="python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
            apt-get update -q && apt-get install -y -q --no-install-recommends "$package"
        else
            echo "Python's venv module is missing. As an administrator: apt-get install $package" >&2
            exit 1
        fi
    fi
    "$python" -m venv .venv
fi
[ "$wanted" != nothing ] || exit 0
mark=.venv/.installed-$wanted
if [ ! -f "$mark" ] || [ "requirements/$wanted.txt" -nt "$mark" ] || [ pyproject.toml -nt "$mark" ]; then
    echo "Installing what Headway needs ($wanted) ..."
    .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r "requirements/$wanted.txt"
    .venv/bin/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
    touch "$mark"
fi

# What the service's pages are drawn with, at the versions of package-lock.json.
built=src/headway/web/static/built/headway.css
if [ ! -f "$built" ] || [ package-lock.json -nt "$built" ] || [ src/headway/web/design/headway.scss -nt "$built" ] ||
    [ src/headway/web/design/headway.js -nt "$built" ]; then
    if ! command -v npm >/dev/null 2>&1; then
        echo "Installing npm ..."
        .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/npm.txt
        PATH="$PWD/.venv/bin:$PATH"
        export PATH
    fi
    echo "Building the service's assets ..."
    npm ci --silent
    npm run --silent build
fi
