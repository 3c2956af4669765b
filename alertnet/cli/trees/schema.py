"""`alertnet trees schema`: the JSON Schema by which editors complete and explain contact trees."""

import json

import typer


def schema() -> None:
    """Print the JSON Schema of the files; the first line of a file tells an editor where it is.

    # yaml-language-server: $schema=./tree.schema.json
    """
    from alertnet.trees.forms.schema import schema as made

    typer.echo(json.dumps(made(), indent=2, ensure_ascii=False))
