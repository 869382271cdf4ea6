"""The shop's product feed: its forms, its rows, and which content ids it knows. Pure; nothing here stores."""
