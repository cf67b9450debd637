"""The commands of `spoedkader status`: closures and stops from an export of another system."""
