"""The pages /accounts: connected accounts, their ad accounts and pixels."""
