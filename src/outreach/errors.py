"""What can go wrong, each with a sentence for the user: what happened and what to do.

The technical cause is chained with ``raise … from`` and goes to the log. The terminal prints the
message on one line; the window shows it in a dialog. Anything that is not an `OutreachError` is a bug.
"""


class OutreachError(Exception):
    """Base of every error whose message is meant for the user."""


class UsageError(OutreachError):
    """The request itself cannot be met as it was worded: an unknown name, a wrong date."""


class NotFoundError(UsageError):
    """Nothing is known under the name or reference that was given."""


class NotAllowedError(OutreachError):
    """The step is not possible in the state the letter is in."""


class TemplateError(OutreachError):
    """A letter template cannot be used: its syntax, its front matter, or what it tries to do."""


class MissingFactsError(OutreachError):
    """A template needs facts that the case does not have; all of them are named at once."""

    def __init__(self, message: str, names: tuple[str, ...]) -> None:
        super().__init__(message)
        self.names = names


class CampaignDataError(OutreachError):
    """A campaign's data files cannot be loaded; the message names the file and the place."""


class TypesettingError(OutreachError):
    """A document could not be set as PDF."""


class DatabaseError(OutreachError):
    """Base of errors of the database file."""


class DatabaseMissingError(DatabaseError):
    """There is no database at the path given."""


class DatabaseBrokenError(DatabaseError):
    """The file is not a database, or is damaged."""


class UnreadableRecordError(DatabaseBrokenError):
    """A record holds a value that this version does not know."""


class DatabaseNewerError(DatabaseError):
    """The database was written by a newer version of the app."""


class DatabaseBusyError(DatabaseError):
    """Another program holds the database locked."""


class ReadOnlyError(DatabaseError):
    """The file or its folder may not be written."""


class DiskFullError(DatabaseError):
    """No space is left where the app tried to write."""


class DiskFailedError(DatabaseError):
    """The disk could not be read or written; nothing says that the database is damaged."""


class FileThereError(UsageError):
    """A file is there already, and nobody said that it may be replaced."""


class ExportError(OutreachError):
    """A file could not be written."""


class ImportFileError(OutreachError):
    """A file cannot be imported; nothing of it was."""


class DownloadError(OutreachError):
    """A public directory could not be fetched; nothing was changed."""


class MailboxError(OutreachError):
    """A mailbox could not be read; what was read before is on file."""


class KeychainError(OutreachError):
    """The system's keychain is locked, absent, or refuses."""


class CancelledError(OutreachError):
    """The user stopped a long job; nothing of it was kept."""
