"""Which agents there are, and which way each is reached, by what is set and what is installed."""

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from coderclawlink.configuration import McpServer
from coderclawlink.drivers.accounts import read as accounts_of
from coderclawlink.drivers.acp import AcpDriver
from coderclawlink.drivers.address import UrlDriver
from coderclawlink.drivers.base import Ground, Job
from coderclawlink.drivers.catalogue import ALWAYS_KNOWN, Agent, agents, drivers
from coderclawlink.drivers.errors import AgentFailed
from coderclawlink.drivers.given import AgentSettings
from coderclawlink.drivers.http import HttpDriver
from coderclawlink.drivers.missing import Missing
from coderclawlink.drivers.models import script
from coderclawlink.drivers.openhands import OpenHandsDriver
from coderclawlink.drivers.programs import known, paths_read
from coderclawlink.drivers.provider import Provider
from coderclawlink.drivers.scripted import ScriptedDriver
from coderclawlink.errors import Invalid
from coderclawlink.node import secrets

pytestmark = pytest.mark.anyio


@pytest.fixture
def bin(tmp_path: Path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


def install(folder: Path, *programs: str) -> None:
    for name in programs:
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)


def acp(agents: Mapping[str, Agent], name: str) -> AcpDriver:
    driver = agents[name].driver
    assert isinstance(driver, AcpDriver)
    return driver


def test_five_names_are_always_known(bin: Path) -> None:
    assert sorted(drivers(AgentSettings(path=str(bin)))) == ["auggie", "claude", "goose", "ollama", "opendevin"]


async def test_what_is_not_set_says_what_to_do(bin: Path, ground: Ground, job: Job) -> None:
    for name, driver in drivers(AgentSettings(path=str(bin))).items():
        probe = await driver.probe()
        assert not probe.available
        assert any(word in (probe.why or "") for word in ("Set ", "nstall ")), (name, probe.why)
    missing = drivers(AgentSettings(path=str(bin)))["ollama"]
    assert isinstance(missing, Missing)
    with pytest.raises(AgentFailed, match="Set OLLAMA_BASE_URL"):
        missing.open(job, ground)


def test_a_placeholder_counts_as_not_set() -> None:
    settings = AgentSettings(
        anthropic_api_key="your_anthropic_api_key_here",
        openai_api_key=" ",
        ollama_base_url="<url>",
        openai_base_url="changeme",
    )
    assert accounts_of(settings) == {}
    assert list(accounts_of(AgentSettings(openai_api_key="sk-1", ollama_base_url="http://x"))) == ["openai", "ollama"]


def test_goose_takes_the_first_model_there_is(bin: Path) -> None:
    install(bin, "goose")
    everything = AgentSettings(path=str(bin), ollama_base_url="http://x", openai_api_key="k", anthropic_api_key="k")
    goose = acp(agents(everything), "goose")
    assert goose.command == (str(bin / "goose"), "acp", "--with-builtin", "developer")
    assert goose.env == {
        "GOOSE_PROVIDER": "anthropic",
        "ANTHROPIC_HOST": "{anthropic_url}",
        "ANTHROPIC_API_KEY": "{key}",
        "GOOSE_MODEL": "{model}",
        "GOOSE_DISABLE_KEYRING": "1",
    }
    assert goose.modes == {"ask": {"GOOSE_MODE": "approve"}, "auto": {"GOOSE_MODE": "auto"}}
    asking = acp(agents(everything, '[agents.goose]\nwire = "ollama"\nmode = "ask"\nmodel = "m"'), "goose")
    assert (asking.env["GOOSE_PROVIDER"], asking.model, asking.mode) == ("ollama", "m", "ask")


async def test_goose_without_a_model_says_so(bin: Path) -> None:
    install(bin, "goose")
    probe = await drivers(AgentSettings(path=str(bin)))["goose"].probe()
    assert probe.why == (
        "Its program was found, but no model for it: set ANTHROPIC_API_KEY or OPENAI_API_KEY or OLLAMA_BASE_URL."
    )


def test_goose_and_opendevin_may_be_urls() -> None:
    found = agents(AgentSettings(goose_api_url="http://g/", opendevin_api_url="http://o"))
    for name, url in (("goose", "http://g"), ("opendevin", "http://o")):
        driver = found[name].driver
        assert isinstance(driver, UrlDriver)
        assert (driver.url, driver.plain.url, driver.acp.url, driver.openhands.url) == (url, url, url, url)
        assert found[name].network == "open"


def test_each_server_is_shown_its_own_key() -> None:
    settings = AgentSettings(
        goose_api_url="http://g", goose_api_key="g-key", opendevin_api_url="http://o", opendevin_api_key="o-key"
    )
    found = drivers(settings, '[agents.mine]\nurl = "http://m"')
    keys = {}
    for name in ("goose", "opendevin", "mine"):
        driver = found[name]
        assert isinstance(driver, UrlDriver)
        keys[name] = (driver.acp.key, driver.openhands.key)
    assert keys == {"goose": ("g-key", "g-key"), "opendevin": ("o-key", "o-key"), "mine": ("", "")}
    assert "key" not in repr(settings).replace("api_key=None", "")


