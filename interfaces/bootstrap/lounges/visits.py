"""What lets nobody be in two lounges; it loads nothing of HTTP."""

from application.lounges.visits import NAME, VisitsProcess
from domain.categories import SOCIAL
from interfaces.bootstrap.worker import ProcessManager

VISITS = ProcessManager(name=NAME, topics=(SOCIAL.topic,), build=lambda _settings: VisitsProcess())
