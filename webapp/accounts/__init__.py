"""Local accounts: setting them up, signing in, and administering who may; and the tokens of programs."""
