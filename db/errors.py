"""What can go wrong between us and PostgreSQL, each as one clear line with the remedy."""

from __future__ import annotations

import errno


class DatabaseError(Exception):
    """Base of every expected failure of the database."""


class AddressInvalid(DatabaseError):
    """The configured address of the database cannot be used. Its text never quotes the address: it holds a password."""


class DatabaseUnavailable(DatabaseError):
    """No connection can be had: the server is down, unreachable, or refuses us."""


class PoolExhausted(DatabaseError):
    """Every pooled connection is in use and none came back in time."""


class StatementTimeout(DatabaseError):
    """The server cancelled a statement that took longer than is allowed; its transaction was rolled back."""


class DatabaseFull(DatabaseError):
    """The disk under the server has no room left; what was to be written was not, and what was there still is."""


class DatabaseBusy(DatabaseError):
    """Another transaction stood in the way (a lock, a deadlock); this one was rolled back and may be tried again."""


class UnsupportedServer(DatabaseError):
    """The server is older than PostgreSQL 14 or lacks pgvector."""


class SchemaOutOfDate(DatabaseError):
    """The tables are older or newer than this program."""


class EmbeddedServerError(DatabaseError):
    """The embedded PostgreSQL cannot be started or stopped; the text names the folder, the reason and the remedy."""


class DataFolderNotWritable(EmbeddedServerError):
    """The data folder, or something in it, may not be written by this user."""


class DataFolderFull(EmbeddedServerError):
    """The disk or the quota of the data folder is used up."""


class DataFolderVersionMismatch(EmbeddedServerError):
    """The data folder was made by another major version of PostgreSQL than the one installed here."""


class BackupError(DatabaseError):
    """A backup or a restore did not happen; the text says why, and everything is as it was before."""


class BackupUnusable(BackupError):
    """A file is no backup, or one that cannot be restored."""


class RestoreRefused(BackupError):
    """A restore would take the place of somebody's work, or of a database that is in use."""


def is_disk_full(error: OSError) -> bool:
    """Whether there is no room left: on the disk, or in the user's share of it."""
    return error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
