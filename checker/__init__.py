"""The command that tests students' work in CI and reports it; imports none of the site's packages."""
