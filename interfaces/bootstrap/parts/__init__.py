"""What features need of the world over HTTP, beyond what all need: `Feature.build` names them."""
