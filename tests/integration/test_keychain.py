"""The real Secret Service: gnome-keyring on a message bus of the test's own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import keyring
from keyring.backends.SecretService import Keyring
keyring.set_keyring(Keyring())
from outreach.secrets import delete_password, get_password, set_password
assert get_password("office@example.org") is None
set_password("office@example.org", "s3cret of the t\u00e9st")
assert get_password("office@example.org") == "s3cret of the t\u00e9st"
delete_password("office@example.org")
delete_password("office@example.org")
assert get_password("office@example.org") is None
print("kept and forgotten")
"""


@pytest.mark.skipif(
    not (shutil.which("gnome-keyring-daemon") and shutil.which("dbus-run-session")),
    reason="gnome-keyring and dbus are not installed; make test installs them on Debian",
)
def test_a_password_goes_into_the_systems_keychain_and_out_again(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir(mode=0o700)
    variables = {
        **os.environ,
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "XDG_RUNTIME_DIR": str(tmp_path / "run"),
        "PYTHONUTF8": "1",
    }
    inside = (
        f"printf 'password' | gnome-keyring-daemon --unlock --components=secrets >/dev/null && "
        f"{sys.executable} - <<'END'\n{SCRIPT}\nEND"
    )
    done = subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", inside],
        env=variables,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    assert "kept and forgotten" in done.stdout, done.stderr
    assert "s3cret" not in "".join(
        p.read_text("utf-8", "replace") for p in tmp_path.rglob("*") if p.is_file()
    )
