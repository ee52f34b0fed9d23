"""Take the README's pictures of the real window: python tests/screenshots.py FOLDER."""

import os
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parents[1]))

from outreach.app import Desktop, make_application
from outreach.correspondence.incoming import Incoming, file_all
from outreach.correspondence.replies import record_reply
from outreach.domain.states import ReplyKind
from outreach.exchange.campaign_folder import campaign_folder, read_campaign
from outreach.exchange.campaign_loader import load_campaign
from outreach.letters.sandbox import TemplateSandbox
from outreach.settings import Settings
from outreach.store.database import open_database
from tests import factories
from tests.messages import message

PICTURES = (
    ("overview", "overview", "light"),
    ("letters", "letters", "light"),
    ("inbox", "inbox", "light"),
    ("compose", "compose", "light"),
    ("directory", "directory", "light"),
    ("cases", "cases", "dark"),
    ("packs", "packs", "light"),
)


MAIL = (
    message(
        "Dear friends,\n\nthank you for your letter. I have passed it to the Foreign and Commonwealth "
        "Office, which is responsible for entry bans in such cases, and would be happy to meet you in "
        "February.\n\nYours sincerely,\nthe Private Office\n\nOn Wed, 26 Jan 2011 at 10:00, the campaign "
        "wrote:\n> We write on the case of Sergei Magnitsky, a lawyer\n> who died in custody.\n> Our "
        "reference MAG-0006\n",
        subject="Re: entry to the United Kingdom [MAG-0006]",
        sender="Private Office <private.office@homeoffice.example>",
    ),
    message(
        "Could you tell us which dossier your letter refers to?", subject="Your letter of January",
        sender="Office of the Chair <chair@europarl.example>", message_id="<2@europarl.example>",
    ),
)  # fmt: skip


def fill(path: Path) -> None:
    """A campaign under way: drafts, letters sent, answers."""
    database = open_database(path, create=True)
    sandbox = TemplateSandbox()
    with database.write() as session:
        load_campaign(session, read_campaign(campaign_folder("magnitsky")))
    factories.sent(
        database, sandbox, "Theresa May, Damian Green, Chris Bryant, Heidi Hautala, United States Congress"
    )
    factories.approved(
        database, sandbox, "Council of the European Union, Helsinki Commission, audience:un_rapporteur"
    )
    factories.drafted(database, sandbox, "Marietje Schaake, Parliament of Canada, Human Rights Council")
    with database.write() as session:
        record_reply(
            session,
            "MAG-0008",
            kind=ReplyKind.AGREED,
            on=date(2011, 1, 26),
            from_name="Chris Bryant",
            text="Will raise it again.",
            promise="Table a question in the House",
            promise_due=date(2011, 2, 4),
        )
    file_all(database, [Incoming(m) for m in MAIL], today=date(2011, 2, 4))
    sandbox.close()
    database.close()


def main(folder: Path) -> None:
    """Write every picture."""
    folder.mkdir(parents=True, exist_ok=True)
    application = make_application()
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["OUTREACH_CONFIG_DIR"] = scratch
        path = Path(scratch) / "outreach.db"
        fill(path)
        desktop = Desktop(application, Settings(theme="light"))
        window = desktop.open(str(path))
        window.resize(1280, 800)

        def wait() -> None:
            quiet = 0
            while quiet < 15:
                application.processEvents()
                time.sleep(0.01)
                quiet = quiet + 1 if window.workspace.jobs.is_idle else 0

        wait()
        for name, page, theme in PICTURES:
            desktop.theme.apply(theme)
            window.sidebar.choose(page)
            wait()
            if page == "letters":
                window.pages["letters"].table.select(["MAG-0008"])
            if page == "inbox":
                window.pages["inbox"].table.selectRow(1)
            if page == "cases":
                window.pages["cases"].table.select(["detention_days"])
            if page == "directory":
                window.pages["directory"].tables["people"].select(["damian-green"])
            wait()
            window.statusBar().clearMessage()
            window.grab().save(str(folder / f"{name}.png"))
        desktop.shut_down()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
