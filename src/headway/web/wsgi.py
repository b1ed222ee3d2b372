"""The service for a web server: `gunicorn headway.web.wsgi`."""

import os
from pathlib import Path

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from headway.web.design import presence

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "headway.web.settings")
application = get_wsgi_application()
presence.be_present(Path(settings.HOME))
