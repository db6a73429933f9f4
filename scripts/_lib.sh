# The start of every command here: go to the top of the repository and find a Python that truly runs.
# Read with "." from a POSIX shell; afterwards "$python" is good, and .venv/bin/python once _setup.py has run.

cd -- "$(dirname -- "$0")/.." || exit 1
# Settings of the caller's shell that would put other modules in front of those installed here.
unset PYTHONPATH PYTHONHOME

# A name on PATH proves nothing: it can be too old, or a shim that only says which versions could be activated.
runs() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 </dev/null
}

python=
for candidate in ${PYTHON:+"$PYTHON"} python3 python3.13 python3.12 python3.11 python3.14 python3.15 python3.16 python \
    "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/python3; do
    if runs "$candidate"; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "$0: needs Python 3.11 or newer, and none is here (PYTHON=/path/to/python names one elsewhere)" >&2
    exit 1
fi
