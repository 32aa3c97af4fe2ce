"""The topic `player.events.raw`: written by the API, read by the workers of three read models."""
