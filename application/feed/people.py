"""What a merge does to feeds: nothing."""

from application.ports.people import Knowledge


class FeedsOfPeople(Knowledge):
    """What people were told."""

    name = "feeds"
    keeps = "what the guest was told, and has read of it; games that go on call the account"
