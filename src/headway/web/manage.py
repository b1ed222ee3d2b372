"""Django's own commands, for whoever looks after the service: `python -m headway.web.manage check --deploy`."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "headway.web.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
