"""The node finds its hub, and finds it again."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from coderclawlink.gate import local
from coderclawlink.gate.joining import KEY_FILE, local_key, proves_itself
from coderclawlink.node.dial import HubAddress, find_hub


def test_a_node_finds_the_hub_that_has_announced_itself_in_its_directory(tmp_path: Path) -> None:
    assert find_hub(tmp_path) is None
    key = local_key(tmp_path)
    assert find_hub(tmp_path) is None
    local.announce(tmp_path, "http://127.0.0.1:8000")
    assert find_hub(tmp_path) == HubAddress("http://127.0.0.1:8000", key)
    local.announce(tmp_path, "http://127.0.0.1:9000")
    assert find_hub(tmp_path) == HubAddress("http://127.0.0.1:9000", key)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hub.json", KEY_FILE]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"pid": 1}', "3", "\x00"])
def test_what_is_no_announcement_is_no_hub(tmp_path: Path, text: str) -> None:
    local_key(tmp_path)
    (tmp_path / local.HUB_FILE).write_text(text)
    assert find_hub(tmp_path) is None


def test_the_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    key = local_key(tmp_path)
    assert local_key(tmp_path) == key
    assert len(key) >= 43
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert os.stat(tmp_path / KEY_FILE).st_uid == os.getuid()


def test_only_the_key_proves_a_node() -> None:
    assert proves_itself("Bearer k", "k")
    assert proves_itself("bearer k", "k")
    for wrong in ("", "k", "Bearer", "Bearer ", "Bearer k ", "Bearer kk", "Basic k", "Bearer é"):
        assert not proves_itself(wrong, "k"), wrong


def test_an_announcement_says_whose_it_is(tmp_path: Path) -> None:
    local.announce(tmp_path, "http://127.0.0.1:8000")
    assert json.loads((tmp_path / local.HUB_FILE).read_text()) == {"url": "http://127.0.0.1:8000", "pid": os.getpid()}
