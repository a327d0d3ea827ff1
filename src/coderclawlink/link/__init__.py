"""The words between hub and node, the wire that carries them, and what keeps secrets out of what is told. Shared ground of both halves; knows neither."""
