"""The service for a web server: `gunicorn headway.web.wsgi`."""

import os
from pathlib import Path
from threading import Thread

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.urls import reverse

from headway.web.design import presence
from headway.web.design.drawing import warm_up
from headway.web.design.environment import compile_templates

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "headway.web.settings")
application = get_wsgi_application()
reverse("today")  # every page is loaded now: nobody waits for it, and what is broken is told at the start
compile_templates()
presence.be_present(Path(settings.HOME))


def _get_ready() -> None:
    """Done beside the first requests, so that the service answers at once when it starts."""
    from headway.web.standards import warming

    warm_up()
    warming.warm_up()
    connections.close_all()


Thread(target=_get_ready, name="getting ready", daemon=True).start()
