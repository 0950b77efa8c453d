"""Story: what a page tells of a fit, from the request on."""

from mlefit.drawing.page.story import Story
from mlefit.picture.overview import Overview
from mlefit.picture.ruler import nats
from mlefit.pipeline.fitted import fit, not_certified
from mlefit.pipeline.pictured import scene
from mlefit.pipeline.run import errors_of, told
from mlefit.pipeline.spreads import spreads
from mlefit.problem.prepare import Progress
from mlefit.problem.stated import stated
from mlefit.request import Request


def story(request: Request, progress: Progress | None = None) -> Story:
    """Fit, report, and everything that the page draws. Raises what `run` raises."""
    with stated(request, progress, seen=True) as problem:
        found = fit(problem, progress)
        if not found.certified:
            raise not_certified(problem, found.fit)
        report = told(found, errors_of(found))
        return Story(report, spreads(problem), Overview(scene(found, report)).sheet(), nats(report))
