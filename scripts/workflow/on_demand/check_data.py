"""Say what is understood of data of your own, `data.own` in a config, and whether their network fits.

    python scripts check-data --configfile mine.yaml [NAME ...]

Reads the files and writes nothing.
"""

from scripts.core.errors import UserError
from scripts.data.own import source, understand
from scripts.workflow.config import of_own
from scripts.workflow.on_demand.config_files import config_of, options


def main() -> None:
    """Check the datasets that the command line names, or all of `data.own`."""
    args = options(__doc__, "all of data.own")
    config = config_of(args.configfile)
    own = of_own.entries(config)
    unknown = [name for name in args.names if name not in own]
    if unknown or not own:
        raise UserError(
            f"data.own: has no {', '.join(unknown) or 'dataset'}; it has {', '.join(own) or 'none'}"
        )
    mistakes = [*of_own.wrong_names(config), *of_own.wrong_entries(config)]
    for name in [] if mistakes else args.names or own:
        try:
            made = understand.understood(source.of_entry(name, own[name]), config["split"]["folds"])
            print("\n".join(understand.described(name, made)), flush=True)
            if name in config["networks"]:
                understand.check_network(name, config["networks"][name], made)
        except UserError as error:
            mistakes.append(str(error))
    if mistakes:
        raise UserError("\n".join(mistakes))
