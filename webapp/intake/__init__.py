"""Applications and admissions come in: from a file, a screen, the command line or a program."""
