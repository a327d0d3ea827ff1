"""The GitHub that issues are held to: `tests.peers.github`."""

from __future__ import annotations

from tests.peers.github import PeerMissing, emulated

__all__ = ["PeerMissing", "emulated"]
