"""A model of the players' sockets: two processes of the API, a log, and time that does not pass."""
