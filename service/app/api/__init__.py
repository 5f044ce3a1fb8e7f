"""The HTTP side: routes, dependencies, middleware and error answers."""
