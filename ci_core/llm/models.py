"""Which chat models are asked, in which order."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit, urlunsplit

from ci_core.llm.prices import price_of
from ci_core.settings import Settings, TokenPrice

OPENAI, OLLAMA = "openai", "ollama"
OPENAI_URL = "https://api.openai.com/v1"
OLLAMA_PORT = 11434
DEFAULT_MODELS = {OPENAI: "gpt-4.1-mini", OLLAMA: "llama3.1"}
HOW_TO_CONFIGURE = (
    "Set OPENAI_API_KEY (from https://platform.openai.com/api-keys), or USE_LOCAL_LLM=true with an Ollama server."
)


@dataclass(frozen=True, slots=True)
class ChatModel:
    """One model that can be asked.

    Attributes:
        provider: "openai" (or whatever speaks its protocol) or "ollama".
        name: as the provider calls it.
        url: where it is asked; may hold a password, so it is shown by `address` only.
        price: per million tokens; None where it is not known, and then it is not asked.
        ready: False while its key is missing.
    """

    provider: str
    name: str
    url: str
    price: TokenPrice | None
    ready: bool = True

    @property
    def label(self) -> str:
        """How people and the ledger call it."""
        return f"{self.provider}:{self.name}"

    @property
    def address(self) -> str:
        """Where it is asked, without a password."""
        parts = urlsplit(self.url)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))

    @property
    def login(self) -> tuple[str, str] | None:
        """The name and password in its address, for a gateway that asks for them."""
        parts = urlsplit(self.url)
        return (unquote(parts.username), unquote(parts.password or "")) if parts.username else None

    def __repr__(self) -> str:
        return f"ChatModel({self.label} at {self.address})"


def configured_models(settings: Settings) -> tuple[ChatModel, ...]:
    """The models of the settings, the first to ask first; none when nothing is configured.

    With USE_LOCAL_LLM=true only those on the Ollama server count, so that no text goes anywhere else.
    """
    local_only = settings.use_local_llm
    usual = OLLAMA if local_only else OPENAI
    listed = [_split(entry.strip(), usual) for entry in (settings.llm_model or "").split(",") if entry.strip()]
    if not listed and (local_only or settings.openai_api_key or settings.openai_base_url):
        listed = [(usual, DEFAULT_MODELS[usual])]
    wanted = [entry for entry in dict.fromkeys(listed) if not local_only or entry[0] == OLLAMA]
    return tuple(_model(settings, provider, name) for provider, name in wanted)


def _split(entry: str, usual: str) -> tuple[str, str]:
    provider, colon, name = entry.partition(":")
    return (provider, name.strip()) if colon else (usual, entry)


def _model(settings: Settings, provider: str, name: str) -> ChatModel:
    price = price_of(provider, name, settings.llm_prices)
    if provider == OLLAMA:
        return ChatModel(provider, name, ollama_url(settings.ollama_host), price)
    # A server of one's own may want no key; OpenAI does.
    ready = bool(settings.openai_api_key or settings.openai_base_url)
    return ChatModel(provider, name, (settings.openai_base_url or OPENAI_URL).rstrip("/"), price, ready)


def ollama_url(host: str) -> str:
    """The address of an Ollama server, from what its own variable OLLAMA_HOST may say: "0.0.0.0", "box:1234", a URL."""
    parts = urlsplit(host.strip() if "://" in host else f"http://{host.strip()}")
    login, at, place = parts.netloc.rpartition("@")
    if "://" not in host and ":" not in place.rpartition("]")[2]:
        place = f"{place}:{OLLAMA_PORT}"
    # Where a server listens on every interface, it is reached on this one.
    place = place.replace("0.0.0.0", "127.0.0.1", 1) if place.startswith("0.0.0.0") else place  # noqa: S104
    return urlunsplit((parts.scheme, f"{login}{at}{place}", parts.path.rstrip("/"), "", ""))
