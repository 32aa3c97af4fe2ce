"""What signs requests to receivers: a secret for each, derived from the hall's own.

Nothing is kept: who has the hall's secret can tell a rule's secret again at any time, and nobody
learns the hall's from a rule's (HMAC).
"""

import hmac
from base64 import b64encode
from hashlib import sha256

SMS_GATEWAY = "/sms"
"""Whose secret the gateway of the settings has, in place of a rule, of which none is called so."""


def secret_of(hall_secret: str, rule: str) -> str:
    """The secret of a rule's receiver, as standard webhooks write it: `whsec_…`, of 256 bits."""
    of_rule = f"gamehall effects {rule}".encode()
    digest = hmac.digest(hall_secret.encode(), of_rule, sha256)
    return f"whsec_{b64encode(digest).decode()}"


def message_id(effect_id: str) -> str:
    """An effect's id as a name of letters and digits, the same however often it is tried."""
    return f"msg_{sha256(effect_id.encode()).hexdigest()[:40]}"
