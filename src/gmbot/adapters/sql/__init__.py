"""The gate's store on SQLite and PostgreSQL: tables, queries, migrations. No rule of the gate lives here."""
