"""The one address under which a page is known, without what only tracks, varies or points into it."""

from __future__ import annotations

import posixpath
import re
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from ci_core.research.normalise.sites import at_home, unwrapped

MOST_CHARACTERS = 2_000

# Parameters that say where a reader came from, and not what is read.
TRACKING = frozenset(
    """
    _ga _gl _hsenc _hsmi _r action_object_map action_type_map amp at_campaign at_medium campaign_id cmp
    cmpid dclid dm_i emc fb_action_ids fb_action_types fb_ref fb_source fbclid feature ga_campaign ga_content
    ga_medium ga_source ga_term gclid gclsrc gi guccounter guce_referrer guce_referrer_sig hpid hss_channel
    icid igsh igshid mbid mc_cid mc_eid mkt_tok msclkid ncid ns_campaign ns_mchannel ns_source oc ocid
    outputtype partner pk_campaign pk_kwd print ref ref_ ref_source ref_src ref_url referer referrer rss s_cid
    s_kwcid sc_campaign sc_channel share share_id shared si smid smtyp soc_src soc_trk source spm sr_share src
    srnd trk taid ttclid twclid utm_brand utm_campaign utm_content utm_id utm_medium utm_name utm_reader
    utm_social utm_source utm_term vero_conv vero_id wprov wt_mc wtrid xtor yclid
    """.split()  # noqa: SIM905 (a list of quoted words would be unreadable)
)
_TRACKING_PREFIX = ("utm_", "guce_", "mtm_", "pk_", "hsa_", "at_custom")
# The same pages under another name of the same site.
_VARIANT = re.compile(r"^(?:www\d?|m|mobile|amp)\.(?=[^.]+\.)")
_REDDIT_VARIANT = re.compile(r"^(?:old|new|np|i|sh|amp|pay|ssl|[a-z]{2})\.reddit\.com$")
_INNER_VARIANT = re.compile(r"^([a-z-]{2,12})\.m\.(?=[^.]+\.)")
_HOST = re.compile(r"^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$")
_SAFE = "/:@!$&'()*+,;=~-._"
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?|jsp)$", re.IGNORECASE)
_SESSION = re.compile(r";jsessionid=[^/?#]*", re.IGNORECASE)
_AMP_PATH = re.compile(r"/amp/?$|\.amp(?=\.html?$)|\.amp$", re.IGNORECASE)
_PORTS = {"http": 80, "https": 443}


def canonical_url(address: str) -> str | None:
    """The address under which the page at `address` is known, or None where that is no address of the web.

    Two addresses of one page give the same one: tracking parameters, fragments, mobile, AMP and old.reddit names,
    default ports, "index.html" and a slash at the end go; parameters that are left are sorted; http becomes https.
    Addresses of redirects and archives become what they lead to where that is written in them. What known sites do more
    (versions of a paper at arXiv, folders of a repository at GitHub, titles in addresses of questions) is in `sites`.
    """
    for _ in range(4):  # an archived page of a redirect of …
        parts = _split(address)
        if parts is None:
            return None
        host, path, query = parts
        inner = unwrapped(host, path, dict(query))
        if inner is None:
            break
        address = inner
    host, path, query = at_home(host, path, query)
    shown = f"?{urlencode(sorted(query))}" if query else ""
    return f"https://{host}{path}{shown}"


def _split(address: str) -> tuple[str, str, list[tuple[str, str]]] | None:
    """Host, path without a slash at the end, and the parameters that matter."""
    if len(address) > MOST_CHARACTERS or any(character <= " " or character == "\\" for character in address.strip()):
        return None
    try:
        parts = urlsplit(address.strip())
        port = parts.port
        host = _host(parts.hostname or "")
        query = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme not in _PORTS or not host:
        return None
    if port not in (None, *_PORTS.values()):
        host = f"{host}:{port}"
    # "#!" begins what some pages read as their path; any other fragment is a place within the page.
    path = parts.path + ("/" + parts.fragment.lstrip("!/") if parts.fragment.startswith("!") else "")
    return host, _path(path), [(name, value) for name, value in query if not _tracks(name)]


def _host(name: str) -> str:
    name = name.lower().rstrip(".")
    if not name or ("." not in name and name != "localhost"):
        return ""
    if not name.isascii():
        name = name.encode("idna").decode("ascii")
    if not _HOST.match(name):
        return ""
    name = _INNER_VARIANT.sub(r"\1.", _VARIANT.sub("", name))
    return "reddit.com" if _REDDIT_VARIANT.match(name) else name


def _path(path: str) -> str:
    path = quote(unquote(_SESSION.sub("", path), errors="replace"), safe=_SAFE)
    path = re.sub(r"/{2,}", "/", path)
    if "/." in path:
        path = posixpath.normpath(path)
    path = _INDEX.sub("", path)
    path = _AMP_PATH.sub("", path)
    return path.rstrip("/")


def _tracks(name: str) -> bool:
    name = name.lower()
    return name in TRACKING or name.startswith(_TRACKING_PREFIX)
