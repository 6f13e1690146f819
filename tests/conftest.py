"""No test can reach a real account: dummy credentials and region, and nothing of whoever runs the tests."""

import os

FOREIGN = [name for name in os.environ if name.startswith(("AWS_", "DOKSTAMP_", "POWERTOOLS_"))]
OURS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_SECURITY_TOKEN": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "POWERTOOLS_SERVICE_NAME": "tests",
    "POWERTOOLS_METRICS_NAMESPACE": "DokStampSync",
    "POWERTOOLS_LOG_LEVEL": "INFO",
    "POWERTOOLS_TRACE_DISABLED": "true",
}

# Before anything is collected: botocore and Powertools read some of it when they are imported.
for name in FOREIGN:
    del os.environ[name]
os.environ.update(OURS)
