"""Reading and rendering templates in a process of their own, which is started when first needed and kept."""

import atexit
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
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
TEXTS_AT_ONCE = 50
"""Letters that are rendered in one trip to the process. More save little time, and keep others waiting for
it."""
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
        (answer,) = self._answers(name, {"kind": "inspect", "text": text}, 1)
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
        """Render a template's parts for one letter; see `render_each`."""
        return self.render_each(name, parts, context, [{}])[0]

    def render_each(
        self, name: str, parts: dict[str, str], common: dict[str, Any], each: Sequence[dict[str, Any]]
    ) -> list[Rendered]:
        """Render a template's parts for many letters, in one trip to the process.

        Args: name: for messages. parts: subject and body, as Jinja source. common: plain data that all
            letters are given, the facts among it. each: what each is given besides; `TEXTS_AT_ONCE` are a
            good number.
        Returns: one for each, in their order.
        Raises: TemplateError with the place and what to do, also for one that takes too long or makes too
            much.
        """
        if not each:
            return []
        request = {
            "kind": "render",
            "parts": parts,
            "common": common,
            "each": each,
            "free": _MOST_FREE_SECONDS,
        }
        answers = self._answers(name, request, len(each))
        for answer in answers:
            if "error" in answer:
                raise TemplateError(_sentence(name, answer))
        return [
            Rendered(answer["parts"], tuple((fact, words) for fact, words in answer["used"]))
            for answer in answers
        ]

    def _answers(self, name: str, request: dict[str, Any], count: int) -> list[dict[str, Any]]:
        """What the process answers: as many as were asked for, or fewer of which the last is an error.

        Raises: TemplateError if the process ended, or had to be ended, or if the command has spent its time
            or room.
        """
        with self.command():
            budget: _Budget = self._of_thread.budget
            request["cpu"] = budget.seconds + _MOST_FREE_SECONDS
            with self._lock:
                found = self._exchange(
                    json.dumps(request).encode() + b"\n", count, budget, request.get("text", "")
                )
            if found is None or budget.is_spent:
                raise TemplateError(_STOPPED.format(name=name))
            return found

    def _exchange(
        self, request: bytes, count: int, budget: _Budget, read: str
    ) -> list[dict[str, Any]] | None:
        """Send a request and take its answers, as far as the budget goes. read: the text that was sent to be
        read.

        Returns: the answers; None if the process ended, or had to be ended, before the last.
        """
        process = self._started()
        assert process.stdin and process.stdout
        timer = threading.Timer(_WALL_SECONDS + (count - 1) * _MOST_FREE_SECONDS, process.kill)
        timer.start()
        found: list[dict[str, Any]] = []
        is_done = False
        try:
            process.stdin.write(request)
            process.stdin.flush()
            while not (is_done or budget.is_spent):
                line = process.stdout.readline(_MOST_BYTES)
                if not line.endswith(b"\n"):
                    break
                answer: dict[str, Any] = json.loads(line)
                found.append(answer)
                is_done = len(found) == count or "error" in answer
                budget.take(answer["seconds"], sum(map(len, (answer.get("parts") or {"": read}).values())))
        except OSError:
            is_done = False
        finally:
            timer.cancel()
            if not is_done:  # also when this program is interrupted: no late answer is taken for the next one
                self._end()
        return found if is_done else None

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