def test_openhands_is_started_by_us_where_its_program_is_and_a_model_for_it(bin: Path) -> None:
    assert isinstance(drivers(AgentSettings(path=str(bin)))["opendevin"], Missing)
    install(bin, "agent-server")
    without = drivers(AgentSettings(path=str(bin)))["opendevin"]
    assert isinstance(without, Missing)
    assert "set ANTHROPIC_API_KEY" in without.why
    settings = AgentSettings(path=str(bin), anthropic_api_key="sk", ollama_base_url="http://l")
    found = agents(settings, '[agents.opendevin]\nmode = "ask"\nmodel = "m"')["opendevin"]
    for driver, wire, model in (
        (found.driver, "anthropic", "m"),
        (found.on("ollama")[0], "ollama", "qwen3-coder"),
    ):
        assert isinstance(driver, OpenHandsDriver)
        assert (driver.program, driver.wire, driver.model, driver.mode) == (
            str(bin / "agent-server"),
            wire,
            model,
            "ask",
        )
        assert driver.needs_checkout
    assert found.network == "model"


def test_claude_is_its_own_program_where_there_is_one_else_our_agent(bin: Path) -> None:
    settings = AgentSettings(path=str(bin), anthropic_api_key="sk")
    ours = acp(agents(settings), "claude")
    assert ours.command[:5] == (sys.executable, "-P", "-m", "coderclawlink.agent", "--wire")
    assert ours.command[5] == "anthropic"
    assert ours.session_modes["auto"] == "auto"
    install(bin, "claude-agent-acp")
    assert acp(agents(settings), "claude").command == (str(bin / "claude-agent-acp"),)


