"""The topic `player.events.raw`: written by the API, read by the workers of four read models."""
