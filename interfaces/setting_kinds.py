"""What a setting may be: bounds, each with the words that a refusal says of it."""

import re
from ipaddress import ip_network
from typing import cast

from pydantic import Field
from pydantic.fields import FieldInfo

SECRET_CHARACTERS = 32
HIGHEST_PORT = 65535


class SettingsRefused(Exception):
    """Sentences that name each wrong variable, its value and what it takes."""


def like(pattern: str, takes: str) -> FieldInfo:
    """Bound a text to a pattern, which the sentence of a refusal has in words."""
    return cast("FieldInfo", Field(pattern=f"^({pattern})$", description=takes))


def between(least: float, most: float, takes: str = "a number") -> FieldInfo:
    """Bound a number, both bounds included."""
    return cast(
        "FieldInfo", Field(ge=least, le=most, description=f"{takes} from {least} to {most}")
    )


def network(text: str) -> str:
    """A network as it is written in one way; raises `ValueError` for none."""
    return str(ip_network(text))


HTTP_ADDRESS = r"https?://[^\s/]+"
BROKERS = r"[^\s,:/@]+:\d{1,5}(,[^\s,:/@]+:\d{1,5})*"
KAFKA_ADDRESS = rf"((plaintext|ssl|sasl_plaintext|sasl_ssl)://([^\s/@]+@)?)?{BROKERS}(\?\S+)?"

SMTP_ADDRESS = r"smtps?://([^\s/@:]+:[^\s/@:]+@)?[^\s/@:]+(:\d{1,5})?"
MAIL_SENDER = r"([^\s<>@]+@[^\s<>@]+|[^<>@\x00-\x1f]*<[^\s<>@]+@[^\s<>@]+>)"

Folder = Field(description="a folder")
Port = between(1, HIGHEST_PORT, "a port")
Secret = Field(min_length=SECRET_CHARACTERS, description=f"at least {SECRET_CHARACTERS} characters")
Seconds = "a number of seconds"


def hide_password(url: str) -> str:
    """Give an address that may be printed."""
    hidden = re.sub(r"(//[^\s/:@]*):[^\s/]*@", r"\1:***@", url)
    return re.sub(r"(password=)[^&\s]*", r"\1***", hidden)
