"""Issues in SARIF 2.1.0: out to GitHub, editors and other tools, and in from any other scanner."""
