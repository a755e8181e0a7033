"""The pages of the service: for people, in HTML, with a script that they do not need.

    from countermark.api import pages
    app.include_router(pages.router(service))

Knows templates, words and routes; what a check is and who may see it, the rooms below know.
"""

from .routes import router
from .shell import page

__all__ = ["page", "router"]
