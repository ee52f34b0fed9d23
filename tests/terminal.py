"""The real program for tests: its arguments, its environment, its output, its exit code.

Starting Python and importing the program takes most of a short command's time. So one process imports it, and
is forked for each command. The child has standard streams, an environment and a folder of its own, like a
process that was started anew; only Python is not taken apart at its end. What depends on Python's own start
(`PYTHON…` in the environment) is started anew, and so is everything on systems that cannot fork.
"""

import atexit
import contextlib
import json
import os
import select
import subprocess
import sys
import tempfile
from pathlib import Path

_SECONDS = 100
_NURSERY = """
import gc, json, os, sys
from outreach.cli.main import main
gc.freeze()
print("ready", flush=True)
for line in sys.stdin:
    order = json.loads(line)
    child = os.fork()
    if child == 0:
        os.environ.clear()
        os.environ.update(order["environment"])
        os.chdir(order["folder"])
        for number, name in enumerate((os.devnull, order["out"], order["err"])):
            opened = os.open(name, os.O_RDWR)
            os.dup2(opened, number)
            os.close(opened)
        sys.argv = ["outreach", *order["arguments"]]
        code = main()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class _Nursery:
    """The process that is forked. Made at the first command."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        atexit.register(self.close)

    def run(
        self, arguments: tuple[str, ...], environment: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run a command. Raises: subprocess.TimeoutExpired."""
        process = self._process or self._started()
        with tempfile.TemporaryDirectory() as folder:
            out, err = Path(folder, "out"), Path(folder, "err")
            out.touch()
            err.touch()
            order = {
                "arguments": arguments, "environment": environment, "folder": str(Path.cwd()),
                "out": str(out), "err": str(err),
            }  # fmt: skip
            assert process.stdin is not None
            process.stdin.write(json.dumps(order) + "\n")
            process.stdin.flush()
            code = int(self._line(process, arguments))
            return subprocess.CompletedProcess(
                ["outreach", *arguments],
                code,
                out.read_text(encoding="utf-8"),
                err.read_text(encoding="utf-8"),
            )

    def _started(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", _NURSERY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8",
            start_new_session=True,
        )  # fmt: skip
        self._process = process
        assert self._line(process, ()) == "ready"
        return process

    def _line(self, process: subprocess.Popen[str], arguments: tuple[str, ...]) -> str:
        assert process.stdout is not None
        if not select.select([process.stdout], [], [], _SECONDS)[0]:
            self.close()
            raise subprocess.TimeoutExpired(["outreach", *arguments], _SECONDS)
        return process.stdout.readline().strip()

    def close(self) -> None:
        """End the process, and a command in it that has not ended."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        process.communicate()


_nursery = _Nursery()


def outreach(*arguments: str, database: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command where there is no display. env: variables for it besides those of the test."""
    variables = {
        k: v for k, v in os.environ.items() if k not in {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
    }
    if database:
        variables["OUTREACH_DATABASE"] = str(database)
    variables |= {"COLUMNS": "300", **env}
    if hasattr(os, "fork") and not any(name.startswith("PYTHON") for name in env):
        return _nursery.run(arguments, variables)
    return subprocess.run(
        [sys.executable, "-m", "outreach", *arguments], capture_output=True, encoding="utf-8", env=variables,
        check=False, timeout=_SECONDS,
    )  # fmt: skip


def ok(*arguments: str, database: Path) -> str:
    """What a command prints that ends well."""
    done = outreach(*arguments, database=database)
    assert done.returncode == 0, done.stderr
    return done.stdout
