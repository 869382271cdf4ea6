"""Other services that an owner connects, asked in our name; events do not go through here."""
