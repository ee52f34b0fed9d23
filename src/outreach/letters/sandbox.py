"""Rendering templates in a process of their own, which is started when first needed and kept."""

import atexit
import contextlib
import json
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import Any

from outreach.errors import TemplateError
from outreach.resources import resource

SECONDS = 4.0


@dataclass(frozen=True)
class Rendered:
    """Texts by part, and the names of the facts that went into them."""

    parts: dict[str, str]
    used: tuple[str, ...]


class TemplateSandbox:
    """Owns the worker process. Thread-safe; `close` ends it, and so does the end of the program."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def render(self, name: str, parts: dict[str, str], context: dict[str, Any]) -> Rendered:
        """Render a template's parts.

        Args: name: for messages. parts: subject and body, as Jinja source. context: plain data.
        Raises: TemplateError with the place and what to do, also for one that runs too long or too large.
        """
        request = {"parts": parts, "context": context, "folder": str(resource("templates/letters"))}
        with self._lock:
            line = self._exchange(json.dumps(request).encode() + b"\n")
        if not line:
            raise TemplateError(
                f"The template {name} was stopped: it ran for more than {self._seconds:g} seconds or took too much "
                "memory. Look for a loop that never ends."
            )
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise TemplateError(_sentence(name, answer))
        return Rendered(answer["parts"], tuple(answer["used"]))

    def _exchange(self, request: bytes) -> bytes:
        process = self._started()
        assert process.stdin and process.stdout
        timer = threading.Timer(self._seconds, process.kill)
        timer.start()
        try:
            process.stdin.write(request)
            process.stdin.flush()
            line = process.stdout.readline()
        except OSError:
            line = b""
        finally:
            timer.cancel()
        if not line.endswith(b"\n"):
            self._end()
            return b""
        return line

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-m", "outreach.letters.sandbox_worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
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
        """End the process; the next `render` starts another."""
        with self._lock:
            self._end()
        atexit.unregister(self.close)


def _sentence(name: str, answer: dict[str, Any]) -> str:
    message = str(answer["message"]).rstrip(".")
    where = f"the {answer['part']} of the template {name}"
    match answer["error"]:
        case "syntax":
            return f"Line {answer['line']} of {where} is not valid: {message}. Correct it and try again."
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
