"""The service for a web server: `gunicorn headway.web.wsgi`."""

import os
from pathlib import Path
from threading import Thread

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import reverse

from headway.web.design import presence
from headway.web.design.drawing import warm_up

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "headway.web.settings")
application = get_wsgi_application()
reverse("today")  # every page is loaded now: nobody waits for it, and what is broken is told at the start
presence.be_present(Path(settings.HOME))

Thread(target=warm_up, name="charts", daemon=True).start()
