"""The demonstration as a whole: it stands above the apps, because each of them tells its part."""
