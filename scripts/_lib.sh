# Sourced by every command here: changes to the top of the repository and finds a Python that works.
# For POSIX shells. Afterwards use "$python", or .venv/bin/python once _setup.py has run.

cd -- "$(dirname -- "$0")/.." || exit 1
# These would put other modules before those installed here.
unset PYTHONPATH PYTHONHOME

# A python on PATH can be too old, or a shim that only lists the versions that could be activated.
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
    echo "$0: needs Python 3.11 or newer, and none was found (set PYTHON=/path/to/python to use another one)" >&2
    exit 1
fi
