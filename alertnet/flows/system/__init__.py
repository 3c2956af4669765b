"""What concerns the installation and no incident: monitoring, duty, restored backups."""
