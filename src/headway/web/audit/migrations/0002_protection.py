"""The database refuses to change or delete what the audit trail holds. Apart from 0001, which may be generated anew."""

from django.db import migrations

from headway.web.audit import protection


def lay(apps, schema_editor):
    protection.lay(schema_editor.connection.vendor, schema_editor.execute)


def lift(apps, schema_editor):
    protection.lift(schema_editor.connection.vendor, schema_editor.execute)


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [migrations.RunPython(lay, lift)]
