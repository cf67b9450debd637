"""What every service stands on: server, settings, errors, database, versions, clients, logs."""
