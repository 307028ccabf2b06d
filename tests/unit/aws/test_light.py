"""The door is light: AWS's libraries are loaded when a door is opened, not when it is imported."""

from __future__ import annotations

import subprocess
import sys


def test_importing_the_survey_loads_no_botocore() -> None:
    code = (
        "import sys; import rdsops.aws.session, rdsops.aws.secrets, rdsops.aws.rds_token, rdsops.collect.survey, "
        "rdsops.app.iam; rdsops.aws.session.AwsDoor(); "
        "print([name for name in sys.modules if name.split('.')[0] in ('boto3', 'botocore', 'urllib3')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
