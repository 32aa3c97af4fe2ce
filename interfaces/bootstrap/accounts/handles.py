"""What keeps handles and accounts together; it loads nothing of HTTP."""

from application.accounts.handles import NAME, HandlesProcess
from domain.categories import USERS
from interfaces.bootstrap.worker import ProcessManager

HANDLES = ProcessManager(name=NAME, topics=(USERS.topic,), build=lambda _settings: HandlesProcess())
