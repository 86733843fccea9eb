"""The HTTP side of the local service: routes, answers, who gets in."""
