"""Where answers come from: the formats and protocols of the sources."""
