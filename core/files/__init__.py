"""Files: names, reading, writing, uploads and the versions of the packages."""
