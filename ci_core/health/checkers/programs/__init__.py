"""The parts of checkers that run in processes of their own: each reads a question as JSON, and writes the answer."""
