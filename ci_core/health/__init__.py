"""The health agent: looks at a repository, follows what it finds from check to check, and tells how it does."""
