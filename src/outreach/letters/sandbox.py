"""Reading and rendering templates in a process of their own, which is started when first needed and kept."""

import atexit
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from outreach.errors import TemplateError
from outreach.resources import resource

SECONDS = 1.0
"""Of processor time, beyond what letters need, for all templates of a command together."""
CHARACTERS = 24_000_000
"""Likewise for what they make."""
_FREE_SECONDS, _FREE_SECONDS_A_CHARACTER = 0.004, 0.000_002
_FREE_CHARACTERS, _MOST_FREE_CHARACTERS = 4_000, 10_000
"""What a letter may take and make uncounted: some ten times the time that one of its length takes (measured:
0.5 ms for a page with 25 facts), and two pages. A command for ten thousand recipients thus has room for all
of them, and one whose template lingers ends after the first few."""
_MOST_FREE_SECONDS = _FREE_SECONDS + _FREE_SECONDS_A_CHARACTER * _MOST_FREE_CHARACTERS
_WALL_SECONDS = 30.0 if hasattr(signal, "setitimer") else 4.0
"""After which a process that does not answer is ended, whatever it does. Where the system counts the
processor's time that is for a machine so busy that the process gets none; elsewhere this is what ends a
loop."""
_MOST_BYTES = 4_000_000
"""Of one answer."""
_WORKER = Path(__file__).with_name("sandbox_worker.py")


@dataclass(frozen=True)
class Rendered:
    """Texts by part, and the facts that stand in them as (name, words), in the
    order in which they stand there.
    """

    parts: dict[str, str]
    used: tuple[tuple[str, str], ...]


@dataclass
class _Budget:
    """What is left for the templates of one command."""

    seconds: float
    characters: int

    def take(self, seconds: float, characters: int) -> None:
        """Count what a text took, beyond what is free. characters: of what was made or read."""
        free = _FREE_SECONDS + _FREE_SECONDS_A_CHARACTER * min(characters, _MOST_FREE_CHARACTERS)
        self.seconds -= max(0.0, seconds - free)
        self.characters -= max(0, characters - _FREE_CHARACTERS)

    @property
    def is_spent(self) -> bool:
        """Whether the command is to end."""
        return self.seconds < 0 or self.characters < 0


class TemplateSandbox:
    """Owns the worker process. Thread-safe; `close` ends it, and so does the end of the program.

    As a context manager it serves one command and is closed after it.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._of_thread = threading.local()

    def __enter__(self) -> Self:
        self._of_thread.budget = _Budget(self._seconds, CHARACTERS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._of_thread.budget = None
        self.close()

    @contextlib.contextmanager
    def command(self) -> Iterator[None]:
        """All that this thread does within is one command, with one limit of
        time and of size for all of it.
        """
        if getattr(self._of_thread, "budget", None) is not None:
            yield
            return
        self._of_thread.budget = _Budget(self._seconds, CHARACTERS)
        try:
            yield
        finally:
            self._of_thread.budget = None

    def inspect(self, name: str, text: str) -> dict[str, Any]:
        """Read a template file without running it.

        Args: name: for messages. text: the whole file.
        Returns: front (its front matter as plain data), body, and of the names in it: facts, optional,
            unknown, needs_previous.
        Raises: TemplateError with the line and what to do.
        """
        answer = self._answer(name, {"kind": "inspect", "text": text})
        match answer.get("error"):
            case None:
                return answer
            case "front":
                raise TemplateError(f"{name}: {answer['message']}")
            case "syntax":
                where = f"line {answer['line']}" if answer["part"] == "body" else "the subject"
                message = str(answer["message"]).rstrip(".")
                raise TemplateError(f"{name}, {where}: {message}. Correct it and try again.")
        raise TemplateError(_sentence(name, answer))

    def render(self, name: str, parts: dict[str, str], context: dict[str, Any]) -> Rendered:
        """Render a template's parts.

        Args: name: for messages. parts: subject and body, as Jinja source. context: plain data.
        Raises: TemplateError with the place and what to do, also for one that takes too long or makes too
            much.
        """
        answer = self._answer(name, {"kind": "render", "parts": parts, "context": context})
        if "error" in answer:
            raise TemplateError(_sentence(name, answer))
        return Rendered(answer["parts"], tuple((fact, words) for fact, words in answer["used"]))

    def _answer(self, name: str, request: dict[str, Any]) -> dict[str, Any]:
        with self.command():
            budget: _Budget = self._of_thread.budget
            request["cpu"] = budget.seconds + _MOST_FREE_SECONDS
            with self._lock:
                line = self._exchange(json.dumps(request).encode() + b"\n")
            if not line:
                raise TemplateError(_STOPPED.format(name=name))
            answer: dict[str, Any] = json.loads(line)
            budget.take(
                answer["seconds"],
                sum(map(len, (answer.get("parts") or {"": request.get("text", "")}).values())),
            )
            if budget.is_spent:
                raise TemplateError(_STOPPED.format(name=name))
            return answer

    def _exchange(self, request: bytes) -> bytes:
        """Send a request.

        Returns: the answer; b"" if the process ended, or had to be ended, in place of one.
        """
        process = self._started()
        assert process.stdin and process.stdout
        timer = threading.Timer(_WALL_SECONDS, process.kill)
        timer.start()
        line = b""
        try:
            process.stdin.write(request)
            process.stdin.flush()
            line = process.stdout.readline(_MOST_BYTES)
        except OSError:
            line = b""
        finally:
            timer.cancel()
            if not line.endswith(
                b"\n"
            ):  # also when this program is interrupted: no late answer is taken for the next one
                self._end()
        return line if line.endswith(b"\n") else b""

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            # Of the surroundings it gets what Python itself may need to start, and nothing else.
            kept = ("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-B", str(_WORKER), str(resource("templates/letters"))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=Path(sys.executable).anchor,
                env={name: os.environ[name] for name in kept if name in os.environ},
                close_fds=True,
            )
            atexit.register(self.close)
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    with contextlib.suppress(OSError):
                        pipe.close()
            process.wait()

    def close(self) -> None:
        """End the process; the next use starts another."""
        with self._lock:
            self._end()
        atexit.unregister(self.close)


_STOPPED = (
    "The template {name} was stopped: it took more time, memory or room than letters need. Look for "
    "a loop that never ends."
)


def _sentence(name: str, answer: dict[str, Any]) -> str:
    message = str(answer.get("message", "")).rstrip(".")
    where = f"the {answer['part']} of the template {name}"
    match answer["error"]:
        case "syntax":
            return f"Line {answer['line']} of {where} is not valid: {message}. Correct it and try again."
        case "nested":
            return f"In {where}: it is nested too deeply. Make it simpler."
        case "undefined":
            return f"In {where}: {message}. Check the name, or add the fact to the case."
        case "security":
            return f"In {where}: {message}. Templates may use facts and plain text only, not Python itself."
        case "include":
            return f"In {where}: there is no file {message} to include in the templates folder."
        case "size":
            return f"In {where}: what it makes is too large. Look for a loop that never ends."
        case _:
            return f"In {where}: {message}."
