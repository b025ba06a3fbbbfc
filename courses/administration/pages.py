"""The modules of the administration whose routes hang on the pages' blueprint."""

from courses.administration import batches, configs, extensions, keys, people, setting_up

PAGES = (setting_up, keys, people, configs, extensions, batches)
