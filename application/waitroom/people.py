"""What a merge does to waiting rooms: nothing."""

from application.ports.people import Knowledge


class PlacesOfPeople(Knowledge):
    """Places in waiting rooms."""

    name = "waiting rooms"
    keeps = "a place belongs to the browser that took it, and stays until it is used or lapses"
