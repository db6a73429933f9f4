"""What programs leave paused when they are killed, on real daemons.

``AIOSYNCTHING_SEED`` repeats a run, and ``AIOSYNCTHING_ROUNDS`` makes it longer.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import subprocess
import sys
from pathlib import Path

from aiosyncthing import Daemon
from tests.contract.folders import Folders
from tests.support.values import OTHER, THIRD

ROOT = Path(__file__).parents[2]
SEED = os.environ.get("AIOSYNCTHING_SEED", "1")
ROUNDS = int(os.environ.get("AIOSYNCTHING_ROUNDS", "1"))
STEP = max(1, 13 // ROUNDS)  # callbacks from one kill to the next


async def test_programs_that_are_killed(newest_syncthing: Path, tmp_path: Path) -> None:
    """Killed anywhere in `paused`, what is paused is undone with the saved state, and after SIGINT nothing is.

    Killed anywhere in `add_folder`, the folder is not there, or paused, or complete.
    """
    async with Daemon(binary=newest_syncthing, stop_timeout=0) as daemon:
        folders = Folders(tmp_path, "docs")
        folder, _ = [await folders.add(daemon) for _ in range(2)]
        await folders.add(daemon, paused=True)
        for device in (OTHER, THIRD):
            await daemon.client.config.set_device({"deviceID": device, "paused": device == THIRD})
        offset = random.Random(SEED).randint(1, STEP)
        program = [sys.executable, "-W", "error", "-m", "tests.support.killed", str(offset), str(STEP)]
        path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        own = {"DAEMON_URL": daemon.url, "DAEMON_KEY": daemon.api_key, "PYTHONPATH": path}
        done = await asyncio.to_thread(
            subprocess.run,
            program,
            cwd=tmp_path,
            env={**os.environ, **own},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"AIOSYNCTHING_SEED={SEED}: {done.stdout}{done.stderr}"
        assert re.fullmatch(r"pause: \d+ kills\nadd: \d+ kills\n", done.stdout), done.stdout
        # What is paused is paused after a restart, too, and is resumed as soon as the daemon answers.
        async with daemon.client.paused(folder.id):
            await daemon.client.system.restart()
        assert not (await daemon.client.config.folders(folder.id))["paused"]
