"""What can be configured from outside: one frozen class, read once at the edge (`cli`, `node.app`) and handed on as values.

Values come from the process's environment, then from a `.env` file in the working directory. A value that is empty or
a placeholder such as `your_anthropic_api_key_here` counts as not set. The reference page is made from the descriptions.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PLACEHOLDER = re.compile(r"^(your[_-].*[_-]here|<.*>|changeme|xxx+)$", re.IGNORECASE)


def _drop_placeholder(value: Any) -> Any:
    if isinstance(value, str) and (not value.strip() or PLACEHOLDER.match(value.strip())):
        return None
    return value


Maybe = Annotated[str | None, BeforeValidator(_drop_placeholder)]


def data_directory() -> Path:
    """`$XDG_DATA_HOME/coderclawlink`, by default under `~/.local/share` (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "coderclawlink"


class Settings(BaseSettings):
    """Every setting there is."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True, populate_by_name=True
    )

    clawlink_home: Path = Field(
        default_factory=data_directory,
        description="Data directory: database, node, checkouts, logs. Readable by its owner alone.",
    )
    database_url: Maybe = Field(
        default=None,
        description="`sqlite:///path` or `postgresql://…`; driver names such as `+aiosqlite` are accepted and ignored. "
        "Default: `clawlink.db` in the data directory.",
    )
    mode: Literal["local", "team"] = Field(
        default="local",
        alias="CLAWLINK_MODE",
        description="`local`: the hub belongs to this machine's owner, who needs no signing in. `team`: everybody signs in.",
    )
    api_host: str = Field(
        default="127.0.0.1",
        description="Address to listen on. Only loopback in local mode; beyond it, team mode wants TLS or a named proxy.",
    )
    api_port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on; 0 takes any free one.")
    allowed_hosts: str = Field(
        default="",
        alias="CLAWLINK_ALLOWED_HOSTS",
        description="Further names, comma separated, that the Host header may carry beside localhost and 127.0.0.1.",
    )
    tls_cert: Path | None = Field(
        default=None, alias="CLAWLINK_TLS_CERT", description="Certificate chain (PEM) that the hub shows; with the key."
    )
    tls_key: Path | None = Field(
        default=None, alias="CLAWLINK_TLS_KEY", description="Private key (PEM) of this certificate."
    )
    proxies: str = Field(
        default="",
        alias="CLAWLINK_PROXIES",
        description="IP addresses, comma separated, of the proxies that end TLS before this hub. What they alone say of who "
        "asks, in X-Forwarded-For and X-Forwarded-Proto, is believed.",
    )
    sandbox: Literal["auto", "bubblewrap", "landlock", "none"] = Field(
        default="auto",
        alias="CLAWLINK_SANDBOX",
        description="What contains agents. `auto` takes the best that works here and prints it; a name demands it.",
    )
    slots: int = Field(default=4, ge=1, le=256, alias="CLAWLINK_SLOTS", description="Attempts at once on this machine.")
    attempt_timeout_seconds: float = Field(
        default=3600,
        gt=0,
        alias="CLAWLINK_ATTEMPT_TIMEOUT_SECONDS",
        description="An attempt that takes longer is stopped; its work is saved.",
    )
    project_limit: int = Field(
        default=16, ge=1, alias="CLAWLINK_PROJECT_LIMIT", description="Attempts at once for one project."
    )
    lease_seconds: float = Field(
        default=15, gt=0, alias="CLAWLINK_LEASE_SECONDS", description="A node unheard of for so long is offline."
    )
    grace_seconds: float = Field(
        default=600,
        ge=0,
        alias="CLAWLINK_GRACE_SECONDS",
        description="How long the runs of an offline node wait for it before they are made anew elsewhere.",
    )
    model_script: Maybe = Field(
        default=None,
        alias="CLAWLINK_MODEL_SCRIPT",
        description="`on`: every model call is answered by the built-in scripted model; no key, no network. "
        "What `clawlink demo` uses.",
    )
    goose: Maybe = Field(
        default=None, alias="CLAWLINK_GOOSE", description="Path of Goose's program, where it is not on the PATH."
    )
    openhands: Maybe = Field(
        default=None,
        alias="CLAWLINK_OPENHANDS",
        description="Path of OpenHands' program `agent-server`, where it is not on the PATH.",
    )
    github_token: Maybe = Field(default=None, description="Token for GitHub, for pull requests and private clones.")
    github_server_url: str = Field(
        default="https://github.com", description="Base URL that repositories are cloned from."
    )
    github_api_url: Maybe = Field(
        default=None,
        description="Base URL of GitHub's REST interface. Default: `https://api.github.com`, and for an Enterprise server "
        "its `/api/v3`.",
    )
    public_url: Maybe = Field(
        default=None,
        alias="CLAWLINK_PUBLIC_URL",
        description="Base URL under which people reach this hub, for links that are sent elsewhere. Default: where it listens.",
    )
    opa_url: Maybe = Field(
        default=None,
        alias="CLAWLINK_OPA_URL",
        description="Base URL of an Open Policy Agent that decides in place of the policies that this hub keeps.",
    )
    audit_file: Path | None = Field(
        default=None,
        alias="CLAWLINK_AUDIT_FILE",
        description="A file that signed checkpoints of the audit chain are appended to; on another machine's disk it is worth most.",
    )
    audit_webhook: Maybe = Field(
        default=None,
        alias="CLAWLINK_AUDIT_WEBHOOK",
        description="URL that signed checkpoints of the audit chain are posted to, as Standard Webhooks says.",
    )
    audit_webhook_secret: Maybe = Field(
        default=None,
        alias="CLAWLINK_AUDIT_WEBHOOK_SECRET",
        description="Secret of this webhook (`whsec_` and base64): it is signed by HMAC too, beside Ed25519.",
    )
    audit_keep_days: int = Field(
        default=0,
        ge=0,
        le=36500,
        alias="CLAWLINK_AUDIT_KEEP_DAYS",
        description="Audit events that are older go to files in the data directory, out of the database. 0: all stay.",
    )
    anthropic_api_key: Maybe = Field(default=None, description="Key for Anthropic's models (`claude`).")
    anthropic_base_url: Maybe = Field(default=None, description="Base URL of Anthropic's interface.")
    openai_api_key: Maybe = Field(default=None, description="Key for OpenAI's models (`auggie`, `goose`, `codex`).")
    openai_base_url: Maybe = Field(default=None, description="Base URL of OpenAI's interface.")
    ollama_base_url: Maybe = Field(
        default=None, description="Base URL of an Ollama server, e.g. http://localhost:11434."
    )
    opendevin_api_url: Maybe = Field(default=None, description="Base URL of an OpenDevin/OpenHands server.")
    opendevin_api_key: Maybe = Field(
        default=None, description="Key that this server wants to be shown, its session API key, if it has one."
    )
    goose_api_url: Maybe = Field(default=None, description="Base URL of a Goose server, as `goose serve` is one.")
    goose_api_key: Maybe = Field(default=None, description="Secret key of this server (its GOOSE_SERVER__SECRET_KEY).")

    @property
    def store_url(self) -> str:
        """The database's URL with its default filled in."""
        return self.database_url or f"sqlite:///{self.clawlink_home / 'clawlink.db'}"

    @property
    def proxy_addresses(self) -> tuple[str, ...]:
        """The addresses of the named proxies."""
        return tuple(address.strip() for address in self.proxies.split(",") if address.strip())

    @property
    def is_encrypted(self) -> bool:
        """Whether the hub itself speaks TLS."""
        return self.tls_cert is not None and self.tls_key is not None

    @property
    def github_api(self) -> str:
        """The base URL of GitHub's REST interface with its default filled in."""
        server = self.github_server_url.rstrip("/")
        return self.github_api_url or (
            "https://api.github.com" if server == "https://github.com" else f"{server}/api/v3"
        )

    def as_environment(self) -> dict[str, str]:
        """The same settings as variables, for a process of ours that is started from here."""
        made = {}
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if value is not None and name in self.model_fields_set:
                made[(field.alias or name).upper()] = str(value)
        return made
