"""Accounts at model providers: from the settings and from agents.toml; keys never shown."""

import pytest

from coderclawlink.drivers import accounts
from coderclawlink.drivers.given import AgentSettings
from coderclawlink.drivers.models import listen
from coderclawlink.drivers.models.wires import Upstream
from coderclawlink.drivers.provider import Provider
from coderclawlink.errors import Invalid

pytestmark = pytest.mark.anyio

SECOND = """
[accounts.second]
wire = "anthropic"
key = "{secret:SECOND}"
base_url = "https://gateway.example/v1/"
"""


def test_the_settings_accounts_come_first_the_best_wire_first() -> None:
    settings = AgentSettings(ollama_base_url="http://o:1/", openai_api_key="k-o", anthropic_api_key="k-a")
    read = accounts.read(settings, SECOND, secrets={"SECOND": "k-s"})
    assert list(read) == ["anthropic", "openai", "ollama", "second"]
    assert read["anthropic"].upstream == Upstream("https://api.anthropic.com", "k-a", "anthropic")
    assert read["ollama"].upstream == Upstream("http://o:1", None, "ollama")
    assert read["second"].upstream == Upstream("https://gateway.example", "k-s", "second")


def test_a_key_is_not_shown_by_accident() -> None:
    assert "k-s" not in repr(accounts.read(AgentSettings(), SECOND, secrets={"SECOND": "k-s"}))


async def test_an_account_without_its_secret_says_what_to_do() -> None:
    account = accounts.read(AgentSettings(), SECOND)["second"]
    assert account.why == "The secret SECOND is not set on this machine. Run `clawlink secret set SECOND` on it."
    assert (await Provider(account).probe()).why == account.why


def test_a_table_may_stand_in_the_place_of_the_settings_account() -> None:
    read = accounts.read(AgentSettings(openai_api_key="old"), '[accounts.openai]\nwire = "openai"\nkey = "new"')
    assert read["openai"].key == "new"


async def test_a_refused_key_is_told_with_where_it_stands() -> None:
    async def refuse(scope: listen.Scope, receive: listen.Receive, send: listen.Send) -> None:
        await listen.answer(send, 401, b"{}")

    socket = listen.loopback()
    async with listen.listening(refuse, socket):
        url = f"http://127.0.0.1:{socket.getsockname()[1]}"
        text = f'[accounts.mine]\nwire = "openai"\nkey = "k"\nbase_url = "{url}"'
        of_file = await Provider(accounts.read(AgentSettings(), text)["mine"]).probe()
        settings = AgentSettings(openai_api_key="k", openai_base_url=url)
        of_settings = await Provider(accounts.read(settings)["openai"]).probe()
    assert of_file.why == f"The model provider at {url}/v1/models refuses the key. Look at [accounts.mine]."
    assert of_file.signed_in is False
    assert (of_settings.why or "").endswith("Look at OPENAI_API_KEY.")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[accounts.a]\nwire = "smoke"', "line 2: accounts.a.wire: input should be 'anthropic', 'openai' or 'ollama'"),
        ('[accounts.a]\nkey = "k"', "line 1: accounts.a.wire: is missing"),
        (
            '[accounts.a]\nwire = "openai"',
            "line 1: accounts.a: an account has a key, or a base_url where none is needed",
        ),
        ('[accounts.a]\nwire = "ollama"\nkey = "k"', "line 1: accounts.a: the wire ollama needs a base_url"),
        (
            '[accounts.a]\nwire = "openai"\n\nbase_url = "ftp://x"',
            "line 4: accounts.a.base_url: Not a base URL of a model provider: 'ftp://x'.",
        ),
        (
            '[accounts.openai]\nwire = "ollama"',
            "line 2: accounts.openai.wire: the account openai is on the wire openai",
        ),
        (
            '[accounts."A b"]\nwire = "ollama"',
            "line 1: accounts.A b: cannot be an account's name; small letters, digits, - and _ make one",
        ),
        ("accounts = 1", "line 1: accounts: is a table of tables, [accounts.NAME]"),
    ],
)
def test_a_mistake_is_told_where_it_stands(text: str, told: str) -> None:
    with pytest.raises(Invalid) as problem:
        accounts.read(AgentSettings(), text)
    assert problem.value.message == f"agents.toml, {told}"
