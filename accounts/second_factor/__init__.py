"""The second factor: a code from an authenticator app, and recovery codes for the day it is lost."""
