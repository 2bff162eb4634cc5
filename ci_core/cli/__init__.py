"""The `ci` command: one door to the library at a shell. It translates, and decides nothing.

`app` puts the commands together. What a command needs is imported inside it, so that `ci --help` does not wait for a
database driver.
"""
