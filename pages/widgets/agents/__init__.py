"""The parts of the Agents page: the state of the sidecar, what runs, what comes next, what was, and who works."""
