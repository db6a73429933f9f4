"""Programs that imitate Syncthing and misbehave, for what real daemons can't be made to do."""

import sys
from pathlib import Path

__all__ = ["imitation"]

# As in version 2, an unknown option is an error.
_TEMPLATE = """#!{python}
import http.server, json, os, signal, subprocess, sys, time
from pathlib import Path

KNOWN = ("--home=", "--no-browser", "--gui-address=", "--audit")
for argument in sys.argv[2:]:
    if not argument.startswith(KNOWN):
        print("syncthing: error: unknown flag " + argument, file=sys.stderr)
        sys.exit(80)
options = dict(argument[2:].partition("=")[::2] for argument in sys.argv[2:])
home = Path(options["home"])
port = int(options["gui-address"].rpartition(":")[2])
runs = home / "runs"
run = int(runs.read_text()) + 1 if runs.exists() else 1
runs.write_text(str(run))


def identity(data=b"\\x30\\x82\\x00\\x01\\x00"):
    from aiosyncthing import DeviceID
    (home / "cert.pem").write_bytes(data)
    return DeviceID.from_certificate(data)


def serve(device_id, refusals=0):
    class Handler(http.server.BaseHTTPRequestHandler):
        asked = 0

        def do_GET(self):
            Handler.asked += 1
            self.send_response(200)
            if Handler.asked <= refusals:
                body = b"*** Database migration in progress ***\\n\\n1% done"
                self.send_header("Content-Type", "text/plain")
            else:
                body = json.dumps({{"myID": device_id, "connectionServiceStatus": {{}}}}).encode()
                self.send_header("Content-Type", "application/json")
                self.send_header("X-Syncthing-Id", device_id)
                self.send_header("X-Syncthing-Version", "v2.9.9")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    print("listening", flush=True)
    server.serve_forever()


{behaviour}
"""


def imitation(directory: Path, behaviour: str) -> Path:
    """Write a program that imitates Syncthing.

    Args:
        directory: Where to write it.
        behaviour: Python code that can use ``home``, ``port``, ``run`` (1 for the first run in this home), ``identity``
            and ``serve``.
    """
    path = directory / "syncthing"
    path.write_text(_TEMPLATE.format(python=sys.executable, behaviour=behaviour))
    path.chmod(0o700)
    return path
