"""The commands of the operator for the ledger of a service, on its database itself."""
