"""Plain HTTP on the port of the router: requests, answers, files of a folder."""

__all__: list[str] = []