def test_auggie_is_our_agent_unless_its_program_is_signed_in(
    bin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    install(bin, "auggie")
    settings = AgentSettings(path=str(bin), openai_api_key="sk")
    assert "coderclawlink.agent" in acp(agents(settings), "auggie").command
    (tmp_path / ".augment").mkdir()
    (tmp_path / ".augment/session.json").write_text("{}")
    found = agents(settings)
    assert acp(found, "auggie").command == (str(bin / "auggie"), "--acp")
    assert acp(found, "auggie").login == (".augment/session.json",)
    assert found["auggie"].network == "open"


def test_ollama_is_our_agent() -> None:
    ollama = acp(agents(AgentSettings(ollama_base_url="http://x"), "[agents.ollama]\nmode = 'ask'"), "ollama")
    assert ollama.command[-4:] == ("--wire", "ollama", "--model", "{model}")
    assert ollama.model == "qwen3-coder"
    assert (ollama.mode, ollama.env["OLLAMA_HOST"]) == ("ask", "{ollama_url}")


def test_further_known_agents_come_by_an_entry(bin: Path) -> None:
    settings = AgentSettings(path=str(bin), openai_api_key="sk")
    further = {name: program for name, program in known().items() if name not in ALWAYS_KNOWN}
    assert {"codex", "copilot", "gemini", "opencode", "vibe"} <= further.keys()
    install(bin, *(program.command[0] for program in further.values()))
    found = agents(settings, "\n".join(f"[agents.{name}]" for name in further))
    for name, program in further.items():
        assert acp(found, name).command == (str(bin / program.command[0]), *program.command[1:])
        assert str(bin) in found[name].paths
        assert program.install, name


def test_an_agent_runs_on_any_account_of_a_wire_that_it_speaks(bin: Path) -> None:
    install(bin, "goose")
    text = """
[agents.goose]
account = "second"
model = "opus"
[accounts.second]
wire = "anthropic"
key = "k2"
[accounts.third]
wire = "openai"
key = "k3"
"""
    goose = agents(AgentSettings(path=str(bin), anthropic_api_key="k1"), text)["goose"]
    assert list(goose.accounts) == ["second", "anthropic", "third"]
    driver, account = goose.on()
    assert account is not None
    assert (account.name, account.key, driver.model) == ("second", "k2", "opus")
    driver, account = goose.on("third")
    assert account is not None
    assert (account.upstream.key, account.upstream.base) == ("k3", "https://api.openai.com")
    assert isinstance(driver, AcpDriver)
    assert (driver.env["GOOSE_PROVIDER"], driver.model) == ("openai", "gpt-5")  # the entry's model is none of OpenAI's
    with pytest.raises(AgentFailed, match="cannot be run on the account 'fourth' on this node"):
        goose.on("fourth")


async def test_an_agent_whose_secret_is_not_set_says_so(bin: Path) -> None:
    install(bin, "goose")
    text = """
[agents.goose]
account = "second"
[agents.mine]
command = "mine"
env = { TOKEN = "{secret:TOKEN}" }
[accounts.second]
wire = "anthropic"
key = "{secret:SECOND}"
"""
    found = agents(AgentSettings(path=str(bin)), text, fill=lambda entry: secrets.fill(entry, {}))
    for name, secret in (("goose", "SECOND"), ("mine", "TOKEN")):
        probe = await found[name].driver.probe()
        assert f"The secret {secret} is not set on this machine" in (probe.why or "")
    filled = agents(AgentSettings(path=str(bin)), text, fill=lambda entry: secrets.fill(entry, {"TOKEN": "t"}))
    assert acp(filled, "mine").env == {"TOKEN": "t"}


def test_what_an_environment_of_pythons_needs_is_found(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "pyvenv.cfg").touch()
    (tmp_path / "bin/python").symlink_to(sys.executable)
    install(tmp_path / "bin", "vibe-acp")
    assert {str(tmp_path), str(Path(sys.executable).resolve().parent.parent)} <= set(
        paths_read(str(tmp_path / "bin/vibe-acp"), None)
    )


def test_an_entry_adds_an_agent_of_ones_own(bin: Path) -> None:
    text = """
[agents.mine]
command = "mine --acp"
env = { URL = "{openai_url}/v1" }
limit = 3
timeout_seconds = 60
network = "open"
paths = ["/opt"]
description = "My own"
mcp_servers = [
  { name = "a", command = "x", env = { K = "v" } },
  { name = "b", url = "http://b", headers = { H = "v" } },
  { name = "c", url = "http://c", type = "sse" },
]
[agents.far]
url = "http://far/"
[agents.play]
driver = "scripted"
script = "say hi"
"""
    found = agents(AgentSettings(path=str(bin)), text)
    mine = acp(found, "mine")
    assert (mine.command, mine.env, mine.description) == (("mine", "--acp"), {"URL": "{openai_url}/v1"}, "My own")
    assert mine.mcp_servers == (
        McpServer(name="a", command="x", env={"K": "v"}),
        McpServer(name="b", url="http://b", headers={"H": "v"}),
        McpServer(name="c", url="http://c", type="sse"),
    )
    assert (found["mine"].limit, found["mine"].timeout_seconds, found["mine"].network) == (3, 60, "open")
    assert found["mine"].paths == ("/opt",)
    assert isinstance(found["far"].driver, UrlDriver)
    assert isinstance(found["play"].driver, ScriptedDriver)
    assert found["play"].driver.script == "say hi"


def test_an_entry_may_put_another_agent_under_a_known_name(bin: Path) -> None:
    found = agents(
        AgentSettings(path=str(bin)),
        '[agents.claude]\ndriver = "scripted"\n[agents.opendevin]\ndriver = "http"\nurl = "http://x"',
    )
    assert isinstance(found["claude"].driver, ScriptedDriver)
    assert isinstance(found["opendevin"].driver, HttpDriver)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[agents.nobody]", "line 1: agents.nobody: nobody knows how to reach it; give it a command or a url"),
        ('[agents.x]\ndriver = "acp"', "line 2: agents.x.driver: driver acp needs a command"),
        ('[agents.x]\ndriver = "http"', "line 2: agents.x.driver: driver http needs a url"),
        (
            '[agents.claude]\naccount = "mine"',
            "line 2: agents.claude.account: there is no account 'mine'; a table [accounts.mine] makes one",
        ),
        (
            '[agents.claude]\naccount = "o"\n[accounts.o]\nwire = "openai"\nkey = "k"',
            "line 2: agents.claude.account: is on the wire openai; this agent speaks anthropic",
        ),
    ],
)
def test_an_entry_that_leads_nowhere_is_refused(text: str, told: str) -> None:
    with pytest.raises(Invalid) as problem:
        agents(AgentSettings(), text)
    assert problem.value.message.endswith(told)


def test_the_file_may_be_missing_and_is_named_in_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / "agents.toml"
    assert "goose" in agents(AgentSettings(), file)
    file.write_text("[agents.goose]\ncolour = 1")
    with pytest.raises(Invalid, match=f"{file}, line 2: agents.goose.colour"):
        agents(AgentSettings(), file)


async def test_a_provider_is_asked_for_its_models() -> None:
    async with script.serve() as url:
        settings = AgentSettings(anthropic_base_url=url, openai_base_url=f"{url}/v1", ollama_base_url=url)
        known_accounts = accounts_of(settings)
        for account in known_accounts.values():
            probe = await Provider(account).probe()
            assert probe.available, (account, probe.why)
            assert probe.models, account
    gone = await Provider(known_accounts["openai"]).probe()
    assert not gone.available
    assert "does not answer" in (gone.why or "")


async def test_our_agent_is_available_when_it_starts_and_its_provider_answers() -> None:
    async with script.serve() as url:
        ollama = drivers(AgentSettings(ollama_base_url=url))["ollama"]
        probe = await ollama.probe()
    assert probe.available, probe.why
    assert probe.version
    assert probe.models
    lost = await drivers(AgentSettings(ollama_base_url="http://127.0.0.1:9"))["ollama"].probe()
    assert "The model provider at http://127.0.0.1:9/api/tags does not answer" in (lost.why or "")
