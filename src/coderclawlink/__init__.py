"""coderClawLink: a self-hosted control plane for AI coding agents."""
