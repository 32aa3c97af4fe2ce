"""Logs: one JSON object a line on standard error, without what must not be read there."""

import logging
from collections.abc import MutableMapping
from typing import Any

import structlog

SECRET = frozenset({"authorization", "token", "ticket", "secret", "password"})


def configure(level: str) -> None:
    """Write this process's logs, ours and those of libraries, from this level on."""
    threshold = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        without_secrets,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(level=threshold, handlers=[handler], force=True)
    # It would tell each request, and an address may be a secret: of a webhook, of a browser.
    logging.getLogger("httpx").setLevel(max(threshold, logging.WARNING))


def without_secrets(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Blank out values whose name says that they are secret."""
    for name in event.keys() & SECRET:
        event[name] = "***"
    return event
