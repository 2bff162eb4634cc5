"""Stand-ins for the web sites that the product talks to, over real HTTP, with faults that can be switched on."""

from tests.sites.faults import Fault
from tests.sites.server import Sites

__all__ = ["Fault", "Sites"]
