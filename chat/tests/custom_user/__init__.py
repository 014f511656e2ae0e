"""Another AUTH_USER_MODEL, for test_custom_user.py: no user name, no full name, nothing of staff."""
