"""`python -m mlefit`."""

from mlefit.cli import main

raise SystemExit(main())
