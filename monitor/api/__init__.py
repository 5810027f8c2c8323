"""FastAPI lives here and nowhere else: routes, the guard before them, the shape of errors."""
