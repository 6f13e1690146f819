"""What the local stack deploys with: names, and short times so that a fault heals while somebody looks."""

from __future__ import annotations

import platform
import sys

STACK_NAME = "dokstamp-sync"
REGION = "us-east-1"
PDF_BUCKET = "school-pdfs"
ARTIFACTS_BUCKET = "dokstamp-sync-artifacts"

# In order, as the template names them in its parameters, functions and outputs: Course, CourseModules ...
STEPS = (
    "institution",
    "course",
    "module",
    "course_modules",
    "module_group",
    "cohort",
    "student",
    "enrollment",
    "certificate",
)

LOCAL_VALUES: dict[str, str] = {
    "Runtime": f"python{sys.version_info.major}.{sys.version_info.minor}",
    "Architecture": "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64",
    "DefaultInstitution": "UFP",
    "PdfBucketName": PDF_BUCKET,
    "MaximumConcurrency": "4",
    # An outage of some minutes is outlasted, as one of three days is on AWS.
    "MaximumReceives": "200",
    "RetryBaseSeconds": "0.5",
    "RetryCapSeconds": "4",
    "LeaseSeconds": "8",
    "DeadlineSeconds": "3",
    "ProcessingSeconds": "2",
    "SkewSeconds": "1",
    # Whoever sends children by hand has a minute for their parents.
    "PatienceSeconds": "120",
    "OldestMessageSeconds": "180",
}


def pascal(step: str) -> str:
    """course_modules -> CourseModules"""
    return "".join(word.capitalize() for word in step.split("_"))
