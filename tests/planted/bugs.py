"""All bugs that are planted: mistakes that a hurried hand might make. Each leaves one rule of the product out."""

from __future__ import annotations

from tests.planted.braking import BRAKING
from tests.planted.certifying import CERTIFYING
from tests.planted.delivering import DELIVERING
from tests.planted.depending import DEPENDING
from tests.planted.healing import HEALING
from tests.planted.naming import NAMING
from tests.planted.telling import TELLING

BUGS = (*DELIVERING, *NAMING, *CERTIFYING, *DEPENDING, *HEALING, *TELLING, *BRAKING)
