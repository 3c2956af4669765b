"""The forms of the YAML files: keys, value types and the JSON schema for editors."""
