"""The one way to other web sites: bounded in time and size, polite, and with clear errors."""

from ci_core.web.answer import Answer, Limits
from ci_core.web.client import WebClient
from ci_core.web.gate import Gate, News, OpenGate

__all__ = ["Answer", "Gate", "Limits", "News", "OpenGate", "WebClient"]
