"""`python -m rdsops`."""

import sys

from rdsops.cli.main import main

sys.exit(main())
