"""DokStamp's API: the only part of the project that knows HTTP."""
