"""Flows about the installation and no incident: monitoring, duty, purging, restored backups."""
