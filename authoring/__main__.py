"""``python -m authoring build | check | publish | translate``."""

import sys

from authoring.cli import main

sys.exit(main())
