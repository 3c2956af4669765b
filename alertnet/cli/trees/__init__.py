"""`alertnet trees`: checks contact trees, plays cases through them, and publishes editions."""

from alertnet.cli.arguments import group
from alertnet.cli.trees.check import check
from alertnet.cli.trees.diff import diff
from alertnet.cli.trees.editions import export, history
from alertnet.cli.trees.publish import publish, rollback
from alertnet.cli.trees.schema import schema
from alertnet.cli.trees.show import show
from alertnet.cli.trees.simulate import simulate

app = group("Check, show, play through and publish the contact trees.", "alertnet trees check")
app.command(epilog="Example: alertnet trees check contact_trees --strict")(check)
app.command(
    epilog="Example: alertnet trees simulate contact_trees --country CO --type arrest --consent international "
    "--nationality ES --answers coordinator@4m"
)(simulate)
app.command(epilog="Example: alertnet trees diff contact_trees new_contact_trees")(diff)
app.command(epilog="Example: alertnet trees publish new_trees --by ana --why 'new number at the embassy of Spain'")(
    publish
)
app.command(epilog="Example: alertnet trees history")(history)
app.command(epilog="Example: alertnet trees rollback @12 --why 'the embassy has its old number again'")(rollback)
app.command(epilog="Example: alertnet trees export @12 new_trees")(export)
app.command(epilog="Example: alertnet trees schema > contact_trees/tree.schema.json")(schema)
app.command(epilog="Example: alertnet trees show contact_trees --tree colombia --svg > colombia.svg")(show)
