"""The log, the stores and the embedded servers, behind the ports of the application."""
