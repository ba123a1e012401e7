"""The command for one document of all about a site."""

from __future__ import annotations

from pathlib import Path

from ..diagnose.reading import diagnose
from ..errors import OutputError
from ..facts import load
from ..files import read_json
from ..plan.plan import Plan
from ..plan.read import plan_of
from ..render.dossier import dossier_html
from ..views.dossier import Observed, dossier, logs_observed, probe_observed
from ..views.probe_kept import kept_probe
from .arguments import Commands, add_command, path, target
from .output import put, put_bytes, warn

ENDINGS = (".html", ".pdf")


def add(commands: Commands) -> None:
    """Add this command."""
    parser = add_command(
        commands,
        report,
        "cmgdocs report contoso.toml -o contoso.pdf",
        "cmgdocs report contoso.toml --logs Logs -o ticket.html",
    )
    parser.add_argument("site", metavar="SITE.toml", type=path)
    kept = "What 'cmgdocs probe --json' has kept: the report says what was reached."
    parser.add_argument("--probe", metavar="FILE.json", type=path, help=kept)
    logs = "A log, or a folder with logs: the report says what they show."
    parser.add_argument("--logs", metavar="LOG", type=path, help=logs)
    where = "Write to FILE.html or FILE.pdf, not to standard output; - is standard output, too, in HTML."
    parser.add_argument("-o", "--output", metavar="FILE", type=target, help=where)


def report(site: Path, probe: Path | None, logs: Path | None, output: Path | None) -> None:
    """
    Write one document, a page or a PDF, for a change ticket, a change board or an escalation.

    It has the verdict, what has to be decided first, faults that logs or a probe show, a picture, the rules to request,
    what is predicted, and the sources with their dates. The HTML is one file that loads nothing; the PDF is tagged
    (PDF/UA-1).
    """
    ending = output.suffix.lower() if output else ".html"
    if ending not in ENDINGS:
        raise OutputError(f"{output}: a report is a page or a PDF; allowed: {' or '.join(ENDINGS)}")
    system = load()
    plan, doubts = plan_of(system, site)
    observed = [logs_observed(plan, system, diagnose(system, [logs]))] if logs else []
    observed += [_probed(plan, probe)] if probe else []
    made = dossier(plan, doubts, observed)
    if ending == ".pdf":
        from ..render.paper import dossier_pdf  # here, for it loads Typst, which no other command needs at its start

        put_bytes(dossier_pdf(made), output)
    else:
        put(dossier_html(made), output)
    warn(doubts)


def _probed(plan: Plan, file: Path) -> Observed:
    data = read_json(file)
    return probe_observed(kept_probe(plan, data, str(file)), data["site"])
