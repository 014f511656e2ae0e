"""What one builds by following the Channels tutorial, with HTML instead of JSON: the peer that Parley started from."""
