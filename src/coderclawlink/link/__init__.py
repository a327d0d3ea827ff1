"""The words between hub and node, and the wire that carries them. Shared ground of both halves; knows neither."""
